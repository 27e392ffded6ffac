//! The envelope: compact JWS with HS256 (RFC 7515 §3.1 and §5), strict in everything it allows.
//! It knows nothing of what is inside.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use std::borrow::Cow;

use model::Moment;

use crate::{KeyRing, Rejection, key::Key, key::MAC_BYTES};

/// A longer token is not looked at. Only callers that make their own links come near it, with thousands of
/// studies: a link has room for the token of some hundreds (`LONGEST_LINK` of the crate `links`).
pub const MAX_TOKEN_BYTES: usize = 1 << 20;

/// The header that the Python service writes, byte for byte.
const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// 32 bytes in base64url without padding.
const MAC_CHARS: usize = 43;

/// The same with the name of a key, as it stands in the token.
pub(crate) fn header(kid: &str) -> String {
    header_with(HEADER, kid)
}

/// A header of ours, a JSON object, with the name of a key at its end; in base64url.
pub(crate) fn header_with(header: &str, kid: &str) -> String {
    let rest = header.trim_end_matches('}');
    let kid = serde_json::Value::from(kid);
    URL_SAFE_NO_PAD.encode(format!(r#"{rest},"kid":{kid}}}"#))
}

/// The token that carries this payload.
pub(crate) fn seal(key: &Key, payload: &[u8]) -> Result<String, Rejection> {
    let mut token = key.name().map_or_else(|| URL_SAFE_NO_PAD.encode(HEADER), |name| name.jws_header.clone());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let mac = key.mac(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(mac, &mut token);
    // What could not be read back is not issued.
    if token.len() > MAX_TOKEN_BYTES { Err(Rejection::Malformed) } else { Ok(token) }
}

/// The payload of a token that one of the keys signed which hold now, and the key that it was.
pub(crate) fn open_with<'k>(
    keys: &'k KeyRing,
    token: &str,
    now: Moment,
) -> Result<(Vec<u8>, &'k Key), Rejection> {
    try_open(keys, token, now).ok_or(Rejection::Invalid)
}

/// The signature comes first: the header and the payload are parsed only if one of our keys
/// vouches for them. It is always HS256 that is checked, whatever the header says, and a header
/// that says something else, or names another of our keys, is refused after all.
fn try_open<'k>(keys: &'k KeyRing, token: &str, now: Moment) -> Option<(Vec<u8>, &'k Key)> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (signed, mac) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    if payload.contains('.') {
        return None;
    }
    let mac = decode_mac(mac)?;
    let mut candidates = keys.candidates(now, |name| name.jws_header == header);
    let key = candidates.find(|key| key.made(&mac, signed.as_bytes()))?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let header = hs256(&header)?;
    keys.agrees(key, header.kid.text()).then_some((payload, key))
}

/// Exactly one spelling is taken: no padding, no characters of the other alphabet, and no bits
/// set behind the last byte (RFC 4648 §3.5), so that no two tokens carry the same signature.
fn decode_mac(text: &str) -> Option<[u8; MAC_BYTES]> {
    if text.len() != MAC_CHARS {
        return None;
    }
    // The decoder wants room for whole groups of four characters: 11 × 3 bytes.
    let mut bytes = [0; 33];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    bytes.get(..length)?.try_into().ok()
}

/// What of a header matters; the rest (`typ`, …) is ignored, as RFC 7515 §4 wants.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow, default)]
    kid: Kid<'a>,
    /// Extensions that must be understood (RFC 7515 §4.1.11): none is.
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    /// An unencoded payload (RFC 7797), which is one of them.
    #[serde(default, deserialize_with = "present")]
    b64: bool,
}

fn hs256(header: &[u8]) -> Option<Header<'_>> {
    let header: Header<'_> = is_object(header).then(|| serde_json::from_slice(header).ok())??;
    (header.alg == "HS256" && !header.crit && !header.b64).then_some(header)
}

/// The `kid` of a header. One that is no text is none of ours: other services may write what they like.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Kid<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Other(IgnoredAny),
}

impl Kid<'_> {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(kid) => Some(kid),
            Self::Other(_) => None,
        }
    }
}

impl Default for Kid<'_> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

/// Whether the JSON text starts as an object. (Serde would take an array for a struct as well.)
pub(crate) fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().first() == Some(&b'{')
}

