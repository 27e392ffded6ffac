//! Bodies of answers: ready, or Orthanc's, rewritten piece by piece as the client takes it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use api::Problem;
use bytes::Bytes;
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use proxy::Rewriter;

use crate::upstream::unexpected;

/// So much is waited for before the answer begins, as in the component.
const FIRST: usize = 64 << 10;

/// The body of an answer.
pub enum Body {
    /// Ready; none once it is sent.
    Whole(Option<Bytes>),
    /// The first piece, then the rest.
    Rewritten(Option<Bytes>, Box<Source>),
}

/// What rewrites Orthanc's bytes.
pub enum How {
    /// DICOM JSON and Orthanc's.
    Json(deid::json::Transformer),
    /// Frames.
    Multipart(Rewriter),
    /// A DICOM file.
    File(deid::file::Transformer),
}

/// Orthanc's body on its way.
pub struct Source {
    upstream: Incoming,
    /// None at the end.
    how: Option<How>,
}

impl How {
    fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Problem> {
        match self {
            Self::Json(transformer) => transformer.feed(chunk, out).map_err(|_| unexpected()),
            Self::Multipart(rewriter) => rewriter.feed(chunk, out).map_err(|_| unexpected()),
            Self::File(transformer) => transformer.feed(chunk, out).map_err(|_| unexpected()),
        }
    }

    fn finish(self, out: &mut Vec<u8>) -> Result<(), Problem> {
        match self {
            Self::Json(transformer) => transformer.finish().map_err(|_| unexpected()),
            Self::Multipart(rewriter) => rewriter.finish().map_err(|_| unexpected()),
            Self::File(transformer) => transformer.finish(out).map_err(|_| unexpected()),
        }
    }
}

impl Body {
    /// A ready one.
    pub fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Orthanc's, rewritten. Its length, if it is known already; an error if the beginning is bad.
    pub async fn rewritten(mut upstream: Incoming, mut how: How) -> Result<(Self, Option<usize>), Problem> {
        let mut first = Vec::new();
        while first.len() < FIRST {
            let Some(frame) = upstream.frame().await else {
                how.finish(&mut first)?;
                let length = first.len();
                return Ok((Self::whole(first.into()), Some(length)));
            };
            if let Ok(data) = frame.map_err(|_| unexpected())?.into_data() {
                how.feed(&data, &mut first)?;
            }
        }
        let source = Box::new(Source { upstream, how: Some(how) });
        Ok((Self::Rewritten(Some(first.into()), source), None))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let body = self.get_mut();
        let (Self::Whole(ready) | Self::Rewritten(ready, _)) = body;
        if let Some(bytes) = ready.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Self::Rewritten(_, source) = body else { return Poll::Ready(None) };
        let piece = ready!(source.poll(context));
        // The answer has begun: all that is left is to break it off.
        let broken = |_: Problem| std::io::Error::from(std::io::ErrorKind::InvalidData);
        Poll::Ready(piece.map(|piece| piece.map(Frame::data).map_err(broken)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }
}

impl Source {
    /// The next piece that is not empty.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Problem>>> {
        let mut out = Vec::new();
        while let Some(how) = &mut self.how {
            let result = match ready!(Pin::new(&mut self.upstream).poll_frame(context)) {
                Some(Ok(frame)) => frame.data_ref().map_or(Ok(()), |data| how.feed(data, &mut out)),
                Some(Err(_)) => Err(unexpected()),
                None => self.how.take().map_or(Ok(()), |how| how.finish(&mut out)),
            };
            match result {
                Err(problem) => return Poll::Ready(Some(Err(problem))),
                Ok(()) if !out.is_empty() => return Poll::Ready(Some(Ok(out.into()))),
                Ok(()) => {}
            }
        }
        Poll::Ready(None)
    }
}
