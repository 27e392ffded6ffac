use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::shares::{ShareAnswer, ShareRequest};
use crate::tokens::{TokenAnswer, TokenRequest};
use crate::{ApiError, FieldErrors};

const STONE: &str = "stone-viewer-publication";

fn now() -> Moment {
    Moment::parse("2026-11-21T00:00:00Z").unwrap()
}

/// The same terms for either route.
fn bodies(changes: &Value) -> (Value, Value) {
    let mut share = json!({"studies": [{"dicom-uid": "1.2"}], "type": STONE});
    let mut token = json!({"resources": [{"dicom-uid": "1.2", "level": "study"}]});
    for (name, value) in changes.as_object().unwrap() {
        share[name] = value.clone();
        token[name] = value.clone();
    }
    token["type"] = share["type"].clone();
    (share, token)
}

fn share(body: &Value) -> Result<ShareRequest, FieldErrors> {
    ShareRequest::parse(None, body.to_string().as_bytes(), now())
}

fn token(body: &Value) -> Result<TokenRequest, ApiError> {
    let named = body["type"].as_str().unwrap();
    TokenRequest::parse(named, None, body.to_string().as_bytes(), now())
}

/// The terms, which either route reads alike.
fn terms(changes: &Value) -> Terms {
    let (shares, tokens) = bodies(changes);
    let terms = share(&shares).unwrap().terms;
    assert_eq!(token(&tokens).unwrap().terms, terms, "{changes}");
    terms
}

#[test]
fn every_term_is_read_in_either_spelling() {
    let begin = Moment::parse("2026-12-01T00:00:00+01:00").unwrap();
    let expected = Terms {
        not_before: Some(begin),
        validity_duration: None,
        methods: Some(vec![Method::Get, Method::Post]),
        download: Some(false),
        label: Some("For Dr Exámple".into()),
        max_uses: Some(3),
        code: Some(Code("0815".into())),
        notify: Some(true),
        short_link: Some(true),
    };
    let kebab = json!({"not-before": "2026-12-01T00:00:00+01:00", "methods": ["get", "post", "get"],
        "download": false, "label": "For Dr Exámple", "max-uses": 3, "password": "0815", "notify": "yes",
        "short-link": 1});
    let snake = json!({"not_before": "2026-12-01T00:00:00+01:00", "methods": ["get", "post"],
        "download": "off", "label": "For Dr Exámple", "max_uses": "3", "pin": "0815", "notify": true,
        "short_link": true});
    for changes in [kebab, snake] {
        assert_eq!(terms(&changes), expected, "{changes}");
    }
    assert_eq!(terms(&json!({})), Terms::default());
    let nulls = json!({"not-before": null, "methods": null, "label": null, "max-uses": null, "password": null,
        "pin": null, "validity-duration": null});
    assert_eq!(terms(&nulls), Terms::default());
    assert_eq!(terms(&json!({"label": " "})).label, None);
    assert_eq!(terms(&json!({"password": 123456, "pin": "123456"})).code, Some(Code("123456".into())));
    assert_eq!(terms(&json!({"max-uses": 1.0})).max_uses, Some(1));
}

