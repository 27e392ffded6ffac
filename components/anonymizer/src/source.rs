//! The body of an answer of Orthanc's, piece by piece. Not by the SDK's own reader: its pieces are of 16 KB,
//! and each crossing into the component costs more than the bytes.

use api::Problem;
use spin_sdk::http::Response;
use spin_sdk::wasip3::http::types::{self, ErrorCode, Trailers};
use spin_sdk::wasip3::wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult};
use spin_sdk::wasip3::wit_future;

use crate::orthanc::unexpected;

/// So much is read at most at once.
const PIECE: usize = 128 << 10;

/// A body that is being read.
pub struct Source {
    bytes: StreamReader<u8>,
    end: Option<FutureReader<Result<Option<Trailers>, ErrorCode>>>,
    /// Dropped with this: Orthanc's answer is done with.
    _received: FutureWriter<Result<(), ErrorCode>>,
}

impl Source {
    /// Of this answer.
    pub fn new(response: Response) -> Result<Self, Problem> {
        let response = response.into_body().take_unstarted().ok_or_else(unexpected)?;
        let (received, is_received) = wit_future::new(|| Ok(()));
        let (bytes, end) = types::Response::consume_body(response, is_received);
        Ok(Self { bytes, end: Some(end), _received: received })
    }

    /// The next bytes; none at the end. Fails if the body is not whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        loop {
            let (result, piece) = self.bytes.read(Vec::with_capacity(PIECE)).await;
            match result {
                _ if !piece.is_empty() => return Ok(Some(piece)),
                StreamResult::Complete(_) => {}
                StreamResult::Cancelled => return Err(unexpected()),
                StreamResult::Dropped => {
                    let Some(end) = self.end.take() else { return Ok(None) };
                    return end.await.map(|_| None).map_err(|_| unexpected());
                }
            }
        }
    }
}
