//! Tests of `lib.rs`: which shares are signed and which are encrypted, and that both are read alike.

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::tests::share;
use model::{Method, Resource};
use proptest::prelude::*;

const IV: [u8; IV_BYTES] = *b"twelve bytes";

fn ring(secret: &[u8]) -> KeyRing {
    KeyRing::new(Key::new(secret).unwrap())
}

fn keys() -> KeyRing {
    ring(b"0123456789abcdef0123456789abcdef")
}

fn now() -> Moment {
    Moment::from_unix_seconds(1_900_000_000)
}

fn anonymized() -> Claims {
    Claims { anonymized: true, ..share() }
}

/// As versions before the encryption did, whatever the claims.
fn signed(claims: &Claims) -> String {
    jws::seal(&keys().signing, &write::payload(claims, now()).unwrap()).unwrap()
}

/// As no version does, whatever the claims.
fn encrypted(claims: &Claims) -> String {
    jwe::seal(&keys().signing, &write::payload(claims, now()).unwrap(), IV).unwrap()
}

fn issued(claims: &Claims) -> String {
    sign(&keys().signing, claims, now(), IV).unwrap()
}

#[test]
fn the_token_of_an_anonymized_share_is_encrypted_and_no_other() {
    assert_eq!(issued(&share()), signed(&share()));
    let token = issued(&anonymized());
    assert_eq!(token.split('.').count(), 5);
    // Another IV, another token: nothing in it is the same but the header.
    let other = sign(&keys().signing, &anonymized(), now(), [7; IV_BYTES]).unwrap();
    let pairs: Vec<_> = token.split('.').zip(other.split('.')).collect();
    assert_eq!(pairs.iter().map(|(a, b)| a == b).collect::<Vec<_>>(), [true, true, false, false, false]);
}

#[test]
fn signed_and_encrypted_tokens_of_an_anonymized_share_are_read_alike() {
    let servers = Servers { standard: Some("std".into()), anonymized: Some("anon".into()) };
    let target = &share().resources[0];
    let other = Resource::study(Some("9.9".into()), None);
    let answer = |token: &str, server, target| {
        let access =
            Access { server: Some(server), method: Method::Get, target: Some(target), download: false };
        Remembered::new(keys()).authorize(token, &servers, &access, now(), DEFAULT_VALIDITY_CAP)
    };
    let refused = |reason| Decision::Refused { reason, validity: DEFAULT_VALIDITY_CAP };
    for token in [signed(&anonymized()), encrypted(&anonymized()), issued(&anonymized())] {
        assert_eq!(verify(&keys(), &token, now()), Ok(anonymized()));
        let granted = Decision::Granted { validity: DEFAULT_VALIDITY_CAP };
        assert_eq!(answer(&token, "anon", target), granted);
        assert_eq!(answer(&token, "std", target), refused(Refusal::WrongServer));
        assert_eq!(answer(&token, "anon", &other), refused(Refusal::NotShared));
        assert_eq!(verify(&ring(b"other"), &token, now()), Err(Rejection::Invalid));
        let rotated = KeyRing { verifying: vec![keys().signing], ..ring(b"new") };
        assert_eq!(verify(&rotated, &token, now()), Ok(anonymized()));
        assert_eq!(pseudonym_key(&rotated, &token, now()), pseudonym_key(&keys(), &token, now()));
    }
}

#[test]
fn an_encrypted_token_of_another_share_than_an_anonymized_one_is_malformed() {
    let token = encrypted(&share());
    assert_eq!(verify(&keys(), &token, now()), Err(Rejection::Malformed));
    assert_eq!(pseudonym_key(&keys(), &token, now()), Err(Rejection::Malformed));
    let target = &share().resources[0];
    let access = Access { server: None, method: Method::Get, target: Some(target), download: false };
    let answer = Remembered::new(keys()).authorize(&token, &Servers::default(), &access, now(), 60);
    assert_eq!(answer, Decision::Refused { reason: Rejection::Malformed.into(), validity: 60 });
}

#[test]
fn pseudonyms_belong_to_one_anonymized_share() {
    let named = |jti: &str, anonymized| Claims { jti: Some(jti.into()), anonymized, ..share() };
    let key = |token: &str| pseudonym_key(&keys(), token, now());
    let one = key(&issued(&named("one", true))).unwrap();
    assert_eq!(key(&signed(&named("one", true))), Ok(one));
    assert_eq!(key(&sign(&keys().signing, &named("one", true), now(), [7; IV_BYTES]).unwrap()), Ok(one));
    assert_ne!(key(&issued(&named("two", true))), Ok(one));
    assert_eq!(key(&issued(&named("one", false))), Err(Rejection::Malformed));
    assert_eq!(pseudonym_key(&ring(b"other"), &issued(&named("one", true)), now()), Err(Rejection::Invalid));
}

#[test]
fn the_length_of_an_encrypted_token_does_not_tell_that_of_its_ids() {
    let sized = |length: usize| {
        let claims = Claims { id: Some("x".repeat(length)), ..anonymized() };
        issued(&claims).len()
    };
    let mut lengths: Vec<_> = (0..PADDED_TO).map(sized).collect();
    lengths.dedup();
    assert!(lengths.len() <= 2, "{lengths:?}");
}

#[test]
fn many_studies_are_encrypted_up_to_the_limit() {
    let claims = |count: usize| {
        let study = |n| Resource::study(Some(format!("1.2.826.0.1.3680043.10.99999.{n}")), None);
        Claims { resources: (0..count).map(study).collect(), ..anonymized() }
    };
    assert_eq!(verify(&keys(), &issued(&claims(5_000)), now()), Ok(claims(5_000)));
    assert_eq!(sign(&keys().signing, &claims(50_000), now(), IV), Err(Rejection::Malformed));
}

/// The base64url of the text at each of the three places in a group where it may begin, without the
/// characters at its ends that its neighbours share.
fn in_base64(text: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let encoded = URL_SAFE_NO_PAD.encode([&vec![0; before], text.as_bytes()].concat());
        let whole = (before + text.len()) / 3 * 4;
        encoded[before.div_ceil(3) * 4..whole].to_owned()
    })
}

proptest! {
    #[test]
    fn neither_the_ids_nor_the_name_of_the_share_are_in_an_encrypted_token(
        uid in "[0-9][0-9.]{9,62}[0-9]",
        id in "[0-9a-f]{8}(-[0-9a-f]{8}){4}",
        name in "[A-Za-z0-9-]{10,40}",
        iv: [u8; IV_BYTES],
        resources: bool,
    ) {
        let hidden = [&uid, &id, &name].map(String::clone);
        let claims = Claims {
            id: Some(name),
            shape: if resources { model::Shape::Resources } else { model::Shape::Studies },
            resources: vec![Resource::study(Some(uid), Some(id))],
            ..anonymized()
        };
        let token = sign(&keys().signing, &claims, now(), iv).unwrap();
        let in_clear = signed(&claims);
        let bytes: Vec<_> = token.split('.').flat_map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        for text in hidden {
            let spelt = in_base64(&text);
            // That this way of looking finds what is there, in one of its three places.
            prop_assert!(spelt.iter().any(|spelt| in_clear.contains(spelt)));
            prop_assert!(!spelt.iter().any(|spelt| token.contains(spelt)));
            prop_assert!(!token.contains(&text));
            prop_assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        }
        prop_assert_eq!(verify(&keys(), &token, now()), Ok(claims));
    }
}
