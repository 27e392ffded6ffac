//! The instances of a component on one core, and the requests that wait for one.
//!
//! An instance takes one request after the other: the next when the one before has its answer or waits for
//! something, so that a request that traps takes none along that only stood behind it. Another instance is made
//! when no other can take a request that waits. (wasmtime's own `ProxyHandler` is made for several threads: it
//! starts an instance for every request that finds the others computing, which on one core only costs memory.)

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::channel::oneshot;
use futures::stream::{FuturesUnordered, StreamExt};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use wasmtime::component::Accessor;
use wasmtime::{AsContextMut, Store};
use wasmtime_wasi_http::handler::{Prepared, Proxy};
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpView};

use crate::instance::{Instance, InstanceMaker, Limit, State, TimeLimit};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// There is no room for an instance.
    #[error("no instance could be made: {0:#}")]
    NoInstance(wasmtime::Error),
    /// The instance that answered it has ended.
    #[error("the instance was ended")]
    Ended,
    /// The component failed, or took too long.
    #[error(transparent)]
    Failed(#[from] wasmtime::Error),
}

type Answer = Result<Response<WasiBody>, wasmtime::Error>;

/// A request that waits, and where its answer goes.
struct Job {
    request: Request<WasiBody>,
    answer: oneshot::Sender<Answer>,
}

/// The instances of one component on one core.
#[derive(Clone)]
pub struct Workers(Arc<Shared>);

struct Shared {
    maker: InstanceMaker,
    /// Gives every worker its number.
    started: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// The workers that could take a request, the one that could last at the end.
    available: Vec<(u64, Waker)>,
    /// The one that was told to come, and has not looked yet.
    coming: Option<u64>,
}

impl Workers {
    /// None has an instance yet.
    pub fn new(maker: InstanceMaker) -> Self {
        Self(Arc::new(Shared { maker, started: AtomicU64::new(0), waiting: Mutex::default() }))
    }

    /// Makes an instance, to see that it can be.
    pub async fn try_out(&self) -> wasmtime::Result<()> {
        self.0.maker.instantiate().await.map(drop)
    }

    /// Has one of them answer.
    pub async fn answer(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>, NoAnswer> {
        let (answer, answered) = oneshot::channel();
        self.waiting().jobs.push_back(Job { request, answer });
        self.call_one();
        let answer = answered.await.map_err(|_| NoAnswer::Ended)?;
        answer.map_err(|error| error.downcast::<NoAnswer>().unwrap_or_else(NoAnswer::Failed))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// If a request waits and nobody comes for it, tells the worker to come that was at work last: its memory
    /// is warm, and the others may grow old. Without one, starts one.
    fn call_one(&self) {
        let mut waiting = self.waiting();
        if waiting.jobs.is_empty() || waiting.coming.is_some() {
            return;
        }
        if let Some((worker, waker)) = waiting.available.pop() {
            waiting.coming = Some(worker);
            waker.wake();
        } else {
            let number = self.0.started.fetch_add(1, Relaxed);
            waiting.coming = Some(number);
            tokio::spawn(Worker { number, workers: self.clone() }.run());
        }
    }
}

/// One instance, as long as it lives.
struct Worker {
    number: u64,
    workers: Workers,
}

/// What the inside of the store's event loop says to its outside, which is polled while guest code holds
/// the store.
struct Inside {
    /// Whether all that was accepted has its answer or waits for something.
    rests: AtomicBool,
    /// Whether it would take another request.
    takes: AtomicBool,
    /// Long answers that are not sent to their end: what they are made from is in the instance's memory.
    streams: Arc<AtomicUsize>,
    doing: Mutex<(Limit, Instant)>,
}

impl Inside {
    fn is_doing(&self, what: Limit) {
        let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        if what == Limit::Request || doing.0 != what {
            *doing = (what, Instant::now());
        }
    }

    fn doing(&self) -> (Limit, Instant) {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    async fn run(self) {
        match self.workers.0.maker.instantiate().await {
            Ok(instance) => self.serve(instance).await,
            Err(error) => {
                let job = self.workers.waiting().jobs.pop_front();
                if let Some(job) = job {
                    let _ = job.answer.send(Err(NoAnswer::NoInstance(error).into()));
                }
            }
        }
    }

    async fn serve(&self, instance: Instance) {
        let Instance { mut store, proxy, mut limit } = instance;
        let inside = Inside {
            rests: AtomicBool::new(true),
            takes: AtomicBool::new(true),
            streams: Arc::default(),
            doing: Mutex::new((Limit::Idle, Instant::now())),
        };
        let ended = self.until_end(&mut store, &proxy, &inside, &mut limit).await;
        if let Err(error) = ended {
            // The root cause is the trap; the wasm backtrace above it names functions, no data.
            let cause = error.root_cause().to_string();
            tracing::error!(component = %self.workers.0.maker.component, cause, "an instance was ended");
        }
    }

    /// Polls the store's event loop, and looks at the clock when it has nothing to do.
    async fn until_end(
        &self,
        store: &mut Store<State>,
        proxy: &Proxy,
        inside: &Inside,
        limit: &mut TimeLimit,
    ) -> wasmtime::Result<()> {
        let mut events =
            pin!(store.run_concurrent(async |accessor| self.serve_inside(accessor, proxy, inside).await));
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(result) = events.as_mut().poll(cx) {
                    return Poll::Ready(result.flatten());
                }
                // It has nothing to do right now, or guest code waits with the store in its hands.
                let rested = inside.rests.swap(true, Relaxed);
                let (what, since) = inside.doing();
                if limit.poll(cx, what, since).is_ready() {
                    return Poll::Ready(match what {
                        Limit::Idle => Ok(()),
                        Limit::Request | Limit::Finish => Err(wasmtime::format_err!("guest timed out")),
                    });
                }
                let mut waiting = self.workers.waiting();
                if !rested && inside.takes.load(Relaxed) && !waiting.jobs.is_empty() {
                    continue;
                }
                self.has_looked(&mut waiting, inside.takes.load(Relaxed).then(|| cx.waker()));
                drop(waiting);
                // What it did not take is somebody else's.
                self.workers.call_one();
                return Poll::Pending;
            }
        })
        .await
    }

