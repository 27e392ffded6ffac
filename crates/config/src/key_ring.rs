//! `secret_keys`: the key ring, a JSON object of keys by their names. An error says which name, or where
//! in the object what should be a name stands, and what is expected; never what may be a key.

use std::fmt;
use std::marker::PhantomData;

use model::Moment;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::{ConfigError, SecretKey, read::SHORTEST_SECRET_KEY};

const NAME: &str = "secret_keys";

const EXPECTED: &str = "expected a JSON object of keys by their names, as in \
    {\"2030\": {\"key\": \"…\", \"status\": \"active\"}, \
    \"2029\": {\"key\": \"…\", \"status\": \"previous\", \"until\": \"2030-12-31\"}}";

const DAY_IN_MICROS: i64 = 86_400_000_000;

/// `secret_keys`: the active key first, then those that only verify, each until its end. Not set, there
/// are none.
pub fn secret_keys(value: &str) -> Result<Vec<SecretKey>, ConfigError> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let Pairs(entries) =
        serde_json::from_str::<Pairs<Entry>>(value).map_err(|_| error(EXPECTED.to_owned()))?;
    let mut keys: Vec<SecretKey> = Vec::new();
    for (index, (kid, entry)) in entries.iter().enumerate() {
        // What stands in the place of a name may be a key, if somebody took the one for the other.
        let place = index + 1;
        if !is_kid(kid) {
            return Err(error(format!(
                "the name of key number {place}: expected 1 to 64 letters, digits, dots, underscores and hyphens"
            )));
        }
        let Entry::Fields(Pairs(fields)) = entry else {
            return Err(error(format!("key number {place}: {EXPECTED}")));
        };
        let key = read_key(kid, fields).map_err(|expected| error(format!("{kid}: {expected}")))?;
        for other in &keys {
            let other_kid = other.kid.as_deref().unwrap_or_default();
            let expected = if other_kid == kid {
                "this name is there twice; expected each name once".to_owned()
            } else if other.secret == key.secret {
                format!("it is the same key as {other_kid}; expected each key once")
            } else if other.until.is_none() && key.until.is_none() {
                format!("{other_kid} is active too; expected one active key")
            } else {
                continue;
            };
            return Err(error(format!("{kid}: {expected}")));
        }
        keys.push(key);
    }
    let active = keys.iter().position(|key| key.until.is_none());
    let active = active.ok_or_else(|| error("expected one key with the status active".to_owned()))?;
    keys[..=active].rotate_right(1);
    Ok(keys)
}

fn error(expected: String) -> ConfigError {
    ConfigError::new(NAME, expected)
}

/// The error says what is expected of this key.
fn read_key(kid: &str, fields: &[(String, Value)]) -> Result<SecretKey, &'static str> {
    let known = ["key", "status", "until"];
    let times = |name: &str| fields.iter().filter(|(field, _)| field == name).count();
    if fields.iter().any(|(field, _)| !known.contains(&field.as_str()))
        || known.iter().any(|name| times(name) > 1)
    {
        return Err("expected the fields key, status and until, each once, and no others");
    }
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let text = |name: &str| field(name).and_then(Value::as_str);
    let secret = text("key").filter(|secret| !secret.is_empty());
    let secret = secret.ok_or("key: expected a text that is not empty")?;
    let until = match (text("status"), field("until")) {
        (Some("active"), None) => None,
        (Some("active"), Some(_)) => return Err("until: expected for previous keys only; this one is active"),
        (Some("previous"), until) => Some(
            until
                .and_then(Value::as_str)
                .and_then(end)
                .ok_or("until: expected a date as in 2030-12-31, the last day of this key (in UTC), or a time as in 2030-12-31T12:00:00Z")?,
        ),
        _ => return Err("status: expected active or previous"),
    };
    if until.is_none() && secret.len() < SHORTEST_SECRET_KEY {
        return Err(
            "key: expected at least 32 bytes of the active key (RFC 7518 §3.2); make one with: openssl rand -base64 48",
        );
    }
    Ok(SecretKey { kid: Some(kid.to_owned()), secret: secret.to_owned(), until })
}

fn is_kid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The end that a date-time or a full-date of RFC 3339 §5.6 is: a day is meant to its last moment.
fn end(text: &str) -> Option<Moment> {
    if text.len() == "2030-12-31".len() {
        let midnight = Moment::parse(&format!("{text}T00:00:00Z")).ok()?;
        return Some(Moment::from_unix_micros(midnight.unix_micros() + DAY_IN_MICROS));
    }
    // Other dates are read in many spellings; this one is no client's, and can be strict.
    let bytes = text.as_bytes();
    let has_time = matches!(bytes.get(10), Some(b'T' | b't')) && bytes.get(16) == Some(&b':');
    let has_offset = matches!(bytes, [.., b'Z' | b'z'] | [.., b'+' | b'-', _, _, b':', _, _]);
    // (An upper-case T is what the parser knows.)
    (has_time && has_offset).then(|| Moment::parse(&text.to_ascii_uppercase()).ok()).flatten()
}

/// What a name stands for; all but an object is wrong.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Entry {
    Fields(Pairs<Value>),
    Other(IgnoredAny),
}

/// The members of a JSON object in their order. (A map would keep the last one of a name, and say nothing.)
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
    type Value = Pairs<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
#[path = "key_ring_tests.rs"]
mod tests;
