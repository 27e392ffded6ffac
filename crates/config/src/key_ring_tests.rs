//! Tests of `key_ring.rs`: what makes a ring, and what is said of what does not.

use proptest::prelude::*;

use super::*;

const LONG: &str = "qzx-a-key-of-at-least-32-bytes--";

fn active(secret: &str) -> String {
    format!(r#"{{"key": "{secret}", "status": "active"}}"#)
}

fn previous(secret: &str, until: &str) -> String {
    format!(r#"{{"key": "{secret}", "status": "previous", "until": "{until}"}}"#)
}

#[test]
fn a_ring_has_its_active_key_first() {
    assert_eq!(secret_keys(""), Ok(vec![]));
    let old = previous("short", "2030-12-31T13:00:00.5+01:00");
    let text =
        format!(r#"{{"x_1": {old}, "2.a-b": {}, "y": {}}}"#, active(LONG), previous("z", "2030-12-31"));
    let key = |kid: &str, secret: &str, until: Option<&str>| SecretKey {
        kid: Some(kid.to_owned()),
        secret: secret.to_owned(),
        until: until.map(|text| Moment::parse(text).unwrap()),
    };
    let expected = vec![
        key("2.a-b", LONG, None),
        key("x_1", "short", Some("2030-12-31T12:00:00.5Z")),
        // A day is meant to its end.
        key("y", "z", Some("2031-01-01T00:00:00Z")),
    ];
    assert_eq!(secret_keys(&text), Ok(expected));
}

#[test]
fn what_is_no_ring_is_refused_with_the_name_and_what_is_expected() {
    let good = active(LONG);
    let ring = |other: &str| format!(r#"{{"a": {good}, {other}}}"#);
    let of_b = |entry: &str| ring(&format!(r#""b": {entry}"#));
    let dated = |until: &str| of_b(&previous("qzx", until));
    let long = "a".repeat(65);
    let cases = [
        ("qzx".to_owned(), "expected a JSON object"),
        (" ".to_owned(), "expected a JSON object"),
        (format!("[{good}]"), "expected a JSON object"),
        (format!(r#"{{"a": {good}"#), "expected a JSON object"),
        (format!(r#"{{"a": {good}}} {{}}"#), "expected a JSON object"),
        ("{}".to_owned(), "expected one key with the status active"),
        (format!(r#"{{"a": {}}}"#, previous("qzx", "2030-12-31")), "expected one key with the status active"),
        // A name that may be a key is not shown.
        (r#"{"qzxABC": "active"}"#.to_owned(), "key number 1: expected a JSON object"),
        (of_b("null"), "key number 2: expected"),
        (of_b("[]"), "key number 2: expected"),
        (ring(&format!(r#""qzx+/": {good}"#)), "the name of key number 2: expected 1 to 64"),
        (ring(&format!(r#""": {good}"#)), "the name of key number 2"),
        (ring(&format!(r#""é": {good}"#)), "the name of key number 2"),
        (ring(&format!(r#""{long}": {good}"#)), "the name of key number 2"),
        (of_b(&active("qzx-another-key-of-32-bytes-and-more")), "b: a is active too"),
        (of_b(&active("qzx-of-31-bytes----------------")), "b: key: expected at least 32 bytes"),
        (of_b(&previous(LONG, "2030-12-31")), "b: it is the same key as a"),
        (ring(&format!(r#""a": {}"#, previous("qzx", "2030-12-31"))), "a: this name is there twice"),
        (
            of_b(r#"{"key": "qzx", "status": "previous", "until": "2030-12-31", "qzx": 1}"#),
            "b: expected the fields",
        ),
        (
            of_b(r#"{"key": "qzx", "key": "qzx", "status": "previous", "until": "2030-12-31"}"#),
            "b: expected the fields",
        ),
        (of_b(r#"{"status": "previous", "until": "2030-12-31"}"#), "b: key: expected a text"),
        (of_b(r#"{"key": "", "status": "previous", "until": "2030-12-31"}"#), "b: key: expected a text"),
        (of_b(r#"{"key": 1, "status": "previous", "until": "2030-12-31"}"#), "b: key: expected a text"),
        (of_b(r#"{"key": "qzx", "until": "2030-12-31"}"#), "b: status: expected active or previous"),
        (of_b(r#"{"key": "qzx", "status": "qzx"}"#), "b: status: expected"),
        (of_b(r#"{"key": "qzx", "status": "previous"}"#), "b: until: expected a date"),
        (of_b(r#"{"key": "qzx", "status": "previous", "until": null}"#), "b: until: expected a date"),
        (of_b(r#"{"key": "qzx", "status": "previous", "until": 1900000000}"#), "b: until: expected a date"),
        (
            of_b(r#"{"key": "qzx", "status": "active", "until": "2030-12-31"}"#),
            "b: until: expected for previous",
        ),
        (dated("qzx"), "b: until: expected a date"),
        (dated(""), "b: until: expected a date"),
        (dated("2030-02-30"), "b: until: expected a date"),
        (dated("2030-1-1"), "b: until: expected a date"),
        (dated("1900000000"), "b: until: expected a date"),
        (dated("2030-12-31T12:00:00"), "b: until: expected a date"),
        (dated("2030-12-31 12:00:00Z"), "b: until: expected a date"),
        (dated("2030-12-31T12:00Z"), "b: until: expected a date"),
        (dated("2030-12-31T25:00:00Z"), "b: until: expected a date"),
    ];
    for (value, expected) in cases {
        let error = secret_keys(&value).unwrap_err().to_string();
        assert!(error.starts_with(&format!("secret_keys: {expected}")), "{value}\n{error}");
        assert!(!error.contains("qzx"), "{error}");
    }
}

proptest! {
    #[test]
    fn any_ring_is_read_or_refused_without_showing_a_key(
        (kid, field) in ("\\PC{0,3}", "\\PC{0,8}"),
        value in prop_oneof![Just("null".to_owned()), Just("{}".to_owned()), "\"qzx\\PC{0,8}\"", "[0-9]{1,3}"],
    ) {
        let kid = serde_json::Value::from(kid);
        let field = serde_json::Value::from(format!("qzx{field}"));
        for entry in [value.clone(), format!(r#"{{"key": {value}, "status": "active"}}"#), format!(r#"{{{field}: {value}}}"#)] {
            if let Err(error) = secret_keys(&format!("{{{kid}: {entry}}}")) {
                prop_assert!(!error.to_string().contains("qzx"));
            }
        }
    }

    #[test]
    fn any_end_is_read_or_refused(text in "\\PC*|[0-9TZ:+. -]{10,25}") {
        let _ = end(&text);
    }
}
