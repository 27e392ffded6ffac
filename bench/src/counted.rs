//! Counted instructions of the pure paths, natively, by callgrind: they do not depend on the machine's load. Of
//! two runs that differ in their number of repetitions the difference is taken, so that the start cancels out.
//!
//! The committed figures are in `bench/instructions.toml`, with the compiler that they were counted with. One that
//! grows by more than a tenth fails; after a change of compiler nothing fails until new figures are committed
//! (`cargo xtask bench --bless`), since it is not this repository that changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::place::first_line;

/// How much a figure may grow, in percent.
const TOLERANCE: u64 = 10;

/// Instructions by path.
pub type Counts = BTreeMap<String, u64>;

/// The committed file.
#[derive(Debug, Deserialize, Serialize)]
pub struct Figures {
    /// `rustc --version`.
    pub rustc: String,
    /// Instructions of one run of each path.
    pub instructions: Counts,
}

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Within the tolerance, or less; by this part of the committed figure.
    Within(f64),
    /// Grown by more.
    Grown(f64),
    /// There is no committed figure.
    New,
}

/// Compares a count with the committed figure.
pub fn compare(committed: Option<u64>, counted: u64) -> Change {
    let Some(committed) = committed.filter(|figure| *figure > 0) else { return Change::New };
    let change = counted as f64 / committed as f64 - 1.0;
    let most = committed.saturating_mul(100 + TOLERANCE);
    if counted.saturating_mul(100) > most { Change::Grown(change) } else { Change::Within(change) }
}

/// Where the figures are.
pub fn file() -> PathBuf {
    journeys::repository().join("bench/instructions.toml")
}

/// The committed figures.
pub fn committed() -> Result<Figures> {
    let text = std::fs::read_to_string(file()).context("bench/instructions.toml")?;
    toml::from_str(&text).context("bench/instructions.toml")
}

/// Writes these as the committed figures.
pub fn bless(counts: &Counts) -> Result<()> {
    let rustc = rustc()?;
    let mut text = format!(
        "# Instructions of one run of each path of bench/native/src/cases.rs, natively, as callgrind counts them.\n\
         # Written by `cargo xtask bench --bless`; `cargo xtask test` fails if one grows by more than a tenth, as\n\
         # long as the compiler is the same.\n\
         rustc = \"{rustc}\"\n\n[instructions]\n"
    );
    for (name, count) in counts {
        text += &format!("{name} = {count}\n");
    }
    Ok(std::fs::write(file(), text)?)
}

/// The compiler.
pub fn rustc() -> Result<String> {
    first_line("rustc", &["--version"]).context("rustc does not say its version")
}

/// Counts all paths, two at a time.
pub fn count(program: &Path) -> Result<Counts> {
    let cases = paths::all();
    let next = AtomicUsize::new(0);
    let counts: Mutex<Vec<Result<(String, u64)>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
                    let counted = per_run(program, case).map(|count| (case.name.to_owned(), count));
                    counts.lock().unwrap_or_else(PoisonError::into_inner).push(counted);
                }
            });
        }
    });
    counts.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
}

/// The instructions of one run more.
fn per_run(program: &Path, case: &paths::Case) -> Result<u64> {
    // Small paths are run more often: what an allocator does now and then is spread over them.
    let (few, many) = if case.bytes == 0 { (20, 220) } else { (1, 3) };
    let [less, more] = [instructions(program, case.name, few)?, instructions(program, case.name, many)?];
    ensure!(more > less, "{}: more runs are no more instructions", case.name);
    Ok((more - less) / u64::from(many - few))
}

fn instructions(program: &Path, name: &str, runs: u32) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["run", name, &runs.to_string()])
        // The environment lies on the stack, and would move it.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .context("valgrind cannot be started")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed:\n{text}");
    collected(&text).with_context(|| format!("valgrind said:\n{text}"))
}

/// `==123== Collected : 456789`
fn collected(text: &str) -> Option<u64> {
    let (_, rest) = text.lines().find_map(|line| line.split_once("Collected :"))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Prints each figure with its change. How many are within, have grown, and were not judged.
pub fn report(counts: &Counts, committed: &Figures) -> Result<(u64, u64, u64)> {
    let rustc = rustc()?;
    let is_same = rustc == committed.rustc;
    if !is_same {
        eprintln!(
            "!!! The committed figures are of {}, this is {rustc}: nothing is judged. `cargo xtask bench --bless`",
            committed.rustc
        );
    }
    Ok(print(counts, &committed.instructions, is_same))
}

fn print(counts: &Counts, committed: &Counts, is_same: bool) -> (u64, u64, u64) {
    let (mut within, mut grown, mut unjudged) = (0, 0, 0);
    println!("{:<32} {:>14} {:>14} {:>9}", "instructions of one run", "committed", "now", "change");
    for (name, count) in counts {
        let before = committed.get(name).copied();
        let change = compare(before, *count);
        let (text, word) = match change {
            Change::Within(part) => (format!("{:+.1} %", part * 100.0), ""),
            Change::Grown(part) => (format!("{:+.1} %", part * 100.0), "  MORE THAN A TENTH"),
            Change::New => ("-".to_owned(), "  no committed figure"),
        };
        println!("{name:<32} {:>14} {count:>14} {text:>9}{word}", before.unwrap_or_default());
        match change {
            Change::Within(_) if is_same => within += 1,
            Change::Grown(_) if is_same => grown += 1,
            _ => unjudged += 1,
        }
    }
    (within, grown, unjudged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_may_grow_by_a_tenth_and_no_more() {
        let is_grown = |counted| matches!(compare(Some(1000), counted), Change::Grown(_));
        let cases = [(1, false), (999, false), (1000, false), (1100, false), (1101, true), (2000, true)];
        for (counted, expected) in cases {
            assert_eq!(is_grown(counted), expected, "{counted}");
        }
        assert_eq!(compare(Some(1000), 1500), Change::Grown(0.5));
        assert_eq!(compare(Some(1000), 750), Change::Within(-0.25));
        assert_eq!(compare(None, 1), Change::New);
        assert_eq!(compare(Some(0), 1), Change::New);
    }

    #[test]
    fn growth_fails_only_with_the_same_compiler() {
        let counts = |figures: &[(&str, u64)]| -> Counts {
            figures.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        let committed = counts(&[("a", 100), ("b", 100)]);
        let now = counts(&[("a", 105), ("b", 150), ("c", 1)]);
        assert_eq!(print(&now, &committed, true), (1, 1, 1));
        assert_eq!(print(&now, &committed, false), (0, 0, 3));
    }

    #[test]
    fn callgrinds_count_is_read() {
        let text = "==7== Callgrind\n==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(collected(text), Some(123_456));
        assert_eq!(collected("==7== Collected :"), None);
        assert_eq!(collected(""), None);
    }

    #[test]
    fn the_committed_file_is_one() {
        let figures = committed().unwrap();
        assert!(figures.rustc.starts_with("rustc "), "{}", figures.rustc);
        assert!(figures.instructions.values().all(|count| *count > 0));
    }
}
