//! The secret, prepared for its purposes once, and the ring of keys that tokens are verified with.
//! Neither is ever shown: a key has no accessor, and its Debug is a word.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::cipher::Cipher;

/// The length of an HMAC-SHA256 code in bytes.
pub(crate) const MAC_BYTES: usize = 32;

/// A secret of no bytes: anyone could sign with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is empty")]
pub struct EmptySecret;

/// What the content key of encrypted tokens is derived with. No signing input is like it, since that
/// is base64url and dots.
const ENCRYPTION: &[u8] = b"orthanc-share token encryption 1\0";

/// A secret key, as the keyed state of HMAC-SHA256, which a signature starts from a copy of, and as
/// the cipher of encrypted tokens, under a key of its own that is derived from the secret.
/// Both are wiped when the key is dropped.
#[derive(Clone)]
pub struct Key {
    keyed: Hmac<Sha256>,
    cipher: Cipher,
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
        let cipher = Cipher::new(mac(&keyed, ENCRYPTION));
        Ok(Self { keyed, cipher })
    }

    /// The code that this key gives the message.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; MAC_BYTES] {
        mac(&self.keyed, message)
    }

    /// The cipher of encrypted tokens.
    pub(crate) fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    /// Whether this key gave the message this code; the comparison takes the same time wherever
    /// they differ.
    pub(crate) fn made(&self, mac: &[u8; MAC_BYTES], message: &[u8]) -> bool {
        let mut state = self.keyed.clone();
        state.update(message);
        state.verify_slice(mac).is_ok()
    }
}

fn mac(keyed: &Hmac<Sha256>, message: &[u8]) -> [u8; MAC_BYTES] {
    let mut state = keyed.clone();
    state.update(message);
    state.finalize().into_bytes().into()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The keys of a site: one that signs, and older ones whose tokens are still accepted.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// Signs or encrypts new tokens.
    pub signing: Key,
    /// Accepted too, and tried after the signing key, in this order.
    pub verifying: Vec<Key>,
}

impl KeyRing {
    /// A ring of one key.
    pub fn new(signing: Key) -> Self {
        Self { signing, verifying: Vec::new() }
    }

    /// All keys, in the order in which they are tried.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.signing).chain(&self.verifying)
    }

    /// The one of the keys that gave the message this code.
    pub(crate) fn maker(&self, mac: &[u8; MAC_BYTES], message: &[u8]) -> Option<&Key> {
        self.iter().find(|key| key.made(mac, message))
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
