//! nginx with `nginx.conf`, which is filled in here. It runs as one process and writes into its own
//! directory only, so that it disturbs no nginx of the machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::Process;
use crate::repository;

const PROGRAMS: &[&str] = &["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
const TEMPLATE: &str = include_str!("../nginx.conf");

/// What stands behind nginx.
pub struct Behind<'a> {
    /// The public port on 127.0.0.1.
    pub port: u16,
    /// The application, `127.0.0.1:{port}`.
    pub application: &'a str,
    /// Orthanc, `127.0.0.1:{port}`.
    pub orthanc: &'a str,
    /// The folder that has OHIF in `ohif/`.
    pub viewers: &'a Path,
}

/// Where nginx is installed.
pub fn program() -> Option<PathBuf> {
    PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Starts nginx with its files in this directory.
pub fn start(directory: &Path, behind: &Behind<'_>) -> Result<Process> {
    let file = directory.join("nginx.conf");
    std::fs::write(&file, configuration(directory, behind)?).context("nginx's configuration")?;
    let program = program().context("nginx is not installed")?;
    let mut process = Process::start("nginx", &program, directory, |command| {
        command.arg("-c").arg(&file).arg("-p").arg(directory).args(["-e", "stderr"]);
    })?;
    process.wait_for_address(&format!("127.0.0.1:{}", behind.port))?;
    Ok(process)
}

fn configuration(directory: &Path, behind: &Behind<'_>) -> Result<String> {
    let configuration = repository().join("demo-setup/local").canonicalize()?;
    let mut text = TEMPLATE.to_owned();
    for (name, value) in [
        ("port", behind.port.to_string()),
        ("application", behind.application.to_owned()),
        ("orthanc", behind.orthanc.to_owned()),
        ("state", path(directory)?),
        ("viewers", path(behind.viewers)?),
        ("configuration", path(&configuration)?),
    ] {
        text = text.replace(&format!("{{{{{name}}}}}"), &value);
    }
    Ok(text)
}

/// A path as it may stand between double quotes; nginx would read `$` as a variable.
fn path(path: &Path) -> Result<String> {
    let text = path.to_str().unwrap_or_default();
    if text.is_empty() || text.contains(['"', '$', '\\', '\n', '{', '}']) {
        bail!("nginx cannot be given this path: {}", path.display());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_template_is_filled_in() {
        let behind = Behind {
            port: 8080,
            application: "127.0.0.1:1",
            orthanc: "127.0.0.1:2",
            viewers: Path::new("/a folder"),
        };
        let text = configuration(Path::new("/state"), &behind).unwrap();
        assert!(!text.contains("{{"), "{text}");
        for line in ["listen 127.0.0.1:8080;", "proxy_pass http://127.0.0.1:2/;", "root \"/a folder\";"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(configuration(Path::new("/$state"), &behind).is_err());
    }
}
