//! Replaces the application while it runs: on SIGHUP, and with `--watch` when one of its files changes, among
//! them those that its variables come from.
//! The new one is made whole beside the old one, then takes every new request at once; the old one ends
//! with its last request. One that cannot be made changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;

use crate::app::{App, Loader};
use crate::service::Service;

/// Between two looks at the files. A look costs a few system calls, works on every file system, and
/// needs no thought about how a build replaces a file.
const LOOK: Duration = Duration::from_millis(250);

/// Replaces the application of `service` for as long as it runs; it was loaded from `loaded_from` on.
pub async fn run(
    loader: Loader,
    service: Arc<Service>,
    loaded_from: SystemTime,
    mut hangup: Signal,
    watch: bool,
) {
    let mut files = loader.files(&service.app().manifest);
    let mut seen = look(&files);
    // What was written while the application was read may not be what was read: it counts as changed.
    seen.retain(|_, state| state.is_none_or(|(written, _)| written < loaded_from));
    loop {
        tokio::select! {
            Some(()) = hangup.recv() => {}
            () = settled_change(&files, seen), if watch => {}
        }
        let app = service.app();
        files = to_watch(&loader, &app);
        // What changes from here on may not be what is read now.
        seen = look(&files);
        match loader.load(Some(&app)).await {
            Ok((app, warnings)) => {
                warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                announce(&app);
                service.replace(app);
            }
            Err(error) => tracing::error!("the application stays as it is: {error:#}"),
        }
    }
}

/// The log's record of which build serves what.
pub fn announce(app: &App) {
    for (route, component, build) in app.routes() {
        tracing::info!(route, component, build = build.unwrap_or("-"), "serving");
    }
}

/// What tells one state of a file from another; nothing for one that is not there.
type Seen = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

/// The files of the application that runs, and of the one that is to replace it: should that want one that is not
/// there yet, it is taken when the file comes.
fn to_watch(loader: &Loader, app: &App) -> BTreeSet<PathBuf> {
    let mut files = loader.files(&app.manifest);
    // One that cannot be read is said to be so when it is loaded.
    let new = tokio::task::block_in_place(|| loader.manifest());
    files.extend(new.iter().flat_map(|manifest| loader.files(manifest)));
    files
}

/// A file system may hang: nothing else is to wait for it.
fn look(files: &BTreeSet<PathBuf>) -> Seen {
    let state = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    tokio::task::block_in_place(|| files.iter().map(|file| (file.clone(), state(file))).collect())
}

/// Returns when a file is another than was seen, and has been the same for two looks: a build that is
/// still writing is waited for.
async fn settled_change(files: &BTreeSet<PathBuf>, seen: Seen) {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = look(files);
        if now == seen {
            continue;
        }
        tokio::time::sleep(LOOK).await;
        if look(files) == now {
            return;
        }
    }
}
