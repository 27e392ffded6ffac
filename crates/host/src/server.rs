//! The accept loops and their end: one on each shard, all on one socket.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::connection;
use crate::ending;
use crate::service::Service;
use crate::shard;

/// How many connections the kernel holds until they are taken.
const BACKLOG: u32 = 1024;

/// Listens at the address. What is sent on its connections leaves at once.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of an earlier run that are not quite over do not matter.
    socket.set_reuseaddr(true)?;
    // On Linux each connection has this from its listener, without a call of its own.
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until SIGTERM or SIGINT; then takes no new connections, and returns when the requests that
/// were accepted have their answers, or after `shutdown_timeout`.
pub async fn run(
    listener: TcpListener,
    service: Arc<Service>,
    max_connections: u32,
    shutdown_timeout: Duration,
) -> anyhow::Result<()> {
    let listener = listener.into_std().context("the listening socket")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;

    let (stop, stopping) = watch::channel(false);
    let (cut, cutting) = watch::channel(false);
    let (inboxes, outboxes): (Vec<_>, Vec<_>) =
        (0..shard::count()).map(|_| mpsc::unbounded_channel()).unzip();
    let common = Common {
        service,
        room: Arc::new(Semaphore::new(max_connections as usize)),
        stopping,
        cutting,
        inboxes: inboxes.into(),
        open: (0..shard::count()).map(|_| AtomicUsize::new(0)).collect(),
    };
    let mut shards = JoinSet::new();
    for (index, outbox) in outboxes.into_iter().enumerate() {
        let common = common.clone();
        let listener = listener.try_clone().context("the listening socket, for each core")?;
        shards.spawn_blocking(move || Shard::run(index, common, listener, outbox));
    }
    drop((common, listener));

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        Some(ended) = shards.join_next() => {
            ended.context("a thread that serves ended")??;
        }
    }
    ending::not_later_than(DRAIN + shutdown_timeout + END);
    // Nobody can receive it any more only if there is no shard left.
    let _ = stop.send(true);
    // Who logs may have to wait for who reads the log: not this task, which waits for a second signal.
    tokio::task::spawn_blocking(|| {
        tracing::info!("stopping: waiting for the requests that were accepted");
    });
    let why = tokio::select! {
        count = ended(&mut shards) => return count.map(drop),
        () = tokio::time::sleep(DRAIN + shutdown_timeout) => "at the end of --shutdown-timeout",
        _ = terminate.recv() => "by a second signal",
        _ = interrupt.recv() => "by a second signal",
    };
    ending::not_later_than(END);
    let _ = cut.send(true);
    let count = ended(&mut shards).await?;
    tracing::warn!("{count} connections were cut {why}");
    Ok(())
}

/// What is left to do after the last request takes no longer.
pub const END: Duration = Duration::from_secs(1);

/// Waits for all shards; how many connections they cut.
async fn ended(shards: &mut JoinSet<anyhow::Result<usize>>) -> anyhow::Result<usize> {
    let mut count = 0;
    while let Some(ended) = shards.join_next().await {
        count += ended.context("a thread that serves ended")??;
    }
    Ok(count)
}

/// A connection that another shard accepted.
type HandedOver = (std::net::TcpStream, SocketAddr, OwnedSemaphorePermit);

/// What the shards have in common.
#[derive(Clone)]
struct Common {
    service: Arc<Service>,
    /// For connections.
    room: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
    cutting: watch::Receiver<bool>,
    /// Of each shard.
    inboxes: Arc<[mpsc::UnboundedSender<HandedOver>]>,
    /// How many connections each shard has.
    open: Arc<[AtomicUsize]>,
}

impl Common {
    /// Where a new connection of this shard goes: to that with the fewest, if that has fewer even with this one.
    /// To wake another core costs more than to answer.
    fn place(&self, this: usize) -> usize {
        let open = |index: &usize| self.open[*index].load(Relaxed);
        let least = (0..self.open.len()).min_by_key(open).unwrap_or(this);
        if open(&least) + 1 < open(&this) { least } else { this }
    }
}

/// One shard, as its own tasks see it.
#[derive(Clone)]
struct Shard {
    index: usize,
    common: Common,
    /// Each connection has a copy: when there is none left, all have ended.
    running: mpsc::Sender<Infallible>,
}

