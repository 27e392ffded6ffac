//! `PUT /tokens/{type}`: the newer way to ask for a share, with resources at any level.
//! The subtle thing: plugins send an uninitialised `validity-duration`, so that an absurd one is
//! no error, and `expiration-date` wins over it.

use model::{Level, Moment, Resource, ShareType};
use serde::Serialize;

use crate::{
    body::parse_object,
    coerce::{self, Fields},
    ending::{self, Duration},
    errors::{ApiError, FieldError, FieldErrors, Loc, Problem},
    shares::MOST_RESOURCES,
    terms::{Kept, KeptBody, Terms, TermsBody},
    to_json,
};

/// A token that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The caller's name for the share: any text, 1024 characters at most.
    pub id: Option<String>,
    /// What is shared: 1 to [`MOST_RESOURCES`].
    pub resources: Vec<TokenResource>,
    /// What it opens with: the path's word, with which the body's must agree.
    pub share_type: ShareType,
    /// Whether it is for the anonymized server. The successor of the Python service has no such
    /// field; here it is read, because to ignore it would share what was meant to be anonymized.
    pub anonymized: bool,
    /// Its end: `expiration-date`, else now and `validity-duration`.
    pub expiration_date: Option<Moment>,
    /// What else it says.
    pub terms: Terms,
}

/// A resource of a [`TokenRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenResource {
    /// What it is.
    pub resource: Resource,
    /// Where the caller means to read it, such as `/studies/…/archive`; only to be echoed.
    pub url: Option<String>,
}

impl TokenRequest {
    /// Reads a body that was sent to `/tokens/{token_type}`.
    pub fn parse(
        token_type: &str,
        content_type: Option<&str>,
        body: &[u8],
        now: Moment,
    ) -> Result<Self, ApiError> {
        let Some(share_type) = ShareType::from_name(token_type) else {
            let permitted = ShareType::ALL.iter().map(|share_type| share_type.name()).collect();
            let error = FieldError::not_one_of(vec![Loc::Field("path"), Loc::Field("type")], permitted);
            return Err(FieldErrors::from(error).into());
        };
        let object = parse_object(content_type, body)?;
        if object.get("type").is_some_and(|named| !named.is_null() && named.as_str() != Some(token_type)) {
            return Err(Problem::bad_request("'type' must be the same as in the path /tokens/{type}").into());
        }
        let mut errors = FieldErrors::default();
        let mut fields = Fields::of_body(&object, &mut errors);
        let id = fields.optional("id", coerce::name);
        let resources = fields.objects("resources", MOST_RESOURCES, token_resource);
        let anonymized = fields.defaulted("anonymized", false, coerce::boolean);
        let (expiration_date, validity_duration) = ending::read(&mut fields, now, Duration::Any);
        let terms = Terms::read(&mut fields, Some(share_type), expiration_date, validity_duration);
        match anonymized {
            Some(anonymized) if errors.detail.is_empty() => {
                Ok(Self { id, resources, share_type, anonymized, expiration_date, terms })
            }
            _ => Err(errors.into()),
        }
    }

    /// The resources alone.
    pub fn shared(&self) -> Vec<Resource> {
        self.resources.iter().map(|item| item.resource.clone()).collect()
    }
}

pub(crate) fn token_resource(fields: &mut Fields<'_>) -> Option<TokenResource> {
    let levels: Vec<_> = Level::ALL.iter().map(|level| (level.name(), *level)).collect();
    let url = fields.optional("url", coerce::resource_url);
    let level = fields.word("level", &levels)?;
    Some(TokenResource { resource: fields.resource(level)?, url })
}

/// The answer to [`TokenRequest`].
#[derive(Clone, Copy, Debug)]
pub struct TokenAnswer<'a> {
    /// What was asked for, as it was understood.
    pub request: &'a TokenRequest,
    /// The signed token.
    pub token: &'a str,
    /// The link for a person; none when the caller builds its own.
    pub url: Option<&'a str>,
}

