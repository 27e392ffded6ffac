//! The secret, prepared for its purposes once, and the ring of keys that tokens are verified with.
//! Neither is ever shown: a key has no accessor but its name's, and its Debug is a word.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use model::Moment;
use sha2::Sha256;

use crate::{cipher::Cipher, jwe, jws};

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
    name: Option<Name>,
    until: Option<Moment>,
}

/// A key's name, and the headers that say it, as they stand in tokens: what a token says of its key is
/// compared with them before anything of it is parsed.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) kid: String,
    pub(crate) jws_header: String,
    pub(crate) jwe_header: String,
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
        Ok(Self { keyed, cipher, name: None, until: None })
    }

    /// The same key with a name, the `kid` of RFC 7515 §4.1.4: tokens that it makes say it in their header.
    #[must_use]
    pub fn named(self, kid: &str) -> Self {
        let name = Name { kid: kid.to_owned(), jws_header: jws::header(kid), jwe_header: jwe::header(kid) };
        Self { name: Some(name), ..self }
    }

    /// The same key with an end: from then on it verifies nothing.
    #[must_use]
    pub fn until(self, end: Moment) -> Self {
        Self { until: Some(end), ..self }
    }

    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    pub(crate) fn holds(&self, now: Moment) -> bool {
        self.until.is_none_or(|end| now < end)
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

    /// The keys to try now on a token: the one whose header it has, byte for byte, if there is such a one,
    /// else all. Tokens of other services, and of times before keys had names, name none.
    pub(crate) fn candidates(
        &self,
        now: Moment,
        has_its_header: impl Fn(&Name) -> bool,
    ) -> impl Iterator<Item = &Key> {
        let named = self.iter().find(|key| key.name().is_some_and(&has_its_header));
        let is_it = move |key: &&Key| named.is_none_or(|named| std::ptr::eq(named, *key));
        self.iter().filter(is_it).filter(move |key| key.holds(now))
    }

    /// Whether a token of this key may say this `kid`, however its header is written: not that of another
    /// key of ours. What is no name of ours says nothing.
    pub(crate) fn agrees(&self, key: &Key, kid: Option<&str>) -> bool {
        let is_name_of = |key: &Key| key.name().is_some_and(|name| Some(name.kid.as_str()) == kid);
        is_name_of(key) || !self.iter().any(is_name_of)
    }

    /// The one of the keys that gave the message this code, whether its time is over or not.
    pub(crate) fn maker(&self, mac: &[u8; MAC_BYTES], message: &[u8]) -> Option<&Key> {
        self.iter().find(|key| key.made(mac, message))
    }
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
