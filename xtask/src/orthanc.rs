//! Debian's Orthanc with its DICOMweb and Python plugins, which the journeys start for themselves.
//! Installed if it is missing and this may be done; where it may not, the reason is said.

use std::path::Path;

use anyhow::Result;

use crate::workspace::{command, output, run, say};

/// The server, the plugins that the journeys load, and the tools that they read DICOM with.
const PACKAGES: [&str; 4] = ["orthanc", "orthanc-dicomweb", "orthanc-python", "dcmtk"];

/// Makes sure that Orthanc is there. The error says why it is not.
pub fn ensure() -> Result<(), String> {
    let missing = missing();
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

/// Asks dpkg, not the disk: the plugins lie where each version of the packages puts them.
fn missing() -> Vec<&'static str> {
    let query = ["-W", "-f", "${Package} ${db:Status-Status}\n"];
    PACKAGES
        .into_iter()
        .filter(|package| {
            let status = output(command("dpkg-query").args(query).arg(package)).unwrap_or_default();
            !status.lines().any(|line| line.ends_with(" installed"))
        })
        .collect()
}

fn install(packages: &[&str]) -> Result<()> {
    let was_running = is_running();
    let apt = |arguments: &[&str]| {
        run(command("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(["-qq"]).args(arguments))
    };
    apt(&["update"])?;
    apt(&["install", "-y", "--no-install-recommends"].iter().chain(packages).copied().collect::<Vec<_>>())?;
    // The package starts a service on Orthanc's own ports, which nobody here asked for.
    if !was_running && is_running() {
        say("Stopping the Orthanc service that the installation started");
        run(command("service").args(["orthanc", "stop"]))?;
    }
    Ok(())
}

fn is_running() -> bool {
    output(command("pidof").arg("Orthanc")).is_some()
}
