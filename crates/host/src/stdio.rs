//! What components write to their standard output and error: each line becomes an event of the log. A line of
//! JSON on standard output is one already: it is written as it is, as under Spin.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::logging;

/// A longer line is logged in pieces.
const LONGEST_LINE: usize = 16 * 1024;

/// The stream of one instance of a component.
#[derive(Clone)]
pub struct LogLines {
    component: Arc<str>,
    is_error: bool,
    begun: Arc<Mutex<Vec<u8>>>,
}

impl LogLines {
    /// The standard output of this component: what happens.
    pub fn output(component: Arc<str>) -> Self {
        Self { component, is_error: false, begun: Arc::default() }
    }

    /// Its standard error: what somebody should look at.
    pub fn error(component: Arc<str>) -> Self {
        Self { component, is_error: true, begun: Arc::default() }
    }

    fn write(&self, bytes: &[u8]) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            begun.extend_from_slice(piece);
            if begun.ends_with(b"\n") || begun.len() >= LONGEST_LINE {
                self.log(&begun);
                begun.clear();
            }
        }
    }

    fn log(&self, line: &[u8]) {
        let line = line.trim_ascii_end();
        if !self.is_error && is_json_object(line) {
            return logging::json_line(line);
        }
        let line = String::from_utf8_lossy(line);
        match (line.is_empty(), self.is_error) {
            (true, _) => {}
            (false, true) => tracing::warn!(component = %self.component, "{line}"),
            (false, false) => tracing::info!(component = %self.component, "{line}"),
        }
    }
}

fn is_json_object(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && serde_json::from_slice::<serde_json::Value>(line).is_ok()
}

impl IsTerminal for LogLines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogLines {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

/// What Rust's own `println!` writes to. It takes everything at once: an instance that waited for its line to be
/// taken could answer nobody else meanwhile.
impl OutputStream for LogLines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        Self::write(self, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LONGEST_LINE)
    }
}

#[async_trait]
impl Pollable for LogLines {
    async fn ready(&mut self) {}
}

impl AsyncWrite for LogLines {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
