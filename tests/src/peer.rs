//! The recorded cases of the existing Python service (`tests/data/peer-cases.jsonl` and
//! `peer-anonymizer-cases.jsonl`), made ready for replay: tokens that its key signed are signed again with the key
//! under test.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

use crate::app::{SECRET_KEY, repository};

/// The key of the recording, too short for this application.
const RECORDED_KEY: &str = "my-secret-key";

/// The users of the recording, as the variable `users` holds them.
pub const USERS: &str = r#"{"share-user": "share-password", "demo-script-user": "demo-script-password", "orthanc-oe2-user": "orthanc-oe2-password"}"#;

/// One recorded exchange.
#[derive(Debug)]
pub struct Case {
    /// What the case shows; unique.
    pub name: String,
    /// Which settings it was recorded with.
    pub config: String,
    /// The request's method.
    pub method: String,
    /// The request's path and query.
    pub path: String,
    /// The request's headers.
    pub headers: Vec<(String, String)>,
    /// The request's body, empty when there was none.
    pub body: Vec<u8>,
    /// The recorded status.
    pub status: u16,
    /// `www-authenticate`, `allow` and `location`, where they were answered; of the anonymizer, some more.
    pub response_headers: Value,
    /// The recorded JSON; null where it was none, or where it is not to be matched. Of the anonymizer, a text that
    /// is no JSON is a text here.
    pub answer: Value,
}

impl Case {
    /// The token of the request's query (the last one, as the service read it) or header `token`.
    pub fn token(&self) -> &str {
        let header = self.headers.iter().find(|(name, _)| name == "token").map(|(_, value)| value.as_str());
        header.or_else(|| self.path.rsplit_once("token=").map(|(_, token)| token)).unwrap_or_default()
    }
}

/// Every case of the token service and of the landing page, in the order of the recording.
pub fn cases() -> Vec<Case> {
    read("peer-cases.jsonl")
}

/// Every case of the anonymizer, in the order of the recording.
pub fn anonymizer_cases() -> Vec<Case> {
    read("peer-anonymizer-cases.jsonl")
}

fn read(file: &str) -> Vec<Case> {
    let path = repository().join("tests/data").join(file);
    let text = std::fs::read_to_string(path).expect("the recorded cases");
    text.lines().map(|line| case(&serde_json::from_str(line).expect("a case is JSON"))).collect()
}

/// The variables of a recorded configuration; an empty value means that the variable is not set.
/// `meddream` is the origin of the stand-in, `nothing` one where nothing listens.
pub fn variables(config: &str, meddream: &str, nothing: &str) -> Vec<(&'static str, String)> {
    let mut variables = vec![("users", USERS.to_owned())];
    let meddream_at = |origin: &str| {
        [
            ("meddream_token_service_url", format!("{origin}/v3/generate")),
            ("meddream_token_service_origin", origin.to_owned()),
            ("public_meddream_root", "http://localhost/meddream/".to_owned()),
        ]
    };
    match config {
        "default" => {}
        "meddream" => variables.extend(meddream_at(meddream)),
        "meddream-down" => variables.extend(meddream_at(nothing)),
        "no-landing-root" => variables.push(("public_landing_root", String::new())),
        "no-users" => variables.clear(),
        "meddream, no-landing-root" => {
            variables.extend(meddream_at(meddream));
            variables.push(("public_landing_root", String::new()));
        }
        other => panic!("no such configuration: {other}"),
    }
    variables
}

fn case(line: &Value) -> Case {
    let text = |name: &str| line[name].as_str().expect("a text").to_owned();
    let headers = line["headers"].as_object().expect("headers are an object");
    Case {
        name: text("name"),
        config: text("config"),
        method: text("method"),
        path: resign(&text("path")),
        headers: headers
            .iter()
            .map(|(name, value)| (name.clone(), resign(value.as_str().expect("a header is a text"))))
            .collect(),
        body: body(&line["body"]),
        status: line["status"].as_u64().and_then(|n| u16::try_from(n).ok()).expect("a status"),
        response_headers: line["response_headers"].clone(),
        answer: line["answer"].clone(),
    }
}

/// Bytes that are no text were recorded in base64.
fn body(recorded: &Value) -> Vec<u8> {
    let text = recorded.as_str().unwrap_or_default();
    match text.strip_prefix("base64:") {
        Some(encoded) => STANDARD.decode(encoded).expect("base64"),
        None => resign(text).into_bytes(),
    }
}

/// Signs each token in the text again whose signature is right under the recorded key.
/// A token that was foreign then stays foreign.
fn resign(text: &str) -> String {
    let Some(start) = text.find("eyJ") else { return text.to_owned() };
    let (before, rest) = text.split_at(start);
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .unwrap_or(rest.len());
    let (token, after) = rest.split_at(end);
    let token: Cow<'_, str> = match token.rsplit_once('.') {
        Some((signed, recorded)) if recorded == signature(RECORDED_KEY, signed) => {
            format!("{signed}.{}", signature(SECRET_KEY, signed)).into()
        }
        _ => token.into(),
    };
    format!("{before}{token}{}", resign(after))
}

/// The signature (HS256, base64url) of `header.payload`, to the byte as it stands.
pub fn signature(key: &str, signed: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(signed.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}
