//! `cargo xtask test`: unit tests, then the journeys in `tests/` against the running application.
//! The last line that it prints is the sum of all runs: `N passed, N failed, N skipped`.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::counts::Counts;
use crate::runner::{self, Outcome, Runner};
use crate::workspace::{self, HOST, JOURNEYS, TEST_GUEST, command, components, output, root, say};
use crate::{build, orthanc};

/// The journeys of the embedded runtime's own flags and limits: they say nothing about another host.
const RUNTIME_ONLY: [&str; 2] = ["limits", "runtime"];
/// The journeys that start an Orthanc.
const REAL_ORTHANC: &str = "real_orthanc";

/// What to test, and against which host.
#[derive(Args)]
pub struct Options {
    /// Run only the journeys, against another host than the embedded runtime.
    #[arg(long)]
    host: Option<Host>,
    /// Leave out the journeys against a real Orthanc; they are counted as skipped.
    #[arg(long)]
    no_orthanc: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Host {
    /// Fermyon Spin, from PATH.
    Spin,
}

/// Runs the tests. The exit code is a failure if a test failed or could not be run.
pub fn run(options: &Options) -> Result<ExitCode> {
    let runner = Runner::find();
    let spin = has_spin();
    let mut report = Report::default();
    match options.host {
        Some(Host::Spin) if !spin => {
            bail!("`spin` (Fermyon Spin) is not on PATH: install it, or leave out --host")
        }
        Some(Host::Spin) => {
            build::components_only()?;
        }
        None => {
            unit_tests(runner, &mut report)?;
            build::all()?;
            build::test_guest()?;
        }
    }

    let mut journeys = journeys()?;
    if let Err(reason) = with_orthanc(options) {
        journeys.retain(|name| name != REAL_ORTHANC);
        report.skip(&reason)?;
    }
    if options.host.is_none() {
        let binary = root().join("target/release/orthanc-share").canonicalize()?;
        let binary = binary.to_str().context("the path of the repository is no UTF-8")?;
        report.journeys(runner, "journeys", &journeys, &[("ORTHANC_SHARE_BIN", binary)])?;
    }
    if spin {
        journeys.retain(|name| !RUNTIME_ONLY.contains(&name.as_str()));
        report.journeys(runner, "journeys under Spin", &journeys, &[("ORTHANC_SHARE_TEST_HOST", "spin")])?;
    }
    Ok(report.close())
}

/// Everything that runs natively in milliseconds. The components are tested by the journeys: natively they
/// have no host. The runtime has no unit tests: they would compile wasmtime once more.
fn unit_tests(runner: Runner, report: &mut Report) -> Result<()> {
    let mut select =
        words(&["--workspace", "--exclude", HOST, "--exclude", JOURNEYS, "--exclude", TEST_GUEST]);
    for component in components()? {
        select.extend(["--exclude".to_owned(), component.package]);
    }
    report.add(runner.run("unit tests", &select, &[])?);
    report.add(Runner::run_doc_tests("examples in the documentation", &select)?);
    Ok(())
}

/// The names of the test binaries, found as cargo finds them.
fn journeys() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("tests/tests")).context("the folder tests/tests")? {
        let path = entry?.path();
        let is_test = path.extension().is_some_and(|it| it == "rs") || path.join("main.rs").is_file();
        if let Some(name) = path.file_stem().and_then(|it| it.to_str()).filter(|_| is_test) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn select_journeys(names: &[String]) -> Vec<String> {
    let tests = names.iter().flat_map(|name| ["--test".to_owned(), name.clone()]);
    words(&["-p", JOURNEYS]).into_iter().chain(tests).collect()
}

fn with_orthanc(options: &Options) -> Result<(), String> {
    if options.no_orthanc { Err("--no-orthanc was given".to_owned()) } else { orthanc::ensure() }
}

/// Debian also has a `spin`, the model checker: only Fermyon's answers this with its name and a number.
fn has_spin() -> bool {
    output(command("spin").arg("--version"))
        .and_then(|text| text.strip_prefix("spin ")?.chars().next())
        .is_some_and(|character| character.is_ascii_digit())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The outcome of each run, in order.
#[derive(Default)]
struct Report {
    outcomes: Vec<Outcome>,
    /// How many journeys were left out for want of an Orthanc, and why.
    skipped: Option<(u64, String)>,
}

impl Report {
    fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    fn journeys(
        &mut self,
        runner: Runner,
        name: &'static str,
        journeys: &[String],
        environment: &[(&str, &str)],
    ) -> Result<()> {
        if !journeys.is_empty() {
            self.add(runner.run(name, &select_journeys(journeys), environment)?);
        }
        Ok(())
    }

    fn skip(&mut self, reason: &str) -> Result<()> {
        let count = match journeys()?.iter().any(|name| name == REAL_ORTHANC) {
            true => runner::count(&select_journeys(&words(&[REAL_ORTHANC])))?,
            false => 0,
        };
        self.skipped = Some((count, reason.to_owned()));
        Ok(())
    }

    /// Says what ran, and closes with the sum alone on the last line.
    fn close(&self) -> ExitCode {
        let mut sum = Counts::default();
        workspace::say("Summary");
        for Outcome { name, counts, ended_well, took } in &self.outcomes {
            sum += *counts;
            let verdict = match (ended_well, counts.failed) {
                (true, 0) => "ok",
                (false, 0) => "DID NOT RUN: see above",
                _ => "FAILED",
            };
            eprintln!("    {name}: {counts} in {} - {verdict}", build::seconds(*took));
        }
        if let Some((count, reason)) = &self.skipped {
            sum.skipped += count;
            say(&format!("NOT TESTED against a real Orthanc ({count} journeys): {reason}"));
        }
        // No test passed: something was not found, and that is no success.
        let good =
            sum.passed > 0 && sum.failed == 0 && self.outcomes.iter().all(|outcome| outcome.ended_well);
        println!("{sum}");
        if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journeys_are_selected_by_name() {
        let selected = select_journeys(&words(&["shares", "landing"]));
        assert_eq!(selected, words(&["-p", JOURNEYS, "--test", "shares", "--test", "landing"]));
    }
}
