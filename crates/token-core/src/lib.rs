//! Tokens, without I/O and without a clock: signing, verifying, and deciding what a token opens.
//! In go a key, a token and a question; out come claims, a [`Rejection`], or a [`Decision`].
//!
//! A token is a compact JWS (RFC 7515) signed with HS256 over the claims of a share. The claims
//! carry the names that the Python services use, in every shape that one of them ever wrote, so
//! that a link sent years ago still opens and either side reads the other's tokens. That of a new
//! anonymized share is a compact JWE (RFC 7516) instead, since its bearer must not learn from the link
//! what the anonymized images are of; signed ones are still read.
//!
//! The subtle thing: nothing of a token is parsed before its signature, or its encryption, is found
//! good, and the algorithm is never taken from it. Its header is compared with those that we write, to try
//! the right key. [`verify`] looks at the clock for the keys only; [`Claims::check_standing`] and [`decide`] do
//! for the share, with the `now` that they are given.

mod cipher;
mod claims;
mod decision;
mod jwe;
mod jws;
mod key;
mod read;
mod rejection;
mod remembered;
mod write;

pub use cipher::IV_BYTES;
pub use claims::{Claims, Registered};
pub use decision::{Access, DEFAULT_VALIDITY_CAP, Decision, Refusal, Servers, decide};
pub use jws::MAX_TOKEN_BYTES;
pub use key::{EmptySecret, Key, KeyRing};
pub use rejection::Rejection;
pub use remembered::Remembered;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use model::{Moment, Resource};

/// The claims as a token, issued at `now`: signed, and encrypted instead if they are of an anonymized
/// share. `iv` is 12 bytes from a good random generator, new for every token, whatever the claims: with
/// the same ones twice, an encrypted token would give away what differs in the other.
///
/// [`Rejection::Malformed`] if they make no share: no `jti`, no method, no resource, a resource
/// without identifier, one that is no study in the shape [`Shape::Studies`], or so many of them
/// that the token would be over [`MAX_TOKEN_BYTES`].
///
/// [`Shape::Studies`]: model::Shape::Studies
pub fn sign(key: &Key, claims: &Claims, now: Moment, iv: [u8; IV_BYTES]) -> Result<String, Rejection> {
    let mut payload = write::payload(claims, now)?;
    if !claims.anonymized {
        return jws::seal(key, &payload);
    }
    // A ciphertext is as long as its text. Spaces, which JSON allows behind the object, hide the
    // length of the identifiers and of the caller's name for the share.
    payload.resize(payload.len().next_multiple_of(PADDED_TO), b' ');
    jwe::seal(key, &payload, iv)
}

/// The payload of an encrypted token has a multiple of so many bytes.
const PADDED_TO: usize = 128;

/// The claims of a token that one of the keys signed or encrypted, whether it is valid now or not: `now`
/// is for the keys, which may have an end of their own.
///
/// [`Rejection::Invalid`] if no key did that holds now, [`Rejection::Malformed`] if a key did but the claims are not
/// those of a share, or not of an anonymized one although they are encrypted.
pub fn verify(keys: &KeyRing, token: &str, now: Moment) -> Result<Claims, Rejection> {
    open(keys, token, now)?.claims(|_| true)
}

/// 32 bytes that stand for an anonymized share, for the pseudonyms of the de-identifying proxy: derived
/// from the key of its token for this purpose alone, and from what tells the share from others, its
/// `jti`, or all that an older token says.
///
/// [`Rejection::Malformed`] if the token is not one of an anonymized share.
pub fn pseudonym_key(keys: &KeyRing, token: &str, now: Moment) -> Result<[u8; 32], Rejection> {
    let opened = open(keys, token, now)?;
    let claims = opened.claims(|_| true)?;
    if !claims.anonymized {
        return Err(Rejection::Malformed);
    }
    let share = claims.jti.map_or(opened.payload, String::into_bytes);
    Ok(pseudonym_of(opened.key, &share))
}

fn pseudonym_of(key: &Key, share: &[u8]) -> [u8; 32] {
    key.mac(&[b"orthanc-share pseudonyms 1\0", share].concat())
}

/// [`verify`], with only those of the resources that the question can be about: a share may hold thousands.
/// [`decide`] decides the same on them.
pub fn examine(
    keys: &KeyRing,
    token: &str,
    target: Option<&Resource>,
    now: Moment,
) -> Result<Claims, Rejection> {
    open(keys, token, now)?.claims(|shared| shared.may_be(target))
}

/// What to keep of a share's code in place of it: keyed, so that whoever reads it cannot try codes, and
/// bound to the share, so that equal codes look different.
pub fn hash_code(key: &Key, jti: &str, code: &str) -> String {
    BASE64URL.encode(key.mac(&code_message(jti, code)))
}

/// Whether this is the share's code: by any of the keys, in constant time for each.
pub fn check_code(keys: &KeyRing, jti: &str, code: &str, kept: &str) -> bool {
    let Ok(Ok(mac)) = BASE64URL.decode(kept).map(<[u8; 32]>::try_from) else { return false };
    keys.maker(&mac, &code_message(jti, code)).is_some()
}

fn code_message(jti: &str, code: &str) -> Vec<u8> {
    [b"orthanc-share code 1\0", jti.as_bytes(), b"\0", code.as_bytes()].concat()
}

/// What is inside a token of ours.
struct Opened<'k> {
    payload: Vec<u8>,
    /// Signed or encrypted it.
    key: &'k Key,
    encrypted: bool,
}

impl Opened<'_> {
    /// The claims, with those resources that `keep` wants. Only those of an anonymized share are ever
    /// encrypted.
    fn claims(&self, keep: impl Fn(&read::Shared<'_>) -> bool) -> Result<Claims, Rejection> {
        let claims = read::claims(&self.payload, keep)?;
        if self.encrypted && !claims.anonymized { Err(Rejection::Malformed) } else { Ok(claims) }
    }
}

/// Which kind it is tells the number of its parts (RFC 7516 §9).
fn open<'k>(keys: &'k KeyRing, token: &str, now: Moment) -> Result<Opened<'k>, Rejection> {
    let encrypted = token.len() <= MAX_TOKEN_BYTES && token.bytes().filter(|byte| *byte == b'.').count() == 4;
    let open_with = if encrypted { jwe::open_with } else { jws::open_with };
    let (payload, key) = open_with(keys, token, now)?;
    Ok(Opened { payload, key, encrypted })
}

#[cfg(test)]
#[path = "lib_tests.rs"]
mod tests;
