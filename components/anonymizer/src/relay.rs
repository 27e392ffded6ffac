//! Answers to the client: their headers are ours, and their bodies pass as a stream. What fails before the
//! first bytes is an error with a status; what fails later breaks the answer off.

use api::Problem;
use http::header::CONTENT_LENGTH;
use spin_sdk::http::Response;
use spin_sdk::wasip3::http::types::{self, ErrorCode, Fields};
use spin_sdk::wasip3::http_compat::BodyWriter;
use spin_sdk::wasip3::{spawn, wit_future};

use crate::orthanc::unexpected;

/// So much is waited for before the answer begins: most JSON is whole by then.
const FIRST: usize = 64 << 10;

/// Makes a body piece by piece.
pub trait Producer {
    /// Appends the next piece, of any size or none. Whether there is more to come.
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem>;
}

/// 200 with what the producer makes.
pub async fn stream(
    mut producer: impl Producer + 'static,
    content_type: &str,
) -> Result<types::Response, Problem> {
    let mut first = Vec::new();
    let mut more = true;
    while more && first.len() < FIRST {
        more = producer.produce(&mut first).await?;
    }
    let length = (!more).then_some(first.len() as u64);
    let (BodyWriter { mut stream_writer, result_writer, .. }, body, result) = BodyWriter::new();
    let (response, _sent) = types::Response::new(headers(content_type, length, true)?, Some(body), result);
    spawn(async move {
        let mut piece = first;
        loop {
            if !piece.is_empty() && !stream_writer.write_all(std::mem::take(&mut piece)).await.is_empty() {
                // The client has left.
                return;
            }
            if !more {
                break;
            }
            match producer.produce(&mut piece).await {
                Ok(goes_on) => more = goes_on,
                Err(problem) => {
                    eprintln!("anonymizer broke off reason={}", problem.status);
                    // The host waits for the end of the stream, and then for how it ended.
                    drop(stream_writer);
                    let _ = result_writer.write(Err(ErrorCode::InternalError(None))).await;
                    return;
                }
            }
        }
        drop(stream_writer);
        let _ = result_writer.write(Ok(None)).await;
    });
    Ok(response)
}

/// 200 with Orthanc's body as it is: the bytes do not come into this component at all.
pub fn pass(response: Response, content_type: &str, is_private: bool) -> Result<types::Response, Problem> {
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let incoming = response.into_body().take_unstarted().ok_or_else(unexpected)?;
    let (received, is_received) = wit_future::new(|| Ok(()));
    let (body, upstream_end) = types::Response::consume_body(incoming, is_received);
    let (end, end_reader) = wit_future::new(|| Err(ErrorCode::InternalError(None)));
    let headers = headers(content_type, length, is_private)?;
    let (response, _sent) = types::Response::new(headers, Some(body), end_reader);
    spawn(async move {
        // Whether it is whole is passed on; trailers are not.
        let whole = upstream_end.await;
        let _ = end.write(whole.map(|_| None)).await;
        drop(received);
    });
    Ok(response)
}

/// The same answer without its body.
pub fn head_of(response: &types::Response) -> types::Response {
    let (_, end_reader) = wit_future::new(|| Ok(None));
    let (head, _sent) = types::Response::new(response.get_headers().clone(), None, end_reader);
    let _ = head.set_status_code(response.get_status_code());
    head
}

/// All that a client is told beside the body.
fn headers(content_type: &str, length: Option<u64>, is_private: bool) -> Result<Fields, Problem> {
    let mut list = vec![
        ("content-type".to_owned(), content_type.as_bytes().to_vec()),
        ("x-content-type-options".to_owned(), b"nosniff".to_vec()),
    ];
    if is_private {
        list.push(("cache-control".to_owned(), b"no-store".to_vec()));
    }
    if let Some(length) = length {
        list.push(("content-length".to_owned(), length.to_string().into_bytes()));
    }
    Fields::from_list(&list).map_err(|_| unexpected())
}
