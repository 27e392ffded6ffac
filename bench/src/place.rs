//! Where things lie: the repository, what was built, and what the benchmark keeps between runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// What is measured, built already.
pub struct Built {
    /// The runtime.
    pub application: PathBuf,
    /// The handlers natively.
    pub native: PathBuf,
    /// The pure paths.
    pub paths: PathBuf,
    /// Compiled components, the virtual environment of Python.
    pub kept: PathBuf,
}

impl Built {
    /// Below `target/release/` of the repository, or where the environment says (`ORTHANC_SHARE_BIN` names the
    /// runtime, `ORTHANC_SHARE_BENCH_BIN` the folder of the native programs).
    ///
    /// # Errors
    /// If one of them is not there.
    pub fn find() -> Result<Self> {
        let root = journeys::repository();
        let release = root.join("target/release");
        let folder =
            std::env::var_os("ORTHANC_SHARE_BENCH_BIN").map_or_else(|| release.clone(), PathBuf::from);
        let application = std::env::var_os("ORTHANC_SHARE_BIN").map(PathBuf::from);
        let built = Self {
            application: application.unwrap_or_else(|| release.join("orthanc-share")),
            native: folder.join("orthanc-share-bench-native"),
            paths: folder.join("orthanc-share-bench-paths"),
            kept: root.join("target/bench"),
        };
        for program in [&built.application, &built.native, &built.paths] {
            ensure!(program.is_file(), "{} is not built: run `cargo xtask bench`", program.display());
        }
        std::fs::create_dir_all(&built.kept).context("target/bench")?;
        Ok(built)
    }
}

/// The first line of what a program prints; none if it cannot be started or fails.
pub fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program).args(arguments).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8(text).ok().filter(|_| output.status.success())?;
    Some(text.lines().next()?.trim().to_owned())
}

/// A path as text for a configuration file.
pub fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no UTF-8")
}
