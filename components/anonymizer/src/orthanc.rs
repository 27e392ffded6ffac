//! Asking Orthanc: one GET at a time, 10 s to the first byte, and nothing of a refusal's text is passed on.

use std::rc::Rc;
use std::time::Duration;

use api::Problem;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt, Full, Limited};
use proxy::{Uid, Upstream};
use spin_sdk::http::{Response, send};

use crate::settings::Settings;

/// From the request to the first byte of the answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The answers that are held as a whole: lists of series and instances, the tags of one instance.
const MAX_HELD: usize = 32 << 20;

/// Orthanc, as the bearer of a token sees it; without one for the files of viewers.
#[derive(Clone)]
pub struct Orthanc {
    settings: Rc<Settings>,
    token: Option<Rc<str>>,
}

impl Orthanc {
    /// With the token that is passed on.
    pub fn new(settings: Rc<Settings>, token: Option<&str>) -> Self {
        Self { settings, token: token.map(Rc::from) }
    }

    /// Asks; every answer but 200 is a [`Problem`].
    pub async fn get(&self, path: &Upstream, accept: Option<&str>) -> Result<Response, Problem> {
        let mut request = http::Request::get(format!("{}{path}", self.settings.root()?));
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        self.send(request, Bytes::new()).await
    }

    /// Asks for JSON of Orthanc's own, and reads it to its end.
    pub async fn read_json(&self, path: &Upstream) -> Result<Bytes, Problem> {
        read(self.get(path, None).await?, proxy::is_json).await
    }

    /// The same for JSON of DICOMweb.
    pub async fn read_dicom_json(&self, path: &Upstream) -> Result<Bytes, Problem> {
        read(self.get(path, Some("application/dicom+json")).await?, proxy::is_dicom_json).await
    }

    /// Asks which studies have this UID.
    pub async fn look_up(&self, uid: &Uid) -> Result<Bytes, Problem> {
        let request = http::Request::post(format!("{}{}", self.settings.root()?, Upstream::lookup()));
        read(self.send(request, Bytes::from(uid.as_str().to_owned())).await?, proxy::is_json).await
    }

    async fn send(&self, request: http::request::Builder, body: Bytes) -> Result<Response, Problem> {
        let mut request = request;
        if let Some(token) = &self.token {
            request = request.header("token", &**token);
        }
        if let Some(authorization) = &self.settings.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body)).map_err(|_| unreachable())?;
        let (sent, timer) = (send(request), spin_sdk::time::sleep(TIME_LIMIT));
        let response = match futures::future::select(std::pin::pin!(sent), std::pin::pin!(timer)).await {
            futures::future::Either::Left((response, _)) => response.map_err(|_| unreachable())?,
            futures::future::Either::Right(_) => {
                return Err(Problem::gateway_timeout("Orthanc did not answer within 10 seconds"));
            }
        };
        match response.status().as_u16() {
            200 if response.headers().contains_key(CONTENT_ENCODING) => Err(unexpected()),
            200 => Ok(response),
            400 => Err(Problem::bad_request("Orthanc cannot answer this")),
            401 | 403 => Err(Problem::new(403, "Orthanc refuses it")),
            404 => Err(Problem::not_found()),
            406 | 415 => Err(Problem::new(406, "Orthanc does not have it in this form")),
            503 => Err(Problem::new(503, "Orthanc is not available at the moment")),
            _ => Err(unexpected()),
        }
    }
}

/// 502: an answer of another type or shape than expected. Nothing of it is passed on.
pub fn unexpected() -> Problem {
    Problem::bad_gateway("Orthanc answered something unexpected")
}

fn unreachable() -> Problem {
    Problem::bad_gateway("Orthanc cannot be reached")
}

/// The content type of an answer; empty if there is none.
pub fn content_type(response: &Response) -> &str {
    response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn read(response: Response, is_expected: fn(&str) -> bool) -> Result<Bytes, Problem> {
    if !is_expected(content_type(&response)) {
        return Err(unexpected());
    }
    let body = Limited::new(response.into_body(), MAX_HELD).collect().await;
    body.map(|body| body.to_bytes()).map_err(|_| unexpected())
}
