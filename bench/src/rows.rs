//! The rows of the table: what is asked, of whom, on how many connections.

use std::path::Path;

use anyhow::Result;

use crate::bearer::Bearer;
use crate::cell::{self, Cell};
use crate::fleet::{Fleet, Who};
use crate::nginx::{FRAME, Long};
use crate::process::Process;
use crate::request::{self, Place, Request};
use crate::wrk::Mode;
use paths::inputs;

/// The names of the rows.
pub const GRANTED: &str = "validate, granted";
/// See [`GRANTED`].
pub const KEPT: &str = "validate, granted, the share is kept";
/// See [`GRANTED`].
pub const REFUSED: &str = "validate, refused";
/// See [`GRANTED`].
pub const CREATE: &str = "PUT /shares";
/// See [`GRANTED`].
pub const OPEN: &str = "landing, redirect";
/// See [`GRANTED`].
pub const METADATA: &str = "anonymizer, metadata of ten slices";
/// See [`GRANTED`].
pub const FRAME_REAL: &str = "anonymizer, frame of 512 KiB";
/// See [`GRANTED`].
pub const FRAME_MEMORY: &str = "anonymizer, frame of 512 KiB, Orthanc in memory";
/// See [`GRANTED`].
pub const DICOM_JSON: &str = "de-identification, DICOM JSON of 4 MB";
/// See [`GRANTED`].
pub const ORTHANC_JSON: &str = "de-identification, Orthanc's JSON of 4 MB";
/// See [`GRANTED`].
pub const FILES: &str = "de-identification, DICOM file of 512 KiB";

/// Connections that stay open.
pub const fn keep(connections: u32) -> Mode {
    Mode { connections, is_new: false }
}

/// A connection for each request.
pub const fn new(connections: u32) -> Mode {
    Mode { connections, is_new: true }
}

/// Each on these connections.
const ALL: &[Mode] = &[keep(1), keep(16), keep(64), new(1), new(16), new(64)];
const MOST: &[Mode] = &[keep(1), keep(16), keep(64), new(16)];
const SIXTEEN: &[Mode] = &[keep(16), new(16)];
const ONE_SIXTEEN: &[Mode] = &[keep(16)];
const SINGLE: &[Mode] = &[keep(1)];

/// Rounds of what a goal depends on, and of the others; of so many seconds each.
const ROUNDS: u32 = 5;
const FEWER_ROUNDS: u32 = 3;
const SECONDS: u32 = 1;

/// What the rows are measured for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To compare.
    Table,
    /// To keep this application busy with all that it does: once, and nothing else.
    Load,
}

