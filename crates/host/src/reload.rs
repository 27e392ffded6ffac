//! Replaces the application while it runs: on SIGHUP, and with `--watch` when one of its files changes, among
//! them those that its variables come from.
//! The new one is made whole beside the old one, then takes every new request at once; the old one ends
//! with its last request. One that cannot be made changes nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;

use crate::app::{App, Loader};
use crate::service::Service;
use crate::variables;

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
    let mut seen = look(&loader, &service.app());
    // What was written while the application was read may not be what was read: it counts as changed.
    seen.retain(|_, state| state.is_none_or(|(written, _)| written < loaded_from));
    loop {
        tokio::select! {
            Some(()) = hangup.recv() => seen = look(&loader, &service.app()),
            () = settled_change(&loader, &service, &mut seen), if watch => {}
        }
        match loader.load(Some(&service.app())).await {
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

fn look(loader: &Loader, app: &App) -> Seen {
    let files = app.files().map(|file| loader.base().join(file)).chain([loader.manifest.clone()]);
    let files = files.chain(variables::files(&app.manifest));
    let state = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.map(|file| (file.clone(), state(&file))).collect()
}

/// Returns when a file is another than was seen, and has been the same for two looks: a build that is
/// still writing is waited for.
async fn settled_change(loader: &Loader, service: &Service, seen: &mut Seen) {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = look(loader, &service.app());
        if now == *seen {
            continue;
        }
        tokio::time::sleep(LOOK).await;
        if look(loader, &service.app()) == now {
            *seen = now;
            return;
        }
    }
}
