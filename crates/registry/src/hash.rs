//! SHA-256 in hexadecimal, for what is to be found again in the store and not read there.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Of these parts, which cannot run into each other: a zero stands behind each.
pub fn hash_of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_eq!(hash_of(&["a", "b"]).len(), 64);
        assert_ne!(hash_of(&["a", "b"]), hash_of(&["ab"]));
        assert_ne!(hash_of(&["a", ""]), hash_of(&["", "a"]));
        assert_eq!(hex(&[0, 255]), "00ff");
    }
}