/// For a field that must not be there: true whatever its value, null included.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(keys: &KeyRing, token: &str) -> Result<Vec<u8>, Rejection> {
        open_with(keys, token, Moment::from_unix_seconds(1_900_000_000)).map(|(payload, _)| payload)
    }

    fn key() -> Key {
        Key::new(b"0123456789abcdef0123456789abcdef").unwrap()
    }

    fn ring() -> KeyRing {
        KeyRing::new(key())
    }

    /// A token with a good signature over whatever these two say.
    fn signed(header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mac = URL_SAFE_NO_PAD.encode(key().mac(signed.as_bytes()));
        format!("{signed}.{mac}")
    }

    /// RFC 7515 Appendix A.1: the key, header, payload and signature of its HS256 example.
    #[test]
    fn the_example_of_rfc_7515_verifies() {
        const SECRET: &str =
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        const TOKEN: &str = concat!(
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
            ".",
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            ".",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        );
        let key = Key::new(&URL_SAFE_NO_PAD.decode(SECRET).unwrap()).unwrap();
        let payload = open(&KeyRing::new(key), TOKEN).unwrap();
        assert!(payload.starts_with(b"{\"iss\":\"joe\",\r\n"));
        assert_eq!(open(&ring(), TOKEN), Err(Rejection::Invalid));
    }

    #[test]
    fn the_header_is_the_one_of_the_python_service() {
        let token = seal(&key(), b"{}").unwrap();
        assert!(token.starts_with("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."));
        assert_eq!(open(&ring(), &token).unwrap(), b"{}");
    }

    #[test]
    fn only_hs256_is_accepted_even_with_a_good_signature() {
        let cases = [
            (r#"{"alg":"HS256"}"#, true),
            (r#"{"alg":"HS256","typ":"JWT","kid":"1"}"#, true),
            (" {\r\n\"alg\" : \"HS256\" }", true),
            (r#"{"alg":"none"}"#, false),
            (r#"{"alg":"hs256"}"#, false),
            (r#"{"alg":"HS384"}"#, false),
            (r#"{"alg":"HS512"}"#, false),
            (r#"{"alg":"RS256"}"#, false),
            (r#"{"alg":"HS256 "}"#, false),
            (r#"{"alg":["HS256"]}"#, false),
            (r#"{"alg":null}"#, false),
            (r#"{"typ":"JWT"}"#, false),
            (r#"{"alg":"HS256","alg":"HS256"}"#, false),
            (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, false),
            (r#"{"alg":"HS256","crit":null}"#, false),
            (r#"{"alg":"HS256","b64":false}"#, false),
            (r#"["HS256"]"#, false),
            (r#"{"alg":"HS256"} {}"#, false),
            ("", false),
        ];
        for (header, accepted) in cases {
            assert_eq!(open(&ring(), &signed(header, "{}")).is_ok(), accepted, "{header}");
        }
    }

    #[test]
    fn only_the_strict_form_is_accepted() {
        let good = seal(&key(), b"{\"a\":1}").unwrap();
        let (signed, mac) = good.rsplit_once('.').unwrap();
        let resigned = |text: &str| format!("{text}.{}", URL_SAFE_NO_PAD.encode(key().mac(text.as_bytes())));
        assert_eq!(resigned(signed), good);
        let cases = [
            String::new(),
            ".".into(),
            "..".into(),
            "...".into(),
            "a.b.c".into(),
            signed.into(),
            format!("{signed}."),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}="),
            format!(" {good}"),
            format!("{good}\n"),
            format!("{signed}.{mac}AAAA"),
            format!("{signed}.{}", &mac[..42]),
            // Signed as they stand, so that only their form can be what is refused.
            resigned(&format!("{signed}.")),
            resigned(&format!("{signed}=")),
            resigned(&format!("{signed}.e30")),
            resigned(&signed.replace('.', "")),
            resigned("eyJhbGciOiJIUzI1NiJ9.e3+9"),
            // `e30` is `{}`; `e31` has a bit set behind the last byte.
            resigned("eyJhbGciOiJIUzI1NiJ9.e31"),
            // The second-to-last bits of the signature: RFC 4648 §3.5.
            non_canonical(&good),
        ];
        for token in cases {
            assert_eq!(open(&ring(), &token), Err(Rejection::Invalid), "{token:?}");
        }
    }

    /// The same bytes, with one of the two unused bits of the last character set.
    fn non_canonical(token: &str) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (rest, last) = token.split_at(token.len() - 1);
        let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
        format!("{rest}{}", char::from(ALPHABET[value ^ 1]))
    }

    #[test]
    fn no_changed_character_is_accepted() {
        let token = seal(&key(), br#"{"id":"a","type":"stone-viewer-publication"}"#).unwrap();
        for at in 0..token.len() {
            for to in (0..8).map(|bit| token.as_bytes()[at] ^ (1 << bit)).chain([b'.', b'A']) {
                let mut bytes = token.clone().into_bytes();
                bytes[at] = to;
                if let Ok(changed) = String::from_utf8(bytes)
                    && changed != token
                {
                    assert_eq!(open(&ring(), &changed), Err(Rejection::Invalid), "{at} {to}");
                }
            }
        }
    }

    #[test]
    fn a_token_over_the_limit_is_neither_issued_nor_read() {
        let most = (MAX_TOKEN_BYTES - 36 - MAC_CHARS - 2) / 4 * 3;
        let token = seal(&key(), &vec![b' '; most]).unwrap();
        assert!(open(&ring(), &token).is_ok());
        assert_eq!(seal(&key(), &vec![b' '; most + 3]), Err(Rejection::Malformed));
        let long = signed(HEADER, &" ".repeat(most + 3));
        assert_eq!(open(&ring(), &long), Err(Rejection::Invalid));
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in prop_oneof!["\\PC*", "[A-Za-z0-9_.-]*", "[a-z]*\\.[a-z]*\\.[A-Za-z0-9_-]{43}"]) {
            prop_assert_eq!(open(&ring(), &text), Err(Rejection::Invalid));
        }

        #[test]
        fn any_header_with_a_good_signature_is_read_or_refused(header in "\\PC*") {
            let _ = open(&ring(), &signed(&header, "{}"));
        }

        #[test]
        fn what_is_sealed_opens(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(open(&ring(), &seal(&key(), &payload).unwrap()), Ok(payload));
        }
    }
}
