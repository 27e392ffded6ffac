//! Every kind of token that the recording of the Python service holds (its claims, signed here
//! with a key of our own), and the questions that it was asked with them.

#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use model::{Level, Method, Moment, Purpose, Resource, Shape, ShareType};
use orthanc_share_token_core::{
    Access, Claims, DEFAULT_VALIDITY_CAP, Decision, IV_BYTES, Key, KeyRing, Refusal, Rejection, Remembered,
    Servers, decide, examine, sign, verify,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;

const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
const UID: &str = "1.2.826.0.1.3680043.10.99999.65.1";
const ID: &str = "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd";
const UID_2: &str = "1.2.826.0.1.3680043.10.99999.66.1";
const ID_2: &str = "0769ab84-13b649c3-f2650b3c-7b812778-3071ca8a";

fn ring() -> KeyRing {
    KeyRing::new(Key::new(SECRET).unwrap())
}

fn now() -> Moment {
    Moment::parse("2026-01-01T00:00:00Z").unwrap()
}

/// A token as another service signs it, without the code under test.
fn foreign(header: &str, payload: &str, secret: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn token(payload: &str) -> String {
    foreign(r#"{"alg":"HS256","typ":"JWT"}"#, payload, SECRET)
}

/// The recorded claims, with some of their fields replaced.
fn recorded(studies: &str, rest: &str) -> String {
    let studies = studies
        .replace("BOTH2", &format!(r#"{{"dicom_uid":"{UID_2}","orthanc_id":"{ID_2}"}}"#))
        .replace("BOTH", &format!(r#"{{"dicom_uid":"{UID}","orthanc_id":"{ID}"}}"#))
        .replace("ONLY2", &format!(r#"{{"dicom_uid":null,"orthanc_id":"{ID_2}"}}"#))
        .replace("ONLY", &format!(r#"{{"dicom_uid":null,"orthanc_id":"{ID}"}}"#));
    format!(r#"{{"id":"demo-1","studies":[{studies}],{rest}}}"#)
}

const STANDARD: &str = r#""anonymized":false,"type":"osimis-viewer-publication","expiration_date":"#;

fn dated(date: &str) -> String {
    recorded("BOTH", &format!("{STANDARD}{date}"))
}

fn answer(token: &str, server: &str, level: Level, uid: Option<&str>, id: Option<&str>) -> Decision {
    let servers = Servers {
        standard: Some("standard-server-id".into()),
        anonymized: Some("anonymized-server-id".into()),
    };
    let target = Resource { level, dicom_uid: uid.map(Into::into), orthanc_id: id.map(Into::into) };
    let access = Access { server: Some(server), method: Method::Get, target: Some(&target), download: false };
    let tokens = Remembered::new(ring());
    let ask = || tokens.authorize(token, &servers, &access, now(), DEFAULT_VALIDITY_CAP);
    let (first, again) = (ask(), ask());
    assert_eq!(first, again);
    for claims in [verify(&ring(), token, now()), examine(&ring(), token, access.target, now())] {
        let reason = |rejection: Rejection| refused(rejection);
        let alone = claims
            .map_or_else(reason, |claims| decide(&claims, &servers, &access, now(), DEFAULT_VALIDITY_CAP));
        assert_eq!(first, alone);
    }
    first
}

fn asked(token: &str) -> Decision {
    answer(token, "standard-server-id", Level::Study, Some(UID), Some(ID))
}

const GRANTED: Decision = Decision::Granted { validity: 60 };

fn refused(reason: impl Into<Refusal>) -> Decision {
    Decision::Refused { reason: reason.into(), validity: 60 }
}

#[test]
fn the_recorded_tokens_open_what_they_should() {
    let successor = format!(
        r#"{{"id":"x","resources":[{{"dicom_uid":"{UID}","orthanc_id":"{ID}","url":null,"level":"study"}}],"type":"osimis-viewer-publication","expiration_date":null,"validity_duration":null}}"#
    );
    let oldest = format!(
        r#"{{"id":"demo-1","dicom_uid":"{UID}","orthanc_id":"{ID}","anonymized":false,"type":"osimis-viewer-publication","expiration_date":null}}"#
    );
    let future = r#""2030-07-07T11:00:00+00:00""#;
    let with = |rest: &str| dated(&format!("{future}{rest}"));
    let typed = |name: &str| {
        recorded("BOTH", &format!(r#""anonymized":false,"type":"{name}","expiration_date":{future}"#))
    };
    let listed = |studies: &str| recorded(studies, &format!("{STANDARD}{future}"));
    let malformed = refused(Rejection::Malformed);
    let expired = refused(Rejection::Expired);
    let cases = [
        (dated(future), GRANTED),
        (dated("null"), GRANTED),
        (dated(future).replace("demo-1", "1.5"), GRANTED),
        (dated(future).replace("demo-1", r"\u00e9\u6f22\u0000"), GRANTED),
        (dated(future).replace("false", "true"), refused(Refusal::WrongServer)),
        (listed("BOTH,ONLY2"), GRANTED),
        (listed("ONLY"), GRANTED),
        (listed("BOTH2,BOTH"), GRANTED),
        (listed("BOTH2"), refused(Refusal::NotShared)),
        (listed(""), malformed),
        (listed(r#"{"dicom_uid":"","orthanc_id":""}"#), malformed),
        (r#"{"id":"nan","studies":[],"anonymized":false,"type":"osimis-viewer-publication","expiration_date":null}"#.into(), malformed),
        (dated(r#""2030-07-07T11:00:00""#), GRANTED),
        (dated(r#""2030-07-07T11:00:00+02:00""#), GRANTED),
        (dated(r#""2030-03-17T17:46:40+00:00""#), GRANTED),
        (dated(r#""2030-03-17T17:46:40.500000+00:00""#), GRANTED),
        (dated(r#""0001-01-01T00:00:00+00:00""#), expired),
        (dated(r#""2020-01-01T00:00:00+00:00""#), expired),
        (dated(r#""9999-12-31T23:59:59+00:00""#), GRANTED),
        (dated(r#""9999-12-31T23:59:59.999999""#), GRANTED),
        (typed("meddream-viewer-publication"), GRANTED),
        (typed("meddream-instant-link"), GRANTED),
        (typed("x"), malformed),
        (with(r#","exp":1500000000"#), expired),
        (with(r#","iat":1900000000"#), GRANTED),
        (with(r#","aud":"x""#), malformed),
        (successor, GRANTED),
        (oldest, GRANTED),
    ];
    for (payload, expected) in cases {
        assert_eq!(asked(&token(&payload)), expected, "{payload}");
    }
    let no_typ = foreign(r#"{"alg":"HS256"}"#, &dated("null"), SECRET);
    assert_eq!(asked(&no_typ), GRANTED);
    let other_secret = foreign(r#"{"alg":"HS256","typ":"JWT"}"#, &dated("null"), b"other-secret");
    for invalid in [other_secret.as_str(), "", "a.b.c"] {
        assert_eq!(asked(invalid), refused(Rejection::Invalid));
    }
}

#[test]
fn the_recorded_questions_get_their_answers() {
    use Level::{Patient, Series, Study};
    let future = r#""2030-07-07T11:00:00+00:00""#;
    let one = token(&dated(future));
    let two = token(&recorded("BOTH,BOTH2", &format!("{STANDARD}{future}")));
    let mixed = token(&recorded("BOTH,ONLY2", &format!("{STANDARD}{future}")));
    let ids_only = token(&recorded("ONLY", &format!("{STANDARD}{future}")));
    let anonymized = token(&dated(future).replace("false", "true"));
    let (here, there) = ("standard-server-id", "anonymized-server-id");
    let not_shared = refused(Refusal::NotShared);
    let elsewhere = refused(Refusal::WrongServer);
    let cases = [
        (&one, here, Study, Some(UID), Some(ID), GRANTED),
        (&one, here, Study, Some(UID_2), Some(ID), not_shared),
        (&ids_only, here, Study, Some(UID), None, not_shared),
        (&two, here, Study, Some(UID_2), Some(ID_2), GRANTED),
        (&mixed, here, Study, Some(UID_2), Some(ID_2), GRANTED),
        (&anonymized, here, Study, Some(UID), Some(ID), elsewhere),
        (&anonymized, there, Study, Some(UID), Some(ID), GRANTED),
        (&one, here, Patient, Some("PAT-0001"), Some("3f9164be"), not_shared),
        // Granted by the Python service, and better not.
        (&two, here, Study, Some(UID), Some(ID_2), not_shared),
        (&one, there, Study, Some(UID), Some(ID), elsewhere),
        (&one, "foo", Study, Some(UID), Some(ID), elsewhere),
        (&one, here, Series, Some(UID), Some(ID), not_shared),
    ];
    for (token, server, level, uid, id, expected) in cases {
        assert_eq!(answer(token, server, level, uid, id), expected, "{server} {level} {uid:?} {id:?}");
    }
}

#[test]
fn what_is_signed_here_verifies_here() {
    let claims = Claims {
        jti: Some("j".into()),
        id: Some("é漢\u{0}".into()),
        shape: Shape::Resources,
        share_type: ShareType::DownloadInstantLink,
        resources: vec![Resource { level: Level::Series, dicom_uid: Some("1.2".into()), orthanc_id: None }],
        anonymized: false,
        methods: vec![Method::Get],
        not_before: None,
        expires: Some(Moment::parse("2030-03-17T19:46:40.25+02:00").unwrap()),
        download: true,
        purpose: Purpose::Viewing,
        registered: false,
        revoked: false,
    };
    let old = Key::new(b"short").unwrap();
    let token = sign(&old, &claims, now(), [0; IV_BYTES]).unwrap();
    let ring_with_old = KeyRing { verifying: vec![old], ..ring() };
    assert_eq!(verify(&ring_with_old, &token, now()), Ok(claims));
    assert_eq!(verify(&ring(), &token, now()), Err(Rejection::Invalid));
}

#[test]
fn a_share_of_many_studies_fits() {
    let study =
        |n: u32| Resource::study(Some(format!("1.2.826.0.1.3680043.10.99999.{n}")), Some(format!("{ID}{n}")));
    let claims = Claims {
        jti: Some("j".into()),
        id: None,
        shape: Shape::Studies,
        share_type: ShareType::StoneViewerPublication,
        resources: (0..2000).map(study).collect(),
        anonymized: false,
        methods: vec![Method::Get],
        not_before: None,
        expires: None,
        download: true,
        purpose: Purpose::Viewing,
        registered: false,
        revoked: false,
    };
    let token = sign(&Key::new(SECRET).unwrap(), &claims, now(), [0; IV_BYTES]).unwrap();
    let last = study(1999);
    let (uid, id) = (last.dicom_uid.as_deref(), last.orthanc_id.as_deref());
    assert_eq!(answer(&token, "standard-server-id", Level::Study, uid, id), GRANTED);
    assert_eq!(verify(&ring(), &token, now()), Ok(claims));
}

proptest! {
    /// `examine` skips resources that it need not copy; the decision is the same.
    #[test]
    fn all_ways_to_a_decision_agree(
        shared in proptest::collection::vec((0..3_usize, 0..3_usize, 0..4_usize), 1..4),
        asked in (0..3_usize, 0..3_usize, 0..4_usize),
    ) {
        let json = |text: &str| if text == "-" { "null".to_owned() } else { format!("{text:?}") };
        let (uids, ids) = (["-", "1", "2"], ["-", "a", ""]);
        let entries: Vec<_> = shared
            .iter()
            .map(|(u, i, l)| {
                format!(r#"{{"dicom_uid":{},"orthanc_id":{},"level":"{}"}}"#, json(uids[*u]), json(ids[*i]), Level::ALL[*l])
            })
            .collect();
        let payload = format!(r#"{{"resources":[{}],"type":"stone-viewer-publication"}}"#, entries.join(","));
        let known = |text: &'static str| (text != "-").then_some(text);
        // `answer` compares the two.
        answer(&token(&payload), "standard-server-id", Level::ALL[asked.2], known(uids[asked.0]), known(ids[asked.1]));
    }
}
