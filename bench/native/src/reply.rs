//! Requests and answers as the crate `edge` reads and makes them for the components.
//! That crate is bound to the SDK's types, which exist in WebAssembly only.

use api::{ApiError, Problem};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::body::Body;

/// A header's text; one that is not UTF-8 counts as absent.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

/// The whole body, of so many bytes at most.
pub async fn read_body(request: Request<Incoming>, limit: usize) -> Result<Bytes, ApiError> {
    let body = Limited::new(request.into_body(), limit).collect().await;
    Ok(body.map_err(|_| Problem::body_too_large(limit))?.to_bytes())
}

/// Any status with any body.
pub fn with_body(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let body = body.into();
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// 200 with JSON that no cache keeps.
pub fn json(body: impl Into<Bytes>) -> Response<Body> {
    let mut response = with_body(200, "application/json", body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refusal as `{"detail": …}`.
pub fn error(error: ApiError) -> Response<Body> {
    let mut response = with_body(error.status(), "application/json", error.to_json());
    if let Some((name, value)) = error.header() {
        insert(&mut response, name, value);
    }
    response
}

/// Sets a header; a value that is not valid is left out.
pub fn insert(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
