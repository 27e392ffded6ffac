//! The project's own commands: `cargo xtask build`, `up`, `demo`, `test`, `bench` and `profile`.
//! Each says what it does and what a wait is for; none asks anything on standard input.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `build` | the components and the runtime, in release |
//! | `up` | the application on loopback with a development key |
//! | `demo` | a whole setup to click through: Orthanc, OHIF, nginx and the application |
//! | `bench` | the benchmark, and counted instructions |
//! | `profile` | how the runtime's code runs under load, for its compiler |
//! | `test` | unit tests, then the journeys, then one line with the sum |
//! | `runner` | cargo-nextest or `cargo test`, and what they count |
//! | `counts` | reading the runners' closing lines |
//! | `packages` | Debian's Orthanc, nginx and Chromium, for the journeys and the demo |
//! | `key` | the development key |
//! | `workspace` | where things lie, and how commands are run |

mod bench;
mod build;
mod counts;
mod demo;
mod key;
mod packages;
mod profile;
mod runner;
mod test;
mod up;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, starts and tests orthanc-share.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the components (WebAssembly) and the runtime, both in release.
    Build,
    /// Build, then start on 127.0.0.1:8000 with a development key.
    Up {
        /// Further arguments of `orthanc-share up`, after `--`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Start a whole setup with synthetic studies and the OHIF viewer, and print links to click.
    Demo(demo::Options),
    /// Run the unit tests, then the journeys against the running application.
    Test(test::Options),
    /// Measure the application against native handlers, nginx and a Python service: about nine minutes.
    Bench(bench::Options),
    /// Write anew how the runtime's code runs under load, for its compiler: some fifteen minutes.
    Profile(profile::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Build => build::all().map(|()| ExitCode::SUCCESS),
        Command::Up { arguments } => up::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Demo(options) => demo::start(&options).map(|()| ExitCode::SUCCESS),
        Command::Test(options) => test::run(&options),
        Command::Bench(options) => bench::start(&options),
        Command::Profile(options) => profile::write(&options).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        // One line for a person, without the backtrace that `RUST_BACKTRACE` adds.
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
