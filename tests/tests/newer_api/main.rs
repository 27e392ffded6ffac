//! The API of plugin 0.5 and newer, beside `/shares`: tokens for every viewer and level, their validation
//! and decoding, profiles and roles.

mod door;
mod links;
mod opening;
mod requests;
mod telling;

use std::time::{SystemTime, UNIX_EPOCH};

use journeys::http::{Answer, send_json};
use journeys::meddream::{Behaviour, MedDream};
use journeys::{App, wire};
use serde_json::{Value, json};

pub const ORTHANC: &str = "http://localhost/shares/";
pub const OHIF: &str = "http://localhost/ohif/";
pub const MEDDREAM: &str = "http://localhost/meddream/";
pub const FAR: &str = "2099-01-01T00:00:00+00:00";

/// Every type of token, without MedDream's instant link.
pub const TYPES: &[&str] = &[
    "osimis-viewer-publication",
    "stone-viewer-publication",
    "ohif-viewer-publication",
    "volview-viewer-publication",
    "meddream-viewer-publication",
    "viewer-instant-link",
    "download-instant-link",
];

/// An application with every viewer, and MedDream's token service; changed by these variables.
pub fn start(changes: &[(&str, &str)]) -> (App, MedDream) {
    let meddream = MedDream::start(Behaviour::Well);
    let (url, origin) = (meddream.url(), meddream.origin());
    let mut variables = vec![
        ("public_ohif_root", OHIF),
        ("public_meddream_root", MEDDREAM),
        ("meddream_token_service_url", url.as_str()),
        ("meddream_token_service_origin", origin.as_str()),
    ];
    variables.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    variables.extend(changes);
    (App::start(&variables), meddream)
}

pub fn one() -> Value {
    json!([{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111", "level": "study"}])
}

pub fn two() -> Value {
    json!([
        {"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111", "level": "study"},
        {"dicom-uid": "4.5.6", "orthanc-id": "bbbb-2222", "level": "study"},
    ])
}

pub fn put(app: &App, token_type: &str, body: &Value) -> Answer {
    send_json("PUT", &app.url(&format!("/tokens/{token_type}")), &[], body)
}

/// A token of this type for these resources, changed by these fields; a null removes one.
pub fn asked(resources: &Value, changes: &Value) -> Value {
    let mut body = json!({"id": "of-mr-doe", "server-id": "standard-server-id", "resources": resources});
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// The answer to a token that must be given.
pub fn given(app: &App, token_type: &str, body: &Value) -> Value {
    let answer = put(app, token_type, body);
    assert_eq!(answer.status, 200, "{token_type} {body}: {}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

pub fn token_of(answer: &Value) -> &str {
    answer["token"].as_str().expect("a token")
}

/// A link up to its token, with the commas between identifiers as they are or escaped.
pub fn before_token(link: &Value, token: &str) -> String {
    let link = link.as_str().expect("a link");
    link.strip_suffix(token)
        .unwrap_or_else(|| panic!("{link} does not end with the token"))
        .replace("%2C", ",")
}

/// Whether the plugin's question for this resource is granted, on either route and with the token anywhere.
pub fn opens(app: &App, token: &str, level: &str, uid: &str, id: &str) -> bool {
    let question = json!({
        "dicom-uid": uid,
        "orthanc-id": id,
        "level": level,
        "method": "get",
        "server-id": "standard-server-id",
        "token-key": "token",
        "token-value": token,
    });
    let answers = ["/tokens/validate", "/shares/validate"]
        .map(|path| wire::granted(&send_json("POST", &app.url(path), &[], &question)));
    assert_eq!(answers[0], answers[1], "the routes differ: {question}");
    answers[0]
}

pub fn decode(app: &App, value: &Value) -> Value {
    let body = json!({"token-key": "token", "token-value": value});
    let answer = send_json("POST", &app.url("/tokens/decode"), &[], &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
