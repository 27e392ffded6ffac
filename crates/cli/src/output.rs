//! Standard output, all at once: a reader who has seen enough (`| head`) is no error.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Writes it, with a line feed at its end if it has none.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes()));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// A remark for the person at the terminal: never a secret, and never what the command is run for.
/// That nobody reads it is no error either.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
