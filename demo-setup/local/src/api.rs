//! The few HTTP requests that setting up takes: JSON answers, and anything but a success is an error.
//! Error texts name the request and the status, never a body: it could hold a token.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Sends one request with this body and reads its JSON answer.
///
/// # Errors
/// If there is no answer within 30 s, its status is no success, or it is no JSON.
pub fn ask(method: &str, url: &str, body: &[u8]) -> Result<Value> {
    let what = || format!("{method} {url}");
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(body.to_vec())
        .with_context(what)?;
    let mut response = ureq::Agent::new_with_config(config).run(request).with_context(what)?;
    let status = response.status();
    if !status.is_success() {
        bail!("{}: status {status}", what());
    }
    response.body_mut().read_json().with_context(what)
}
