//! Requests, as `wasi:http` has them: what a component does not look at does not cross from the host. The
//! SDK's own type copies every header into a map, and clones it; on the path of every image that costs more
//! than deciding.

use std::rc::Rc;

use api::Problem;
use http::Method;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use spin_sdk::wasip3::wit_bindgen::{StreamReader, StreamResult};
use spin_sdk::wasip3::wit_future;

/// What is sent after a body has become too large is still read up to here, and dropped: a client that is
/// cut off while it writes does not see the answer. (Spin sets no limit; the embedded runtime's is 10 MiB.)
const MOST_DRAINED: usize = 10 * 1024 * 1024;

/// How much is read at once of a body whose length is not announced.
const PIECE: usize = 16 * 1024;

/// A request whose body was not read yet.
pub struct Request {
    wasi: types::Request,
    method: Method,
    path_and_query: String,
    headers: Headers,
}

impl TryFrom<types::Request> for Request {
    type Error = ErrorCode;

    fn try_from(wasi: types::Request) -> Result<Self, ErrorCode> {
        let method = Method::try_from(wasi.get_method()).map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
        let path_and_query = wasi.get_path_with_query().unwrap_or_default();
        let headers = Headers(Rc::new(wasi.get_headers()));
        Ok(Self { wasi, method, path_and_query, headers })
    }
}

impl Request {
    /// Its method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path, as it was sent.
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(&*self.path_and_query, |(path, _)| path)
    }

    /// The path without a slash at its end, so that `/shares/` and `/shares` are one route.
    pub fn route_path(&self) -> &str {
        let path = self.path();
        path.strip_suffix('/').unwrap_or(path)
    }

    /// What comes after the path; empty if there is nothing.
    pub fn query(&self) -> &str {
        self.path_and_query.split_once('?').map_or("", |(_, query)| query)
    }

    /// Its headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// One of them; see [`Headers::get`].
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name)
    }

    /// The whole body, of so many bytes at most.
    pub async fn read_body(self, limit: usize) -> Result<Vec<u8>, BodyError> {
        let announced = self.headers.get("content-length").and_then(|length| length.parse::<usize>().ok());
        if announced == Some(0) {
            return Ok(Vec::new());
        }
        let (taken, taken_reader) = wit_future::new(|| Ok(()));
        let (mut stream, trailers) = types::Request::consume_body(self.wasi, taken_reader);
        let mut body = Vec::with_capacity(announced.map_or(PIECE, |length| length.min(limit)));
        loop {
            if body.len() == body.capacity() {
                body.reserve(PIECE);
            }
            let (result, read) = stream.read(body).await;
            body = read;
            if body.len() > limit {
                drain(stream, body).await;
                return Err(BodyError::TooLarge(limit));
            }
            // What was announced is there, and nothing comes after it.
            if Some(body.len()) == announced {
                drop(trailers);
                break;
            }
            if result == StreamResult::Dropped {
                trailers.await.map_err(|_| BodyError::Broken)?;
                break;
            }
        }
        drop(stream);
        let _ = taken.write(Ok(())).await;
        Ok(body)
    }
}

async fn drain(mut stream: StreamReader<u8>, mut buffer: Vec<u8>) {
    let mut length = buffer.len();
    while length <= MOST_DRAINED {
        buffer.clear();
        let (result, read) = stream.read(buffer).await;
        buffer = read;
        length += buffer.len();
        if result == StreamResult::Dropped {
            break;
        }
    }
}

/// A request's headers. They are asked for one by one, and remain when the body was read.
#[derive(Clone)]
pub struct Headers(Rc<types::Headers>);

impl Headers {
    /// The text of a header, the first if there are several; one that is not UTF-8 counts as absent.
    pub fn get(&self, name: &str) -> Option<String> {
        String::from_utf8(self.0.get(name).into_iter().next()?).ok()
    }

    /// The texts of all headers of this name that are UTF-8.
    pub fn get_all(&self, name: &str) -> Vec<String> {
        self.0.get(name).into_iter().filter_map(|value| String::from_utf8(value).ok()).collect()
    }
}

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
