//! The key of one share: replaces UIDs and Orthanc ids, and says by how many days dates move.
//! The same within a share, unlinkable between shares, and not to be computed without the secret.
//!
//! A document names its study and series in each of its data sets, and SHA-256 is slow in WebAssembly: the last
//! names are kept with what stands for them.

use hmac::{Hmac, KeyInit, Mac};
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

/// A subkey for names, with what stands for the last ones. Clones share these.
#[derive(Clone)]
struct Names {
    keyed: Hmac<Sha256>,
    /// Each name at a place of its own, which the next name with this place gets.
    last: Arc<Mutex<Vec<(String, String)>>>,
}

/// How many names are kept.
const KEPT: usize = 64;
/// A UID is no longer (PS3.5 §9.1), and an Orthanc id has 44 characters. What is longer is not kept.
const LONGEST: usize = 64;

impl ShareKey {
    /// HKDF (RFC 5869) with SHA-256: extracted from the secret, expanded for each use in this share.
    pub fn derive(secret: &[u8], share_id: &str) -> Self {
        let root = keyed(&mac(&keyed(SALT), &[secret]));
        let subkey = |purpose: &[u8]| keyed(&mac(&root, &[purpose, b"\0", share_id.as_bytes(), &[1]]));
        let days = mac(&subkey(b"days"), &[]);
        let days = u32::from_be_bytes([days[0], days[1], days[2], days[3]]) % 3650;
        let names = |purpose: &[u8]| Names { keyed: subkey(purpose), last: Arc::default() };
        ShareKey { uid: names(b"uid"), orthanc_id: names(b"orthanc id"), shift_days: -1 - days as i32 }
    }

    /// The UID that stands for `uid` in this share: `2.25.` and 128 bits (PS3.5 B.2), at most 44
    /// characters. A well-known one and an empty one stay. Padding does not count.
    pub fn uid(&self, uid: &str) -> String {
        let uid = uid.trim_matches([' ', '\0']);
        if uid.is_empty() || is_well_known(uid) {
            return uid.to_owned();
        }
        self.uid.of(uid, |mac| {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = mac;
            format!("2.25.{}", u128::from_be_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]))
        })
    }

    /// What stands for an Orthanc id in this share: of its shape, five groups of eight hex digits.
    pub fn orthanc_id(&self, id: &str) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.orthanc_id.of(id, |mac| {
            let mut text = String::with_capacity(44);
            for (at, byte) in mac.iter().take(20).enumerate() {
                if at > 0 && at % 4 == 0 {
                    text.push('-');
                }
                // By hand: there is one of these for each instance of a list, and formatting took longer than the MAC.
                text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
            }
            text
        })
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
    /// What stands for the name: kept, or made of its MAC.
    fn of(&self, name: &str, make: impl FnOnce([u8; 32]) -> String) -> String {
        let place = (bytes::hash(name.as_bytes()) >> (64 - KEPT.ilog2())) as usize;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_empty() {
            last.resize_with(KEPT, Default::default);
        }
        let kept = last.get_mut(place);
        if let Some((known, shown)) = &kept
            && !shown.is_empty()
            && bytes::equal(known.as_bytes(), name.as_bytes())
        {
            return shown.clone();
        }
        let new = make(mac(&self.keyed, &[name.as_bytes()]));
        if let Some((known, shown)) = kept.filter(|_| name.len() <= LONGEST) {
            known.clear();
            known.push_str(name);
            shown.clear();
            shown.push_str(&new);
        }
        new
    }
}

/// HMAC takes keys of any length: the error of its constructor does not happen.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::new_from_slice(key) {
        Ok(keyed) => keyed,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

fn mac(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The standard's own UIDs (PS3.6 Annex A): SOP classes, transfer syntaxes, well-known instances.
/// None has a component of more than four digits, so a number of somebody cannot hide behind the root.
pub(crate) fn is_well_known(uid: &str) -> bool {
    uid.len() <= 48
        && uid.strip_prefix("1.2.840.10008.").is_some_and(|rest| {
            rest.split('.')
                .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        })
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
        for uid in
            ["1.2.840.10008.DOE", "1.2.840.10008.19450312", "1.2.840.10008.", "1.2.840.100081.2", "DOE^JOHN"]
        {
            assert!(key.uid(uid).starts_with("2.25."), "{uid}");
        }
    }
}
