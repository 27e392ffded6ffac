//! How cost grows: with the studies of a token, with the size of metadata, with the number of connections.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::bearer::Bearer;
use crate::cell::{self, Sample};
use crate::fleet::{self, Fleet, Who};
use crate::nginx::Large;
use crate::place::Built;
use crate::process::Process;
use crate::request::{self, Request};
use crate::rows::{self, keep};
use crate::stats::{Shape, Spread};

/// Studies in a token.
const STUDIES: [usize; 3] = [1, 100, 2_000];
/// Open connections.
const CONNECTIONS: [u32; 5] = [10, 32, 100, 320, 1_000];
/// Metadata in MB; the first is that of the rows.
pub const MEGABYTES: [usize; 4] = [4, 1, 10, 100];

const ROUNDS: u32 = 3;

/// A quantity at some sizes.
#[derive(Serialize)]
pub struct Curve {
    /// What grows, of whom, with what.
    pub what: String,
    /// Of what grows.
    pub unit: &'static str,
    /// Size and quantity.
    pub points: Vec<(f64, Spread)>,
    /// How it grows.
    pub shape: Option<Shape>,
}

impl Curve {
    fn new(what: String, unit: &'static str, points: Vec<(f64, Option<Spread>)>) -> Self {
        let points: Vec<_> = points.into_iter().filter_map(|(x, spread)| Some((x, spread?))).collect();
        let medians: Vec<_> = points.iter().map(|(x, spread)| (*x, spread.median)).collect();
        Self { what, unit, points, shape: Shape::of(&medians) }
    }
}

/// All curves.
pub fn measure(built: &Built, fleet: &Fleet, scratch: &Path) -> Result<Vec<Curve>> {
    eprintln!("==> growth: validate with {STUDIES:?} studies, on {CONNECTIONS:?} connections");
    let mut curves = studies(fleet, scratch)?;
    curves.extend(connections(built, scratch)?);
    eprintln!("==> growth: metadata of {:?} MB", &MEGABYTES[1..]);
    curves.extend(metadata(built, fleet)?);
    Ok(curves)
}

fn studies(fleet: &Fleet, scratch: &Path) -> Result<Vec<Curve>> {
    let mut cells = Vec::new();
    for count in STUDIES {
        let request = request::granted(count)?;
        let whom: [(Who, &[_]); 2] = [(Who::Application, &[keep(16)]), (Who::Native, &[keep(16)])];
        cells.extend(rows::of(fleet, rows::GRANTED, &request, &whom));
    }
    cell::measure(&mut cells, scratch, ROUNDS, 1)?;
    let curve = |who: Who| {
        let mine = cells.iter().filter(|cell| cell.who == who);
        let points =
            STUDIES.iter().zip(mine).map(|(count, cell)| (*count as f64, cell.spread(|sample| sample.cpu)));
        let what = format!("validate, CPU time, {}, by studies in the token", who.name());
        Curve::new(what, "µs", points.collect())
    };
    Ok(vec![curve(Who::Application), curve(Who::Native)])
}

/// In each round a new process serves more and more connections: what it keeps of many is not in fewer's memory.
fn connections(built: &Built, scratch: &Path) -> Result<Vec<Curve>> {
    let modes = CONNECTIONS.map(keep);
    let request = request::granted(1)?;
    let mut samples = modes.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        let process = fleet::application(built, "http://127.0.0.1:1/")?;
        let mut cells = rows::by(rows::GRANTED, Who::Application, &process, &request, &modes);
        cell::measure(&mut cells, scratch, 1, 1)?;
        for (all, cell) in samples.iter_mut().zip(&cells) {
            all.extend(&cell.samples);
        }
    }
    let curve = |name: &str, unit, of: fn(&Sample) -> f64| {
        let points = CONNECTIONS.iter().zip(&samples);
        let points = points
            .map(|(connections, samples)| (f64::from(*connections), Spread::of(samples.iter().map(of))));
        Curve::new(format!("validate, {name}, by open connections"), unit, points.collect())
    };
    Ok(vec![
        curve("requests a second", "", |sample| sample.rate),
        curve("p99", "µs", |sample| sample.p99),
        curve("peak memory", "MB", |sample| sample.peak),
    ])
}

/// One request for metadata.
struct Read1 {
    time: f64,
    cpu: f64,
    peak: f64,
}

/// In each round a new process reads the three sizes, the smallest first: no peak is that of an earlier size.
fn metadata(built: &Built, fleet: &Fleet) -> Result<Vec<Curve>> {
    let sizes: Vec<&Large> = fleet.pacs.large.iter().skip(1).collect();
    let root = format!("http://{}/", fleet.pacs.address());
    let mut curves = Vec::new();
    for who in [Who::Application, Who::Native] {
        let mut reads: Vec<Vec<Read1>> = sizes.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            let process = match who {
                Who::Native => fleet::native(built, &root)?,
                _ => fleet::application(built, &root)?,
            };
            // The process is warm, and its start's own peak is forgotten.
            for _ in 0..2 {
                read(&process, sizes[0])?;
            }
            for (large, reads) in sizes.iter().zip(&mut reads) {
                reads.push(read(&process, large)?);
            }
        }
        let mut curve = |name: &str, unit, of: fn(&Read1) -> f64| {
            let point = |(large, reads): (&&Large, &Vec<Read1>)| {
                (large.bytes as f64 / 1e6, Spread::of(reads.iter().map(of)))
            };
            let what = format!("anonymizer, metadata, {name}, {}, by MB", who.name());
            curves.push(Curve::new(what, unit, sizes.iter().zip(&reads).map(point).collect()));
        };
        curve("time", "ms", |read| read.time);
        curve("CPU time", "ms", |read| read.cpu);
        curve("peak memory", "MB", |read| read.peak);
    }
    Ok(curves)
}

fn read(process: &Process, large: &Large) -> Result<Read1> {
    let bearer = Bearer::of(&large.study)?;
    let request = request::metadata(&bearer, &large.study, 0);
    process.forget_peak();
    let (begin, cpu) = (Instant::now(), process.cpu());
    let length = download(process.address(), &request)?;
    let time = begin.elapsed();
    ensure!(length > large.bytes / 4, "{length} bytes of {} came", large.bytes);
    let cpu = process.cpu().saturating_sub(cpu);
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(Read1 { time: millis(time), cpu: millis(cpu), peak: process.peak() })
}

/// Reads the whole answer on a connection of its own, and holds none of it. How many bytes came.
fn download(address: &str, request: &Request) -> Result<usize> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head =
        format!("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let mut buffer = vec![0; 256 << 10];
    let first = stream.read(&mut buffer)?;
    let beginning = String::from_utf8_lossy(&buffer[..first.min(64)]).into_owned();
    ensure!(beginning.starts_with("HTTP/1.1 200"), "{}", beginning.lines().next().context("no answer")?);
    let mut length = first;
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(length),
            count => length += count,
        }
    }
}
