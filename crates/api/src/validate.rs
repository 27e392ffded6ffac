//! `POST /shares/validate` and `POST /tokens/validate`: what the Authorization plugin asks, old and new.
//! The hot path: fields are borrowed from the body, and only a body that this cannot read takes
//! the slow way, which coerces and explains.

use std::borrow::Cow;

use model::{Level, Method, Resource};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    body::{is_json, parse_object, without_bom},
    coerce::{self, Fields},
    errors::FieldErrors,
    strip_bearer,
};

/// A question of the plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct ValidateRequest<'a> {
    /// Which server asks: `identifier` of plugins up to 0.4.1, `server-id` of newer ones; none if its plugin
    /// has no name for it.
    pub server: Option<Cow<'a, str>>,
    /// What is accessed.
    pub target: Target,
    /// How; none for a word that is no method of the plugin.
    pub method: Option<Method>,
    /// The URI, at level `system`.
    pub uri: Option<Cow<'a, str>>,
    /// The name of the header or GET argument that the token came in.
    pub token_key: Option<Cow<'a, str>>,
    /// The token, perhaps with `Bearer `; `""` of an anonymous user is none.
    pub token_value: Option<Cow<'a, str>>,
}

/// What is accessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A patient, study, series or instance.
    Resource(Resource),
    /// A URI that is no DICOM resource.
    System,
    /// A level that no plugin sends. It is no error, but it is never granted.
    Unknown,
}

/// A question that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The server that asks; none if it is not configured in its plugin.
    pub server: Option<&'a str>,
    /// What the viewer wants to do.
    pub method: Method,
    /// The resource; none for a URI that is no DICOM resource.
    pub target: Option<&'a Resource>,
    /// Whether it is taken away as a file. Plugins do not say so yet: they send no `uri` with a resource.
    pub download: bool,
}

/// Whether this path of Orthanc gives the resource as files to keep.
pub fn is_download(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    path.rsplit('/').next().is_some_and(|last| matches!(last, "archive" | "media" | "file"))
}

impl<'a> ValidateRequest<'a> {
    /// Reads a body. Only a missing `level` or `method`, and what is no text, is an error.
    pub fn parse(content_type: Option<&str>, body: &'a [u8]) -> Result<Self, FieldErrors> {
        if is_json(content_type)
            && let Ok(raw) = serde_json::from_slice::<Raw<'a>>(without_bom(body))
            && raw.level.is_some()
            && raw.method.is_some()
        {
            return Ok(raw.understand());
        }
        explain(content_type, body).map(Raw::understand)
    }

    /// The question, if any share could be the answer; else access must be refused.
    pub fn question(&self) -> Option<Question<'_>> {
        let target = match &self.target {
            Target::Resource(resource) => Some(resource),
            Target::System => None,
            Target::Unknown => return None,
        };
        let download = target.is_some() && self.uri.as_deref().is_some_and(is_download);
        Some(Question { server: self.server.as_deref(), method: self.method?, target, download })
    }
}

/// The token that the viewer presented: the header `token`, else `token-value`, without `Bearer `.
/// Where both are given the header counts: the plugin writes both from the same token.
pub fn presented_token<'a>(header: Option<&'a str>, body: &'a ValidateRequest<'_>) -> Option<&'a str> {
    header.and_then(strip_bearer).or_else(|| body.token_value.as_deref().and_then(strip_bearer))
}

/// `{"granted":…,"validity":…}`, the validity in seconds. It is at least 1: some plugins read 0 as
/// "for ever"; and it fits 31 bits: they refuse the whole answer otherwise.
pub fn decision_json(granted: bool, validity: u32) -> String {
    let validity = validity.clamp(1, i32::MAX.unsigned_abs());
    format!("{{\"granted\":{granted},\"validity\":{validity}}}")
}

/// Text borrowed from the body where it has no escapes. (serde borrows a bare `Cow`, not one inside `Option`.)
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw<'a> {
    #[serde(borrow)]
    identifier: Option<Text<'a>>,
    #[serde(borrow, alias = "server_id")]
    server_id: Option<Text<'a>>,
    #[serde(borrow)]
    level: Option<Text<'a>>,
    #[serde(borrow)]
    method: Option<Text<'a>>,
    #[serde(borrow, alias = "dicom_uid")]
    dicom_uid: Option<Text<'a>>,
    #[serde(borrow, alias = "orthanc_id")]
    orthanc_id: Option<Text<'a>>,
    #[serde(borrow)]
    uri: Option<Text<'a>>,
    #[serde(borrow, alias = "token_key")]
    token_key: Option<Text<'a>>,
    #[serde(borrow, alias = "token_value")]
    token_value: Option<Text<'a>>,
}

