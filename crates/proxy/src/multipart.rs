//! Rewrites a `multipart/related` answer as it streams by: of each part's headers only a known content type
//! and the length stay (Orthanc's `Content-Location` holds the real UIDs), and its body passes as it is.

use crate::content::part_type;

/// No part of ours has more headers.
const MAX_HEADERS: usize = 8192;

/// It is not the multipart answer that it should be. What was given out is good, but not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed multipart answer")]
pub struct BadMultipart;

enum State {
    /// What stands before the first boundary: nothing.
    Start,
    /// After a boundary: a part, or the end.
    Delimiter,
    Headers,
    /// So many bytes of a body are still to come.
    Body(u64),
    /// A body up to the next boundary.
    Unmeasured,
    /// After a body whose length was known.
    Boundary,
    End,
}

/// Takes the answer in chunks of any size.
pub struct Rewriter {
    /// `\r\n--` and the boundary.
    delimiter: Vec<u8>,
    state: State,
    held: Vec<u8>,
}

impl Rewriter {
    /// With the boundary of the answer's content type.
    pub fn new(boundary: &str) -> Self {
        Self { delimiter: format!("\r\n--{boundary}").into_bytes(), state: State::Start, held: Vec::new() }
    }

    /// Takes the next chunk, and appends what can be given out.
    pub fn feed(&mut self, mut chunk: &[u8], out: &mut Vec<u8>) -> Result<(), BadMultipart> {
        // A body of known length is not held.
        if let State::Body(left) = self.state
            && self.held.is_empty()
        {
            let now = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
            let (body, rest) = chunk.split_at_checked(now).ok_or(BadMultipart)?;
            out.extend_from_slice(body);
            self.state = State::Body(left - now as u64);
            chunk = rest;
        }
        self.held.extend_from_slice(chunk);
        while self.step(out)? {}
        Ok(())
    }

    /// Says that nothing more comes: an error if the answer is not whole.
    pub fn finish(self) -> Result<(), BadMultipart> {
        if matches!(self.state, State::End) { Ok(()) } else { Err(BadMultipart) }
    }

