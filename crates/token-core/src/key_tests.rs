//! Tests of `key.rs`: which key of a ring opens which token, by name and by time; signed and encrypted
//! tokens alike.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;
use crate::cipher::{IV_BYTES, TAG_BYTES};

const IV: [u8; IV_BYTES] = *b"twelve bytes";
const TEXT: &[u8] = br#"{"id":"a"}"#;

fn key(secret: &str) -> Key {
    Key::new(secret.as_bytes()).unwrap()
}

fn now() -> Moment {
    Moment::from_unix_seconds(1_900_000_000)
}

/// What the key makes of the text: a signed token, and an encrypted one.
fn made(key: &Key) -> [String; 2] {
    [jws::seal(key, TEXT).unwrap(), jwe::seal(key, TEXT, IV).unwrap()]
}

/// The same with any header: the fields of it behind those that are needed.
fn made_with(key: &Key, fields: &str) -> [String; 2] {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = encode(format!(r#"{{"alg":"HS256"{fields}}}"#).as_bytes());
    let signed = format!("{header}.{}", encode(TEXT));
    let signature = encode(&key.mac(signed.as_bytes()));
    let header = encode(format!(r#"{{"alg":"dir","enc":"A256GCM"{fields}}}"#).as_bytes());
    let sealed = key.cipher().encrypt(IV, header.as_bytes(), TEXT).unwrap();
    let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
    let encrypted = format!("{header}..{}.{}.{}", encode(&IV), encode(ciphertext), encode(tag));
    [format!("{signed}.{signature}"), encrypted]
}

/// Whether the ring opens the signed and the encrypted one; it says the same of both.
fn opens(ring: &KeyRing, [signed, encrypted]: &[String; 2], now: Moment) -> bool {
    let opened = jws::open_with(ring, signed, now).map(|(text, _)| text);
    assert_eq!(opened, jwe::open_with(ring, encrypted, now).map(|(text, _)| text));
    assert!(opened.as_ref().map_or(true, |text| text == TEXT));
    opened.is_ok()
}

#[test]
fn a_key_is_never_shown() {
    let ring = KeyRing::new(key("an-old-and-short-key").named("old").until(now()));
    assert_eq!(format!("{ring:?}"), "KeyRing { signing: Key(…), verifying: [] }");
}

#[test]
fn an_empty_secret_is_no_key() {
    assert_eq!(Key::new(b"").err(), Some(EmptySecret));
}

#[test]
fn the_signing_key_and_every_older_one_verify() {
    let [a, b, c] = ["a", "b", "c"].map(key);
    let ring = KeyRing { signing: a.clone(), verifying: vec![b.clone()] };
    for (key, accepted) in [(a, true), (b, true), (c, false)] {
        assert_eq!(opens(&ring, &made(&key), now()), accepted);
        assert_eq!(ring.maker(&key.mac(b"message"), b"message").is_some(), accepted);
        assert!(ring.maker(&key.mac(b"message"), b"another").is_none());
    }
}

#[test]
fn a_key_with_a_name_says_it_in_the_header_and_one_without_says_nothing() {
    let header = |token: &str| {
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        String::from_utf8(header).unwrap()
    };
    let cases = [
        (key("a"), r#"{"typ":"JWT","alg":"HS256"}"#, r#"{"alg":"dir","enc":"A256GCM"}"#),
        (
            key("a").named("2026-1"),
            r#"{"typ":"JWT","alg":"HS256","kid":"2026-1"}"#,
            r#"{"alg":"dir","enc":"A256GCM","kid":"2026-1"}"#,
        ),
    ];
    for (key, signed, encrypted) in cases {
        assert_eq!(made(&key).map(|token| header(&token)), [signed, encrypted]);
    }
}

#[test]
fn a_name_of_ours_chooses_the_key_and_any_other_chooses_none() {
    let ring = KeyRing {
        signing: key("a").named("a"),
        verifying: vec![key("b").named("b"), key("c"), key("d").named("d").until(now())],
    };
    let cases = [
        // As we write it, and as others may.
        ("a", r#","kid":"a""#, true),
        ("b", r#","kid":"b""#, true),
        ("b", r#", "kid" : "\u0062" "#, true),
        ("b", r#","kid":"a""#, false),
        ("b", r#", "kid" : "\u0061" "#, false),
        ("c", r#","kid":"a""#, false),
        ("a", r#","kid":"d""#, false),
        ("d", r#","kid":"d""#, false),
        ("d", r#","kid":"e""#, false),
        // Of before the names, of other services, and of no name of ours.
        ("a", "", true),
        ("b", "", true),
        ("c", "", true),
        ("d", "", false),
        ("e", "", false),
        ("b", r#","kid":"of-theirs""#, true),
        ("c", r#","kid":"of-theirs""#, true),
        ("b", r#","kid":"""#, true),
        ("b", r#","kid":1.5e300"#, true),
        ("b", r#","kid":null"#, true),
        ("b", r#","kid":["a"]"#, true),
        ("b", r#","kid":{"a":"a"}"#, true),
        ("b", r#","kid":"b","kid":"b""#, false),
    ];
    for (secret, fields, accepted) in cases {
        assert_eq!(opens(&ring, &made_with(&key(secret), fields), now()), accepted, "{secret} {fields}");
    }
    // The same name, and another secret behind it.
    assert!(!opens(&ring, &made(&key("b").named("a")), now()));
    // Without names in the ring, no name means anything.
    let plain = KeyRing { signing: key("x"), verifying: vec![key("b")] };
    assert!(opens(&plain, &made(&key("b").named("a")), now()));
}

#[test]
fn a_key_verifies_until_its_end_and_not_from_then_on() {
    let before = Moment::from_unix_micros(now().unix_micros() - 1);
    for old in [key("old").until(now()), key("old").named("old").until(now())] {
        let ring = KeyRing { signing: key("new").named("new"), verifying: vec![old.clone()] };
        for token in [made(&old), made(&key("old"))] {
            assert!(opens(&ring, &token, before));
            assert!(!opens(&ring, &token, now()));
            assert!(!opens(&ring, &token, Moment::from_unix_micros(i64::MAX)));
        }
        assert!(opens(&ring, &made(&ring.signing), now()));
    }
}

proptest! {
    #[test]
    fn any_name_is_written_so_that_it_reads_back(kid in "\\PC*") {
        let named = key("a").named(&kid);
        let ring = KeyRing { signing: key("b").named("b"), verifying: vec![named.clone()] };
        prop_assume!(kid != "b");
        prop_assert!(opens(&ring, &made(&named), now()));
        // What the bytes of the header say is what a reader of JSON says.
        prop_assert!(ring.agrees(&named, Some(&kid)));
        prop_assert!(!ring.agrees(&ring.signing, Some(&kid)));
    }
}
