//! One line a decision worth keeping, on standard output, and on standard error for what failed: `event key=value …`. Only words of our own and
//! ids that the runtime made go in, never what a client sent.

use http::HeaderMap;

use crate::request;

/// Logs that an access was refused and why.
pub fn refused(what: &str, reason: &str, headers: &HeaderMap) {
    println!("{what} refused reason={reason} request_id={}", request_id(headers));
}

/// Logs that something failed.
pub fn failed(what: &str, why: &str, headers: &HeaderMap) {
    eprintln!("{what} failed reason={why} request_id={}", request_id(headers));
}

/// The embedded runtime gives every request an id of plain characters; Spin gives none.
fn request_id(headers: &HeaderMap) -> &str {
    let plain =
        |id: &&str| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    request::header(headers, "x-request-id").filter(plain).unwrap_or("-")
}
