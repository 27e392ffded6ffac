//! `cargo xtask test`: unit tests, then the journeys in `tests/` against the running application, then the short
//! form of the benchmark.
//! The last line that it prints is the sum of all runs: `N passed, N failed, N skipped`.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::counts::Counts;
use crate::runner::{self, Outcome, Runner};
use crate::workspace::{self, HOST, JOURNEYS, TEST_GUEST, command, components, output, root, say};
use crate::{bench, build, demo, packages};

/// The journeys of the embedded runtime's own flags and limits, or of its process, which Spin has two of: they
/// say nothing about another host.
const RUNTIME_ONLY: [&str; 7] =
    ["anonymizer_memory", "limits", "nodes", "replacement", "runtime", "store", "store_redis"];
/// Journeys that need more than the application: their names, and what they are called where they are left out.
type Needy = (&'static [&'static str], &'static str);
const REAL_ORTHANC: Needy = (&["real_orthanc"], "against a real Orthanc");
const REDIS: Needy = (&["accounting", "life_of_a_share", "opening", "store_redis"], "with a Redis");
const NODES: Needy = (&["nodes"], "with several nodes");
/// They start the embedded runtime, whatever the host.
const WHOLE_SETUP: Needy = (
    &["browser", "browser_anonymized", "browser_opening", "browser_ui", "demo"],
    "in a browser, with the whole setup",
);

/// What to test, and against which host.
#[derive(Args)]
pub struct Options {
    /// Run only the journeys, against another host than the embedded runtime.
    #[arg(long)]
    host: Option<Host>,
    /// Leave out the journeys against a real Orthanc and in a browser; they are counted as skipped.
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
    let mut leave_out = |(names, what): Needy, reason: Option<&str>| -> Result<()> {
        journeys.retain(|name| !names.contains(&name.as_str()));
        reason.map_or(Ok(()), |reason| report.skip(names, what, reason))
    };
    if let Err(reason) = with_orthanc(options) {
        leave_out(REAL_ORTHANC, Some(&reason))?;
    }
    if let Err(reason) = packages::ensure(packages::REDIS) {
        leave_out(REDIS, Some(&reason))?;
    }
    if let Err(reason) = packages::ensure(packages::NODES) {
        leave_out(NODES, Some(&reason))?;
    }
    if options.host.is_some() {
        leave_out(WHOLE_SETUP, None)?;
    } else if let Err(reason) = with_whole_setup(options) {
        leave_out(WHOLE_SETUP, Some(&reason))?;
    }
    if options.host.is_none() {
        let binary = root().join("target/release/orthanc-share").canonicalize()?;
        let binary = binary.to_str().context("the path of the repository is no UTF-8")?;
        report.journeys(runner, "journeys", &journeys, &[("ORTHANC_SHARE_BIN", binary)])?;
    }
    if spin {
        let not_spin = |name: &str| RUNTIME_ONLY.contains(&name) || WHOLE_SETUP.0.contains(&name);
        journeys.retain(|name| !not_spin(name));
        report.journeys(runner, "journeys under Spin", &journeys, &[("ORTHANC_SHARE_TEST_HOST", "spin")])?;
    }
    if options.host.is_none() {
        match bench::quick()? {
            Ok(outcome) => report.add(outcome),
            Err(reason) => say(&format!("NOT COUNTED the instructions of the native paths: {reason}")),
        }
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
    if options.no_orthanc {
        Err("--no-orthanc was given".to_owned())
    } else {
        packages::ensure(packages::ORTHANC)
    }
}

/// The browser, what it opens, and the viewer from npm, before many tests ask for it at once.
fn with_whole_setup(options: &Options) -> Result<(), String> {
    with_orthanc(options)?;
    packages::ensure(packages::DEMO)?;
    packages::ensure(packages::BROWSER)?;
    demo::prepare().map_err(|error| format!("the viewer could not be taken from npm: {error:#}"))
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
    /// How many journeys were left out, what they would have tested, and why.
    skipped: Vec<(u64, &'static str, String)>,
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

    fn skip(&mut self, names: &[&str], what: &'static str, reason: &str) -> Result<()> {
        let there = journeys()?;
        let names: Vec<_> = there.into_iter().filter(|name| names.contains(&name.as_str())).collect();
        let count = if names.is_empty() { 0 } else { runner::count(&select_journeys(&names))? };
        self.skipped.push((count, what, reason.to_owned()));
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
        for (count, what, reason) in &self.skipped {
            sum.skipped += count;
            say(&format!("NOT TESTED {what} ({count} journeys): {reason}"));
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
