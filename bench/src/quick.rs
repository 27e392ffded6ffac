//! The short form for `cargo xtask test`: ratios of the runtime to the native handlers, which are printed, and
//! counted instructions, which are compared with the committed ones.

use std::process::ExitCode;

use anyhow::Result;

use crate::cell;
use crate::fleet::{self, Who};
use crate::place::Built;
use crate::rows::{self, keep, new};
use crate::{counted, report, request};

const ROUNDS: u32 = 3;

/// Fails only if a count has grown by more than a tenth. Closes as `cargo test` does, with the counts judged.
pub fn run(built: &Built) -> Result<ExitCode> {
    ratios(built)?;
    let (within, grown, unjudged) = counted::report(&counted::count(&built.paths)?, &counted::committed()?)?;
    let word = if grown == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {within} passed; {grown} failed; {unjudged} ignored");
    Ok(if grown == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn ratios(built: &Built) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let nowhere = "http://127.0.0.1:1/";
    let (application, native) = (fleet::application(built, nowhere)?, fleet::native(built, nowhere)?);
    let request = request::granted(1)?;
    for mode in [keep(16), new(16)] {
        let mut cells = [
            cell::Cell::new(rows::GRANTED, Who::Application, &application, &request, mode),
            cell::Cell::new(rows::GRANTED, Who::Native, &native, &request, mode),
        ];
        cell::measure(&mut cells, scratch.path(), ROUNDS, 1)?;
        let [wasm, native] = &cells;
        if let (Some(rate), Some(cpu)) =
            (wasm.ratio(native, |sample| sample.rate), native.ratio(wasm, |sample| sample.cpu))
        {
            let (rate, cpu) = (report::spread(rate), report::spread(cpu));
            println!(
                "validate on {mode} connections, WebAssembly to native: {rate} by rate, {cpu} by CPU time"
            );
        }
    }
    Ok(())
}