    /// One step; false if more input is needed.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, BadMultipart> {
        match self.state {
            State::Start => {
                // The line break before the first boundary may be missing.
                let bare = self.delimiter.get(2..).unwrap_or_default();
                let skip = if self.held.first() == Some(&b'\r') { 0 } else { 2 };
                let delimiter = if skip == 0 { self.delimiter.as_slice() } else { bare };
                match starts_with(&self.held, delimiter)? {
                    None => return Ok(false),
                    Some(length) => {
                        self.held.drain(..length);
                        out.extend_from_slice(self.delimiter.get(2..).unwrap_or_default());
                        self.state = State::Delimiter;
                    }
                }
            }
            State::Delimiter => {
                let Some(sign) = self.held.get(..2) else { return Ok(false) };
                match sign {
                    b"--" => {
                        out.extend_from_slice(b"--\r\n");
                        self.held.clear();
                        self.state = State::End;
                    }
                    b"\r\n" => {
                        // It stays, so that a part without headers has the end of its headers too.
                        self.state = State::Headers;
                    }
                    _ => return Err(BadMultipart),
                }
            }
            State::Headers => {
                let Some(end) = find(&self.held, b"\r\n\r\n") else {
                    return if self.held.len() > MAX_HEADERS { Err(BadMultipart) } else { Ok(false) };
                };
                let length = headers(self.held.get(2..end).unwrap_or_default(), out)?;
                self.held.drain(..end + 4);
                self.state = length.map_or(State::Unmeasured, State::Body);
            }
            State::Body(0) => self.state = State::Boundary,
            State::Body(left) => {
                if self.held.is_empty() {
                    return Ok(false);
                }
                let now = usize::try_from(left).map_or(self.held.len(), |left| left.min(self.held.len()));
                out.extend(self.held.drain(..now));
                self.state = State::Body(left - now as u64);
            }
            State::Boundary => match starts_with(&self.held, &self.delimiter)? {
                None => return Ok(false),
                Some(length) => {
                    out.extend(self.held.drain(..length));
                    self.state = State::Delimiter;
                }
            },
            State::Unmeasured => match find(&self.held, &self.delimiter) {
                Some(at) => {
                    out.extend(self.held.drain(..at + self.delimiter.len()));
                    self.state = State::Delimiter;
                }
                None => {
                    let safe = self.held.len().saturating_sub(self.delimiter.len());
                    out.extend(self.held.drain(..safe));
                    return Ok(false);
                }
            },
            State::End => {
                self.held.clear();
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Writes what may stay of a part's headers, and says how long its body is.
fn headers(headers: &[u8], out: &mut Vec<u8>) -> Result<Option<u64>, BadMultipart> {
    let text = std::str::from_utf8(headers).map_err(|_| BadMultipart)?;
    let value = |name: &str| {
        text.split("\r\n").find_map(|line| {
            let (other, value) = line.split_once(':')?;
            other.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let kind = part_type(value("content-type").unwrap_or("application/octet-stream")).ok_or(BadMultipart)?;
    out.extend_from_slice(format!("\r\nContent-Type: {kind}\r\n").as_bytes());
    let length = match value("content-length") {
        None => None,
        Some(length) => Some(length.parse::<u64>().map_err(|_| BadMultipart)?),
    };
    if let Some(length) = length {
        out.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(length)
}

/// The prefix's length if it is there, none if there is not enough to say; an error if it is another.
fn starts_with(bytes: &[u8], prefix: &[u8]) -> Result<Option<usize>, BadMultipart> {
    let common = bytes.len().min(prefix.len());
    if bytes.get(..common) != prefix.get(..common) {
        return Err(BadMultipart);
    }
    Ok((common == prefix.len()).then_some(common))
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|&byte| byte == first) {
        if bytes.get(from + at..)?.starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rewrite(answer: &[u8], size: usize) -> Result<Vec<u8>, BadMultipart> {
        let (mut rewriter, mut out) = (Rewriter::new("b-1"), Vec::new());
        for chunk in answer.chunks(size) {
            rewriter.feed(chunk, &mut out)?;
        }
        rewriter.finish()?;
        Ok(out)
    }

    #[test]
    fn of_the_headers_only_type_and_length_stay() {
        let body = "\r\n--b-\0\r\n--b-1 in a body of known length";
        let length = body.len();
        let answer = format!(
            "--b-1\r\nContent-Location: http://h/studies/1.2.3\r\nContent-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\r\nContent-Length: {length}\r\nMIME-Version: 1.0\r\n\r\n{body}\r\n--b-1\r\ncontent-type: image/jpeg; name=DOE\r\n\r\nxyz\r\n--b-1--\r\nDOE"
        );
        let expected = format!(
            "--b-1\r\nContent-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\r\nContent-Length: {length}\r\n\r\n{body}\r\n--b-1\r\nContent-Type: image/jpeg\r\n\r\nxyz\r\n--b-1--\r\n"
        );
        for size in 1..answer.len() {
            let out = rewrite(answer.as_bytes(), size).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{size}");
        }
    }

    #[test]
    fn what_is_no_multipart_is_refused() {
        for bad in [
            "",
            "--b-1",
            "DOE\r\n--b-1--",
            "--b-2--",
            "--b-1xx",
            "--b-1\r\nContent-Type: application/dicom\r\n\r\nDOE\r\n--b-1--",
            "--b-1\r\nContent-Length: x\r\n\r\nDOE\r\n--b-1--",
            "--b-1\r\nContent-Length: 2\r\n\r\nDOE\r\n--b-1--",
            "--b-1\r\n\r\nDOE",
        ] {
            assert_eq!(rewrite(bad.as_bytes(), 7), Err(BadMultipart), "{bad}");
        }
        assert_eq!(rewrite(b"\r\n--b-1--", 1).unwrap(), b"--b-1--\r\n");
        assert!(rewrite(b"--b-1\r\n\r\nx\r\n--b-1--", 3).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics(answer in "(--b-1|\r\n|Content-Length: |[0-9x:\\-]|a){0,40}", size in 1_usize..9) {
            let _ = rewrite(answer.as_bytes(), size);
        }
    }
}
