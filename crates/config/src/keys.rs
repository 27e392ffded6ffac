//! The keys of a site, from the three variables that have some: `secret_keys`, or `secret_key` alone, and
//! `previous_secret_keys` besides. The subtle thing: a key has one rule only, so that an end in
//! `secret_keys` cannot be undone by another variable.

use std::fmt;

use model::Moment;

use crate::{ConfigError, Warning, key_ring::secret_keys, read};

/// A key, with what is known of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey {
    /// Its name, which tokens say in their header; none for those of `secret_key` and
    /// `previous_secret_keys`.
    pub kid: Option<String>,
    /// Its bytes, in UTF-8.
    pub secret: String,
    /// From then on it verifies nothing. None: it has no end.
    pub until: Option<Moment>,
}

impl SecretKey {
    /// Whether it has less than [`read::SHORTEST_SECRET_KEY`] bytes, and so can only verify.
    pub fn is_short(&self) -> bool {
        self.secret.len() < read::SHORTEST_SECRET_KEY
    }

    /// What to warn about: a key of `secret_keys` that is short.
    pub fn warning(&self) -> Option<Warning> {
        let kid = self.kid.as_ref().filter(|_| self.is_short())?;
        let text = format!(
            "{kid} has under 32 bytes and can be guessed: whoever does can make links until its end; \
             remove it when its links have ended"
        );
        Some(Warning { variable: "secret_keys", text: text.into() })
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey")
            .field("kid", &self.kid)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// The keys of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Signs new tokens.
    pub signing: SecretKey,
    /// Only verify.
    pub verifying: Vec<SecretKey>,
}

/// All keys. One that signs must be among them.
pub fn keys(lookup: impl Fn(&str) -> Option<String>) -> Result<Keys, ConfigError> {
    let value = |name: &str| lookup(name).unwrap_or_default();
    let nameless = |secret: String| SecretKey { kid: None, secret, until: None };
    let previous = read::previous_secret_keys(&value("previous_secret_keys"))?;
    let (single, mut ring) = (value("secret_key"), secret_keys(&value("secret_keys"))?);
    if ring.is_empty() {
        read::secret_key(&single)?;
        return Ok(Keys {
            signing: nameless(single),
            verifying: previous.into_iter().map(nameless).collect(),
        });
    }
    let of_ring = |secret: &str| ring.iter().find(|key| key.secret == secret);
    // An older version and the Python service have no ring: the variable may stay for them.
    if !single.is_empty() && of_ring(&single).is_none() {
        return Err(ConfigError::new(
            "secret_key",
            "expected one of the keys of secret_keys, or nothing: it signs nothing where secret_keys is set; \
             to keep its links alive, add it there with the status previous",
        ));
    }
    if let Some(kid) = previous.iter().find_map(|secret| of_ring(secret)?.kid.as_deref()) {
        let expected = format!(
            "expected none of the keys of secret_keys, where {kid} is the same as one here: \
             remove it here, since it has its end there"
        );
        return Err(ConfigError::new("previous_secret_keys", expected));
    }
    let signing = ring.remove(0);
    let verifying = ring.into_iter().chain(previous.into_iter().map(nameless)).collect();
    Ok(Keys { signing, verifying })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "an-active-key-of-at-least-32-bytes";
    const B: &str = "another-key-of-at-least-32-bytes--";

    fn of(single: &str, ring: bool, previous: &str) -> Result<Vec<(Option<String>, String)>, ConfigError> {
        let ring_text = format!(
            r#"{{"b": {{"key": "{B}", "status": "previous", "until": "2030-12-31"}},
                 "a": {{"key": "{A}", "status": "active"}}}}"#
        );
        let keys = keys(|name| match name {
            "secret_key" => Some(single.to_owned()),
            "secret_keys" => ring.then(|| ring_text.clone()),
            "previous_secret_keys" => Some(previous.to_owned()),
            _ => None,
        })?;
        let all = std::iter::once(keys.signing).chain(keys.verifying);
        Ok(all.map(|key| (key.kid, key.secret)).collect())
    }

    #[test]
    fn one_of_the_two_variables_has_the_key_that_signs() {
        let named = |kid: &str, secret: &str| (Some(kid.to_owned()), secret.to_owned());
        let nameless = |secret: &str| (None, secret.to_owned());
        let ring = || vec![named("a", A), named("b", B)];
        let old = r#"["old"]"#;
        let cases = [
            (A, false, "", Ok(vec![nameless(A)])),
            (A, false, old, Ok(vec![nameless(A), nameless("old")])),
            ("", true, "", Ok(ring())),
            ("", true, old, Ok([ring(), vec![nameless("old")]].concat())),
            // Kept for an older version: the ring's word counts.
            (A, true, "", Ok(ring())),
            (B, true, "", Ok(ring())),
            ("", false, "", Err("secret_key")),
            ("short", false, "", Err("secret_key")),
            ("a-third-key-of-at-least-32-bytes--", true, "", Err("secret_key")),
            ("", true, &format!(r#"["old", "{B}"]"#), Err("previous_secret_keys")),
        ];
        for (single, with_ring, previous, expected) in cases {
            let found = of(single, with_ring, previous);
            let shown = found.as_ref().map_err(ToString::to_string).err().unwrap_or_default();
            assert!(!shown.contains("another-key") && !shown.contains("third"), "{shown}");
            assert_eq!(found.map_err(|error| error.variable), expected, "{single} {with_ring} {previous}");
        }
    }

    #[test]
    fn a_short_key_is_warned_about_by_its_name() {
        let key = |kid: Option<&str>, secret: &str| {
            SecretKey { kid: kid.map(str::to_owned), secret: secret.to_owned(), until: None }.warning()
        };
        let text = key(Some("2029"), "s3cret").unwrap().text;
        assert!(text.starts_with("2029 ") && !text.contains("s3cret"), "{text}");
        assert_eq!(key(Some("2029"), A), None);
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = SecretKey { kid: Some("a".to_owned()), secret: "s3cret".to_owned(), until: None };
        assert_eq!(format!("{key:?}"), r#"SecretKey { kid: Some("a"), until: None, .. }"#);
    }
}
