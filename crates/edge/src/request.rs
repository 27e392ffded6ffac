//! Reading requests within limits.

use api::Problem;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use spin_sdk::http::Request;

/// What is sent after a body has become too large is still read up to here, and dropped: a client that is
/// cut off while it writes does not see the answer. (Spin sets no limit; the embedded runtime's is 10 MiB.)
const MOST_DRAINED: usize = 10 * 1024 * 1024;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than this many bytes: 413.
    TooLarge(usize),
    /// The client left, or the body is malformed: 400.
    Broken,
}

impl From<BodyError> for api::ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(limit) => Problem::body_too_large(limit).into(),
            BodyError::Broken => Problem::bad_request("the body ended too early or is malformed").into(),
        }
    }
}

/// The whole body, of so many bytes at most.
pub async fn read_body(request: Request, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = request.into_body();
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        let length = first.as_ref().map_or(0, Bytes::len) + more.len() + data.len();
        if length > limit {
            drop((first, more));
            drain(body, length).await;
            return Err(BodyError::TooLarge(limit));
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

async fn drain(mut body: impl BodyExt<Data = Bytes> + Unpin, mut length: usize) {
    while length <= MOST_DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
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
