//! The value of `secret_keys`: kid → key, one of them `active`; and what rotating it is. Nothing here shows
//! a key, errors least of all.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// 256 bits, as HS256 wants at least (RFC 7518 §3.2); as text 43 characters.
const KEY_BYTES: usize = 32;

/// What is given is no ring of keys that can be rotated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// The service would not take it either; its words, which have no key in them.
    #[error(transparent)]
    NotARing(#[from] config::ConfigError),
    /// There is nothing in the file.
    #[error("the file of --rotate is empty")]
    Nothing,
    /// There is no key in the file.
    #[error("the file of the secret key is empty")]
    EmptyKey,
    /// The end lies in the past: every link would stop at once.
    #[error("--keep-until: this time is past, so that all links of the old key would stop working at once")]
    EndedAlready,
}

/// Keys by their names.
#[derive(Clone, PartialEq)]
pub struct Ring(Map<String, Value>);

impl Ring {
    /// Without any key yet.
    pub fn empty() -> Self {
        Self(Map::new())
    }

    /// Reads the value of `secret_keys`, by the rules of the service itself: it is not rotated into
    /// something that no service starts with.
    pub fn parse(text: &str) -> Result<Self, RingError> {
        if config::secret_keys(text)?.is_empty() {
            return Err(RingError::Nothing);
        }
        // What was read above is an object without repeated names.
        Ok(Self(serde_json::from_str(text).unwrap_or_default()))
    }

    /// The ring of a site that had a plain `secret_key` until now. Its tokens carry no kid, so that the
    /// name is free.
    pub fn of_secret_key(key: &str) -> Result<Self, RingError> {
        if key.is_empty() {
            return Err(RingError::EmptyKey);
        }
        Ok(Self(Map::from_iter([("secret-key".to_owned(), json!({"key": key, "status": "active"}))])))
    }

    /// Adds a new active key; the one that was becomes a previous one, until then.
    pub fn rotate(
        &mut self,
        until: Timestamp,
        now: Timestamp,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(), RingError> {
        if until <= now && !self.0.is_empty() {
            return Err(RingError::EndedAlready);
        }
        for entry in self.0.values_mut().filter(|entry| is_active(entry)) {
            entry["status"] = json!("previous");
            entry["until"] = json!(until.to_string());
        }
        let mut key = [0; KEY_BYTES];
        random(&mut key);
        let kid = self.new_kid(now, random);
        self.0.insert(kid, json!({"key": BASE64_URL_SAFE_NO_PAD.encode(key), "status": "active"}));
        Ok(())
    }

    /// `2026-11-22-3f9a`: the day says how old it is, the rest tells keys of one day apart.
    fn new_kid(&self, now: Timestamp, random: &mut dyn FnMut(&mut [u8])) -> String {
        let mut bytes = [0; 2];
        random(&mut bytes);
        let mut suffix = u16::from_be_bytes(bytes);
        loop {
            let kid = format!("{}-{suffix:04x}", now.strftime("%Y-%m-%d"));
            if !self.0.contains_key(&kid) {
                return kid;
            }
            suffix = suffix.wrapping_add(1);
        }
    }

    /// The JSON, on one line: files of environment variables have no room for more.
    pub fn to_json(&self) -> String {
        format!("{}\n", Value::Object(self.0.clone()))
    }
}

fn is_active(entry: &Value) -> bool {
    entry["status"] == "active"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rotated(mut ring: Ring) -> Result<Value, RingError> {
        let mut count = 0;
        let mut random = |bytes: &mut [u8]| {
            bytes.fill(count);
            count += 1;
        };
        ring.rotate(at("2027-02-20T10:00:00Z"), at("2026-11-22T10:00:00Z"), &mut random)?;
        assert!(Ring::parse(&ring.to_json()).is_ok(), "no service would start with it");
        Ok(serde_json::from_str(&ring.to_json()).unwrap())
    }

    const OLD: &str = "an-active-key-of-at-least-32-bytes";
    const FRESH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn a_first_key_is_active() {
        assert_eq!(
            rotated(Ring::empty()).unwrap(),
            json!({"2026-11-22-0101": {"key": FRESH, "status": "active"}})
        );
    }

    #[test]
    fn the_active_key_becomes_a_previous_one() {
        let before = json!({
            "2026-11-22-0101": {"key": OLD, "status": "active"},
            "old": {"key": "o", "status": "previous", "until": "2026-12-01"},
        });
        let after = json!({
            "2026-11-22-0102": {"key": FRESH, "status": "active"},
            "2026-11-22-0101": {"key": OLD, "status": "previous", "until": "2027-02-20T10:00:00Z"},
            "old": {"key": "o", "status": "previous", "until": "2026-12-01"},
        });
        assert_eq!(rotated(Ring::parse(&before.to_string()).unwrap()).unwrap(), after);
    }

    #[test]
    fn a_plain_secret_key_becomes_a_previous_one() {
        let after = json!({
            "2026-11-22-0101": {"key": FRESH, "status": "active"},
            "secret-key": {"key": "my key", "status": "previous", "until": "2027-02-20T10:00:00Z"},
        });
        assert_eq!(rotated(Ring::of_secret_key("my key").unwrap()).unwrap(), after);
        assert_eq!(Ring::of_secret_key("").err(), Some(RingError::EmptyKey));
    }

    #[test]
    fn a_key_is_not_made_to_end_before_now() {
        let mut ring = Ring::of_secret_key("k").unwrap();
        let now = at("2026-11-22T10:00:00Z");
        assert_eq!(ring.rotate(now, now, &mut |_| ()), Err(RingError::EndedAlready));
    }

    #[test]
    fn what_is_no_ring_is_refused_without_its_keys() {
        let two = format!(
            r#"{{"a":{{"key":"{OLD}","status":"active"}},"a":{{"key":"{OLD}-","status":"active"}}}}"#
        );
        for text in [
            "hunter2",
            r#"["hunter2"]"#,
            "{}",
            r#"{"hunter2 ":"active"}"#,
            r#"{"a":{"key":"hunter2","status":"active"}}"#,
            r#"{"a":{"key":"hunter2","status":"previous"}}"#,
            &two,
        ] {
            let error = Ring::parse(text).err().unwrap_or_else(|| panic!("{text} was taken"));
            assert!(matches!(error, RingError::NotARing(_)) || text == "{}", "{error}");
            assert!(!error.to_string().contains("hunter2") && !error.to_string().contains(OLD), "{error}");
        }
        assert_eq!(Ring::parse("").err(), Some(RingError::Nothing));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Ring::parse(&text);
        }

        #[test]
        fn every_ring_can_be_rotated_again(key in ".{1,40}", rounds in 1_usize..5) {
            let mut ring = Ring::of_secret_key(&key).unwrap();
            for round in 0..rounds {
                ring.rotate(at("2027-02-20T10:00:00Z"), at("2026-11-22T10:00:00Z"), &mut |bytes| bytes.fill(round as u8)).unwrap();
                ring = Ring::parse(&ring.to_json()).ok().unwrap();
            }
            prop_assert_eq!(ring.0.len(), rounds + 1);
        }
    }
}
