//! The OHIF viewer, taken from npm once and kept: its `dist/` folder, moved below `/ohif/`.
//! The package is built for the root of a site; its addresses are rewritten as a build for `/ohif/` has them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The version that the demo shows and the browser's tests read.
pub const OHIF_VERSION: &str = "3.13.2";

/// The folder in this state directory that holds the viewer in `ohif/`; it is taken from npm if it is missing.
///
/// # Errors
/// If npm is missing or does not give the package, or the package is built in another way than is known.
pub fn ohif(state: &Path) -> Result<PathBuf> {
    let folder = state.join(format!("ohif-{OHIF_VERSION}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let package = format!("@ohif/app@{OHIF_VERSION}");
    eprintln!(
        "==> Taking the OHIF viewer from npm ({package}): a download of 50 MB, kept in {}",
        folder.display()
    );
    // In a folder of its own, and renamed at the end: what is there under its name is whole.
    let partial = state.join(format!("ohif-{OHIF_VERSION}.{}", std::process::id()));
    let ohif = partial.join("ohif");
    std::fs::create_dir_all(&ohif).with_context(|| ohif.display().to_string())?;
    let result = unpack(&package, &partial, &ohif).and_then(|()| {
        std::fs::rename(&partial, &folder).or_else(|error| match folder.is_dir() {
            true => Ok(()), // Another demo was faster.
            false => Err(error).context("the viewer's folder"),
        })
    });
    let _ = std::fs::remove_dir_all(&partial);
    result.map(|()| folder)
}

fn unpack(package: &str, partial: &Path, ohif: &Path) -> Result<()> {
    run(Command::new("npm").args(["pack", "--silent", package]).current_dir(partial))?;
    let is_package = |path: &PathBuf| path.extension().is_some_and(|it| it == "tgz");
    let entries = std::fs::read_dir(partial)?.filter_map(|entry| Some(entry.ok()?.path()));
    let archive = entries.into_iter().find(is_package).context("npm pack left no package")?;
    // Source maps are a third of it, and for OHIF's own developers.
    run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(ohif).args([
        "--strip-components=2",
        "--exclude=*.map",
        "package/dist",
    ]))?;
    std::fs::remove_file(&archive)?;
    rewrite(&ohif.join("index.html"), &[("=\"/", "=\"/ohif/")])?;
    let bundle = std::fs::read_dir(ohif)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let bundle = bundle.into_iter().find(|name| name.starts_with("app.bundle.") && name.ends_with(".js"));
    let bundle = ohif.join(bundle.context("OHIF has no app.bundle.js")?);
    rewrite(&bundle, &[("__webpack_require__.p = \"/\"", "__webpack_require__.p = \"/ohif/\"")])
}

/// Replaces every occurrence; none at all is an error, since the viewer would then look for itself elsewhere.
fn rewrite(file: &Path, changes: &[(&str, &str)]) -> Result<()> {
    let mut text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    for (from, to) in changes {
        if !text.contains(from) {
            bail!("OHIF {OHIF_VERSION} is built in an unknown way: {} has no {from}", file.display());
        }
        text = text.replace(from, to);
    }
    std::fs::write(file, text)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status.with_context(|| format!("{name} cannot be started: is it installed?"))? {
        status if status.success() => Ok(()),
        status => bail!("{name} failed ({status})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_moved_or_the_build_is_unknown() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("index.html");
        std::fs::write(&file, r#"<script src="/a.js"></script>window.PUBLIC_URL="/""#).unwrap();
        rewrite(&file, &[("=\"/", "=\"/ohif/")]).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, r#"<script src="/ohif/a.js"></script>window.PUBLIC_URL="/ohif/""#);
        assert!(rewrite(&file, &[("absent", "")]).unwrap_err().to_string().contains("unknown way"));
    }
}
