//! Answers: JSON on the API, pages and redirects on the landing.

use api::ApiError;
use spin_sdk::wasip3::http::types::{self, ErrorCode, Fields};
use spin_sdk::wasip3::{spawn, wit_future, wit_stream};

/// Every answer of a component but those of the proxy: a body that is ready.
pub struct Response {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// Any status with any body.
pub fn with_body(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Response {
    let mut response = Response { status, headers: Vec::with_capacity(4), body: body.into() };
    let length = response.body.len().to_string();
    insert(&mut response, "content-type", content_type);
    insert(&mut response, "content-length", &length);
    response
}

/// 200 with JSON. It may hold a token: no cache keeps it.
pub fn json(body: impl Into<Vec<u8>>) -> Response {
    let mut response = with_body(200, "application/json", body);
    insert(&mut response, "cache-control", "no-store");
    response
}

/// 204: it is done, and there is nothing to say.
pub fn no_content() -> Response {
    Response { status: 204, headers: Vec::new(), body: Vec::new() }
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

/// Sets a header whose name, in lower case, and value are our own words; one that is not valid is left out.
pub fn insert(response: &mut Response, name: &'static str, value: &str) {
    let is_valid = value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if is_valid {
        response.headers.retain(|(other, _)| other != name);
        response.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
}

impl Response {
    /// Hands it to the host, which takes the body when the request's task has returned.
    pub fn send(self) -> Result<types::Response, ErrorCode> {
        let headers = Fields::from_list(&self.headers).map_err(|_| ErrorCode::InternalError(None))?;
        let (end, end_reader) = wit_future::new(|| Ok(None));
        let (writer, body) = match self.body.is_empty() {
            true => (None, None),
            false => {
                let (writer, reader) = wit_stream::new();
                (Some(writer), Some(reader))
            }
        };
        let (response, _sent) = types::Response::new(headers, body, end_reader);
        if self.status != 200 {
            response.set_status_code(self.status).map_err(|()| ErrorCode::InternalError(None))?;
        }
        spawn(async move {
            if let Some(mut writer) = writer {
                // What a client that has left does not take is dropped.
                writer.write_all(self.body).await;
            }
            let _ = end.write(Ok(None)).await;
        });
        Ok(response)
    }
}
