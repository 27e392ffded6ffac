//! The components' handlers natively on hyper: the same crates, the same answers, no WebAssembly. For the
//! benchmark only: it is the limit that the runtime is compared with, and it has none of the runtime's own work
//! (no limits, no log of requests, no replacement).
//!
//! | module | what it answers, as the component of the same name |
//! | --- | --- |
//! | [`validate`] | `POST /shares/validate`, `POST /tokens/validate` |
//! | [`shares`] | `PUT /shares`, for standard shares |
//! | [`landing`] | `GET /welcome/`, for standard shares |
//! | [`anonymizer`] | `GET /anon-shares/…`: metadata, lists of instances, frames, files |
//!
//! Each core has a thread with an event loop and a listening socket of its own (SO_REUSEPORT).

mod anonymizer;
mod body;
mod landing;
mod reply;
// The very file of the component; the benchmark asks for less than it can.
#[allow(dead_code)]
#[path = "../../../components/anonymizer/src/memory.rs"]
mod memory;
mod settings;
mod shares;
mod upstream;
mod validate;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::Context;
use api::{ApiError, Problem};
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::LocalSet;

use crate::body::Body;
use crate::settings::Settings;

/// As in the runtime.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As large as the runtime's (`--http1-max-buf-size`).
const LARGEST_HEAD: usize = 1024 * 1024;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().context("the address to listen on is missing")?;
    let listen: SocketAddr = listen.parse().context("the address to listen on")?;
    let variables = arguments
        .map(|argument| argument.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Option<_>>()
        .context("after the address, variables: name=value")?;
    let cores = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| serve(listen, &variables))).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => anyhow::bail!("a thread ended by a panic"),
        })
    })
}

fn serve(listen: SocketAddr, variables: &settings::Variables) -> anyhow::Result<()> {
    let settings = Rc::new(Settings::read(variables)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseport(true)?;
        socket.bind(listen)?;
        let listener = socket.listen(1024)?;
        loop {
            accept(&listener, &settings).await?;
        }
    })
}

async fn accept(listener: &TcpListener, settings: &Rc<Settings>) -> anyhow::Result<()> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let settings = settings.clone();
    let handler = service_fn(move |request| {
        let settings = settings.clone();
        async move { Ok::<_, Infallible>(answer(request, &settings).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(LARGEST_HEAD)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), handler);
    tokio::task::spawn_local(async {
        // A client that left concerns nobody.
        let _ = connection.await;
    });
    Ok(())
}

async fn answer(request: Request<Incoming>, settings: &Rc<Settings>) -> Response<Body> {
    let path = request.uri().path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let result = match (path, request.method()) {
        ("/shares/validate" | "/tokens/validate", &Method::POST) => validate::answer(request, settings).await,
        ("/shares", &Method::PUT) => shares::answer(request, settings).await,
        ("/welcome", &Method::GET) => landing::answer(&request, settings),
        (path, &Method::GET) if path.starts_with(anonymizer::MOUNT) => {
            anonymizer::answer(&request, settings).await.map_err(ApiError::from)
        }
        _ => Err(Problem::not_found().into()),
    };
    result.unwrap_or_else(reply::error)
}
