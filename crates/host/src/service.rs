//! One request: its route, its limits, its component, its line in the log.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use manifest::{RouteMatch, StaticResponse, Target, WELL_KNOWN_PREFIX};
use wasmtime_wasi_http::handler::ExpirationError;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::app::App;
use crate::body;
use crate::shard;
use crate::shown;
use crate::workers::{NoAnswer, Workers};

/// A request carries its id to the component and back to the client under this name.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What clients must keep to.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Of a request's body.
    pub body: body::Limits,
    /// Bytes of a request's head.
    pub head: usize,
}

/// Answers requests.
pub struct Service {
    app: RwLock<Arc<App>>,
    limits: Limits,
    /// Request ids are this run's random start and a count.
    run: u32,
    count: AtomicU64,
}

impl Service {
    /// A service for the application.
    pub fn new(app: App, limits: Limits) -> anyhow::Result<Self> {
        let run = getrandom::u32().map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        Ok(Self { app: RwLock::new(Arc::new(app)), limits, run, count: AtomicU64::new(0) })
    }

    /// The application that takes new requests.
    pub fn app(&self) -> Arc<App> {
        self.app.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has another application take new requests; those that have begun are answered by theirs.
    pub fn replace(&self, app: App) {
        *self.app.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(app);
    }

    /// What clients must keep to.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Answers one request, and logs it: never its query, which carries tokens.
    pub async fn answer(&self, mut request: Request<Incoming>, client: &HeaderValue) -> Response<WasiBody> {
        let begun = Instant::now();
        let id = self.request_id(&request);
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        request.headers_mut().insert(REQUEST_ID, id.clone());

        let app = self.app();
        let by_person = wants_page(request.headers());
        let (mut response, component) = self.route(&app, request, &path, client).await;
        if by_person && let Some(Refusal(detail)) = response.extensions_mut().remove() {
            let keep = response.headers().get(CONNECTION).cloned();
            response = page(response.status(), detail);
            keep.map(|value| response.headers_mut().insert(CONNECTION, value));
        }
        tracing::info!(
            request_id = id.to_str().unwrap_or_default(),
            method = shown::method(&method),
            path = shown::path(&path),
            status = response.status().as_u16(),
            component,
            micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            "request"
        );
        response.headers_mut().insert(REQUEST_ID, id);
        shard::has_answered();
        response
    }

    /// The id that a proxy in front gave, or a new one.
    fn request_id(&self, request: &Request<Incoming>) -> HeaderValue {
        let plain = |value: &&HeaderValue| {
            (1..=64).contains(&value.len())
                && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
        };
        request.headers().get(REQUEST_ID).filter(plain).cloned().unwrap_or_else(|| {
            let text = format!("{:08x}-{:x}", self.run, self.count.fetch_add(1, Relaxed));
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("none"))
        })
    }

    async fn route<'a>(
        &self,
        app: &'a App,
        request: Request<Incoming>,
        path: &str,
        client: &HeaderValue,
    ) -> (Response<WasiBody>, &'a str) {
        if let Some(name) = path.strip_prefix(WELL_KNOWN_PREFIX) {
            return (well_known(app, name), "");
        }
        let Some(route) = app.router.route(path) else {
            return (problem(StatusCode::NOT_FOUND, "Not Found"), "");
        };
        match route.target() {
            Target::Static(answer) => (static_response(answer), ""),
            Target::Component { index, id } => {
                let workers = app.components[*index].workers();
                (self.call(workers, request, &route, client).await, id.as_str())
            }
        }
    }

    async fn call(
        &self,
        workers: &Workers,
        request: Request<Incoming>,
        route: &RouteMatch<'_, '_>,
        client: &HeaderValue,
    ) -> Response<WasiBody> {
        let (mut parts, incoming) = request.into_parts();
        let Some(uri) = absolute(&parts.uri, &parts.headers) else {
            return problem(StatusCode::BAD_REQUEST, "The header Host is missing or wrong");
        };
        // Hop-by-hop: it says nothing to a component.
        parts.headers.remove(CONNECTION);
        for (name, value) in manifest::spin_headers(route, &uri.to_string(), client) {
            parts.headers.insert(name, value);
        }
        parts.uri = uri;
        // A client may not trickle either: what is read ahead must be there in the same time.
        let received =
            tokio::time::timeout(self.limits.body.pause, body::receive(incoming, self.limits.body));
        let (body, verdict) = match received.await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT)) {
            Ok(received) => received,
            Err(status) => return broken_limit(status),
        };
        match workers.answer(Request::from_parts(parts, body)).await {
            Ok(response) => match verdict.status() {
                Some(status) => broken_limit(status),
                None => response,
            },
            Err(error) => match verdict.status() {
                Some(status) => broken_limit(status),
                None => failure(&error),
            },
        }
    }
}

