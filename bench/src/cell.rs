//! One row of the table for one server on so many connections: measured once a round, interleaved with all the
//! others of its row, so that what disturbs the machine disturbs them alike.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Serialize, Serializer};

use crate::fleet::Who;
use crate::process::Process;
use crate::request::Request;
use crate::stats::Spread;
use crate::wrk::{self, Mode};

/// What is measured, and what came out.
#[derive(Serialize)]
pub struct Cell<'a> {
    /// The row of the table.
    pub row: &'static str,
    /// Who answers.
    pub who: Who,
    /// On which connections.
    #[serde(serialize_with = "mode_as_text")]
    pub mode: Mode,
    #[serde(skip)]
    process: &'a Process,
    #[serde(skip)]
    request: Request,
    /// Bytes of the body of an answer.
    pub body: usize,
    /// One a round.
    pub samples: Vec<Sample>,
}

/// One second's figures.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// Requests a second.
    pub rate: f64,
    /// Bytes a second that were answered, with their heads.
    pub bytes: f64,
    /// In microseconds: half of the requests were faster.
    pub p50: f64,
    /// In microseconds: one of a hundred was slower.
    pub p99: f64,
    /// The server's CPU time for each request, in microseconds.
    pub cpu: f64,
    /// The server's peak memory, in MB.
    pub peak: f64,
    /// Answers of a status from 400 on, and connections that broke.
    pub errors: u64,
    /// Connections that this machine opened for each request, those of the server to Orthanc too.
    pub opened: f64,
}

impl<'a> Cell<'a> {
    /// Nothing is measured yet.
    pub fn new(row: &'static str, who: Who, process: &'a Process, request: &Request, mode: Mode) -> Self {
        Self { row, who, mode, process, request: request.clone(), body: 0, samples: Vec::new() }
    }

    /// One round: checks an answer, then measures for so many seconds.
    pub fn measure(&mut self, scratch: &Path, seconds: u32) -> Result<()> {
        let address = self.process.address();
        let what = || format!("{} by {} on {}", self.row, self.who.name(), self.mode);
        self.body = self.request.check(address).with_context(what)?;
        self.process.forget_peak();
        let (cpu, opened) = (self.process.cpu(), wrk::opened());
        let seen = wrk::run(scratch, address, &self.request, self.mode, seconds).with_context(what)?;
        let cpu = self.process.cpu().saturating_sub(cpu);
        let opened = wrk::opened().saturating_sub(opened);
        let (requests, time) = (seen.requests as f64, seen.duration as f64 / 1e6);
        let opened = opened as f64 / requests;
        // The row says so: if wrk should ever keep them, its figures are another's.
        ensure!(!self.mode.is_new || opened > 0.95, "{}: only {opened:.2} connections for a request", what());
        self.samples.push(Sample {
            rate: requests / time,
            bytes: seen.bytes as f64 / time,
            p50: seen.p50,
            p99: seen.p99,
            cpu: cpu.as_secs_f64() * 1e6 / requests,
            peak: self.process.peak(),
            errors: seen.errors,
            opened,
        });
        Ok(())
    }

    /// Of one figure over all rounds.
    pub fn spread(&self, of: impl Fn(&Sample) -> f64) -> Option<Spread> {
        Spread::of(self.samples.iter().map(of))
    }

    /// Of this one's figure through the other's, round by round.
    pub fn ratio(&self, other: &Cell<'_>, of: impl Fn(&Sample) -> f64) -> Option<Spread> {
        Spread::of(self.samples.iter().zip(&other.samples).map(|(mine, theirs)| of(mine) / of(theirs)))
    }
}

/// Measures all of them so many times. Every second round goes backwards: what comes after another has no
/// advantage of it, and no disadvantage.
pub fn measure(cells: &mut [Cell<'_>], scratch: &Path, rounds: u32, seconds: u32) -> Result<()> {
    for round in 0..rounds {
        let measure = |cell: &mut Cell<'_>| cell.measure(scratch, seconds);
        if round % 2 == 0 {
            cells.iter_mut().try_for_each(measure)?;
        } else {
            cells.iter_mut().rev().try_for_each(measure)?;
        }
    }
    Ok(())
}

/// `16`, or `16 new` with a connection for each request.
impl std::fmt::Display for Mode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", self.connections, if self.is_new { " new" } else { "" })
    }
}

fn mode_as_text<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(mode)
}
