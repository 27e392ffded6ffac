//! The key of one share: replaces UIDs and Orthanc ids, and says by how many days dates move.
//! The same within a share, unlinkable between shares, and not to be computed without the secret.
//!
//! A document names its study and series in each of its data sets, and SHA-256 is slow in WebAssembly: the last
//! names are kept with what stands for them.

use hmac::{HmacReset, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bytes;

/// Separates this use of the secret from every other.
const SALT: &[u8] = b"orthanc-share de-identification 1";

/// Derived from the secret and the share's id. Its Debug output shows nothing.
#[derive(Clone)]
pub struct ShareKey {
    uid: Names,
    orthanc_id: Names,
    shift_days: i32,
}

/// What stands for names. Clones share it.
#[derive(Clone)]
struct Names(Arc<Mutex<Keyed>>);

/// A subkey for names, with what stands for the last ones.
struct Keyed {
    /// Begins anew after each name: to copy and erase one each time takes a tenth of the MAC.
    mac: HmacReset<Sha256>,
    /// Each name at a place of its own, which the next name with this place gets. Empty before the first.
    last: Vec<Kept>,
}

/// A name, and what stands for it.
type Kept = (Vec<u8>, Vec<u8>);

/// How many names are kept.
const KEPT: usize = 256;
/// A UID is no longer (PS3.5 §9.1), and an Orthanc id has 44 characters. What is longer is not kept.
const LONGEST: usize = 64;

impl ShareKey {
    /// HKDF (RFC 5869) with SHA-256: extracted from the secret, expanded for each use in this share.
    pub fn derive(secret: &[u8], share_id: &str) -> Self {
        let mut root = keyed(&mac(&mut keyed(SALT), &[secret]));
        let mut subkey =
            |purpose: &[u8]| keyed(&mac(&mut root, &[purpose, b"\0", share_id.as_bytes(), &[1]]));
        let days = mac(&mut subkey(b"days"), &[]);
        let days = u32::from_be_bytes([days[0], days[1], days[2], days[3]]) % 3650;
        let mut names =
            |purpose: &[u8]| Names(Arc::new(Mutex::new(Keyed { mac: subkey(purpose), last: Vec::new() })));
        ShareKey { uid: names(b"uid"), orthanc_id: names(b"orthanc id"), shift_days: -1 - days as i32 }
    }

    /// The UID that stands for `uid` in this share: `2.25.` and 128 bits (PS3.5 B.2), at most 44
    /// characters. A well-known one and an empty one stay. Padding does not count.
    pub fn uid(&self, uid: &str) -> String {
        self.with_uid(uid.as_bytes(), text)
    }

    /// The same for who only looks at it.
    pub(crate) fn with_uid<T>(&self, uid: &[u8], take: impl FnOnce(&[u8]) -> T) -> T {
        let uid = trimmed(uid);
        if uid.is_empty() || is_well_known(uid) {
            return take(uid);
        }
        let make = |mac: [u8; 32], new: &mut Vec<u8>| {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = mac;
            new.extend_from_slice(b"2.25.");
            decimal(u128::from_be_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]), new);
        };
        self.uid.with(uid, make, take)
    }

    /// What stands for an Orthanc id in this share: of its shape, five groups of eight hex digits.
    pub fn orthanc_id(&self, id: &str) -> String {
        self.with_orthanc_id(id.as_bytes(), text)
    }

    /// The same for who only looks at it.
    pub(crate) fn with_orthanc_id<T>(&self, id: &[u8], take: impl FnOnce(&[u8]) -> T) -> T {
        let make = |mac: [u8; 32], new: &mut Vec<u8>| {
            for (at, word) in mac.as_chunks::<4>().0.iter().take(5).enumerate() {
                if at > 0 {
                    new.push(b'-');
                }
                new.extend_from_slice(&hex(u32::from_be_bytes(*word)));
            }
        };
        self.orthanc_id.with(id, make, take)
    }

    /// Days to add to each date, between -3650 and -1: never into the future.
    pub fn date_shift_days(&self) -> i32 {
        self.shift_days
    }
}

