//! The log: one line an event on standard error, for people on a terminal, as JSON otherwise.
//! Only this program's own events are written: libraries may log what they see, and they see tokens.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Lines that may wait for the disk or the terminal; more wait at the sender, none is lost.
const BUFFERED_LINES: usize = 64 * 1024;

/// Starts the log; what is buffered is written when the guard is dropped.
pub fn start(quiet: bool) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(BUFFERED_LINES)
        .lossy(false)
        .finish(std::io::stderr());
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
