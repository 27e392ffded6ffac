//! `POST /tokens/decode`: what the plugin asks to tell a person why a link does not open.

use model::{Resource, ShareType};
use serde::Serialize;

use crate::{
    body::parse_object, coerce, coerce::Fields, errors::FieldErrors, strip_bearer, to_json,
    tokens::ResourceBody,
};

/// A token to be looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeRequest {
    /// The name of the header or GET argument that the token came in.
    pub token_key: Option<String>,
    token_value: Option<String>,
}

impl DecodeRequest {
    /// Reads a body; both fields may be absent.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, FieldErrors> {
        let object = parse_object(content_type, body)?;
        let mut errors = FieldErrors::default();
        let mut fields = Fields::of_body(&object, &mut errors);
        let request = Self {
            token_key: fields.optional("token-key", coerce::text),
            token_value: fields.optional("token-value", coerce::text),
        };
        if errors.detail.is_empty() { Ok(request) } else { Err(errors) }
    }

    /// The token, without `Bearer `; none if there is none.
    pub fn token(&self) -> Option<&str> {
        self.token_value.as_deref().and_then(strip_bearer)
    }
}

/// Without the token.
impl std::fmt::Debug for DecodeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecodeRequest")
            .field("has_token", &self.token_value.is_some())
            .finish_non_exhaustive()
    }
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Its share has ended.
    Expired,
    /// It is no token of ours.
    Invalid,
    /// Anything else.
    Unknown,
}

impl DecodeError {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            DecodeError::Expired => "expired",
            DecodeError::Invalid => "invalid",
            DecodeError::Unknown => "unknown",
        }
    }
}

/// The answer to [`DecodeRequest`].
#[derive(Clone, Copy, Debug, Default)]
pub struct DecodeAnswer<'a> {
    /// What the share opens with, if the token could be read.
    pub token_type: Option<ShareType>,
    /// Why it does not open.
    pub error: Option<DecodeError>,
    /// The viewer's link.
    pub redirect_url: Option<&'a str>,
    /// What is shared.
    pub resources: &'a [Resource],
}

impl DecodeAnswer<'_> {
    /// `{"token-type":…,"error-code":…,"redirect-url":…,"resources":[…]}`, with nulls written out.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "kebab-case")]
        struct Body<'a> {
            token_type: Option<&'static str>,
            error_code: Option<&'static str>,
            redirect_url: Option<&'a str>,
            resources: Vec<ResourceBody<'a>>,
        }
        to_json(&Body {
            token_type: self.token_type.map(ShareType::name),
            error_code: self.error.map(DecodeError::name),
            redirect_url: self.redirect_url,
            resources: self.resources.iter().map(told).collect(),
        })
    }
}

/// Without a `dicom-uid` that stands for others too where it is searched for (PS3.4 C.2.2.2), such as the
/// PatientID `*`: the plugin searches for it.
fn told(resource: &Resource) -> ResourceBody<'_> {
    let is_matcher = resource.dicom_uid.as_ref().is_some_and(|uid| uid.contains(['*', '?', '\\', '|']));
    let body = ResourceBody::new(resource, None);
    ResourceBody { dicom_uid: body.dicom_uid.filter(|_| !is_matcher), ..body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_found_or_not() {
        let token =
            |body: &str| DecodeRequest::parse(None, body.as_bytes()).unwrap().token().map(str::to_owned);
        assert_eq!(token(r#"{"token-key":"token","token-value":"Bearer a.b.c"}"#).as_deref(), Some("a.b.c"));
        assert_eq!(token(r#"{"token-key":"","token-value":""}"#), None);
        assert_eq!(token("{}"), None);
        assert!(DecodeRequest::parse(None, br#"{"token-value":{}}"#).is_err());
    }

    #[test]
    fn answers_write_nulls_out() {
        let error = DecodeAnswer { error: Some(DecodeError::Expired), ..DecodeAnswer::default() };
        assert_eq!(
            error.to_json(),
            r#"{"token-type":null,"error-code":"expired","redirect-url":null,"resources":[]}"#
        );
        let resources = [Resource::study(Some("1.2".into()), None)];
        let good = DecodeAnswer {
            token_type: Some(ShareType::OhifViewerPublication),
            redirect_url: Some("http://x/"),
            resources: &resources,
            error: None,
        };
        assert_eq!(
            good.to_json(),
            concat!(
                r#"{"token-type":"ohif-viewer-publication","error-code":null,"redirect-url":"http://x/","#,
                r#""resources":[{"dicom-uid":"1.2","orthanc-id":null,"url":null,"level":"study"}]}"#
            )
        );
    }

    #[test]
    fn what_would_match_other_studies_is_not_told() {
        for matcher in ["*", "1.2.*", "1.?", r"1.2\1.3", "1.2|1.3"] {
            let resources = [Resource::study(Some(matcher.into()), Some("aaaa".into()))];
            let answer = DecodeAnswer { resources: &resources, ..DecodeAnswer::default() }.to_json();
            let expected =
                r#""resources":[{"dicom-uid":null,"orthanc-id":"aaaa","url":null,"level":"study"}]"#;
            assert!(answer.contains(expected), "{matcher}: {answer}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
            value in crate::testing::any_json(),
        ) {
            let _ = DecodeRequest::parse(None, &bytes);
            let _ = DecodeRequest::parse(None, value.to_string().as_bytes());
        }
    }
}
