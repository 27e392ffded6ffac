//! Tests of `jwe.rs`: the one form that is written and read, and every other that is not.

use super::*;
use proptest::prelude::*;

const IV: [u8; IV_BYTES] = *b"twelve bytes";
const TEXT: &[u8] = br#"{"id":"a","type":"stone-viewer-publication"}"#;

fn key() -> Key {
    Key::new(b"0123456789abcdef0123456789abcdef").unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(key())
}

fn now() -> Moment {
    Moment::from_unix_seconds(1_900_000_000)
}

fn open(token: &str) -> Result<Vec<u8>, Rejection> {
    open_with(&ring(), token, now()).map(|(payload, _)| payload)
}

/// A token with a good tag over whatever header, as it stands in the token.
fn sealed(header: &str) -> String {
    let sealed = key().cipher().encrypt(IV, header.as_bytes(), TEXT).unwrap();
    let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{header}..{}.{}.{}", encode(&IV), encode(ciphertext), encode(tag))
}

/// Made by another implementation (Python's jwcrypto 1.6) with the key that it derived itself.
#[test]
fn a_token_of_another_implementation_opens() {
    const TOKEN: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..OohlsNWJnI78gxRy.so2FJKyqzhGLStV4saPbHTdA_MiS7fTYVEuAMfVxWzy_UHp5Q-EuoWgW27E.FV8jywhjC1eU8uHCvOjtKg";
    assert_eq!(open(TOKEN).unwrap(), TEXT);
}

