//! Bytes eight at a time, which are looked at one at a time otherwise: WebAssembly has no faster `memchr` or
//! `memcmp` than that.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// Where in `bytes`, from `at` on, the first quote, backslash, control character or byte beyond ASCII is; the
/// length of `bytes` if there is none.
#[inline]
pub(crate) fn plain_until(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        // The high bit of each byte that is looked for, and perhaps of some behind the first of these: a
        // borrow only runs upwards.
        let below_space = word.wrapping_sub(ONES * 0x20);
        let quotes = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
        let backslashes = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
        let found = (below_space | quotes | backslashes | word) & HIGHS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| is_plain(**byte)).count()
}

/// Where in `bytes`, from `at` on, the first quote or bracket is, or a byte beyond ASCII; the length of `bytes` if
/// there is none.
#[inline]
pub(crate) fn bracket_until(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        // Square brackets differ from curly ones in one bit, which nothing else has that is them otherwise.
        let curly = word | (ONES * 0x20);
        let quotes = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
        let opening = (curly ^ (ONES * b'{' as u64)).wrapping_sub(ONES);
        let closing = (curly ^ (ONES * b'}' as u64)).wrapping_sub(ONES);
        let found = (quotes | opening | closing | word) & HIGHS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| !is_bracket(**byte)).count()
}

fn is_bracket(byte: u8) -> bool {
    matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | 0x80..)
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..0x80) && !matches!(byte, b'"' | b'\\')
}

/// Appends a few bytes. In WebAssembly a copy of any number of bytes is a call into the runtime, which takes longer
/// than the copy of so few.
#[inline(always)]
pub(crate) fn append(bytes: &[u8], out: &mut Vec<u8>) {
    match bytes.len() {
        0 => {}
        8..=16 => ends::<8>(bytes, out),
        17..=32 => ends::<16>(bytes, out),
        33..=64 => ends::<32>(bytes, out),
        1..8 if cfg!(target_family = "wasm") => bytes.iter().for_each(|byte| out.push(*byte)),
        _ => out.extend_from_slice(bytes),
    }
}

/// Appends between `N` and twice as many bytes: the first `N`, and the last, some of them for the second time.
#[inline(always)]
fn ends<const N: usize>(bytes: &[u8], out: &mut Vec<u8>) {
    let (Some(first), Some(last)) = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>()) else { return };
    out.reserve(2 * N);
    out.extend_from_slice(first);
    out.truncate(out.len() + bytes.len() - 2 * N);
    out.extend_from_slice(last);
}

/// Whether the two are the same.
#[inline]
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((words_a, rest_a), (words_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    words_a.iter().zip(words_b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
            // Some of these bytes for the second time.
            (Some(a), Some(b)) => u64::from_le_bytes(*a) == u64::from_le_bytes(*b),
            _ => rest_a.iter().zip(rest_b).all(|(a, b)| a == b),
        }
}

/// A number whose highest bits are a place in a table. Nobody gains by two that are the same: what is found is
/// compared.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    // rustc's own hash: one multiplication for each word.
    let add = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| add(hash, u64::from_le_bytes(*word)));
    let hash = match bytes.last_chunk::<8>() {
        // Some of these bytes for the second time.
        Some(last) => add(hash, u64::from_le_bytes(*last)),
        None => rest.iter().fold(hash, |hash, byte| add(hash, u64::from(*byte))),
    };
    // Once more, so that the first bytes count as much as the last.
    add(0, hash ^ (hash >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn eight_at_a_time_is_one_at_a_time(
            bytes in vec(prop_oneof![8 => 0x20..0x7F_u8, 1 => any::<u8>()], 0..40),
            at in 0..50_usize,
        ) {
            let rest = bytes.get(at..).unwrap_or_default();
            let expected = at + rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len());
            prop_assert_eq!(plain_until(&bytes, at), expected);
            let expected = at + rest.iter().position(|byte| is_bracket(*byte)).unwrap_or(rest.len());
            prop_assert_eq!(bracket_until(&bytes, at), expected);
        }

        #[test]
        fn what_is_appended_is_there(before in vec(any::<u8>(), 0..80), bytes in vec(any::<u8>(), 0..80)) {
            let mut out = before.clone();
            append(&bytes, &mut out);
            prop_assert_eq!(out, [before, bytes].concat());
        }

        #[test]
        fn equal_is_equal(a in vec(0..3_u8, 0..20), b in vec(0..3_u8, 0..20)) {
            prop_assert_eq!(equal(&a, &b), a == b);
            prop_assert!(equal(&a, &a.clone()));
        }

        #[test]
        fn each_byte_after_each(first in any::<u8>(), second in any::<u8>()) {
            let bytes = [b'a', first, second, b'a', b'a', b'a', b'a', b'a', b'a'];
            let expected = bytes.iter().position(|byte| !is_plain(*byte)).unwrap_or(9);
            prop_assert_eq!(plain_until(&bytes, 0), expected);
            let expected = bytes.iter().position(|byte| is_bracket(*byte)).unwrap_or(9);
            prop_assert_eq!(bracket_until(&bytes, 0), expected);
        }
    }
}