/// What Spin answers itself, and which build of which component answers which route.
fn well_known(app: &App, name: &str) -> Response<WasiBody> {
    match name {
        "health" => plain(StatusCode::OK, "text/plain", "OK"),
        "info" => {
            let routes = app.routes().map(|(route, component, build)| {
                serde_json::json!({"route": route, "component": component, "build": build})
            });
            let info = serde_json::json!({
                "name": app.manifest.name,
                "version": app.manifest.version,
                "routes": routes.collect::<Vec<_>>(),
            });
            plain(StatusCode::OK, "application/json", info.to_string())
        }
        _ => problem(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// A component gave no answer: what the client is told.
fn failure(error: &NoAnswer) -> Response<WasiBody> {
    match error {
        NoAnswer::Failed(error) if error.is::<ExpirationError>() => {
            problem(StatusCode::GATEWAY_TIMEOUT, "The component took too long")
        }
        NoAnswer::NoInstance(cause) => {
            tracing::error!(%cause, "no instance could be made");
            let mut response =
                problem(StatusCode::SERVICE_UNAVAILABLE, "All instances are in use: try again");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
        // A trap was logged when its instance ended.
        NoAnswer::Ended | NoAnswer::Failed(_) => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

fn broken_limit(status: StatusCode) -> Response<WasiBody> {
    let mut response = match status {
        StatusCode::PAYLOAD_TOO_LARGE => problem(status, "The body is larger than this server accepts"),
        StatusCode::REQUEST_TIMEOUT => problem(status, "The request did not arrive within the time allowed"),
        _ => problem(status, "The body ended too early or is malformed"),
    };
    // What is left of the body is not waited for.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Marks an answer that is the runtime's own, with what it says.
#[derive(Clone)]
struct Refusal(&'static str);

fn problem(status: StatusCode, detail: &'static str) -> Response<WasiBody> {
    let mut response = plain(status, "application/json", serde_json::json!({ "detail": detail }).to_string());
    response.extensions_mut().insert(Refusal(detail));
    response
}

/// Browsers ask for HTML when a person opens an address; scripts and Orthanc do not.
fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().windows(9).any(|range| range == b"text/html"))
}

/// The same refusal for a person: no component is there to say it better.
fn page(status: StatusCode, detail: &str) -> Response<WasiBody> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{detail}</title>\
         <main><h1>{detail}</h1><p>Please try again, or ask whoever sent you the link.</p></main></html>"
    );
    let mut response = plain(status, "text/html; charset=utf-8", html);
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn plain(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<WasiBody> {
    let mut response = Response::new(Full::new(body.into()).map_err(Error::from).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn static_response(answer: &StaticResponse) -> Response<WasiBody> {
    let mut response = Response::new(Full::new(answer.body.clone()).map_err(Error::from).boxed_unsync());
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers.iter().cloned());
    response
}

/// The request's URI with scheme and authority, which must be unambiguous (RFC 9112 §3.2).
fn absolute(uri: &Uri, headers: &HeaderMap) -> Option<Uri> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().map(|host| Authority::try_from(host.as_bytes()));
    if hosts.next().is_some() {
        return None;
    }
    let authority = match (host, uri.authority()) {
        (None, None) | (Some(Err(_)), _) => return None,
        (Some(Ok(host)), None) => host,
        (None, Some(authority)) => authority.clone(),
        (Some(Ok(host)), Some(authority)) => (host == *authority).then_some(host)?,
    };
    if authority.as_str().contains('@') {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    Uri::from_parts(parts).ok()
}
