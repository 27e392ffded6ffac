//! The log: one line an event on standard error, for people on a terminal, as JSON otherwise.
//! Only this program's own events are written: libraries may log what they see, and they see tokens.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Lines that may wait for the disk or the terminal; more wait at the sender, none is lost.
const BUFFERED_LINES: usize = 16 * 1024;

/// What the log is written with.
static WRITER: OnceLock<NonBlocking> = OnceLock::new();

/// Writes a line that is JSON already as it is, whatever the level: a component's account of what happened.
pub fn json_line(line: &[u8]) {
    if let Some(writer) = WRITER.get() {
        // The log is all that there is to complain to.
        let _ = writer.clone().write_all(&[line, b"\n"].concat());
    }
}

/// Starts the log; what is buffered is written when the guard is dropped.
pub fn start(quiet: bool) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(BUFFERED_LINES)
        .lossy(false)
        .finish(std::io::stderr());
    let _ = WRITER.set(writer.clone());
    let level = if quiet { LevelFilter::WARN } else { LevelFilter::INFO };
    let ours = Targets::new().with_target("orthanc_share", level);
    let lines = fmt::layer().with_writer(writer).with_target(false);
    let lines = if std::io::stderr().is_terminal() {
        lines.compact().boxed()
    } else {
        lines.with_ansi(false).json().flatten_event(true).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(ours)).init();
    guard
}