impl TokenAnswer<'_> {
    /// `{"request":{…},"token":…,"url":…}`, with nulls written out; of the newer fields only what was given.
    pub fn to_json(&self) -> String {
        self.to_json_kept(None)
    }

    /// The same for a share that is kept.
    pub fn to_json_kept(&self, kept: Option<Kept<'_>>) -> String {
        let request = self.request;
        let resources = request.resources.iter();
        to_json(&AnswerBody {
            request: RequestBody {
                id: request.id.as_deref(),
                resources: resources
                    .map(|item| ResourceBody::new(&item.resource, item.url.as_deref()))
                    .collect(),
                share_type: request.share_type.name(),
                anonymized: request.anonymized,
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
    resources: Vec<ResourceBody<'a>>,
    #[serde(rename = "type")]
    share_type: &'static str,
    anonymized: bool,
    expiration_date: Option<String>,
    validity_duration: Option<u64>,
    #[serde(flatten)]
    terms: TermsBody<'a>,
}

/// A resource as the newer API writes it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ResourceBody<'a> {
    pub(crate) dicom_uid: Option<&'a str>,
    pub(crate) orthanc_id: Option<&'a str>,
    pub(crate) url: Option<&'a str>,
    pub(crate) level: &'static str,
}

impl<'a> ResourceBody<'a> {
    pub(crate) fn new(resource: &'a Resource, url: Option<&'a str>) -> Self {
        Self {
            dicom_uid: resource.dicom_uid.as_deref(),
            orthanc_id: resource.orthanc_id.as_deref(),
            url,
            level: resource.level.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const TYPE: &str = "stone-viewer-publication";

    fn now() -> Moment {
        Moment::parse("2026-11-21T00:00:00Z").unwrap()
    }

    fn parse(body: &Value) -> Result<TokenRequest, ApiError> {
        TokenRequest::parse(TYPE, Some("application/json"), body.to_string().as_bytes(), now())
    }

    fn good() -> Value {
        json!({"id": "x", "server-id": "std", "type": TYPE,
            "resources": [{"dicom-uid": "1.2", "orthanc-id": "a", "level": "study", "url": "/studies/a/archive"}]})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = good();
        body[name] = value;
        body
    }

    #[test]
    fn a_token_is_answered_in_the_successors_shape() {
        let mut body = with("validity-duration", json!(3600));
        body["expiration-date"] = json!("2030-07-07T11:00:00Z");
        let request = parse(&body).unwrap();
        assert_eq!(
            TokenAnswer { request: &request, token: "t", url: None }.to_json(),
            concat!(
                r#"{"request":{"id":"x","resources":[{"dicom-uid":"1.2","orthanc-id":"a","#,
                r#""url":"/studies/a/archive","level":"study"}],"type":"stone-viewer-publication","#,
                r#""anonymized":false,"expiration-date":"2030-07-07T11:00:00+00:00","validity-duration":3600},"#,
                r#""token":"t","url":null}"#
            )
        );
    }

    #[test]
    fn the_end_is_the_date_else_the_duration() {
        let end = |body: &Value| parse(body).unwrap().expiration_date.map(|moment| moment.to_string());
        assert_eq!(end(&good()), None);
        let cases = [
            (json!(3600), "2026-11-21T01:00:00+00:00"),
            (json!("60"), "2026-11-21T00:01:00+00:00"),
            (json!(94685692401184_u64), "9999-12-31T23:59:59.999999+00:00"),
            (json!(u64::MAX), "9999-12-31T23:59:59.999999+00:00"),
            (json!(1e300), "9999-12-31T23:59:59.999999+00:00"),
        ];
        for (duration, expected) in cases {
            assert_eq!(end(&with("validity-duration", duration)).as_deref(), Some(expected));
        }
        // A date wins over every duration, and over what is none.
        for duration in
            [json!(94685692401184_u64), json!(0), json!(-1), json!(i64::MIN), json!("soon"), json!([])]
        {
            let mut both = with("validity-duration", duration);
            both["expiration-date"] = json!("2030-07-07T11:00:00Z");
            assert_eq!(end(&both).as_deref(), Some("2030-07-07T11:00:00+00:00"), "{both}");
        }
    }

    #[test]
    fn the_bodys_type_must_agree_with_the_path() {
        for other in [json!("ohif-viewer-publication"), json!("nonsense"), json!(3)] {
            assert_eq!(parse(&with("type", other)).unwrap_err().status(), 400);
        }
        assert!(parse(&with("type", Value::Null)).is_ok());
        let error = TokenRequest::parse("nonsense", None, b"{}", now()).unwrap_err();
        assert_eq!(error.status(), 422);
        assert!(error.to_json().contains(r#""loc":["path","type"]"#));
    }

    #[test]
    fn each_bad_field_is_named() {
        let resource = |value: Value| with("resources", json!([value]));
        let cases = [
            (resource(json!({"orthanc-id": "a"})), r#"["body","resources",0,"level"]"#),
            (resource(json!({"orthanc-id": "a", "level": "system"})), r#"["body","resources",0,"level"]"#),
            (resource(json!({"level": "study"})), r#"["body","resources",0]"#),
            (
                resource(json!({"level": "study", "orthanc-id": "a", "url": []})),
                r#"["body","resources",0,"url"]"#,
            ),
            (with("resources", json!([])), r#"["body","resources"]"#),
            (with("validity-duration", json!(-1)), r#"["body","validity-duration"]"#),
            (with("validity-duration", json!(0)), r#"["body","validity-duration"]"#),
            (with("expiration-date", json!("2020-01-01T00:00:00Z")), r#"["body","expiration-date"]"#),
        ];
        for (body, loc) in cases {
            let error = parse(&body).unwrap_err();
            assert!(error.status() == 422 && error.to_json().contains(loc), "{body}: {}", error.to_json());
        }
    }

    #[test]
    fn a_patients_identifier_may_have_spaces() {
        let body = with("resources", json!([{"dicom-uid": "PAT 1", "level": "patient"}]));
        assert_eq!(parse(&body).unwrap().shared()[0].level, Level::Patient);
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(
            token_type in prop_oneof!["\\PC*", Just(TYPE.to_owned())],
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
            field in proptest::sample::select(vec!["id", "resources", "validity-duration", "expiration-date"]),
            value in crate::testing::any_json(),
        ) {
            let _ = TokenRequest::parse(&token_type, None, &bytes, now());
            let _ = parse(&with(field, value));
        }
    }
}
