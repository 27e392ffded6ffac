//! Secrets come from the environment, from a file or from the terminal, and are not shown.

use std::io::Read;
use std::path::Path;

use crate::failure::Failure;
use crate::terminal::clean;

/// More is no password and no key.
const LARGEST: u64 = 1 << 20;

/// What the file holds (`-`: standard input), without the line feed at its end.
pub fn from_file(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::File { path: clean(&path.display().to_string()), error })?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

/// The value of a variable of the environment, unless it is not set or empty.
pub fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Asks at the terminal (not at standard input, which may be a pipe).
pub fn ask(what: &'static str, prompt: &str, instead: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|_| Failure::Secret {
        what,
        reason: format!("there is no terminal to ask at: set {instead} in the environment, or use a file"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_feed_at_the_end_of_a_file_is_no_part_of_the_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (content, expected) in [("hunter2\r\n", "hunter2"), (" a b ", " a b "), ("", "")] {
            std::fs::write(file.path(), content).unwrap();
            assert_eq!(from_file(file.path()).unwrap(), expected);
        }
        std::fs::write(file.path(), b"\xff").unwrap();
        assert!(matches!(from_file(file.path()), Err(Failure::File { .. })));
    }
}