#[test]
fn each_bad_term_is_named() {
    let long = |count: usize| "x".repeat(count);
    let instant = "viewer-instant-link";
    let cases = [
        (json!({"not-before": "soon"}), "not-before"),
        (json!({"not-before": []}), "not-before"),
        (json!({"not-before": "2027-01-01T00:00Z", "expiration-date": "2027-01-01T00:00Z"}), "not-before"),
        (json!({"not-before": "2027-01-02T00:00Z", "expiration-date": "2027-01-01T00:00Z"}), "not-before"),
        (json!({"not-before": "2027-01-01T00:00Z", "validity-duration": 60}), "not-before"),
        (json!({"validity-duration": 0}), "validity-duration"),
        (json!({"validity-duration": -1}), "validity-duration"),
        (json!({"validity-duration": "soon"}), "validity-duration"),
        (json!({"validity-duration": []}), "validity-duration"),
        (json!({"methods": []}), "methods"),
        (json!({"methods": "get"}), "methods"),
        (json!({"methods": {}}), "methods"),
        (json!({"download": "perhaps"}), "download"),
        (json!({"download": null}), "download"),
        (json!({"label": []}), "label"),
        (json!({"label": "a\nb"}), "label"),
        (json!({"label": "\u{9b}2J"}), "label"),
        (json!({"label": long(201)}), "label"),
        (json!({"max-uses": 0}), "max-uses"),
        (json!({"max-uses": -1}), "max-uses"),
        (json!({"max-uses": 1_000_001}), "max-uses"),
        (json!({"max-uses": u64::MAX}), "max-uses"),
        (json!({"max-uses": 1.5}), "max-uses"),
        (json!({"max-uses": "many"}), "max-uses"),
        (json!({"max-uses": true}), "max-uses"),
        (json!({"password": "123"}), "password"),
        (json!({"password": ""}), "password"),
        (json!({"password": long(129)}), "password"),
        (json!({"password": "a\tbcd"}), "password"),
        (json!({"password": " 1234"}), "password"),
        (json!({"password": true}), "password"),
        (json!({"password": 1234.5}), "password"),
        (json!({"pin": "123"}), "pin"),
        (json!({"pin": []}), "pin"),
        (json!({"pin": "1234", "password": "12345"}), "pin"),
        (json!({"notify": "perhaps"}), "notify"),
        (json!({"notify": null}), "notify"),
        (json!({"short-link": 2}), "short-link"),
        (json!({"type": instant, "short-link": true}), "short-link"),
        (json!({"type": instant, "password": "1234"}), "password"),
        (json!({"type": instant, "pin": "1234"}), "pin"),
        (json!({"type": "meddream-instant-link", "max-uses": 1}), "max-uses"),
    ];
    for (changes, field) in cases {
        let (shares, tokens) = bodies(&changes);
        let errors = share(&shares).unwrap_err();
        assert_eq!(crate::to_json(&errors.detail[0].loc), format!(r#"["body","{field}"]"#), "{changes}");
        assert_eq!(errors.detail.len(), 1, "{changes}");
        let of_token = token(&tokens).unwrap_err();
        assert_eq!(of_token.to_json(), errors.to_json(), "{changes}");
        assert!(!errors.to_json().contains("1234"), "{changes}");
    }
    let errors = share(&bodies(&json!({"methods": ["get", "patch"]})).0).unwrap_err();
    assert_eq!(crate::to_json(&errors.detail[0].loc), r#"["body","methods",1]"#);
}

#[test]
fn a_share_may_end_by_a_duration_too() {
    let end = |changes: Value| {
        let request = share(&bodies(&changes).0);
        request.map(|request| request.expiration_date.map(|end| end.to_string()))
    };
    assert_eq!(end(json!({"validity-duration": 3600})), Ok(Some("2026-11-21T01:00:00+00:00".into())));
    assert_eq!(end(json!({"validity_duration": "60"})), Ok(Some("2026-11-21T00:01:00+00:00".into())));
    // A date wins; but what is given to this route makes sense in any case.
    let both = json!({"validity-duration": 60, "expiration-date": "2030-01-01T00:00:00Z"});
    assert_eq!(end(both), Ok(Some("2030-01-01T00:00:00+00:00".into())));
    for bad in [json!(0), json!(-1), json!(94_685_692_401_184_u64), json!(u64::MAX), json!(1e300)] {
        let both = json!({"validity-duration": bad, "expiration-date": "2030-01-01T00:00:00Z"});
        for changes in [json!({"validity-duration": bad}), both] {
            let errors = end(changes).unwrap_err().to_json();
            assert!(errors.contains(r#"["body","validity-duration"]"#), "{bad}: {errors}");
        }
    }
}

#[test]
fn what_was_given_is_echoed_and_the_code_is_not() {
    let changes = json!({"not-before": "2026-12-01T00:00:00Z", "validity-duration": 950_400, "methods": ["get"],
        "download": true, "label": "L", "max-uses": 2, "password": "s3cret", "notify": false,
        "short-link": true});
    let (shares, tokens) = bodies(&changes);
    let request = share(&shares).unwrap();
    let kept = Some(Kept { jti: "ab12", short_url: Some("http://h/s/x") });
    let answer = ShareAnswer { request: &request, token: "t", url: Some("http://h/s/x") };
    assert_eq!(
        answer.to_json_kept(kept),
        concat!(
            r#"{"request":{"id":null,"studies":[{"dicom-uid":"1.2","orthanc-id":null}],"anonymized":false,"#,
            r#""type":"stone-viewer-publication","expiration-date":"2026-12-02T00:00:00+00:00","#,
            r#""validity-duration":950400,"not-before":"2026-12-01T00:00:00+00:00","methods":["get"],"#,
            r#""download":true,"label":"L","max-uses":2,"notify":false,"short-link":true},"#,
            r#""token":"t","url":"http://h/s/x","jti":"ab12","short-url":"http://h/s/x"}"#
        )
    );
    let request = token(&tokens).unwrap();
    let answer = TokenAnswer { request: &request, token: "t", url: None };
    let json = answer.to_json_kept(Some(Kept { jti: "ab12", short_url: None }));
    assert!(
        json.contains(r#""validity-duration":950400,"not-before":"2026-12-01T00:00:00+00:00","#),
        "{json}"
    );
    assert!(json.ends_with(r#""short-link":true},"token":"t","url":null,"jti":"ab12"}"#), "{json}");
    for shown in [json, format!("{request:?}"), format!("{:?}", share(&shares))] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn terms_say_what_they_need() {
    let cases = [
        (json!({}), None, None),
        (json!({"not-before": 1, "methods": ["get"], "download": false}), None, Some("not-before")),
        (json!({"methods": ["get"]}), None, Some("methods")),
        (json!({"download": false}), None, Some("download")),
        (
            json!({"download": true, "validity-duration": 60, "notify": false, "short-link": false}),
            None,
            None,
        ),
        (json!({"label": "L"}), Some("label"), Some("label")),
        (json!({"max-uses": 1}), Some("max-uses"), Some("max-uses")),
        (json!({"pin": "1234"}), Some("password"), Some("password")),
        (json!({"notify": true}), Some("notify"), Some("notify")),
        (json!({"short-link": true}), Some("short-link"), Some("short-link")),
    ];
    for (changes, store, own_token) in cases {
        let terms = terms(&changes);
        assert_eq!((terms.needs_store(), terms.needs_own_token()), (store, own_token), "{changes}");
        assert_eq!(terms.is_protected(), matches!(store, Some("password" | "max-uses")), "{changes}");
    }
}

proptest! {
    #[test]
    fn any_terms_are_read_or_refused(
        field in proptest::sample::select(vec![
            "not-before", "validity-duration", "methods", "download", "label", "max-uses", "password", "pin",
            "notify", "short-link",
        ]),
        value in crate::testing::any_json(),
    ) {
        let (shares, tokens) = bodies(&json!({field: value}));
        if let Err(errors) = share(&shares) {
            prop_assert!(!errors.detail.is_empty());
        }
        let _ = token(&tokens);
    }
}
