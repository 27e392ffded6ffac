//! The whole benchmark.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use paths::inputs;

use crate::fleet::Fleet;
use crate::growth::MEGABYTES;
use crate::nginx::FRAME;
use crate::place::Built;
use crate::report::DE_IDENTIFIED;
use crate::results::{InProcess, Machine, Results};
use crate::rows::Purpose;
use crate::stats::Spread;
use crate::{docs, goals, growth, report, rows, start};

/// Measures everything, prints it, and writes it to the JSON file, and into the documentation if that is wanted.
pub fn run(built: &Built, json: &Path, write_docs: bool) -> Result<()> {
    let begin = Instant::now();
    let scratch = tempfile::tempdir()?;
    let fleet = Fleet::start(built, scratch.path(), &MEGABYTES)?;
    let cells = rows::measure(&fleet, scratch.path(), Purpose::Table)?;
    let curves = growth::measure(built, &fleet, scratch.path())?;
    let in_process = in_process(built, &fleet)?;
    let start = start::measure(built)?;
    let results = Results {
        machine: Machine::here(),
        goals: goals::evaluate(&cells, start),
        cells,
        in_process,
        curves,
        start,
        left_out: fleet.left_out.clone(),
        took: begin.elapsed().as_secs(),
    };
    let text = report::render(&results);
    println!("{text}");
    if let Some(folder) = json.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(json, serde_json::to_vec_pretty(&results)?).with_context(|| json.display().to_string())?;
    eprintln!("==> {} s; all figures are in {}", results.took, json.display());
    if write_docs { docs::write(&text) } else { Ok(()) }
}

/// Loads the application with each row for a while, and measures nothing.
pub fn load(built: &Built) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let fleet = Fleet::start(built, scratch.path(), &MEGABYTES)?;
    rows::measure(&fleet, scratch.path(), Purpose::Load).map(drop)
}

fn in_process(built: &Built, fleet: &Fleet) -> Result<Vec<InProcess>> {
    let inputs = [
        fleet.pacs.large.first().map_or(0, |large| large.bytes),
        fleet.pacs.long.bytes,
        inputs::dicom_file(FRAME).len(),
    ];
    let mut speeds = DE_IDENTIFIED.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for ((_, path), speeds) in DE_IDENTIFIED.iter().zip(&mut speeds) {
            speeds.push(speed(built, path)?);
        }
    }
    let lines = DE_IDENTIFIED.iter().zip(inputs).zip(speeds);
    Ok(lines.map(|(((row, _), input), speeds)| InProcess { row, input, alone: Spread::of(speeds) }).collect())
}

/// Rounds of the paths in one process; each is short, so that some of them are undisturbed.
const ROUNDS: u32 = 5;

/// MB/s of a pure path.
fn speed(built: &Built, path: &str) -> Result<f64> {
    let output = Command::new(&built.paths).args(["time", path, "0.3"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let bytes: f64 = text.trim().parse().with_context(|| format!("{path}: no number of bytes: {text}"))?;
    Ok(bytes / 1e6)
}
