//! The Debian packages that journeys and the demo start servers from: Orthanc, nginx, Redis, Chromium.
//! Installed if they are missing and this may be done; where it may not, the reason is said.

use std::path::Path;

use anyhow::Result;

use crate::workspace::{command, output, run, say};

/// Orthanc, the plugins that the journeys load, and the tools that they read DICOM with.
pub const ORTHANC: &[&str] = &["orthanc", "orthanc-dicomweb", "orthanc-python", "dcmtk"];
/// What `cargo xtask demo` starts; npm brings the viewer.
pub const DEMO: &[&str] = &["orthanc", "orthanc-dicomweb", "orthanc-python", "nginx", "npm"];
/// What opens the demo in the journeys.
pub const BROWSER: &[&str] = &["chromium"];

/// What stores that several nodes share are kept in, in the journeys.
pub const REDIS: &[&str] = &["redis-server"];
/// The same, with what stands before several nodes.
pub const NODES: &[&str] = &["redis-server", "nginx"];

/// Packages that start a service, and how that is seen.
const SERVICES: [(&str, &str); 3] =
    [("orthanc", "Orthanc"), ("nginx", "nginx"), ("redis-server", "redis-server")];

/// Makes sure that these packages are there. The error says why they are not.
pub fn ensure(packages: &[&'static str]) -> Result<(), String> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err(format!("this system has no apt-get to install {names} with"));
    }
    if output(command("id").arg("-u")).is_none_or(|id| id.trim() != "0") {
        return Err(format!("not installed: {names}. As root: apt-get install {names}"));
    }
    say(&format!("Installing {names}: a download of some tens of megabytes"));
    install(&missing).map_err(|error| format!("{names} could not be installed: {error:#}"))
}

/// Asks dpkg, not the disk: the plugins lie where each version of the packages puts them. A program of the
/// package's name that came another way is as good.
fn missing(packages: &[&'static str]) -> Vec<&'static str> {
    let query = ["-W", "-f", "${Package} ${db:Status-Status}\n"];
    let is_installed = |package: &str| {
        let status = output(command("dpkg-query").args(query).arg(package)).unwrap_or_default();
        status.lines().any(|line| line.ends_with(" installed"))
    };
    packages.iter().copied().filter(|package| !is_on_path(package) && !is_installed(package)).collect()
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn install(packages: &[&str]) -> Result<()> {
    let were_running = SERVICES.map(|(_, process)| is_running(process));
    let apt = |arguments: &[&str]| {
        run(command("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(["-qq"]).args(arguments))
    };
    apt(&["update"])?;
    apt(&["install", "-y", "--no-install-recommends"].iter().chain(packages).copied().collect::<Vec<_>>())?;
    // The packages start services on ports of their own, which nobody here asked for.
    for ((service, process), was_running) in SERVICES.into_iter().zip(were_running) {
        if !was_running && is_running(process) {
            say(&format!("Stopping the service {service} that the installation started"));
            run(command("service").args([service, "stop"]))?;
        }
    }
    Ok(())
}

fn is_running(process: &str) -> bool {
    output(command("pidof").arg(process)).is_some()
}
