//! The secret, prepared for HMAC-SHA256 once, and the ring of keys that tokens are verified with.
//! Neither is ever shown: a key has no accessor, and its Debug is a word.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The length of an HMAC-SHA256 code in bytes.
pub(crate) const MAC_BYTES: usize = 32;

/// A secret of no bytes: anyone could sign with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is empty")]
pub struct EmptySecret;

/// A secret key, as the keyed state of HMAC-SHA256: a signature starts from a copy of it.
/// The state is wiped when the key is dropped.
#[derive(Clone)]
pub struct Key {
    keyed: Hmac<Sha256>,
}

impl Key {
    /// The key of these bytes. Any length but none is taken, since sites have old keys to verify
    /// with; that a signing key has at least 32 bytes (RFC 7518 §3.2) is the configuration's rule.
    pub fn new(secret: &[u8]) -> Result<Self, EmptySecret> {
        if secret.is_empty() {
            return Err(EmptySecret);
        }
        // HMAC takes keys of any length (RFC 2104 §2), so that the error here cannot occur.
        let keyed = Hmac::new_from_slice(secret).map_err(|_| EmptySecret)?;
        Ok(Self { keyed })
    }

    /// The code that this key gives the message.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; MAC_BYTES] {
        let mut state = self.keyed.clone();
        state.update(message);
        state.finalize().into_bytes().into()
    }

    /// Whether this key gave the message this code; the comparison takes the same time wherever
    /// they differ.
    pub(crate) fn made(&self, mac: &[u8; MAC_BYTES], message: &[u8]) -> bool {
        let mut state = self.keyed.clone();
        state.update(message);
        state.verify_slice(mac).is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The keys of a site: one that signs, and older ones whose tokens are still accepted.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// Signs new tokens.
    pub signing: Key,
    /// Accepted too, and tried after the signing key, in this order.
    pub verifying: Vec<Key>,
}

impl KeyRing {
    /// A ring of one key.
    pub fn new(signing: Key) -> Self {
        Self { signing, verifying: Vec::new() }
    }

    /// The one of the keys that gave the message this code.
    pub(crate) fn maker(&self, mac: &[u8; MAC_BYTES], message: &[u8]) -> Option<&Key> {
        std::iter::once(&self.signing).chain(&self.verifying).find(|key| key.made(mac, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let ring = KeyRing::new(Key::new(b"an-old-and-short-key").unwrap());
        assert_eq!(format!("{ring:?}"), "KeyRing { signing: Key(…), verifying: [] }");
    }

    #[test]
    fn an_empty_secret_is_no_key() {
        assert_eq!(Key::new(b"").err(), Some(EmptySecret));
    }

    #[test]
    fn the_signing_key_and_every_older_one_verify() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|secret| Key::new(secret).unwrap());
        let ring = KeyRing { signing: a.clone(), verifying: vec![b.clone()] };
        for (key, accepted) in [(a, true), (b, true), (c, false)] {
            assert_eq!(ring.maker(&key.mac(b"message"), b"message").is_some(), accepted);
            assert!(ring.maker(&key.mac(b"message"), b"another").is_none());
        }
    }
}
