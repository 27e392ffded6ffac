//! What can be wrong with a manifest, always with the full name of the key.
//! No message holds a value of the manifest: a default may be a secret.

use thiserror::Error;
use toml::Table;

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// The text is not TOML.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the TOML parser says, without the text of the line.
        message: String,
    },
    /// A key that Spin requires is not there.
    #[error("{key} is missing")]
    Missing {
        /// The key's full name, such as `application.name`.
        key: String,
    },
    /// A value has another TOML type than Spin expects.
    #[error("{key} must be {expected}")]
    Type {
        /// The key's full name.
        key: String,
        /// What is expected, such as `a string`.
        expected: &'static str,
    },
    /// A value has the right type and is wrong.
    #[error("{key}: {problem}")]
    Invalid {
        /// The key's full name.
        key: String,
        /// What is wrong, without the value.
        problem: String,
    },
    /// Spin does not know the key either.
    #[error("{key} is not a key of a Spin manifest of version 2")]
    Unknown {
        /// The key's full name.
        key: String,
    },
    /// Spin knows the key and the embedded runtime does not.
    #[error("{key} is not covered by the embedded runtime: {hint}")]
    Unsupported {
        /// The key's full name.
        key: String,
        /// What to do instead.
        hint: &'static str,
    },
}

/// The hint for everything that is plainly Spin's.
pub(crate) const USE_SPIN: &str = "Spin itself runs it (spin up)";

impl ManifestError {
    /// The full name of the key that is wrong; none when the text is not TOML.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Syntax { .. } => None,
            Self::Missing { key }
            | Self::Type { key, .. }
            | Self::Invalid { key, .. }
            | Self::Unknown { key }
            | Self::Unsupported { key, .. } => Some(key),
        }
    }

    pub(crate) fn invalid(key: impl Into<String>, problem: impl ToString) -> Self {
        Self::Invalid { key: key.into(), problem: problem.to_string() }
    }

    pub(crate) fn unsupported(key: impl Into<String>, hint: &'static str) -> Self {
        Self::Unsupported { key: key.into(), hint }
    }
}

/// The text as TOML.
pub(crate) fn parse_table(text: &str) -> Result<Table, ManifestError> {
    text.parse().map_err(|error| syntax_error(text, &error))
}

/// The parser's message without its excerpt of the text, which may hold a secret.
fn syntax_error(text: &str, error: &toml::de::Error) -> ManifestError {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    ManifestError::Syntax { line, message: error.message().to_owned() }
}
