//! The variables of the life of a share: where it is kept, and how its opening is limited.

use std::time::Duration;

use crate::ConfigError;

/// The one store that `spin.toml` gives to the components.
const STORE: &str = "default";

/// `share_store`: the label of the key-value store that keeps shares; none where it is not set, and then a
/// share is its token alone.
pub fn share_store(value: &str) -> Result<Option<String>, ConfigError> {
    match value.trim() {
        "" => Ok(None),
        STORE => Ok(Some(STORE.to_owned())),
        _ => Err(ConfigError::new("share_store", "expected default, the label of the store in spin.toml")),
    }
}

/// `session_duration`: how long the viewer of a protected share that was opened may read, in seconds; not
/// set, 8 hours.
pub fn session_duration(value: &str) -> Result<Duration, ConfigError> {
    number("session_duration", value, 60..=604_800, "expected seconds, from 60 to 604800 (a week)", 28_800)
        .map(|seconds| Duration::from_secs(seconds.into()))
}

/// `code_attempts`: how many wrong codes a new share looks at in its whole life; not set, 10.
pub fn code_attempts(value: &str) -> Result<u32, ConfigError> {
    number("code_attempts", value, 1..=1000, "expected a number from 1 to 1000", 10)
}

/// `share_retention`: for how many days after its end a share and its history are kept; not set, 90.
pub fn share_retention(value: &str) -> Result<Duration, ConfigError> {
    number("share_retention", value, 0..=36_500, "expected days, from 0 to 36500", 90)
        .map(|days| Duration::from_secs(u64::from(days) * 86_400))
}

fn number(
    name: &'static str,
    value: &str,
    range: std::ops::RangeInclusive<u32>,
    expected: &'static str,
    default: u32,
) -> Result<u32, ConfigError> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(default);
    }
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or(ConfigError::new(name, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_has_its_default_and_the_rest_its_limits() {
        assert_eq!(share_store(" "), Ok(None));
        assert_eq!(share_store("default\n"), Ok(Some("default".into())));
        assert!(share_store("other").is_err());
        assert_eq!(session_duration(""), Ok(Duration::from_secs(8 * 3600)));
        assert_eq!(session_duration("60"), Ok(Duration::from_secs(60)));
        assert_eq!(code_attempts(""), Ok(10));
        assert_eq!(share_retention("1"), Ok(Duration::from_secs(86_400)));
        for bad in ["59", "-1", "1h", "604801"] {
            assert_eq!(session_duration(bad).unwrap_err().variable, "session_duration", "{bad}");
        }
        assert!(code_attempts("0").is_err() && share_retention("x").is_err());
    }
}