/// All rows, measured.
pub fn measure<'a>(fleet: &'a Fleet, scratch: &Path, purpose: Purpose) -> Result<Vec<Cell<'a>>> {
    let mut measured = Vec::new();
    let mut row = |rounds: u32, mut cells: Vec<Cell<'a>>| -> Result<()> {
        let rounds = if purpose == Purpose::Load { 1 } else { rounds };
        cells.retain(|cell| purpose == Purpose::Table || cell.who.is_this());
        if let Some(first) = cells.first() {
            eprintln!("==> {}: {} s", first.row, cells.len() * (rounds * SECONDS) as usize);
        }
        cell::measure(&mut cells, scratch, rounds, SECONDS)?;
        measured.append(&mut cells);
        Ok(())
    };

    let granted = request::granted(1)?;
    let mut cells = of(fleet, GRANTED, &granted, &[(Who::Application, ALL), (Who::Native, ALL)]);
    cells.extend(of(fleet, GRANTED, &request::hello(), &[(Who::Hello, MOST)]));
    cells.extend(of(
        fleet,
        GRANTED,
        &granted,
        &[(Who::Nginx, MOST), (Who::Spin, SIXTEEN), (Who::Python, MOST)],
    ));
    row(ROUNDS, cells)?;

    // What a store costs: the same question, of a share of the same terms.
    let mut cells = of(fleet, KEPT, &granted, &[(Who::Application, SIXTEEN)]);
    for who in [Who::Sqlite, Who::Redis] {
        if let Some(process) = fleet.process(who) {
            cells.extend(by(KEPT, who, process, &request::granted_by(process.address())?, SIXTEEN));
        }
    }
    row(ROUNDS, cells)?;

    for (name, request) in
        [(REFUSED, request::refused()?), (CREATE, request::create()), (OPEN, request::open()?)]
    {
        let whom = [
            (Who::Application, MOST),
            (Who::Native, SIXTEEN),
            (Who::Spin, ONE_SIXTEEN),
            (Who::Python, ONE_SIXTEEN),
        ];
        row(FEWER_ROUNDS, of(fleet, name, &request, &whom))?;
    }

    let bearer = Bearer::of(&inputs::study(0))?;
    let metadata = request::metadata(&bearer, &inputs::study(0), 10_000);
    row(FEWER_ROUNDS, of(fleet, METADATA, &metadata, &[(Who::Application, MOST), (Who::Native, SIXTEEN)]))?;

    if let Some((real, application, native)) = &fleet.real {
        let bearer = Bearer::of(&real.study)?;
        let frame = request::frame(&bearer, &real.place, FRAME);
        let mut cells = by(FRAME_REAL, Who::Application, application, &frame, MOST);
        cells.extend(by(FRAME_REAL, Who::Native, native, &frame, ONE_SIXTEEN));
        let plain = request::plain_frame(&real.place, FRAME);
        cells.extend(by(FRAME_REAL, Who::Nginx, &fleet.nginx, &plain, SIXTEEN));
        row(ROUNDS, cells)?;
    }
    let place = memory_place();
    let frame = request::frame(&bearer, &place, FRAME);
    let mut plain = request::plain_frame(&place, FRAME);
    plain.path = format!("/memory{}", plain.path);
    let mut cells =
        of(fleet, FRAME_MEMORY, &frame, &[(Who::Application, ONE_SIXTEEN), (Who::Native, ONE_SIXTEEN)]);
    cells.extend(by(FRAME_MEMORY, Who::Nginx, &fleet.nginx, &plain, ONE_SIXTEEN));
    row(ROUNDS, cells)?;

    let whom = [(Who::Application, SINGLE), (Who::Native, SINGLE)];
    if let Some(large) = fleet.pacs.large.first() {
        let bearer = Bearer::of(&large.study)?;
        let request = request::metadata(&bearer, &large.study, large.bytes / 4);
        row(ROUNDS, of(fleet, DICOM_JSON, &request, &whom))?;
    }
    let Long { study, series, bytes } = &fleet.pacs.long;
    let list = request::instances(&Bearer::of(study)?, series, bytes / 4);
    row(ROUNDS, of(fleet, ORTHANC_JSON, &list, &whom))?;
    row(ROUNDS, of(fleet, FILES, &request::file(&bearer, &place, FRAME), &whom))?;
    Ok(measured)
}

/// The slice of the Orthanc in memory.
fn memory_place() -> Place {
    let uid = inputs::STUDY_UID;
    Place { study: uid.to_owned(), series: format!("{uid}.1"), instance: format!("{uid}.1.1") }
}

/// A row's cells of those that are there.
pub fn of<'a>(
    fleet: &'a Fleet,
    row: &'static str,
    request: &Request,
    whom: &[(Who, &[Mode])],
) -> Vec<Cell<'a>> {
    let there = whom.iter().filter_map(|(who, modes)| Some((*who, fleet.process(*who)?, *modes)));
    there.flat_map(|(who, process, modes)| by(row, who, process, request, modes)).collect()
}

/// A row's cells of one process.
pub fn by<'a>(
    row: &'static str,
    who: Who,
    process: &'a Process,
    request: &Request,
    modes: &[Mode],
) -> Vec<Cell<'a>> {
    modes.iter().map(|mode| Cell::new(row, who, process, request, *mode)).collect()
}
