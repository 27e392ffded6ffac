//! Runs tests by cargo-nextest where it is installed, else by `cargo test`, and counts them.
//! Output passes through as it comes, and the closing lines are read on the way.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::workspace::{cargo, output, say};

/// The program that runs tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Runner {
    Nextest,
    CargoTest,
}

/// What became of one run of tests.
pub struct Outcome {
    pub name: &'static str,
    pub counts: Counts,
    /// Whether the runner ended well; it does not if a test failed or did not compile.
    pub ended_well: bool,
    pub took: Duration,
}

impl Runner {
    /// cargo-nextest if it is installed: it runs each test in a process of its own, and in parallel.
    pub fn find() -> Self {
        match output(cargo().args(["nextest", "--version"])) {
            Some(_) => Self::Nextest,
            None => {
                say(
                    "cargo-nextest is not installed: the tests run by `cargo test`, one binary after the other",
                );
                Self::CargoTest
            }
        }
    }

    /// Runs the tests that these arguments of cargo select, in this environment, to the last.
    pub fn run(self, name: &'static str, select: &[String], environment: &[(&str, &str)]) -> Result<Outcome> {
        let mut command = cargo();
        match self {
            Self::Nextest => command.args(["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]),
            // Doc tests are a run of their own: nextest has none.
            Self::CargoTest if select.iter().any(|it| it == "--test") => {
                command.args(["test", "--no-fail-fast"])
            }
            Self::CargoTest => command.args(["test", "--no-fail-fast", "--tests"]),
        };
        command.args(select).envs(environment.iter().copied());
        counted(name, &mut command)
    }

    /// Runs the examples in the documentation, which only `cargo test` can.
    pub fn run_doc_tests(name: &'static str, select: &[String]) -> Result<Outcome> {
        counted(name, cargo().args(["test", "--doc", "--no-fail-fast"]).args(select))
    }
}

/// How many tests these arguments select, without running them.
pub fn count(select: &[String]) -> Result<u64> {
    let listed = output(cargo().arg("test").args(select).args(["--", "--list", "--format", "terse"]));
    let listed = listed.context("the tests cannot be listed: do they compile?")?;
    Ok(listed.lines().filter(|line| line.ends_with(": test")).count() as u64)
}

/// Runs a command that closes as `cargo test` does.
pub fn counted(name: &'static str, command: &mut Command) -> Result<Outcome> {
    say(&format!("Running the {name}"));
    let start = Instant::now();
    let mut runner = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("the {name} cannot be started"))?;
    let (out, err) = (runner.stdout.take(), runner.stderr.take());
    let mut counts = Counts::default();
    std::thread::scope(|scope| {
        // `cargo test` closes on standard output, nextest on standard error.
        let out = scope.spawn(|| out.map(|pipe| tee(pipe, std::io::stdout())));
        counts += err.map(|pipe| tee(pipe, std::io::stderr())).unwrap_or_default();
        counts += out.join().ok().flatten().unwrap_or_default();
    });
    let ended_well = runner.wait()?.success();
    Ok(Outcome { name, counts, ended_well, took: start.elapsed() })
}

/// Copies the lines as they come, and adds up what the closing ones count.
fn tee(from: impl Read, mut to: impl Write) -> Counts {
    let mut from = BufReader::new(from);
    let mut counts = Counts::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // Nobody reads any more: the tests go on, and their exit status still counts.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        counts += Counts::parse(&String::from_utf8_lossy(&line)).unwrap_or_default();
        line.clear();
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_passes_through_and_every_closing_line_counts() {
        let text = "running 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored\n\n\
                    test result: FAILED. 0 passed; 2 failed; 1 ignored";
        let mut copy = Vec::new();
        let counts = tee(text.as_bytes(), &mut copy);
        assert_eq!(copy, text.as_bytes());
        assert_eq!(counts, Counts { passed: 1, failed: 2, skipped: 1 });
    }
}
