//! Posts JSON to an endpoint that may be slow, down, or of another mind.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use links::ServiceUrl;
use registry::Event;
use serde_json::{Value, json};
use spin_sdk::http::send;

/// From the request to the head of the answer.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Where to post.
pub struct Endpoint {
    /// The address.
    pub url: ServiceUrl,
    /// What it wants in `Authorization`.
    pub authorization: Option<String>,
}

/// Why it was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The endpoint will never take it as it is.
    Refused(u16),
    /// It may take it later.
    Later(&'static str),
}

impl Endpoint {
    /// Posts it once.
    pub async fn send(&self, content_type: &str, body: String) -> Result<(), Failed> {
        let sent = self.send_without_limit(content_type, body);
        let timer = spin_sdk::time::sleep(TIME_LIMIT);
        match futures::future::select(std::pin::pin!(sent), std::pin::pin!(timer)).await {
            futures::future::Either::Left((sent, _)) => sent,
            futures::future::Either::Right(_) => Err(Failed::Later("timeout")),
        }
    }

    async fn send_without_limit(&self, content_type: &str, body: String) -> Result<(), Failed> {
        // Simple receivers read no body without its length.
        let mut request = http::Request::post(self.url.as_str())
            .header("content-type", content_type)
            .header("content-length", body.len());
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let request =
            request.body(Full::new(Bytes::from(body))).map_err(|_| Failed::Later("misconfigured"))?;
        let response = send(request).await.map_err(|_| Failed::Later("unreachable"))?;
        judge(response.status().as_u16())
    }
}

/// What is wrong with the message stays wrong; what is wrong with the endpoint or its configuration passes.
fn judge(status: u16) -> Result<(), Failed> {
    match status {
        200..=299 => Ok(()),
        400 | 413 | 415 | 422 => Err(Failed::Refused(status)),
        _ => Err(Failed::Later("not-taken")),
    }
}

/// That a share was opened: which, when, from where.
pub fn notification(event: &Event) -> Value {
    json!({
        "id": event.id,
        "event": "share-opened",
        "jti": event.jti,
        "time": event.time.to_string(),
        "address": event.address,
    })
}
