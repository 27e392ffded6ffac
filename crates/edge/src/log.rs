//! One line for each decision worth keeping, on standard output, and for each failure, on standard error:
//! `event key=value …`. Only words of our own and ids that the runtime made go in, never what a client sent.

use crate::request::Headers;

/// Logs that an access was refused and why.
pub fn refused(what: &str, reason: &str, headers: &Headers) {
    println!("{what} refused reason={reason} request_id={}", request_id(headers));
}

/// Logs that something failed.
pub fn failed(what: &str, why: &str, headers: &Headers) {
    eprintln!("{what} failed reason={why} request_id={}", request_id(headers));
}

/// The embedded runtime gives every request an id of plain characters; Spin gives none.
fn request_id(headers: &Headers) -> String {
    let plain =
        |id: &String| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    headers.get("x-request-id").filter(plain).unwrap_or_else(|| "-".to_owned())
}
