//! The envelope of what a bearer must not read: compact JWE with `dir` and A256GCM (RFC 7516 §3.1 and
//! §5, RFC 7518 §4.5 and §5.3), as strict as its sister [`jws`](crate::jws). It knows nothing of what
//! is inside.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::Moment;
use serde::Deserialize;

use crate::{
    KeyRing, MAX_TOKEN_BYTES, Rejection,
    cipher::{IV_BYTES, TAG_BYTES},
    jws::{Kid, header_with, is_object, present},
    key::Key,
};

/// The header that is written. It has no `typ`, which says nothing where only tokens go (RFC 7519 §5.1).
const HEADER: &str = r#"{"alg":"dir","enc":"A256GCM"}"#;

/// The same with the name of a key, as it stands in the token.
pub(crate) fn header(kid: &str) -> String {
    header_with(HEADER, kid)
}

/// The token that hides this payload. The IV must not have been used with the key before.
pub(crate) fn seal(key: &Key, payload: &[u8], iv: [u8; IV_BYTES]) -> Result<String, Rejection> {
    let header = key.name().map_or_else(|| URL_SAFE_NO_PAD.encode(HEADER), |name| name.jwe_header.clone());
    let sealed = key.cipher().encrypt(iv, header.as_bytes(), payload).ok_or(Rejection::Malformed)?;
    let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
    let mut token = header;
    // Two dots: with `dir` the part of the encrypted key is empty.
    token.push_str("..");
    URL_SAFE_NO_PAD.encode_string(iv, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(ciphertext, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut token);
    // What could not be read back is not issued.
    if token.len() > MAX_TOKEN_BYTES { Err(Rejection::Malformed) } else { Ok(token) }
}

/// The payload of a token that one of the keys encrypted which hold now, and the key that it was.
pub(crate) fn open_with<'k>(
    keys: &'k KeyRing,
    token: &str,
    now: Moment,
) -> Result<(Vec<u8>, &'k Key), Rejection> {
    try_open(keys, token, now).ok_or(Rejection::Invalid)
}

/// The tag comes first: it covers the header, which is parsed only if one of our keys vouches for it.
/// It is always A256GCM with our own key, whatever the header says, and a header that says something
/// else, or names another of our keys, is refused after all. The decoder takes exactly one spelling of
/// the same bytes (no padding, no bits behind the last byte: RFC 4648 §3.5).
fn try_open<'k>(keys: &'k KeyRing, token: &str, now: Moment) -> Option<(Vec<u8>, &'k Key)> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let mut parts = token.split('.');
    let [header, encrypted_key, iv, ciphertext, tag] = std::array::from_fn(|_| parts.next());
    let (header, iv, ciphertext, tag) = (header?, iv?, ciphertext?, tag?);
    if !encrypted_key?.is_empty() || parts.next().is_some() {
        return None;
    }
    let iv: [u8; IV_BYTES] = URL_SAFE_NO_PAD.decode(iv).ok()?.try_into().ok()?;
    let mut sealed = URL_SAFE_NO_PAD.decode(ciphertext).ok()?;
    let tag: [u8; TAG_BYTES] = URL_SAFE_NO_PAD.decode(tag).ok()?.try_into().ok()?;
    sealed.extend(tag);
    let opened = |key: &'k Key| Some((key.cipher().decrypt(iv, header.as_bytes(), &sealed)?, key));
    let (payload, key) = keys.candidates(now, |name| name.jwe_header == header).find_map(opened)?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header = dir_a256gcm(&header)?;
    keys.agrees(key, header.kid.text()).then_some((payload, key))
}

/// What of a header matters; the rest (`typ`, …) is ignored, as RFC 7516 §4 wants.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    enc: Cow<'a, str>,
    #[serde(borrow, default)]
    kid: Kid<'a>,
    /// Extensions that must be understood (RFC 7516 §4.1.13): none is.
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    /// A compressed payload (RFC 7516 §4.1.3).
    #[serde(default, deserialize_with = "present")]
    zip: bool,
}

fn dir_a256gcm(header: &[u8]) -> Option<Header<'_>> {
    let header: Header<'_> = is_object(header).then(|| serde_json::from_slice(header).ok())??;
    let is_ours = header.alg == "dir" && header.enc == "A256GCM";
    (is_ours && !header.crit && !header.zip).then_some(header)
}

#[cfg(test)]
#[path = "jwe_tests.rs"]
mod tests;
