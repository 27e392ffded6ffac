//! A whole setup on one machine: Orthanc with synthetic studies, the OHIF viewer, nginx in front and this
//! application, all on loopback. `cargo xtask demo` shows it to a person, the browser's tests to Chromium.
//!
//! In: the repository with its release artefacts, a directory of its own, and Debian's orthanc and nginx.
//! Out: a running [`Demo`] with its studies and the links of its shares; dropping it ends every process.
//! The subtle thing: each Orthanc is filled while it is open, and only then started again behind its plugin.

mod api;
pub mod dicom;
pub mod install;
mod nginx;
mod orthanc;
mod phantom;
mod process;
mod setup;
mod studies;
mod viewer;

pub use api::ask;
pub use setup::{Demo, Settings};
pub use studies::Stored;
pub use viewer::Viewer;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A loopback address that nothing listens on.
///
/// # Errors
/// If the system has no free port.
pub fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?.to_string())
}
