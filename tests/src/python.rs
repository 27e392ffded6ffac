//! What the tests take from PyPI: a virtual environment for each package, and scripts that read and write JSON.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The interpreter of a virtual environment with this release (`pyjwt==2.10.1`), made when it is not there
/// yet; `module` is what it is imported as. None, with a line that says so, where there is no Python or no
/// package index; under CI there are both, and it panics.
pub fn with(release: &str, module: &str) -> Option<PathBuf> {
    let directory = crate::repository().join("target/journeys/python").join(release.replace("==", "-"));
    let python = directory.join("bin/python");
    let import = format!("import {module}");
    let has_it = || Command::new(&python).args(["-c", &import]).output().is_ok_and(|it| it.status.success());
    if has_it() {
        return Some(python);
    }
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory).output();
    let made = made.is_ok_and(|output| output.status.success());
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", release];
    let installed = made && Command::new(&python).args(pip).status().is_ok_and(|status| status.success());
    if installed && has_it() {
        return Some(python);
    }
    assert!(std::env::var_os("CI").is_none(), "CI has Python, venv and a package index, but not {release}");
    eprintln!("SKIPPED: {release} cannot be had here");
    None
}

/// Runs Python with these arguments on JSON, and reads JSON; panics with what it said when it fails.
pub fn run(python: &Path, arguments: &[&str], given: &Value) -> Value {
    let mut process = Command::new(python)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut input = process.stdin.take().expect("its input");
    input.write_all(given.to_string().as_bytes()).expect("it reads");
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
