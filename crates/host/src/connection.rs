//! One TCP connection: HTTP/1.1 by hyper, and the answer to a client that is too slow to ask.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;

use crate::service::Service;

/// How long a connection goes on after the end was announced, so that a request that has arrived, but was
/// not read yet, is seen.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// Serves requests until the client leaves, an error comes, or `stopping` turns true; then the request
/// that has begun is still answered.
pub async fn serve(
    stream: TcpStream,
    client: SocketAddr,
    service: Arc<Service>,
    mut stopping: watch::Receiver<bool>,
) {
    let limits = service.limits();
    let Ok(client) = HeaderValue::try_from(client.to_string()) else { return };
    // A client that does not read its answers must not keep its place.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.body.pause));
    let answered = Arc::new(AtomicBool::new(false));
    let has_answered = answered.clone();
    let handler = service_fn(move |request| {
        let (service, client) = (service.clone(), client.clone());
        has_answered.store(true, Relaxed);
        async move { Ok::<_, Infallible>(service.answer(request, &client).await) }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.body.pause)
        .max_buf_size(limits.head)
        .half_close(true)
        .serve_connection(TokioIo::new(Box::pin(stream)), handler);

    let result = {
        // The sender lives as long as the server; should it be gone, the server stops.
        let stop = pin!(async { stopping.wait_for(|stopping| *stopping).await.is_ok() });
        tokio::select! {
            result = &mut connection => result,
            _ = stop => match tokio::time::timeout(LAST_LOOK, &mut connection).await {
                Ok(result) => result,
                Err(_) => {
                    std::pin::Pin::new(&mut connection).graceful_shutdown();
                    (&mut connection).await
                }
            }
        }
    };
    if result.is_err_and(|error| error.is_timeout()) {
        let parts = connection.into_parts();
        // A connection that has only been idle is closed in silence: an answer that nobody asked for would be
        // taken for that of the next request.
        if !parts.read_buf.is_empty() || !answered.load(Relaxed) {
            // hyper closes in silence here too; RFC 9110 §15.5.9 wants the client to be told.
            let mut stream = parts.io.into_inner();
            let _ = stream.write_all(too_slow().as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
}

fn too_slow() -> String {
    let body = r#"{"detail":"The request did not arrive within the time allowed"}"#;
    let length = body.len();
    format!(
        "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}