impl<'a> Raw<'a> {
    fn understand(self) -> ValidateRequest<'a> {
        let given = |text: Option<Text<'a>>| text.map(|text| text.0).filter(|text| !text.is_empty());
        // A plugin sends one of the two; should there be both, the older name counts, as it always did.
        let server = given(self.identifier).or(given(self.server_id));
        let level = self.level.map(|text| text.0).unwrap_or_default();
        let method = self.method.map(|text| text.0).unwrap_or_default();
        let target = match Level::from_name(&level) {
            Some(level) => Target::Resource(Resource {
                level,
                dicom_uid: given(self.dicom_uid).map(Cow::into_owned),
                orthanc_id: given(self.orthanc_id).map(Cow::into_owned),
            }),
            None if level == "system" => Target::System,
            None => Target::Unknown,
        };
        ValidateRequest {
            server,
            target,
            method: Method::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(&method)),
            uri: self.uri.map(|text| text.0),
            token_key: given(self.token_key),
            token_value: given(self.token_value),
        }
    }
}

/// The slow way: with coercions, repeated keys and both spellings of a name, or the errors.
fn explain(content_type: Option<&str>, body: &[u8]) -> Result<Raw<'static>, FieldErrors> {
    let object = parse_object(content_type, body)?;
    let mut errors = FieldErrors::default();
    let mut fields = Fields::of_body(&object, &mut errors);
    let text = |value: &Value| coerce::text(value).map(|text| Text(Cow::Owned(text)));
    let raw = Raw {
        identifier: fields.optional("identifier", text),
        server_id: fields.optional("server-id", text),
        level: fields.required("level", text),
        method: fields.required("method", text),
        dicom_uid: fields.optional("dicom-uid", text),
        orthanc_id: fields.optional("orthanc-id", text),
        uri: fields.optional("uri", text),
        token_key: fields.optional("token-key", text),
        token_value: fields.optional("token-value", text),
    };
    if errors.detail.is_empty() { Ok(raw) } else { Err(errors) }
}