    /// It has taken what it could. With a waker, it could take more, as far as it knows.
    fn has_looked(&self, waiting: &mut Waiting, waker: Option<&Waker>) {
        if waiting.coming == Some(self.number) {
            waiting.coming = None;
        }
        let place = waiting.available.iter().position(|(number, _)| *number == self.number);
        match (place, waker) {
            // If requests wait that it did not take, it is stuck, whatever it knows.
            (None, Some(waker)) if waiting.jobs.is_empty() => {
                waiting.available.push((self.number, waker.clone()));
            }
            (Some(place), waker) if waker.is_none() || !waiting.jobs.is_empty() => {
                waiting.available.remove(place);
            }
            (Some(_) | None, _) => {}
        }
    }

    /// In the store's event loop: takes requests, and sees them to their answers. Ends when it may take no more
    /// and has nothing left to do.
    async fn serve_inside(
        &self,
        accessor: &Accessor<State>,
        proxy: &Proxy,
        inside: &Inside,
    ) -> wasmtime::Result<()> {
        let reuse = &self.workers.0.maker.reuse;
        let Proxy::P3(service) = proxy;
        let entry = *service.wasi_http_handler().func_handle().func();
        let mut requests = FuturesUnordered::new();
        let mut taken = 0;
        let mut ends = false;
        poll_fn(|cx| {
            loop {
                while let Poll::Ready(Some(result)) = requests.poll_next_unpin(cx) {
                    let in_time: wasmtime::Result<bool> = result;
                    match in_time {
                        // After a request that took too long, the instance takes no more.
                        Ok(in_time) => ends |= !in_time,
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                }
                ends |= taken >= reuse.count;
                let can_enter = accessor.poll_ready_for_concurrent_call(entry, cx).is_ready();
                let busy = requests.len() + inside.streams.load(Relaxed);
                let takes = !ends && can_enter && busy < reuse.concurrent;
                inside.takes.store(takes, Relaxed);
                if takes
                    && inside.rests.load(Relaxed)
                    && let Some(job) = self.take()
                {
                    inside.rests.store(false, Relaxed);
                    inside.is_doing(Limit::Request);
                    taken += 1;
                    requests.push(begin(accessor, proxy, job, reuse.request, inside.streams.clone()));
                    continue;
                }
                if !requests.is_empty() {
                    return Poll::Pending;
                }
                if accessor.poll_no_interesting_tasks(cx).is_pending() {
                    inside.is_doing(Limit::Finish);
                    return Poll::Pending;
                }
                if ends || !can_enter {
                    return Poll::Ready(Ok(()));
                }
                inside.is_doing(Limit::Idle);
                return Poll::Pending;
            }
        })
        .await
    }

    fn take(&self) -> Option<Job> {
        self.workers.waiting().jobs.pop_front()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.has_looked(&mut self.workers.waiting(), None);
        self.workers.call_one();
    }
}

/// The call of the guest that answers the request; whether it came in time. The answer goes to who waits for it.
fn begin<'a>(
    accessor: &'a Accessor<State>,
    proxy: &'a Proxy,
    job: Job,
    limit: Duration,
    streams: Arc<AtomicUsize>,
) -> Pin<Box<dyn Future<Output = wasmtime::Result<bool>> + Send + 'a>> {
    let (made, mut answer) = oneshot::channel();
    let prepared = accessor.with(|mut access| {
        let mut store = access.as_context_mut();
        store.data_mut().restart_cpu();
        Prepared::new(store, proxy, job.request, State::http, made)
    });
    Box::pin(async move {
        let in_time = prepared?.run(accessor, tokio::time::sleep(limit)).await?;
        if let Ok(Some(answer)) = answer.try_recv() {
            // Whoever waited may have left.
            let _ = job.answer.send(answer.map(|answer: Response<WasiBody>| counted(answer, streams)));
        }
        Ok(in_time)
    })
}

/// A longer answer, or one of a length that nobody knows yet, counts until it is sent.
const SHORT: u64 = 64 * 1024;

fn counted(answer: Response<WasiBody>, streams: Arc<AtomicUsize>) -> Response<WasiBody> {
    if answer.body().size_hint().upper().is_some_and(|length| length <= SHORT) {
        return answer;
    }
    streams.fetch_add(1, Relaxed);
    answer.map(|body| Counted { body, streams }.boxed_unsync())
}

struct Counted {
    body: WasiBody,
    streams: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.streams.fetch_sub(1, Relaxed);
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
