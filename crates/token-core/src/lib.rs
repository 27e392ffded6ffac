//! Tokens, without I/O and without a clock: signing, verifying, and deciding what a token opens.
//! In go a key, a token and a question; out come claims, a [`Rejection`], or a [`Decision`].
//!
//! A token is a compact JWS (RFC 7515) signed with HS256 over the claims of a share. The claims
//! carry the names that the Python services use, in every shape that one of them ever wrote, so
//! that a link sent years ago still opens and either side reads the other's tokens.
//!
//! The subtle thing: nothing of a token is parsed before its signature is found good, and the
//! algorithm is never taken from it. [`verify`] does not look at the clock; [`Claims::check_time`]
//! and [`decide`] do, with the `now` that they are given.

mod claims;
mod decision;
mod jws;
mod key;
mod read;
mod rejection;
mod write;

pub use claims::Claims;
pub use decision::{Access, DEFAULT_VALIDITY_CAP, Decision, Refusal, Servers, decide};
pub use jws::MAX_TOKEN_BYTES;
pub use key::{EmptySecret, Key, KeyRing};
pub use rejection::Rejection;

use model::Moment;

/// Signs the claims into a token, issued at `now`.
///
/// [`Rejection::Malformed`] if they make no share: no `jti`, no method, no resource, a resource
/// without identifier, one that is no study in the shape [`Shape::Studies`], or so many of them
/// that the token would be over [`MAX_TOKEN_BYTES`].
pub fn sign(key: &Key, claims: &Claims, now: Moment) -> Result<String, Rejection> {
    jws::seal(key, &write::payload(claims, now)?)
}

/// The claims of a token that one of the keys signed, whether it is valid now or not.
///
/// [`Rejection::Invalid`] if no key signed it, [`Rejection::Malformed`] if a key did but the
/// claims are not those of a share.
pub fn verify(keys: &KeyRing, token: &str) -> Result<Claims, Rejection> {
    read::claims(&jws::open(keys, token)?, |_| true)
}

/// 32 bytes that stand for an anonymized share, for the pseudonyms of the de-identifying proxy: derived
/// from the key of its token for this purpose alone, and from what tells the share from others, its
/// `jti`, or all that an older token says.
///
/// [`Rejection::Malformed`] if the token is not one of an anonymized share.
pub fn pseudonym_key(keys: &KeyRing, token: &str) -> Result<[u8; 32], Rejection> {
    const PURPOSE: &[u8] = b"orthanc-share pseudonyms 1\0";
    let (payload, key) = jws::open_with(keys, token)?;
    let claims = read::claims(&payload, |_| true)?;
    if !claims.anonymized {
        return Err(Rejection::Malformed);
    }
    let share = claims.jti.map_or(payload, String::into_bytes);
    Ok(key.mac(&[PURPOSE, &share].concat()))
}

/// [`verify`] and [`decide`] in one: whether the bearer of the token may do this now.
///
/// It answers as the two do one after the other, but does not copy the resources that the
/// question is not about: a share may hold thousands.
pub fn authorize(
    keys: &KeyRing,
    token: &str,
    servers: &Servers,
    access: &Access<'_>,
    now: Moment,
    cap: u32,
) -> Decision {
    let claims = jws::open(keys, token)
        .and_then(|payload| read::claims(&payload, |shared| shared.may_be(access.target)));
    match claims {
        Ok(claims) => decide(&claims, servers, access, now, cap),
        Err(rejection) => Decision::Refused { reason: rejection.into(), validity: cap.max(1) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claims::tests::share;

    #[test]
    fn pseudonyms_belong_to_one_anonymized_share() {
        let ring = |secret: &[u8]| KeyRing::new(Key::new(secret).unwrap());
        let keys = ring(b"0123456789abcdef0123456789abcdef");
        let now = Moment::from_unix_seconds(1_900_000_000);
        let token = |jti: &str, anonymized: bool| {
            let claims = Claims { jti: Some(jti.into()), anonymized, ..share() };
            sign(&keys.signing, &claims, now).unwrap()
        };
        let one = pseudonym_key(&keys, &token("one", true)).unwrap();
        assert_eq!(pseudonym_key(&keys, &token("one", true)), Ok(one));
        assert_ne!(pseudonym_key(&keys, &token("two", true)), Ok(one));
        assert_eq!(pseudonym_key(&keys, &token("one", false)), Err(Rejection::Malformed));
        assert_eq!(pseudonym_key(&ring(b"other"), &token("one", true)), Err(Rejection::Invalid));
    }
}
