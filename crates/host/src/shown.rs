//! What the log shows of a request. A token in a path is a client's mistake, and the handle of a short link opens a
//! share as a token does: neither comes into the log, however it is spelt.

use http::Method;

/// Where people open links: what follows opens a share.
const LANDINGS: [&[u8]; 2] = [b"/welcome", b"/share-landing"];

/// What a handle comes after, below whatever path a proxy has put it.
const HANDLE: &[u8] = b"/s/";

/// The path up to where a secret may begin.
pub fn path(path: &str) -> &str {
    let end = if path.contains('%') {
        let (bytes, starts): (Vec<u8>, Vec<usize>) = decoded(path.as_bytes()).unzip();
        first_secret(&bytes).and_then(|end| starts.get(end).copied())
    } else {
        first_secret(path.as_bytes())
    };
    end.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// The method, if it is one that is known: another may be anything.
pub fn method(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS
        | Method::TRACE
        | Method::CONNECT => method.as_str(),
        _ => "-",
    }
}

fn first_secret(path: &[u8]) -> Option<usize> {
    (0..path.len()).find_map(|start| Some(start + before_secret(&path[start..])?))
}

/// If a secret begins here, or right after what is here: how many bytes are none.
fn before_secret(rest: &[u8]) -> Option<usize> {
    let begins = |with: &[u8]| rest.get(..with.len()).is_some_and(|same| same.eq_ignore_ascii_case(with));
    match rest.first()? {
        // With a slash, as the address of the page itself has it.
        b'/' => match LANDINGS.into_iter().find(|landing| begins(landing)) {
            Some(landing) => Some(landing.len() + usize::from(rest.get(landing.len()) == Some(&b'/'))),
            None => begins(HANDLE).then_some(HANDLE.len()),
        },
        // A query that was encoded is a path.
        b'?' => Some(0),
        b't' | b'T' => begins(b"token=").then_some(0),
        // A compact JWS begins with the base64url of `{"`.
        b'e' => rest.starts_with(b"eyJ").then_some(0),
        _ => None,
    }
}

/// Decoded once, as servers do: each byte, and where it begins in the path.
fn decoded(path: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let byte = *path.get(start)?;
        let digit = |offset: usize| char::from(*path.get(start + offset)?).to_digit(16);
        let escaped = (byte == b'%').then(|| u8::try_from(digit(1)? * 16 + digit(2)?).ok()).flatten();
        next += if escaped.is_some() { 3 } else { 1 };
        Some((escaped.unwrap_or(byte), start))
    })
}
