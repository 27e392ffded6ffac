//! The whole setup of `cargo xtask demo` for a test: a demo of its own, and the viewer that all of them share.

use std::path::PathBuf;

use demo::{Demo, Settings, install};

use crate::{SECRET_KEY, free_address, repository};

/// A running demo in a directory of its own, which is removed in the end.
pub struct Whole {
    /// What runs.
    pub demo: Demo,
    _directory: tempfile::TempDir,
}

impl Whole {
    /// Starts it with the key of the tests; panics with the log of what did not start.
    pub fn start() -> Self {
        // The viewer is the one of `cargo xtask demo`: taken from npm once for both.
        let viewers = install::ohif(&repository().join(".orthanc-share/demo")).expect("OHIF from npm");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let address = free_address();
        let application = std::env::var_os("ORTHANC_SHARE_BIN")
            .map_or_else(|| repository().join("target/release/orthanc-share"), PathBuf::from);
        let settings = Settings {
            directory: directory.path(),
            compiled: &repository().join("target/journeys/state"),
            viewers: &viewers,
            secret_key: SECRET_KEY,
            port: address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port"),
            application: &application,
        };
        let demo = Demo::start(&settings).unwrap_or_else(|error| panic!("{error:#}"));
        Self { demo, _directory: directory }
    }
}