/// Without the token.
impl std::fmt::Debug for ValidateRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ValidateRequest")
            .field("server", &self.server)
            .field(
                "level",
                &match &self.target {
                    Target::Resource(resource) => resource.level.name(),
                    Target::System => "system",
                    Target::Unknown => "unknown",
                },
            )
            .field("method", &self.method)
            .field("has_token", &self.token_value.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_paths_are_downloads() {
        let cases = [
            ("/studies/1/archive", true),
            ("/studies/1/media/", true),
            ("/orthanc/instances/1/file?token=x", true),
            ("/studies/1/archives", false),
            ("/studies/1/series", false),
            ("/archive/1/series", false),
            ("", false),
        ];
        for (path, expected) in cases {
            assert_eq!(is_download(path), expected, "{path}");
        }
        let body = br#"{"level":"study","method":"get","orthanc-id":"a","uri":"/studies/a/archive"}"#;
        let request = ValidateRequest::parse(Some("application/json"), body).unwrap();
        assert!(request.question().unwrap().download);
    }
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(body: &Value) -> ValidateRequest<'static> {
        let bytes: &'static [u8] = Vec::leak(body.to_string().into_bytes());
        ValidateRequest::parse(Some("application/json"), bytes).unwrap()
    }

    #[test]
    fn questions_of_old_and_new_plugins_are_the_same() {
        let old = b"{\n\t\"dicom-uid\" : \"1.2\",\n\t\"identifier\" : \"std\",\n\t\"level\" : \"study\",\n\t\"method\" : \"get\",\n\t\"orthanc-id\" : \"a-b\",\n\t\"token-key\" : \"token\",\n\t\"token-value\" : \"t\"\n}\n";
        let new = br#"{"dicom-uid":"1.2","labels":["x"],"level":"study","method":"get","orthanc-id":"a-b","server-id":"std","token-key":"token","token-value":"t"}"#;
        let old = ValidateRequest::parse(Some("application/json"), old).unwrap();
        let new = ValidateRequest::parse(None, new).unwrap();
        assert!(old == new);
        assert_eq!(
            old.question().unwrap(),
            Question {
                server: Some("std"),
                method: Method::Get,
                target: Some(&Resource::study(Some("1.2".into()), Some("a-b".into()))),
                download: false,
            }
        );
        // The hot path owns nothing of it but the identifiers.
        assert!(matches!(new.token_value, Some(Cow::Borrowed("t"))));
        assert!(matches!(new.server, Some(Cow::Borrowed("std"))));
    }

    #[test]
    fn system_is_a_question_and_nonsense_is_none() {
        let system = parse(&json!({"level": "system", "method": "get", "uri": "", "identifier": null}));
        assert_eq!(
            system.question(),
            Some(Question { server: None, method: Method::Get, target: None, download: false })
        );
        for body in [
            json!({"level": 3, "method": "get", "dicom-uid": "1.2"}),
            json!({"level": "Study", "method": "get"}),
            json!({"level": "study", "method": "patch"}),
        ] {
            assert_eq!(parse(&body).question(), None, "{body}");
        }
        let both = parse(&json!({"level": "study", "method": "get", "identifier": "a", "server-id": "b"}));
        assert_eq!(both.question().unwrap().server, Some("a"));
        for body in [
            json!({"level": "study", "method": "GET"}),
            json!({"level": "study", "method": "get", "identifier": "a", "server-id": "a"}),
            json!({"level": "study", "method": "get", "identifier": null, "server-id": "a"}),
        ] {
            assert!(parse(&body).question().is_some(), "{body}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let errors = |body: &[u8]| ValidateRequest::parse(None, body).unwrap_err().to_json();
        let missing = |name| {
            format!(r#"{{"loc":["body","{name}"],"msg":"field required","type":"value_error.missing"}}"#)
        };
        assert_eq!(errors(b"{}"), format!(r#"{{"detail":[{},{}]}}"#, missing("level"), missing("method")));
        assert_eq!(errors(br#"{"level":"study"}"#), format!(r#"{{"detail":[{}]}}"#, missing("method")));
        assert!(errors(br#"{"level":"study","method":null}"#).contains("type_error.none.not_allowed"));
        assert!(errors(br#"{"level":"study","method":"get","uri":{}}"#).contains(r#"["body","uri"]"#));
        assert!(ValidateRequest::parse(Some("text/plain"), br#"{"level":"study","method":"get"}"#).is_err());
    }

    #[test]
    fn odd_spellings_take_the_slow_way_to_the_same_question() {
        let body = br#"{"level":"series","level":"study","method":"get","dicom-uid":"1.2","dicom_uid":"9"}"#;
        let request = ValidateRequest::parse(None, body).unwrap();
        assert_eq!(request.target, Target::Resource(Resource::study(Some("1.2".into()), None)));
        let body = b"\xEF\xBB\xBF{\"level\":\"study\",\"method\":\"get\",\"token_value\":7}";
        assert_eq!(ValidateRequest::parse(None, body).unwrap().token_value.as_deref(), Some("7"));
    }

    #[test]
    fn the_token_is_found_wherever_it_came() {
        let cases = [
            (None, json!(null), None),
            (None, json!(""), None),
            (Some(""), json!(""), None),
            (Some("h"), json!(null), Some("h")),
            (Some("Bearer h"), json!("b"), Some("h")),
            (Some(""), json!("b"), Some("b")),
            (Some("Bearer "), json!("bearer b"), Some("b")),
            (None, json!("Bearer b"), Some("b")),
        ];
        for (header, value, expected) in cases {
            let request = parse(&json!({"level": "study", "method": "get", "token-value": value}));
            assert_eq!(presented_token(header, &request), expected, "{header:?} {value}");
        }
    }

    #[test]
    fn decisions_are_compact_and_never_for_ever() {
        assert_eq!(decision_json(true, 60), r#"{"granted":true,"validity":60}"#);
        assert_eq!(decision_json(false, 0), r#"{"granted":false,"validity":1}"#);
        assert_eq!(decision_json(false, u32::MAX), r#"{"granted":false,"validity":2147483647}"#);
    }

    #[test]
    fn no_token_shows_in_debug() {
        let request =
            parse(&json!({"level": "study", "method": "get", "token-value": "s3cret", "dicom-uid": "1.2.3"}));
        let shown = format!("{request:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("1.2.3"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = ValidateRequest::parse(None, &bytes);
        }

        #[test]
        fn any_json_is_read_or_refused(
            field in proptest::sample::select(vec!["level", "method", "identifier", "server-id", "token-value"]),
            value in crate::testing::any_json(),
        ) {
            let mut body = json!({"level": "study", "method": "get"});
            body[field] = value.clone();
            for body in [body, value] {
                let bytes = body.to_string();
                if let Ok(request) = ValidateRequest::parse(None, bytes.as_bytes()) {
                    let _ = request.question();
                    let _ = presented_token(None, &request);
                }
            }
        }

        #[test]
        fn any_header_gives_a_token_or_none(header in "\\PC*") {
            let request = ValidateRequest::parse(None, br#"{"level":"study","method":"get"}"#).unwrap();
            prop_assert!(presented_token(Some(&header), &request).is_none_or(|token| !token.is_empty()));
        }
    }
}
