//! Tests of `read.rs`: the shapes of every service, and what none of them writes.

use super::*;
use crate::{claims::tests::share, write};
use proptest::prelude::*;

fn read(json: &str) -> Result<Claims, Rejection> {
    claims(json.as_bytes(), |_| true)
}

/// A share of one study with these further fields.
fn with(fields: &str) -> String {
    format!(r#"{{"studies":[{{"dicom_uid":"1.2"}}],"type":"stone-viewer-publication"{fields}}}"#)
}

fn ids(claims: &Claims) -> Vec<(Level, &str, &str)> {
    let text = |id: &Option<String>| id.as_deref().map_or("-", |id| Box::leak(id.to_owned().into()));
    claims.resources.iter().map(|r| (r.level, text(&r.dicom_uid), text(&r.orthanc_id))).collect()
}

#[test]
fn every_shape_is_read() {
    use Level::{Series, Study};
    let cases = [
        (
            r#""studies":[{"dicom_uid":"1.2","orthanc_id":"a"},{"dicom_uid":null,"orthanc_id":"b"}]"#,
            Shape::Studies,
            vec![(Study, "1.2", "a"), (Study, "-", "b")],
        ),
        (
            r#""studies":[{"dicom_uid":"","orthanc_id":""},{"orthanc_id":"b","dicom_uid":""}]"#,
            Shape::Studies,
            vec![(Study, "-", "b")],
        ),
        (r#""studies":[{"dicom_uid":"1.2","level":"patient"}]"#, Shape::Studies, vec![(Study, "1.2", "-")]),
        (
            r#""resources":[{"dicom_uid":"1.2","orthanc_id":"a","url":null,"level":"series"},
             {"dicom_uid":"1.3","level":"system"},{"dicom_uid":"1.4"},{"level":"study"}],"validity_duration":60"#,
            Shape::Resources,
            vec![(Series, "1.2", "a")],
        ),
        (r#""dicom_uid":"1.2","orthanc_id":"a""#, Shape::Studies, vec![(Study, "1.2", "a")]),
        (r#""dicom_uid":null,"orthanc_id":"a""#, Shape::Studies, vec![(Study, "-", "a")]),
        (r#""studies":[{"dicom-uid":"1.2","orthanc-id":"a"}]"#, Shape::Studies, vec![(Study, "1.2", "a")]),
        (r#""dicom-uid":"1.2","orthanc-id":"a""#, Shape::Studies, vec![(Study, "1.2", "a")]),
        (r#""studies":[{"dicom_uid":"1\u002e2"}]"#, Shape::Studies, vec![(Study, "1.2", "-")]),
    ];
    for (fields, shape, expected) in cases {
        let claims = read(&format!(r#"{{"id":"x",{fields},"type":"osimis-viewer-publication"}}"#)).unwrap();
        assert_eq!((claims.shape, ids(&claims)), (shape, expected), "{fields}");
        assert_eq!(claims.methods, [Method::Get]);
        assert!(!claims.anonymized && claims.jti.is_none() && claims.expires.is_none());
    }
}

#[test]
fn what_is_no_share_is_malformed() {
    let cases = [
        "".into(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "\"text\"".into(),
        r#"{"studies":[],"type":"stone-viewer-publication"}"#.into(),
        r#"{"resources":[],"type":"stone-viewer-publication"}"#.into(),
        r#"{"studies":[{"dicom_uid":"","orthanc_id":null}],"type":"stone-viewer-publication"}"#.into(),
        r#"{"resources":[{"dicom_uid":"1.2","level":"Study"}],"type":"stone-viewer-publication"}"#.into(),
        r#"{"studies":[{"dicom_uid":5}],"type":"stone-viewer-publication"}"#.into(),
        r#"{"studies":[{"dicom_uid":"1"}],"resources":[{"dicom_uid":"1","level":"study"}],"type":"stone-viewer-publication"}"#.into(),
        r#"{"dicom_uid":"1.2","type":"x"}"#.into(),
        r#"{"dicom_uid":"1.2","type":"invalid"}"#.into(),
        r#"{"dicom_uid":"1.2"}"#.into(),
        with(r#","type":"stone-viewer-publication""#),
        with(r#","anonymized":"yes""#),
        with(r#","anonymized":null"#),
        with(r#","id":5"#),
        with(r#","expiration_date":"tomorrow""#),
        with(r#","expiration_date":1900000000"#),
        with(r#","expiration_date":"""#),
        with(r#","expiration_date":null,"expiration-date":null"#),
        with(r#","expiration-date":"tomorrow""#),
        with(r#","exp":"1900000000""#),
        with(r#","exp":null"#),
        with(r#","exp":true"#),
        with(r#","exp":1e999"#),
        with(r#","nbf":"now""#),
        with(r#","iat":[]"#),
        with(r#","aud":"x""#),
        with(r#","aud":null"#),
        with(r#","jti":5"#),
        with(r#","methods":[]"#),
        with(r#","methods":["GET","patch"]"#),
        with(r#","methods":"get""#),
        format!("{} 1", with("")),
    ];
    for json in cases {
        assert_eq!(read(&json), Err(Rejection::Malformed), "{json}");
    }
    assert_eq!(claims(b"{\"type\":\"\xff\"}", |_| true), Err(Rejection::Malformed));
}

#[test]
fn the_end_is_the_earlier_of_date_and_exp() {
    let cases = [
        ("", None),
        (r#","expiration_date":null"#, None),
        (r#","expiration_date":"2030-07-07T11:00:00+02:00""#, Some("2030-07-07T11:00:00+02:00")),
        (r#","expiration-date":"2020-01-01T00:00:00Z""#, Some("2020-01-01T00:00:00+00:00")),
        (r#","expiration_date":"2030-07-07T11:00:00""#, Some("2030-07-07T11:00:00+00:00")),
        (r#","exp":1900000000"#, Some("2030-03-17T17:46:40+00:00")),
        (r#","exp":1900000000.9"#, Some("2030-03-17T17:46:40+00:00")),
        (r#","exp":-1"#, Some("1969-12-31T23:59:59+00:00")),
        (r#","exp":99999999999"#, Some("5138-11-16T09:46:39+00:00")),
        (r#","exp":18446744073709551616"#, Some("9999-12-31T23:59:59.999999+00:00")),
        (r#","expiration_date":"2030-07-07T11:00:00Z","exp":1500000000"#, Some("2017-07-14T02:40:00+00:00")),
        (r#","expiration_date":"2020-01-01T00:00:00Z","exp":1900000000"#, Some("2020-01-01T00:00:00+00:00")),
        (
            r#","expiration_date":"2030-03-17T19:46:40+02:00","exp":1900000000"#,
            Some("2030-03-17T19:46:40+02:00"),
        ),
    ];
    for (fields, expected) in cases {
        let end = read(&with(fields)).unwrap().expires;
        assert_eq!(end.map(|end| end.to_string()).as_deref(), expected, "{fields}");
    }
}

#[test]
fn the_rest_of_the_claims_is_read() {
    let json = with(
        r#","id":null,"anonymized":true,"nbf":1900000000,"jti":"j","iat":4e9,"methods":["put","get","x","get"]"#,
    );
    let claims = read(&json).unwrap();
    assert!(claims.anonymized && claims.id.is_none());
    assert_eq!(claims.not_before, Some(Moment::from_unix_seconds(1_900_000_000)));
    assert_eq!(claims.jti.as_deref(), Some("j"));
    assert_eq!(claims.methods, [Method::Get, Method::Put]);
}

#[test]
fn unwanted_resources_are_left_out_of_good_claims() {
    let wanted = Resource::study(Some("1.2".into()), Some("z".into()));
    let about = |target: Option<&Resource>| {
        let json =
            br#"{"studies":[{"dicom_uid":"1.1"},{"dicom_uid":"1.2"},{"orthanc_id":"z"},{"orthanc_id":""}],
            "type":"stone-viewer-publication"}"#;
        claims(json, |shared| shared.may_be(target)).unwrap().resources.len()
    };
    assert_eq!(about(Some(&wanted)), 2);
    assert_eq!(about(Some(&Resource::study(Some("".into()), Some("y".into())))), 0);
    assert_eq!(about(None), 0);
}

/// Identifiers as they are met, and some that are not.
fn identifier() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("1.2.3".to_owned())),
        "[0-9.]{1,20}".prop_map(Some),
        "\\PC{1,9}".prop_map(Some)
    ]
}

proptest! {
    #[test]
    fn any_payload_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC*") {
        let _ = claims(&bytes, |_| true);
        let _ = read(&text);
        let _ = read(&with(&format!(",{text}")));
        let _ = read(&format!(r#"{{"dicom_uid":"1","type":"stone-viewer-publication","expiration_date":{text:?}}}"#));
    }

    #[test]
    fn any_number_is_a_date_or_refused(number: f64) {
        let _ = read(&with(&format!(r#","exp":{number:?},"nbf":{number}"#)));
    }

    #[test]
    fn what_is_written_reads_back(
        studies in proptest::collection::vec((identifier(), identifier()), 1..5),
        id in proptest::option::of("\\PC*"),
        anonymized: bool,
        resources: bool,
        level in 0..4_usize,
        methods in proptest::sample::subsequence(Method::ALL.to_vec(), 1..=4),
        share_type in proptest::sample::select(ShareType::ALL),
        end in proptest::option::of(any::<i64>()),
        offset in -1439_i16..=1439,
        begin in proptest::option::of(-60_000_000_000_i64..250_000_000_000),
    ) {
        let level = if resources { Level::ALL[level] } else { Level::Study };
        let claims = Claims {
            id,
            shape: if resources { Shape::Resources } else { Shape::Studies },
            share_type,
            resources: studies
                .into_iter()
                .map(|(dicom_uid, orthanc_id)| Resource { level, dicom_uid, orthanc_id })
                .filter(|r| r.dicom_uid.is_some() || r.orthanc_id.is_some())
                .collect(),
            anonymized,
            methods,
            not_before: begin.map(Moment::from_unix_seconds),
            expires: end.map(|end| Moment::from_unix_micros(end).with_offset_minutes(offset)),
            ..share()
        };
        prop_assume!(!claims.resources.is_empty());
        let json = write::payload(&claims, Moment::from_unix_seconds(0)).unwrap();
        let back = super::claims(&json, |_| true).unwrap();
        prop_assert_eq!(&back, &claims);
        prop_assert_eq!(back.expires.map(|m| m.to_string()), claims.expires.map(|m| m.to_string()));
    }
}
