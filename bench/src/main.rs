//! The benchmark of `cargo xtask bench`: everything compared is measured in one run, interleaved, in several
//! rounds; ratios are the result. docs/performance.md says how it is to be read.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `full`, `quick` | the whole benchmark, and the short form of `cargo xtask test` |
//! | `fleet` | all servers that are compared: `process`, `nginx`, `orthanc` |
//! | `request`, `bearer` | what is asked, and what a right answer is |
//! | `rows`, `cell`, `wrk` | the rows of the table, and how one is measured |
//! | `growth`, `start` | how cost grows; from start to first answer |
//! | `counted` | counted instructions |
//! | `stats`, `goals`, `results`, `report`, `docs` | what is made of the figures |

mod bearer;
mod cell;
mod counted;
mod docs;
mod fleet;
mod full;
mod goals;
mod growth;
mod nginx;
mod orthanc;
mod place;
mod process;
mod quick;
mod report;
mod request;
mod results;
mod rows;
mod start;
mod stats;
mod wrk;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// Measures orthanc-share against what it could be, and what there is besides.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Cli {
    /// Only ratios of validate and counted instructions; fails if a count grew by more than a tenth.
    #[arg(long)]
    quick: bool,
    /// Write the counted instructions of this build as the figures to compare with.
    #[arg(long)]
    bless: bool,
    /// Only load the application, a short while with each row: for a runtime that counts what it does.
    #[arg(long)]
    profile: bool,
    /// Write the tables into docs/performance.md.
    #[arg(long)]
    write_docs: bool,
    /// Where all figures go [default: target/bench/results.json].
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    run(&Cli::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let built = place::Built::find()?;
    if cli.bless {
        let counts = counted::count(&built.paths)?;
        counted::report(&counts, &counted::committed()?)?;
        counted::bless(&counts)?;
        return Ok(ExitCode::SUCCESS);
    }
    if cli.quick {
        return quick::run(&built);
    }
    if cli.profile {
        full::load(&built)?;
        return Ok(ExitCode::SUCCESS);
    }
    let json = cli.json.clone().unwrap_or_else(|| built.kept.join("results.json"));
    full::run(&built, &json, cli.write_docs)?;
    Ok(ExitCode::SUCCESS)
}
