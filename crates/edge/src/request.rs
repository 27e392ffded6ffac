//! Reading requests within limits.

use api::Problem;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use spin_sdk::http::Request;

/// Bodies above this are refused. (Spin sets no limit; the embedded runtime has one of its own.)
const MAX_BODY: usize = 10 * 1024 * 1024;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than this service accepts: 413.
    TooLarge,
    /// The client left, or the body is malformed: 400.
    Broken,
}

impl From<BodyError> for api::ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Problem::body_too_large(MAX_BODY).into(),
            BodyError::Broken => Problem::bad_request("the body ended too early or is malformed").into(),
        }
    }
}

/// The whole body.
pub async fn read_body(request: Request) -> Result<Bytes, BodyError> {
    let mut body = request.into_body();
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if first.as_ref().map_or(0, Bytes::len) + more.len() + data.len() > MAX_BODY {
            return Err(BodyError::TooLarge);
        }
        match &first {
            None => first = Some(data),
            Some(_) => more.extend_from_slice(&data),
        }
    }
    // One piece is the rule: it is passed on as it came.
    let first = first.unwrap_or_default();
    Ok(if more.is_empty() { first } else { [&first[..], &more[..]].concat().into() })
}

/// A header's text; one that is not UTF-8 counts as absent.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

/// The path without a slash at its end, so that `/shares/` and `/shares` are one route.
pub fn route_path(request: &Request) -> &str {
    let path = request.uri().path();
    path.strip_suffix('/').unwrap_or(path)
}
