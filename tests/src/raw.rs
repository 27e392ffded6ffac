//! A connection on which a test writes each byte itself: chunked bodies, stalls, half requests.
//! It reads one answer, and takes a server that stops listening early for what it is.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::http::Answer;

/// One TCP connection to a server under test.
pub struct Connection(TcpStream);

impl Connection {
    /// Connects to `127.0.0.1:{port}`; nothing that is read or written may take longer than 30 s.
    pub fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a read limit");
        stream.set_write_timeout(Some(Duration::from_secs(30))).expect("a write limit");
        Self(stream)
    }

    /// Writes these bytes; false when the server no longer listens.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).and_then(|()| self.0.flush()).is_ok()
    }

    /// Writes these bytes as one chunk of a chunked body.
    pub fn say_chunk(&mut self, bytes: &[u8]) -> bool {
        self.say(format!("{:x}\r\n", bytes.len())) && self.say(bytes) && self.say("\r\n")
    }

    /// Tells the server that nothing more will be written.
    pub fn finish(&self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// Reads one answer; none when the connection ends or falls silent without a whole one.
    pub fn answer(mut self) -> Option<Answer> {
        let mut received = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = self.0.read(&mut buffer).unwrap_or(0);
            received.extend_from_slice(&buffer[..count]);
            match parse(&received, count == 0) {
                Some(answer) => return Some(answer),
                None if count == 0 => return None,
                None => {}
            }
        }
    }
}

/// The answer in these bytes, if it is whole; `ended` says that no more will come.
fn parse(bytes: &[u8], ended: bool) -> Option<Answer> {
    let head_length = find(bytes, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..head_length]).into_owned();
    let rest = &bytes[head_length + 4..];
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect::<Vec<_>>();
    let mut answer = Answer { status, headers, body: Vec::new() };
    let length = answer.header("content-length").map(|text| text.parse::<usize>());
    answer.body = match length {
        Some(length) => rest.get(..length.ok()?)?.to_vec(),
        None if answer.header("transfer-encoding") == Some("chunked") => unchunk(rest)?,
        None => ended.then(|| rest.to_vec())?,
    };
    Some(answer)
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = find(bytes, b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(line + 2..line + 2 + size)?);
        bytes = bytes.get(line + 4 + size..)?;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
