//! The requests that are measured, and what tells a right answer to each: it is checked before each run.

use anyhow::{Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::http;
use model::Resource;
use paths::inputs;
use token_core::{Claims, Key};

use crate::bearer::Bearer;

/// Name and password of who may ask: the plugin sends them with every question.
pub const USER: (&str, &str) = ("orthanc", "a-password-of-the-benchmark");

/// One request.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: &'static str,
    /// With its query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// Empty if it has none.
    pub body: String,
    expected: Expected,
}

/// What tells a right answer.
#[derive(Clone, Copy)]
enum Expected {
    /// 200 with this in the body.
    Holds(&'static str),
    /// 307 with a location that begins like this.
    Redirects(&'static str),
    /// 200 with so many bytes at least.
    AtLeast(usize),
}

impl Request {
    /// Fails if the answer is not the right one. How many bytes its body has.
    pub fn check(&self, address: &str) -> Result<usize> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = format!("http://{address}{}", self.path);
        let answer = http::send(self.method, &url, &headers, self.body.as_bytes());
        let (is_right, status) = match self.expected {
            Expected::Holds(text) => (answer.text().contains(text), 200),
            Expected::Redirects(root) => {
                (answer.header("location").is_some_and(|location| location.starts_with(root)), 307)
            }
            Expected::AtLeast(bytes) => (answer.body.len() >= bytes, 200),
        };
        let beginning: String = answer.text().chars().take(300).collect();
        let path = self.path.split('?').next().unwrap_or_default();
        ensure!(
            is_right && answer.status == status,
            "{} {path}: {} {} bytes: {beginning}",
            self.method,
            answer.status,
            answer.body.len()
        );
        Ok(answer.body.len())
    }

    fn new(method: &'static str, path: impl Into<String>, expected: Expected) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: String::new(), expected }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn with_json(mut self, body: String) -> Self {
        self.body = body;
        let (name, password) = USER;
        let credentials = STANDARD.encode(format!("{name}:{password}"));
        self.with("Content-Type", "application/json").with("Authorization", format!("Basic {credentials}"))
    }
}

/// The claims as a token.
pub fn token(claims: &Claims) -> Result<String> {
    let key = Key::new(inputs::SECRET.as_bytes())?;
    let now = model::Moment::from_clock(std::time::SystemTime::now());
    Ok(token_core::sign(&key, claims, now, [7; token_core::IV_BYTES])?)
}

/// `POST /shares/validate` with a token of so many studies, the one that is asked about among them.
pub fn granted(studies: usize) -> Result<Request> {
    let token = token(&inputs::claims(studies, false))?;
    let body = inputs::question(&token, inputs::STANDARD);
    Ok(Request::new("POST", "/shares/validate", Expected::Holds("true")).with_json(body))
}

/// The same with a share that this application keeps.
pub fn granted_by(address: &str) -> Result<Request> {
    let create = create();
    let headers: Vec<(&str, &str)> =
        create.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let url = format!("http://{address}{}", create.path);
    let answer = http::send(create.method, &url, &headers, create.body.as_bytes());
    ensure!(answer.status == 200, "a share is not kept: {}", answer.status);
    let answer = answer.json();
    let token = answer["token"].as_str().unwrap_or_default();
    let body = inputs::question(token, inputs::STANDARD);
    Ok(Request::new("POST", "/shares/validate", Expected::Holds("true")).with_json(body))
}

/// The same about a study that is not shared.
pub fn refused() -> Result<Request> {
    let token = token(&inputs::claims(1, false))?;
    let body = inputs::question(&token, inputs::STANDARD).replace(inputs::STUDY, inputs::SERIES);
    Ok(Request::new("POST", "/shares/validate", Expected::Holds("false")).with_json(body))
}

/// `PUT /shares`.
pub fn create() -> Request {
    let body = format!(
        r#"{{"id": "bench", "studies": [{{"dicom-uid": "{}", "orthanc-id": "{}"}}], "anonymized": false, "type": "stone-viewer-publication", "expiration-date": "2035-07-07T11:00:00Z"}}"#,
        inputs::STUDY_UID,
        inputs::STUDY
    );
    Request::new("PUT", "/shares", Expected::Holds("/welcome/?token=")).with_json(body)
}

/// `GET /welcome/?token=…`.
pub fn open() -> Result<Request> {
    let token = token(&inputs::claims(1, false))?;
    Ok(Request::new(
        "GET",
        format!("/welcome/?token={token}"),
        Expected::Redirects("http://localhost/shares/"),
    ))
}

/// `GET /hello` of the component that only answers.
pub fn hello() -> Request {
    Request::new("GET", "/hello", Expected::Holds("hello"))
}

/// Metadata of a study through the anonymizer.
pub fn metadata(bearer: &Bearer, study: &Resource, at_least: usize) -> Request {
    let path = format!("/anon-shares/dicom-web/studies/{}/metadata", bearer.uid(study.dicom_uid.as_deref()));
    Request::new("GET", path, Expected::AtLeast(at_least)).with("token", bearer.token.clone())
}

/// Orthanc's list of the instances of a series.
pub fn instances(bearer: &Bearer, series: &str, at_least: usize) -> Request {
    let path = format!("/anon-shares/series/{}/instances", bearer.id(series));
    Request::new("GET", path, Expected::AtLeast(at_least)).with("token", bearer.token.clone())
}

/// Where an instance is.
#[derive(Clone)]
pub struct Place {
    /// StudyInstanceUID.
    pub study: String,
    /// SeriesInstanceUID.
    pub series: String,
    /// SOPInstanceUID.
    pub instance: String,
}

impl Place {
    fn path(&self, shown: impl Fn(&str) -> String) -> String {
        let [study, series, instance] = [&self.study, &self.series, &self.instance].map(|uid| shown(uid));
        format!("/dicom-web/studies/{study}/series/{series}/instances/{instance}")
    }
}

/// A frame through the anonymizer.
pub fn frame(bearer: &Bearer, place: &Place, at_least: usize) -> Request {
    let path = format!("/anon-shares{}/frames/1", place.path(|uid| bearer.uid(Some(uid))));
    Request::new("GET", path, Expected::AtLeast(at_least))
        .with("token", bearer.token.clone())
        .with("Accept", proxy::frames_accept(None))
}

/// The same frame of Orthanc's, as it is.
pub fn plain_frame(place: &Place, at_least: usize) -> Request {
    let path = format!("{}/frames/1", place.path(str::to_owned));
    Request::new("GET", path, Expected::AtLeast(at_least)).with("Accept", proxy::frames_accept(None))
}

/// A DICOM file through the anonymizer.
pub fn file(bearer: &Bearer, place: &Place, at_least: usize) -> Request {
    let path = format!("/anon-shares{}", place.path(|uid| bearer.uid(Some(uid))));
    Request::new("GET", path, Expected::AtLeast(at_least))
        .with("token", bearer.token.clone())
        .with("Accept", "application/dicom")
}
