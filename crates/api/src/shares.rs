//! `PUT /shares`: the request and its answer.
//! What the Python service accepted by mistake (no study, no identifier, an end in the past) is
//! refused here with the reason.

use model::{Level, Moment, Resource, ShareType};
use serde::Serialize;

use crate::{
    body::parse_object,
    coerce::{self, Fields},
    ending::{self, Duration},
    errors::FieldErrors,
    terms::{Kept, KeptBody, Terms, TermsBody},
    to_json,
};

/// The most studies that a request is read with. Fewer fit into a token, and far fewer into a link.
pub const MOST_RESOURCES: usize = 10_000;

/// A share that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRequest {
    /// The caller's name for it: any text, 1024 characters at most.
    pub id: Option<String>,
    /// What is shared: 1 to [`MOST_RESOURCES`] studies, each with one identifier at least.
    pub studies: Vec<Resource>,
    /// Whether it is for the anonymized server.
    pub anonymized: bool,
    /// What it opens with.
    pub share_type: ShareType,
    /// Its end, in the future: `expiration-date`, else now and `validity-duration`; none means that it has none.
    pub expiration_date: Option<Moment>,
    /// What else it says.
    pub terms: Terms,
}

impl ShareRequest {
    /// Reads a body. Names are kebab-case or snake_case; unknown fields are ignored.
    pub fn parse(content_type: Option<&str>, body: &[u8], now: Moment) -> Result<Self, FieldErrors> {
        let object = parse_object(content_type, body)?;
        let mut errors = FieldErrors::default();
        let mut fields = Fields::of_body(&object, &mut errors);
        let id = fields.optional("id", coerce::name);
        let studies = fields.objects("studies", MOST_RESOURCES, |study| study.resource(Level::Study));
        let anonymized = fields.defaulted("anonymized", false, coerce::boolean);
        let share_type = fields.word("type", &share_types());
        let (expiration_date, validity_duration) = ending::read(&mut fields, now, Duration::Sensible);
        let terms = Terms::read(&mut fields, share_type, expiration_date, validity_duration);
        match (anonymized, share_type) {
            (Some(anonymized), Some(share_type)) if errors.detail.is_empty() => {
                Ok(Self { id, studies, anonymized, share_type, expiration_date, terms })
            }
            _ => Err(errors),
        }
    }
}

/// Every share type under its name on the wire.
pub(crate) fn share_types() -> Vec<(&'static str, ShareType)> {
    ShareType::ALL.iter().map(|share_type| (share_type.name(), *share_type)).collect()
}

/// The answer to [`ShareRequest`].
#[derive(Clone, Copy, Debug)]
pub struct ShareAnswer<'a> {
    /// What was asked for, as it was understood.
    pub request: &'a ShareRequest,
    /// The signed token.
    pub token: &'a str,
    /// The link for a person; none when the caller builds its own.
    pub url: Option<&'a str>,
}

impl ShareAnswer<'_> {
    /// `{"request":{…},"token":…,"url":…}`, with nulls written out; of the newer fields only what was given.
    pub fn to_json(&self) -> String {
        self.to_json_kept(None)
    }

    /// The same for a share that is kept.
    pub fn to_json_kept(&self, kept: Option<Kept<'_>>) -> String {
        let request = self.request;
        to_json(&AnswerBody {
            request: RequestBody {
                id: request.id.as_deref(),
                studies: request.studies.iter().map(StudyBody::from).collect(),
                anonymized: request.anonymized,
                share_type: request.share_type.name(),
                expiration_date: request.expiration_date.map(|moment| moment.to_string()),
                validity_duration: request.terms.validity_duration,
                terms: request.terms.echo(),
            },
            token: self.token,
            url: self.url,
            kept: kept.into(),
        })
    }
}

#[derive(Serialize)]
struct AnswerBody<'a> {
    request: RequestBody<'a>,
    token: &'a str,
    url: Option<&'a str>,
    #[serde(flatten)]
    kept: KeptBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RequestBody<'a> {
    id: Option<&'a str>,
    studies: Vec<StudyBody<'a>>,
    anonymized: bool,
    #[serde(rename = "type")]
    share_type: &'static str,
    expiration_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity_duration: Option<u64>,
    #[serde(flatten)]
    terms: TermsBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StudyBody<'a> {
    dicom_uid: Option<&'a str>,
    orthanc_id: Option<&'a str>,
}

