//! Answers: JSON on the API, pages and redirects on the landing.

use api::ApiError;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;

/// Every answer of a component: a body that is ready.
pub type Response = spin_sdk::http::Response<Full<Bytes>>;

/// Any status with any body.
pub fn with_body(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let body = body.into();
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// 200 with JSON. It may hold a token: no cache keeps it.
pub fn json(body: impl Into<Bytes>) -> Response {
    let mut response = with_body(200, "application/json", body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 204: it is done, and there is nothing to say.
pub fn no_content() -> Response {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A refusal as `{"detail": …}`.
pub fn error(error: impl Into<ApiError>) -> Response {
    let error = error.into();
    let mut response = with_body(error.status(), "application/json", error.to_json());
    if let Some((name, value)) = error.header() {
        insert(&mut response, name, value);
    }
    response
}

/// Sets a header whose name and value are our own words; one that is not valid is left out.
pub fn insert(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
