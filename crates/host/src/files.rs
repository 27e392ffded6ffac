//! Files that are read whole, at start and again when the application is replaced.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// The bytes of a plain file. Nothing else is opened: a pipe has its reader wait for a writer, and nobody may come.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no plain file"));
    }
    std::fs::read(path)
}

/// The same, of one that is text.
pub fn text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Whether nothing is there. A link that leads nowhere is something, and so is what may not be looked at: that is an
/// error.
pub fn is_absent(path: &Path) -> Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            // The folder may be a link that leads nowhere.
            Some(folder) if !is_absent(folder)? => std::fs::metadata(folder).map(|_| true),
            _ => Ok(true),
        },
        Err(error) => Err(error),
    }
}
