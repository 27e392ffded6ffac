//! The cipher of encrypted tokens: AES-256-GCM (NIST SP 800-38D) with IVs of 96 and tags of 128 bits.
//! In wasm it runs in software, bit-sliced, in a time that does not depend on the key or the text.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};

/// The length of an IV (RFC 7518 §5.3): random bytes, which must not come twice under one key. By
/// chance they do not within 2^32 tokens (SP 800-38D §8.3).
pub const IV_BYTES: usize = 12;

/// The length of a tag, which stands behind the ciphertext here.
pub(crate) const TAG_BYTES: usize = 16;

/// A content key, as the rounds' keys that are made of it.
#[derive(Clone)]
pub(crate) struct Cipher(Aes256Gcm);

impl Cipher {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(Aes256Gcm::new(&key.into()))
    }

    /// The ciphertext and behind it the tag. None for a text of more than 64 GiB.
    pub(crate) fn encrypt(&self, iv: [u8; IV_BYTES], aad: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        self.0.encrypt(&iv.into(), Payload { msg: text, aad }).ok()
    }

    /// The text of what [`encrypt`](Self::encrypt) made with the same IV and data. The tag is compared
    /// in constant time, before anything is decrypted.
    pub(crate) fn decrypt(&self, iv: [u8; IV_BYTES], aad: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(&iv.into(), Payload { msg: ciphertext, aad }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        assert_eq!(text.len(), 2 * N);
        std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew and Viega), Appendix B.
    #[test]
    fn the_example_of_the_gcm_specification_is_met() {
        let key = "feffe9928665731c6d6a8f9467308308";
        let cipher = Cipher::new(hex(&key.repeat(2)));
        let iv = hex("cafebabefacedbaddecaf888");
        let aad: [u8; 20] = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let text: [u8; 60] = hex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ));
        let sealed: [u8; 76] = hex(concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ));
        assert_eq!(cipher.encrypt(iv, &aad, &text).unwrap(), sealed);
        assert_eq!(cipher.decrypt(iv, &aad, &sealed).unwrap(), text);
        assert_eq!(cipher.decrypt(iv, &aad, &sealed[..75]), None);
        assert_eq!(cipher.decrypt(iv, &aad[..19], &sealed), None);
        assert_eq!(cipher.decrypt(iv, &aad, &[]), None);
    }
}