impl<'a> From<&'a Resource> for StudyBody<'a> {
    fn from(study: &'a Resource) -> Self {
        Self { dicom_uid: study.dicom_uid.as_deref(), orthanc_id: study.orthanc_id.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn now() -> Moment {
        Moment::parse("2026-11-21T00:00:00Z").unwrap()
    }

    fn parse(body: &Value) -> Result<ShareRequest, FieldErrors> {
        ShareRequest::parse(Some("application/json"), body.to_string().as_bytes(), now())
    }

    fn good() -> Value {
        json!({"id": "demo-1", "studies": [{"dicom-uid": "1.2", "orthanc-id": "a-b"}], "anonymized": false,
            "type": "osimis-viewer-publication", "expiration-date": "2030-07-07T11:00:00Z"})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = good();
        body[name] = value;
        body
    }

    /// `type loc` of each error.
    fn errors(body: &Value) -> Vec<String> {
        let errors = parse(body).unwrap_err();
        errors.detail.iter().map(|e| format!("{} {}", e.kind, crate::to_json(&e.loc))).collect()
    }

    #[test]
    fn a_share_is_answered_as_recorded() {
        let request = parse(&good()).unwrap();
        assert_eq!(
            ShareAnswer {
                request: &request,
                token: "a.b.c",
                url: Some("http://localhost/welcome/?token=a.b.c")
            }
            .to_json(),
            concat!(
                r#"{"request":{"id":"demo-1","studies":[{"dicom-uid":"1.2","orthanc-id":"a-b"}],"#,
                r#""anonymized":false,"type":"osimis-viewer-publication","#,
                r#""expiration-date":"2030-07-07T11:00:00+00:00"},"token":"a.b.c","#,
                r#""url":"http://localhost/welcome/?token=a.b.c"}"#
            )
        );
        let least = json!({"studies": [{"orthanc_id": "a"}], "type": "viewer-instant-link"});
        let request = parse(&least).unwrap();
        assert_eq!(
            ShareAnswer { request: &request, token: "t", url: None }.to_json(),
            concat!(
                r#"{"request":{"id":null,"studies":[{"dicom-uid":null,"orthanc-id":"a"}],"anonymized":false,"#,
                r#""type":"viewer-instant-link","expiration-date":null},"token":"t","url":null}"#
            )
        );
    }

    #[test]
    fn names_may_be_snake_case() {
        let body = json!({"studies": [{"dicom_uid": "1.2", "orthanc_id": "a"}],
            "type": "osimis-viewer-publication", "expiration_date": 1900000000});
        let request = parse(&body).unwrap();
        assert_eq!(request.studies, [Resource::study(Some("1.2".into()), Some("a".into()))]);
        assert_eq!(request.expiration_date.unwrap().to_string(), "2030-03-17T17:46:40+00:00");
    }

    #[test]
    fn ids_are_coerced_and_any_text() {
        assert_eq!(parse(&with("id", json!(1.5))).unwrap().id.as_deref(), Some("1.5"));
        assert_eq!(parse(&with("id", json!("é漢\u{0}"))).unwrap().id.as_deref(), Some("é漢\u{0}"));
        assert_eq!(parse(&with("id", Value::Null)).unwrap().id, None);
    }

    #[test]
    fn each_bad_field_is_named() {
        let study = |value: Value| with("studies", json!([value]));
        let cases = [
            (study(json!({"orthanc-id": {}})), r#"type_error.str ["body","studies",0,"orthanc-id"]"#),
            (study(json!("abc")), r#"type_error.dict ["body","studies",0]"#),
            (study(json!(null)), r#"type_error.none.not_allowed ["body","studies",0]"#),
            (study(json!({})), r#"value_error ["body","studies",0]"#),
            (study(json!({"dicom-uid": null, "orthanc-id": null})), r#"value_error ["body","studies",0]"#),
            (study(json!({"dicom-uid": "", "orthanc-id": ""})), r#"value_error ["body","studies",0]"#),
            (study(json!({"dicom-uid": "1\n2"})), r#"value_error ["body","studies",0,"dicom-uid"]"#),
            (with("studies", json!([])), r#"value_error ["body","studies"]"#),
            (with("studies", json!({})), r#"type_error.list ["body","studies"]"#),
            (with("studies", Value::Null), r#"type_error.none.not_allowed ["body","studies"]"#),
            (with("type", json!("foo")), r#"type_error.enum ["body","type"]"#),
            (with("type", json!("Osimis-Viewer-Publication")), r#"type_error.enum ["body","type"]"#),
            (with("type", json!(3)), r#"type_error.enum ["body","type"]"#),
            (with("anonymized", json!("")), r#"type_error.bool ["body","anonymized"]"#),
            (with("anonymized", Value::Null), r#"type_error.none.not_allowed ["body","anonymized"]"#),
            (
                with("expiration-date", json!("not-a-date")),
                r#"value_error.datetime ["body","expiration-date"]"#,
            ),
            (with("expiration-date", json!("")), r#"value_error.datetime ["body","expiration-date"]"#),
            (with("expiration-date", json!({})), r#"type_error ["body","expiration-date"]"#),
            (
                with("expiration-date", json!("2020-01-01T00:00:00Z")),
                r#"value_error ["body","expiration-date"]"#,
            ),
            (with("id", json!("x".repeat(1025))), r#"value_error ["body","id"]"#),
        ];
        for (body, expected) in cases {
            assert_eq!(errors(&body), [expected], "{body}");
        }
    }

    #[test]
    fn all_errors_come_together_in_the_order_of_the_fields() {
        assert_eq!(
            errors(&json!({})),
            [r#"value_error.missing ["body","studies"]"#, r#"value_error.missing ["body","type"]"#]
        );
        let body = json!({"expiration-date": "x", "type": "y", "studies": [{"orthanc-id": []}, "z"]});
        assert_eq!(
            errors(&body),
            [
                r#"type_error.str ["body","studies",0,"orthanc-id"]"#,
                r#"type_error.dict ["body","studies",1]"#,
                r#"type_error.enum ["body","type"]"#,
                r#"value_error.datetime ["body","expiration-date"]"#,
            ]
        );
    }

    #[test]
    fn there_is_a_limit_to_the_studies() {
        let studies: Vec<Value> = (0..=MOST_RESOURCES).map(|_| json!({"orthanc-id": "a"})).collect();
        assert_eq!(errors(&with("studies", json!(studies))), [r#"value_error ["body","studies"]"#]);
        assert!(parse(&with("studies", json!(studies[1..]))).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = ShareRequest::parse(None, &bytes, now());
        }

        #[test]
        fn any_json_is_read_or_refused_with_a_reason(
            field in proptest::sample::select(vec!["id", "studies", "anonymized", "type", "expiration-date"]),
            value in crate::testing::any_json(),
        ) {
            for body in [with(field, value.clone()), with("studies", json!([value.clone()])), value] {
                if let Err(errors) = parse(&body) {
                    prop_assert!(!errors.detail.is_empty());
                }
            }
        }
    }
}
