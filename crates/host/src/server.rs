//! The accept loop and its end.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::connection;
use crate::service::Service;

/// Serves until SIGTERM or SIGINT; then takes no new connections, and returns when the requests that
/// were accepted have their answers, or after `shutdown_timeout`.
pub async fn run(
    listener: TcpListener,
    service: Arc<Service>,
    max_connections: u32,
    shutdown_timeout: Duration,
) -> anyhow::Result<()> {
    let room = Arc::new(Semaphore::new(max_connections as usize));
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;

    loop {
        let accepted = async {
            // The semaphore is never closed.
            let permit = room.clone().acquire_owned().await.ok();
            (listener.accept().await, permit)
        };
        tokio::select! {
            (result, permit) = accepted => match result {
                Ok((stream, client)) => {
                    let connection = connection::serve(stream, client, service.clone(), stopping.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                Err(error) => pause_after(&error).await,
            },
            Some(_) = connections.join_next() => {}
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }

    accept_waiting(&listener, &service, &stopping, &mut connections).await;
    drop(listener);
    tracing::info!("stopping: waiting for the requests that were accepted");
    // Nobody can receive it any more only if there is no connection left.
    let _ = stop.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let why = tokio::select! {
        () = all => return Ok(()),
        () = tokio::time::sleep(shutdown_timeout) => "at the end of --shutdown-timeout",
        _ = terminate.recv() => "by a second signal",
        _ = interrupt.recv() => "by a second signal",
    };
    tracing::warn!("{} connections were cut {why}", connections.len());
    Ok(())
}

/// New clients keep coming to a server that is busy: after this time they are turned away.
const DRAIN: Duration = Duration::from_millis(100);

/// The kernel has accepted connections that this program has not seen yet: their clients have sent
/// requests, and get answers.
async fn accept_waiting(
    listener: &TcpListener,
    service: &Arc<Service>,
    stopping: &watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
) {
    let end = Instant::now() + DRAIN;
    while Instant::now() < end
        && let Ok(Ok((stream, client))) = timeout(Duration::from_millis(1), listener.accept()).await
    {
        connections.spawn(connection::serve(stream, client, service.clone(), stopping.clone()));
    }
}

/// A client that is gone already concerns nobody; being out of file descriptors passes.
async fn pause_after(error: &std::io::Error) {
    if !matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    ) {
        tracing::error!(%error, "connections cannot be accepted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