impl fmt::Debug for ShareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareKey")
    }
}

impl Names {
    /// Gives what stands for the name: kept, or made of its MAC.
    fn with<T>(
        &self,
        name: &[u8],
        make: impl FnOnce([u8; 32], &mut Vec<u8>),
        take: impl FnOnce(&[u8]) -> T,
    ) -> T {
        let place = (bytes::hash(name) >> (64 - KEPT.ilog2())) as usize;
        let mut keyed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Keyed { mac: keyed, last } = &mut *keyed;
        if last.is_empty() {
            last.resize_with(KEPT, Kept::default);
        }
        let mut unkept = Kept::default();
        let kept = last.get_mut(place).filter(|_| name.len() <= LONGEST);
        let (known, shown) = kept.unwrap_or(&mut unkept);
        if shown.is_empty() || !bytes::equal(known, name) {
            known.clear();
            bytes::append(name, known);
            shown.clear();
            make(mac(keyed, &[name]), shown);
        }
        take(shown)
    }
}

/// The number's digits. By hand: the formatter needs products of 128 bits, which WebAssembly does not have.
fn decimal(number: u128, out: &mut Vec<u8>) {
    const EIGHT: u64 = 100_000_000;
    let mut words = [96, 64, 32, 0].map(|bits| (number >> bits) as u32);
    let mut digits = [b'0'; 40];
    for eight in digits.as_chunks_mut::<8>().0.iter_mut().rev() {
        let mut rest = 0;
        for word in &mut words {
            let dividend = (rest << 32) | u64::from(*word);
            // Less than 2^32, as the rest before was less than the divisor.
            *word = (dividend / EIGHT) as u32;
            rest = dividend % EIGHT;
        }
        *eight = eight_digits(rest);
    }
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(digits.get(zeros.min(39)..).unwrap_or_default());
}

/// The digits of a number below 10^8, all at once: halves, then quarters, then each digit.
fn eight_digits(number: u64) -> [u8; 8] {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    // v / 100 of v < 10,000, and below v / 10 of v < 100.
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let quarters = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((quarters * 103) >> 10) & 0x000F_000F_000F_000F;
    let digits = tens | ((quarters - tens * 10) << 8);
    (digits + u64::from_ne_bytes([b'0'; 8])).to_le_bytes()
}

fn text(ascii: &[u8]) -> String {
    std::str::from_utf8(ascii).unwrap_or_default().to_owned()
}

