//! Asking Orthanc through a pool of connections: as `components/anonymizer/src/orthanc.rs` and the runtime's
//! `outbound.rs`, without TLS.

use api::Problem;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use proxy::Upstream;

use crate::settings::Settings;

/// The pool of one thread.
pub type Client = hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>;

/// A pool.
pub fn client(connector: HttpConnector) -> Client {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector)
}

/// Asks with the bearer's token; every answer but 200 is a problem.
pub async fn get(
    settings: &Settings,
    token: &str,
    path: &Upstream,
    accept: Option<&str>,
) -> Result<Response<Incoming>, Problem> {
    let root = settings.orthanc.as_deref().ok_or_else(Problem::not_found)?;
    let mut request = Request::get(format!("{root}{path}")).header("token", token);
    if let Some(accept) = accept {
        request = request.header(ACCEPT, accept);
    }
    let request = request.body(Full::default()).map_err(|_| unexpected())?;
    let response = settings.client.request(request).await;
    let response = response.map_err(|_| Problem::bad_gateway("Orthanc cannot be reached"))?;
    match response.status().as_u16() {
        200 if response.headers().contains_key(CONTENT_ENCODING) => Err(unexpected()),
        200 => Ok(response),
        404 => Err(Problem::not_found()),
        403 => Err(Problem::new(403, "Orthanc refuses it")),
        _ => Err(unexpected()),
    }
}

/// Asks for JSON of Orthanc's own, and reads it to its end.
pub async fn read_json(settings: &Settings, token: &str, path: &Upstream) -> Result<Bytes, Problem> {
    let response = get(settings, token, path, None).await?;
    if !proxy::is_json(content_type(&response)) {
        return Err(unexpected());
    }
    Ok(response.into_body().collect().await.map_err(|_| unexpected())?.to_bytes())
}

/// 502: an answer of another type or shape than expected.
pub fn unexpected() -> Problem {
    Problem::bad_gateway("Orthanc answered something unexpected")
}

/// The content type of an answer; empty if there is none.
pub fn content_type(response: &Response<Incoming>) -> &str {
    response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
