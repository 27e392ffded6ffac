//! Why a value is refused.

use std::borrow::Cow;

/// A value is not what its variable needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {expected}")]
pub struct ConfigError {
    /// The variable, in lower case.
    pub variable: &'static str,
    /// What is expected instead; never the value.
    pub expected: Cow<'static, str>,
}

impl ConfigError {
    pub(crate) fn new(variable: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { variable, expected: expected.into() }
    }
}
