//! All that one run found, as it goes to the JSON file and into the tables.

use serde::Serialize;

use crate::cell::Cell;
use crate::fleet::spin_version;
use crate::goals::Goal;
use crate::growth::Curve;
use crate::place::first_line;
use crate::stats::Spread;

/// One run.
#[derive(Serialize)]
pub struct Results<'a> {
    /// What it ran on.
    pub machine: Machine,
    /// The goals.
    pub goals: Vec<Goal>,
    /// Each row, of each server, on so many connections.
    pub cells: Vec<Cell<'a>>,
    /// De-identification within one process, natively.
    pub in_process: Vec<InProcess>,
    /// How cost grows.
    pub curves: Vec<Curve>,
    /// From start to first answer, in milliseconds.
    pub start: Option<Spread>,
    /// What was not measured, and why.
    pub left_out: Vec<String>,
    /// How long it took, in seconds.
    pub took: u64,
}

/// A row of de-identification, and the same without HTTP.
#[derive(Serialize)]
pub struct InProcess {
    /// The row.
    pub row: &'static str,
    /// Bytes that go in for one answer.
    pub input: usize,
    /// MB/s on one core.
    pub alone: Option<Spread>,
}

/// What a run depends on.
#[derive(Serialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    system: String,
    versions: Vec<String>,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let line = |path: &str, name: &str| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let value = text.lines().find_map(|line| {
                line.strip_prefix(name)?.trim().strip_prefix(':').map(str::trim).map(str::to_owned)
            });
            value.unwrap_or_else(|| "unknown".to_owned())
        };
        let kib = line("/proc/meminfo", "MemTotal");
        let kib: Option<f64> = kib.strip_suffix(" kB").and_then(|number| number.trim().parse().ok());
        let versions = [
            first_line("rustc", &["--version"]),
            first_line("nginx", &["-v"]).or_else(|| first_line("/usr/sbin/nginx", &["-v"])),
            first_line("python3", &["--version"]),
            spin_version(),
        ];
        Self {
            processor: line("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: kib.map_or("unknown".to_owned(), |kib| format!("{:.0} GB", kib * 1024.0 / 1e9)),
            system: first_line("uname", &["-sr"]).unwrap_or_else(|| "unknown".to_owned()),
            versions: versions.into_iter().flatten().collect(),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { processor, cores, memory, system, versions } = self;
        let versions = versions.join("; ");
        write!(
            formatter,
            "{cores} cores of {processor}, {memory}, {system}; {versions}; all on this one machine."
        )
    }
}
