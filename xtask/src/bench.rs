//! `cargo xtask bench`: builds and installs what the benchmark needs, then runs it (`bench/`).
//! Its short form is a part of `cargo xtask test`.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, anyhow};
use clap::Args;

use crate::runner::{self, Outcome};
use crate::workspace::{cargo, command, root, run, timed};
use crate::{build, packages};

const PACKAGE: &str = "orthanc-share-bench";
const NATIVE: &str = "orthanc-share-bench-native";

/// What is measured with, and what is compared with.
pub const FULL: &[&str] = &[
    "wrk",
    "nginx",
    "valgrind",
    "python3-venv",
    "orthanc",
    "orthanc-dicomweb",
    "orthanc-python",
    "redis-server",
];
const QUICK: &[&str] = &["wrk", "valgrind"];

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Only the short form of `cargo xtask test`: ratios of validate, and counted instructions.
    #[arg(long, conflicts_with_all = ["bless", "write_docs", "json"])]
    quick: bool,
    /// Write the counted instructions of this build as the figures to compare with.
    #[arg(long, conflicts_with_all = ["write_docs", "json"])]
    bless: bool,
    /// Write the tables into docs/performance.md.
    #[arg(long)]
    write_docs: bool,
    /// Where all figures go [default: target/bench/results.json].
    #[arg(long)]
    json: Option<std::path::PathBuf>,
    /// Measure what was built before, as it is.
    #[arg(long)]
    no_build: bool,
}

/// Runs the benchmark to its end. Only the short form can fail by what it finds.
pub fn start(options: &Options) -> Result<ExitCode> {
    let wanted = if options.quick || options.bless { QUICK } else { FULL };
    packages::ensure(wanted).map_err(|reason| anyhow!(reason))?;
    if !options.no_build {
        build::all()?;
        build::test_guest()?;
        natives()?;
    }
    let mut bench = program()?;
    let flags =
        [(options.quick, "--quick"), (options.bless, "--bless"), (options.write_docs, "--write-docs")];
    bench.args(flags.iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, flag)| flag));
    if let Some(json) = &options.json {
        // Relative to where the user stands, while the program runs in the root.
        bench.arg("--json").arg(std::path::absolute(json)?);
    }
    Ok(if bench.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The short form, of what `cargo xtask test` has built already. The error says why it cannot be had.
pub fn quick() -> Result<Result<Outcome, String>> {
    if let Err(reason) = packages::ensure(QUICK) {
        return Ok(Err(reason));
    }
    natives()?;
    runner::counted("counted instructions", program()?.arg("--quick")).map(Ok)
}

/// The handlers and paths natively: a plain release build, as the limits were measured with.
pub fn natives() -> Result<()> {
    let what = "Building the native handlers of the benchmark (release): a minute the first time";
    let build = ["build", "--release", "-p", NATIVE, "--target-dir", "target"];
    timed(what, || run(cargo().args(build))).map(|_| ())
}

/// The benchmark, built. It does not run under cargo, whose environment it would hand on to the servers.
pub fn program() -> Result<Command> {
    run(cargo().args(["build", "--quiet", "-p", PACKAGE, "--target-dir", "target"]))?;
    let program = root().join(Path::new("target/debug").join(PACKAGE));
    Ok(command(&program.to_string_lossy()))
}