#[test]
fn what_is_written_is_a_compact_jwe_of_five_parts() {
    let token = seal(&key(), TEXT, IV).unwrap();
    assert_eq!(token, sealed(&URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","enc":"A256GCM"}"#)));
    assert!(token.starts_with("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..dHdlbHZlIGJ5dGVz."));
    assert_eq!(open(&token).unwrap(), TEXT);
}

#[test]
fn every_key_of_the_ring_opens_its_own() {
    let [a, b, c] = [&b"a"[..], b"b", b"c"].map(|secret| Key::new(secret).unwrap());
    let ring = KeyRing { signing: a.clone(), verifying: vec![b.clone()] };
    for (key, accepted) in [(&a, true), (&b, true), (&c, false)] {
        let opened = open_with(&ring, &seal(key, TEXT, IV).unwrap(), now());
        assert_eq!(opened.is_ok(), accepted);
        if let Ok((_, found)) = opened {
            assert_eq!(found.mac(b"x"), key.mac(b"x"));
        }
    }
}

#[test]
fn only_dir_with_a256gcm_is_accepted_even_with_a_good_tag() {
    let cases = [
        (r#"{"alg":"dir","enc":"A256GCM"}"#, true),
        (r#"{"enc":"A256GCM","alg":"dir","typ":"JWT","kid":"1"}"#, true),
        (" {\r\n\"alg\" : \"dir\", \"enc\":\"A256GCM\" }", true),
        (r#"{"alg":"dir"}"#, false),
        (r#"{"enc":"A256GCM"}"#, false),
        (r#"{"alg":"none","enc":"A256GCM"}"#, false),
        (r#"{"alg":"DIR","enc":"A256GCM"}"#, false),
        (r#"{"alg":"A256KW","enc":"A256GCM"}"#, false),
        (r#"{"alg":"RSA1_5","enc":"A256GCM"}"#, false),
        (r#"{"alg":"HS256","enc":"A256GCM"}"#, false),
        (r#"{"alg":"dir","enc":"A128GCM"}"#, false),
        (r#"{"alg":"dir","enc":"A256CBC-HS512"}"#, false),
        (r#"{"alg":"dir","enc":null}"#, false),
        (r#"{"alg":["dir"],"enc":"A256GCM"}"#, false),
        (r#"{"alg":"dir","alg":"dir","enc":"A256GCM"}"#, false),
        (r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#, false),
        (r#"{"alg":"dir","enc":"A256GCM","zip":null}"#, false),
        (r#"{"alg":"dir","enc":"A256GCM","crit":["exp"]}"#, false),
        (r#"{"alg":"dir","enc":"A256GCM","crit":null}"#, false),
        (r#"["dir","A256GCM"]"#, false),
        (r#"{"alg":"dir","enc":"A256GCM"} {}"#, false),
        ("", false),
    ];
    for (header, accepted) in cases {
        assert_eq!(open(&sealed(&URL_SAFE_NO_PAD.encode(header))).is_ok(), accepted, "{header}");
    }
}

#[test]
fn only_the_strict_form_is_accepted() {
    let good = seal(&key(), TEXT, IV).unwrap();
    let parts: Vec<_> = good.split('.').collect();
    let [header, _, iv, ciphertext, tag] = parts[..] else { panic!("not five parts") };
    let short = |part: &str| part[..part.len() - 1].to_owned();
    let cases = [
        String::new(),
        "....".into(),
        "a.b.c.d.e".into(),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{header}.{iv}.{ciphertext}.{tag}"),
        format!("{header}.AA.{iv}.{ciphertext}.{tag}"),
        format!("{header}..{iv}.{ciphertext}"),
        format!("{header}..{iv}.{ciphertext}."),
        format!("{header}..{iv}..{tag}"),
        format!("{header}...{ciphertext}.{tag}"),
        format!("{header}..{iv}.{ciphertext}{tag}."),
        format!("{header}..{iv}AAAA.{ciphertext}.{tag}"),
        format!("{header}..{}.{ciphertext}.{tag}", short(iv)),
        format!("{header}..{iv}.{}.{tag}", short(ciphertext)),
        format!("{header}..{iv}.{ciphertext}.{}", short(tag)),
        format!("{header}..{iv}.{ciphertext}.{}", &tag[..16]),
        format!("{header}..{iv}.{ciphertext}.{tag}AAAA"),
        format!("{header}==..{iv}.{ciphertext}.{tag}"),
        // A good tag, over a header that is spelt in another way.
        sealed("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0="),
        sealed("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn1"),
        sealed("{}"),
    ];
    for token in cases {
        assert_eq!(open(&token), Err(Rejection::Invalid), "{token:?}");
    }
}

/// Every character of every part: the spare bits behind the last byte of a part included.
#[test]
fn no_changed_character_is_accepted() {
    // 45 to 47 bytes: the three ways in which base64 can end.
    for text in [TEXT, &[TEXT, b" "].concat(), &[TEXT, b"  "].concat()] {
        let token = seal(&key(), text, IV).unwrap();
        for at in 0..token.len() {
            for to in (0..8).map(|bit| token.as_bytes()[at] ^ (1 << bit)).chain(*b".A=") {
                let mut bytes = token.clone().into_bytes();
                bytes[at] = to;
                if let Ok(changed) = String::from_utf8(bytes)
                    && changed != token
                {
                    assert_eq!(open(&changed), Err(Rejection::Invalid), "{at} {to}");
                }
            }
            let without = [&token[..at], &token[at + 1..]].concat();
            assert_eq!(open(&without), Err(Rejection::Invalid), "without {at}");
        }
    }
}

#[test]
fn a_token_over_the_limit_is_neither_issued_nor_read() {
    let rest = seal(&key(), b"", IV).unwrap().len();
    let most = (MAX_TOKEN_BYTES - rest) / 4 * 3;
    let token = seal(&key(), &vec![b' '; most], IV).unwrap();
    assert!(open(&token).is_ok());
    assert_eq!(seal(&key(), &vec![b' '; most + 3], IV), Err(Rejection::Malformed));
    assert_eq!(open(&format!("{token}{}", "A".repeat(MAX_TOKEN_BYTES))), Err(Rejection::Invalid));
}

proptest! {
    #[test]
    fn any_text_is_refused(text in prop_oneof![
        "\\PC*",
        "[A-Za-z0-9_.-]*",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0\\.\\.[A-Za-z0-9_-]{16}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]{21}[AQgw]",
    ]) {
        prop_assert_eq!(open(&text), Err(Rejection::Invalid));
    }

    #[test]
    fn any_header_with_a_good_tag_is_read_or_refused(header in "\\PC*") {
        let _ = open(&sealed(&header));
        let _ = open(&sealed(&URL_SAFE_NO_PAD.encode(header)));
    }

    #[test]
    fn what_is_sealed_opens(payload in proptest::collection::vec(any::<u8>(), 0..200), iv: [u8; IV_BYTES]) {
        prop_assert_eq!(open(&seal(&key(), &payload, iv).unwrap()), Ok(payload));
    }
}