impl Shard {
    /// On a thread of its own; how many connections were cut in the end.
    fn run(
        index: usize,
        common: Common,
        listener: std::net::TcpListener,
        handed_over: mpsc::UnboundedReceiver<HandedOver>,
    ) -> anyhow::Result<usize> {
        shard::enter(index);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (running, all_ended) = mpsc::channel(1);
        let shard = Self { index, common, running };
        runtime.context("an event loop")?.block_on(shard.serve(listener, handed_over, all_ended))
    }

    async fn serve(
        self,
        listener: std::net::TcpListener,
        mut handed_over: mpsc::UnboundedReceiver<HandedOver>,
        mut all_ended: mpsc::Receiver<Infallible>,
    ) -> anyhow::Result<usize> {
        let listener = Arc::new(TcpListener::from_std(listener).context("the listening socket")?);
        let (mut stopping, mut cutting) = (self.common.stopping.clone(), self.common.cutting.clone());
        // A task of its own, which nothing but a new connection wakes.
        let mut accepting = tokio::spawn(self.clone().accept(listener.clone()));
        loop {
            tokio::select! {
                Some(connection) = handed_over.recv() => self.take(connection),
                ended = &mut accepting => ended.context("accepting connections")?,
                _ = stopping.wait_for(|stopping| *stopping) => break,
            }
        }
        // It waits: what it has accepted it has passed on.
        accepting.abort();
        let _ = accepting.await;
        self.accept_waiting(&listener, &mut handed_over).await;
        drop(listener);
        let Self { index, common, running } = self;
        drop(running);
        tokio::select! {
            _ = all_ended.recv() => Ok(0),
            _ = cutting.wait_for(|cutting| *cutting) => Ok(common.open[index].load(Relaxed)),
        }
    }

    async fn accept(self, listener: Arc<TcpListener>) {
        // The semaphore is never closed.
        while let Ok(permit) = self.common.room.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, client)) => self.take_or_hand_over(stream, client, permit),
                Err(error) => pause_after(&error).await,
            }
        }
    }

    /// Keeps the connection, or gives it to a shard that has fewer.
    fn take_or_hand_over(&self, stream: TcpStream, client: SocketAddr, permit: OwnedSemaphorePermit) {
        let shard = self.common.place(self.index);
        if shard == self.index {
            return self.spawn(stream, client, Some(permit));
        }
        // One that cannot leave this event loop is closed: its client sees that, and asks again.
        let Ok(stream) = stream.into_std() else { return };
        // A shard that has stopped before this one takes none any more.
        if let Err(SendError(connection)) = self.common.inboxes[shard].send((stream, client, permit)) {
            self.take(connection);
        }
    }

    fn take(&self, (stream, client, permit): HandedOver) {
        if let Ok(stream) = TcpStream::from_std(stream) {
            self.spawn(stream, client, Some(permit));
        }
    }

    fn spawn(&self, stream: TcpStream, client: SocketAddr, permit: Option<OwnedSemaphorePermit>) {
        let (open, index, running) = (self.common.open.clone(), self.index, self.running.clone());
        let connection =
            connection::serve(stream, client, self.common.service.clone(), self.common.stopping.clone());
        open[index].fetch_add(1, Relaxed);
        tokio::spawn(async move {
            connection.await;
            open[index].fetch_sub(1, Relaxed);
            drop((permit, running));
        });
    }

    /// The kernel has accepted connections that this program has not seen yet, and other shards have handed
    /// some over: their clients have sent requests, and get answers.
    async fn accept_waiting(
        &self,
        listener: &TcpListener,
        handed_over: &mut mpsc::UnboundedReceiver<HandedOver>,
    ) {
        let end = Instant::now() + DRAIN;
        while Instant::now() < end {
            tokio::select! {
                Some(connection) = handed_over.recv() => self.take(connection),
                accepted = timeout(Duration::from_millis(1), listener.accept()) => match accepted {
                    Ok(Ok((stream, client))) => self.spawn(stream, client, None),
                    _ => break,
                },
            }
        }
        handed_over.close();
        // Also what another shard is about to put in.
        while let Some(connection) = handed_over.recv().await {
            self.take(connection);
        }
    }
}

/// New clients keep coming to a server that is busy: after this time they are turned away.
const DRAIN: Duration = Duration::from_millis(100);

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
