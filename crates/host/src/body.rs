//! Bodies with limits. Small request bodies are read whole before a component sees them, so that a slow
//! client costs no instance; larger ones stream, and the limits go along.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// Up to this size a request's body is read before its component starts.
const READ_AHEAD: usize = 64 * 1024;

/// Bytes a second that a large body must come with on average.
const SLOWEST: u64 = 16 * 1024;

/// A client that is still sending reads no answer: what it sends is taken and dropped for this long.
const LINGER: Duration = Duration::from_secs(2);

/// What a client must keep to.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub size: u64,
    /// Time until its next piece.
    pub pause: Duration,
}

/// The limit that a streamed body broke, if it did: seen after the component has answered.
#[derive(Clone, Default)]
pub struct Verdict(Arc<AtomicU16>);

impl Verdict {
    /// 413 or 408, or nothing.
    pub fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.0.load(Relaxed)).ok()
    }

    fn set(&self, status: StatusCode) {
        self.0.store(status.as_u16(), Relaxed);
    }
}

/// Takes a request's body: whole if it is small, else as a stream within the limits.
/// Fails with the status to answer: 413, 408, or 400 if it ends early.
pub async fn receive<B>(body: B, limits: Limits) -> Result<(WasiBody, Verdict), StatusCode>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Error> + Send,
{
    let verdict = Verdict::default();
    if body.is_end_stream() {
        return Ok((whole(Bytes::new()), verdict));
    }
    if body.size_hint().lower() > limits.size {
        tokio::spawn(drain(body));
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let slowest = Duration::from_secs(limits.size / SLOWEST);
    let mut guarded = Guarded {
        deadline: Instant::now() + limits.pause + slowest,
        timed: Some(with_timeout(body, limits.pause, || Error::ConnectionReadTimeout)),
        left: limits.size,
        verdict: verdict.clone(),
    };
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while first.as_ref().map_or(0, Bytes::len) + more.len() < READ_AHEAD {
        match guarded.frame().await {
            None => {
                let bytes = first.unwrap_or_default();
                return Ok((whole(if more.is_empty() { bytes } else { join(&bytes, &more) }), verdict));
            }
            Some(Err(_)) => return Err(verdict.status().unwrap_or(StatusCode::BAD_REQUEST)),
            Some(Ok(frame)) => match (frame.into_data(), &first) {
                (Ok(data), None) => first = Some(data),
                (Ok(data), Some(_)) => more.extend_from_slice(&data),
                (Err(_trailers), _) => {}
            },
        }
    }
    let begun = join(&first.unwrap_or_default(), &more);
    Ok((Prefixed { begun: Some(begun), rest: guarded }.boxed_unsync(), verdict))
}

fn whole(bytes: Bytes) -> WasiBody {
    Full::new(bytes).map_err(Error::from).boxed_unsync()
}

fn join(first: &[u8], more: &[u8]) -> Bytes {
    [first, more].concat().into()
}

/// A body that fails when its next piece takes longer than this.
pub fn with_timeout<B>(body: B, pause: Duration, error: fn() -> Error) -> Timed<B> {
    Timed { body, pause, error, sleep: None }
}

/// See [`with_timeout`].
pub struct Timed<B> {
    body: B,
    pause: Duration,
    error: fn() -> Error,
    /// Armed while waiting.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<B> Body for Timed<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Error>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.sleep = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let until = Instant::now() + self.pause;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(Some(Err((self.error)())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request body that counts its bytes, and notes in its verdict why it failed.
struct Guarded<B> {
    /// None after the limit was passed.
    timed: Option<Timed<B>>,
    left: u64,
    deadline: Instant,
    verdict: Verdict,
}

impl<B> Body for Guarded<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Error> + Send,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(timed) = &mut self.timed else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(timed).poll_frame(cx));
        if Instant::now() > self.deadline {
            self.verdict.set(StatusCode::REQUEST_TIMEOUT);
            return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
        }
        let length = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(Error::ConnectionReadTimeout)) => {
                self.verdict.set(StatusCode::REQUEST_TIMEOUT);
                0
            }
            _ => 0,
        };
        match self.left.checked_sub(length) {
            Some(left) => self.left = left,
            None => {
                self.verdict.set(StatusCode::PAYLOAD_TOO_LARGE);
                self.timed.take().map(|timed| tokio::spawn(drain(timed.body)));
                return Poll::Ready(Some(Err(Error::HttpRequestBodySize(None))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.timed.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.timed.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

async fn drain<B>(mut body: B)
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Send,
{
    let all = async { while let Some(Ok(_)) = body.frame().await {} };
    // Whether it came to its end does not matter.
    let _ = tokio::time::timeout(LINGER, all).await;
}

/// A body whose beginning was read already.
struct Prefixed<B> {
    begun: Option<Bytes>,
    rest: B,
}

impl<B: Body<Data = Bytes, Error = Error> + Unpin> Body for Prefixed<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.begun.take() {
            Some(begun) => Poll::Ready(Some(Ok(Frame::data(begun)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}
