//! `list`; `run NAME COUNT` (under callgrind, which counts); `time NAME SECONDS`, which prints bytes a second.
//! The allocator is the system's: its steps are the same in every run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => {
            for case in paths::all() {
                println!("{}", case.name);
            }
        }
        ["run", name, count] => {
            let mut run = paths::find(name).context("no such path")?.prepare();
            for _ in 0..count.parse::<u32>().context("COUNT")? {
                black_box(run());
            }
        }
        ["time", name, seconds] => {
            let case = paths::find(name).context("no such path")?;
            let limit = Duration::try_from_secs_f64(seconds.parse().context("SECONDS")?)?;
            let mut run = case.prepare();
            black_box(run());
            let (begin, mut runs) = (Instant::now(), 0_u32);
            while begin.elapsed() < limit {
                black_box(run());
                runs += 1;
            }
            println!("{:.0}", case.bytes as f64 * f64::from(runs) / begin.elapsed().as_secs_f64());
        }
        _ => bail!("list | run NAME COUNT | time NAME SECONDS"),
    }
    Ok(())
}
