//! What components may call over HTTP: only hosts that their `allowed_outbound_hosts` name, through one
//! pool of connections, with TLS against the system's roots.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use http::HeaderName;
use http_body_util::BodyExt;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use manifest::AllowedHosts;
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, WasiBody, WasiHttpHooks};

/// A component that sets no limits of its own gets these.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections that nobody uses are closed after this time.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// So much of an answer is read at once, and kept for each connection: no component takes more.
const PIECE: usize = 128 * 1024;

/// The pool that all components share.
pub type Pool = Client<HttpsConnector<HttpConnector>, WasiBody>;

/// A new pool. TLS roots are the system's; `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured.
pub fn pool() -> anyhow::Result<Pool> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("TLS")?
        .with_root_certificates(system_roots())
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .http1_max_buf_size(PIECE)
        .build(connector))
}

/// Unreadable certificates are left out: a machine without any can still speak plain HTTP, and every
/// TLS connection fails closed.
fn system_roots() -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    roots
}

/// One component's way out.
#[derive(Clone)]
pub struct Outbound {
    /// What it may reach.
    pub allowed: Arc<AllowedHosts>,
    /// How.
    pub pool: Pool,
    /// Who it is, for the log.
    pub component: Arc<str>,
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    /// As by default, which makes a closure for every header.
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _response_processed: Io,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send> {
        let outbound = self.clone();
        Box::new(async move {
            let response = outbound.send(request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }
}

impl Outbound {
    async fn send(
        &self,
        request: http::Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<http::Response<WasiBody>, Error> {
        let uri = request.uri();
        let scheme = uri.scheme_str().unwrap_or("https");
        let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?;
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        if !self.allowed.allows(scheme, host, Some(port)) {
            tracing::warn!(
                component = %self.component,
                "a request to {scheme}://{host}:{port} was not sent: allowed_outbound_hosts does not name it"
            );
            return Err(Error::HttpRequestDenied);
        }
        let limit = options.first_byte_timeout.unwrap_or(RESPONSE_TIMEOUT);
        let limit = limit.saturating_add(options.connect_timeout.unwrap_or(CONNECT_TIMEOUT));
        let between_bytes = options.between_bytes_timeout.unwrap_or(RESPONSE_TIMEOUT);
        let response = tokio::time::timeout(limit, self.pool.request(request))
            .await
            .map_err(|_| Error::ConnectionReadTimeout)?
            .map_err(client_error)?;
        Ok(response.map(|body| {
            crate::body::with_timeout(body.map_err(Error::from), between_bytes, || {
                Error::ConnectionReadTimeout
            })
            .boxed_unsync()
        }))
    }
}

/// The nearest of WASI's words. hyper-util's own error says no more than "client error (Connect)".
fn client_error(error: hyper_util::client::legacy::Error) -> Error {
    use std::error::Error as _;
    if !error.is_connect() {
        return Error::ConnectionTerminated;
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return match io.kind() {
                std::io::ErrorKind::TimedOut => Error::ConnectionTimeout,
                std::io::ErrorKind::InvalidData => Error::TlsCertificateError,
                _ => Error::ConnectionRefused,
            };
        }
        source = cause.source();
    }
    Error::DestinationUnavailable
}