/// Eight hex digits, all at once: there is one Orthanc id for each instance of a list, and the formatter took longer
/// for it than the MAC.
fn hex(word: u32) -> [u8; 8] {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let spread = |number: u64, bits: u32, mask: u64| (number | (number << bits)) & mask;
    let shorts = spread(word.into(), 16, 0x0000_FFFF_0000_FFFF);
    let bytes = spread(shorts, 8, 0x00FF_00FF_00FF_00FF);
    let digits = spread(bytes, 4, ONES * 15);
    // One in each byte that is ten or more.
    let letters = ((digits + ONES * 6) >> 4) & ONES;
    (digits + ONES * u64::from(b'0') + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

/// HMAC takes keys of any length: the error of its constructor does not happen.
fn keyed(key: &[u8]) -> HmacReset<Sha256> {
    match HmacReset::new_from_slice(key) {
        Ok(keyed) => keyed,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

fn mac(keyed: &mut HmacReset<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        keyed.update(part);
    }
    keyed.finalize_reset().into_bytes().into()
}

/// The standard's own UIDs (PS3.6 Annex A): SOP classes, transfer syntaxes, well-known instances.
/// They are in these branches, and none has a component of more than four digits, so that a number of somebody
/// cannot hide behind the root.
pub(crate) fn is_well_known(uid: &[u8]) -> bool {
    let is_component = |part: &[u8]| match part {
        [b'0', _, ..] => false,
        part => (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit),
    };
    uid.len() <= 48
        && uid.strip_prefix(b"1.2.840.10008.").is_some_and(|rest| {
            let is_branch = matches!(rest, [b'1'..=b'9', b'.', ..] | [b'1', b'5', b'.', ..]);
            is_branch && rest.split(|byte| *byte == b'.').all(is_component)
        })
}

/// A UID without its padding.
pub(crate) fn trimmed(uid: &[u8]) -> &[u8] {
    let mut uid = uid;
    while let [b' ' | b'\0', rest @ ..] | [rest @ .., b' ' | b'\0'] = uid {
        uid = rest;
    }
    uid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_share_is_consistent_and_two_are_unlinkable() {
        let (a, b) = (ShareKey::derive(b"secret", "a"), ShareKey::derive(b"secret", "b"));
        assert_eq!(a.uid("1.2.3"), ShareKey::derive(b"secret", "a").uid("1.2.3\0"));
        assert_ne!(a.uid("1.2.3"), b.uid("1.2.3"));
        assert_ne!(a.uid("1.2.3"), ShareKey::derive(b"other", "a").uid("1.2.3"));
        assert_ne!(a.orthanc_id("x"), b.orthanc_id("x"));
        assert!((-3650..=-1).contains(&a.date_shift_days()));
        assert_eq!(format!("{a:?}"), "ShareKey");
    }

    #[test]
    fn what_is_kept_is_what_would_be_made() {
        let key = ShareKey::derive(b"secret", "a");
        let names = (0..1_000).map(|n| format!("1.2.{}", n * n)).chain([String::new(), "1".repeat(200)]);
        let names: Vec<String> = names.collect();
        for name in names.iter().chain(names.iter().rev()).flat_map(|name| [name, name]) {
            let new = ShareKey::derive(b"secret", "a");
            assert_eq!(key.uid(name), new.uid(name));
            assert_eq!(key.clone().orthanc_id(name), new.orthanc_id(name));
        }
    }

    #[test]
    fn decimal_digits() {
        let powers = (0..39).map(|power| 10_u128.pow(power));
        let numbers =
            powers.flat_map(|number| [number - 1, number, number + 1, number * 3, u128::MAX / number]);
        for number in numbers {
            let mut out = Vec::new();
            decimal(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
        for number in (0..10_000).chain((0..100_000_000).step_by(7_919)) {
            assert_eq!(eight_digits(number), format!("{number:08}").as_bytes());
            assert_eq!(
                eight_digits(number % 10_000 * 10_000),
                format!("{:08}", number % 10_000 * 10_000).as_bytes()
            );
        }
    }

    #[test]
    fn hex_digits() {
        for word in [0, 0x0123_4567, 0x89AB_CDEF, 0xFEDC_BA98, u32::MAX, 0x9A9A_9A9A, 0x0F0F_F0F0] {
            assert_eq!(hex(word), format!("{word:08x}").as_bytes());
        }
    }

    #[test]
    fn shapes() {
        let key = ShareKey::derive(b"secret", "a");
        let uid = key.uid("1.2.3");
        assert!(uid.len() <= 44 && uid.strip_prefix("2.25.").unwrap().parse::<u128>().is_ok(), "{uid}");
        let id = key.orthanc_id("9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd");
        assert_eq!(id.len(), 44);
        assert!(id.split('-').all(|g| g.len() == 8 && u32::from_str_radix(g, 16).is_ok()), "{id}");
    }

    #[test]
    fn well_known_uids_stay_and_only_these() {
        let key = ShareKey::derive(b"secret", "a");
        for uid in
            ["1.2.840.10008.1.2.4.90", "1.2.840.10008.5.1.4.1.1.77.1.5.4", "1.2.840.10008.6.1.1400", ""]
        {
            assert_eq!(key.uid(uid), uid);
        }
        for uid in [
            "1.2.840.10008.1957.0317",
            "1.2.840.10008.2023.517.1122",
            "1.2.840.10008.5.0317",
            "1.2.840.10008.5",
            "1.2.840.10008.DOE",
            "1.2.840.10008.19450312",
            "1.2.840.10008.",
            "1.2.840.100081.2",
            "DOE^JOHN",
        ] {
            assert!(key.uid(uid).starts_with("2.25."), "{uid}");
        }
    }
}
