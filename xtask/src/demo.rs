//! `cargo xtask demo`: a whole setup with synthetic studies, to click through in a browser.
//! Installs and builds what is missing; then this process becomes the demo (`demo-setup/local`).

use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::workspace::{cargo, run, say};
use crate::{build, packages};

const PACKAGE: &str = "orthanc-share-demo";

/// How to start.
#[derive(Args)]
pub struct Options {
    /// The public port on 127.0.0.1; without it 8080, or a free one if that is taken.
    #[arg(long)]
    port: Option<u16>,
    /// Where everything is kept; two demos at once need two [default: .orthanc-share/demo].
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Start what was built before, as it is.
    #[arg(long)]
    no_build: bool,
}

/// Starts the demo. Returns only if that fails.
pub fn start(options: &Options) -> Result<()> {
    say(
        "A demo on this machine only. It takes Orthanc and nginx from the distribution, the OHIF viewer from npm \
         (into .orthanc-share/demo/), makes synthetic studies, and starts all of it on 127.0.0.1",
    );
    packages::ensure(packages::DEMO).map_err(|reason| anyhow!(reason))?;
    if !options.no_build {
        build::all()?;
    }
    say("Building the demo: half a minute the first time");
    let mut demo = cargo();
    demo.args(["run", "--quiet", "-p", PACKAGE, "--"]);
    if let Some(port) = options.port {
        demo.args(["--port", &port.to_string()]);
    }
    if let Some(directory) = &options.state_dir {
        // Relative to where the user stands, while cargo runs in the root.
        demo.arg("--state-dir").arg(std::path::absolute(directory)?);
    }
    Err(demo.exec()).context("cargo cannot be started")
}

/// Takes the viewer from npm, if it is not there yet, and starts nothing.
pub fn prepare() -> Result<()> {
    run(cargo().args(["run", "--quiet", "-p", PACKAGE, "--", "--prepare"]))
}
