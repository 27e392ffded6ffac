//! A short link's handle: what stands in the link, and what is kept of it.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::hash::hex;

/// 128 random bits, as 22 characters of base64url. It opens a share: it is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Handle(String);

/// 16 bytes in base64url without padding.
const LENGTH: usize = 22;

impl Handle {
    /// From 16 bytes of a good random generator.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let number = u128::from_be_bytes(bytes);
        let digit = |place: usize| char::from(ALPHABET[(number >> (6 * place) & 63) as usize]);
        Self((0..LENGTH).rev().map(digit).collect())
    }

    /// One that a client sent; none if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == LENGTH && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// As it stands in the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it. It has too many bits to be found by trying: it needs no salt and no slow hash.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_keeps_all_its_bits_and_reads_back() {
        assert_eq!(Handle::from_random([0; 16]).as_str(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Handle::from_random([255; 16]).as_str(), "D_____________________");
        let handle = Handle::from_random(7_u128.to_be_bytes());
        assert_eq!(Handle::parse(handle.as_str()), Some(handle.clone()));
        assert_eq!(format!("{handle:?}"), "Handle(…)");
        assert_eq!(handle.hash().len(), 64);
        for bad in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA/", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAé"]
        {
            assert_eq!(Handle::parse(bad), None, "{bad}");
        }
    }
}
