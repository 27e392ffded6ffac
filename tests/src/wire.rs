//! The recorded exchanges of the real Authorization plugin (`tests/data/wire-exchanges.jsonl`): its requests
//! byte for byte, with a token of the test's in place of the recorded one, and its own way of reading answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::app::repository;
use crate::http::Answer;

/// Stands in the recording where the token was.
const TOKEN: &str = "<JWT>";

/// The user of the recording, as the variable `users` holds it.
pub const USERS: &str = r#"{"share-user": "share-password"}"#;

/// The study that the recorded token shares: its StudyInstanceUID and Orthanc's identifier.
pub const STUDY: (&str, &str) =
    ("1.2.826.0.1.3680043.10.99999.65.1", "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd");

/// One request of the plugin and what it was answered.
pub struct Exchange {
    /// Version and configuration of the plugin, and the number of the request there.
    pub name: String,
    /// The size of the body that was recorded, in bytes.
    pub size: usize,
    /// The recorded JSON.
    pub answer: Value,
    head: String,
    body: String,
}

impl Exchange {
    /// The path of the request.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).expect("a request line")
    }

    /// The request with this token.
    pub fn request(&self, token: &str) -> Vec<u8> {
        self.request_with(token, "", "")
    }

    /// The same, with this after its path and these lines (each with its CRLF) after its headers.
    pub fn request_with(&self, token: &str, after_path: &str, lines: &str) -> Vec<u8> {
        let (path, body) = (self.path(), self.body(token));
        let head = self.head.replace(TOKEN, token);
        let head = head.replacen(path, &format!("{path}{after_path}"), 1);
        if head.contains("\r\nTransfer-Encoding: chunked") {
            format!("{head}\r\n{lines}\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes()
        } else {
            let recorded = format!("\r\nContent-Length: {}", self.size);
            assert!(head.contains(&recorded), "{}: no length in {head}", self.name);
            let head = head.replace(&recorded, &format!("\r\nContent-Length: {}", body.len()));
            format!("{head}\r\n{lines}\r\n{body}").into_bytes()
        }
    }

    /// The body with this token.
    pub fn body(&self, token: &str) -> String {
        self.body.replace(TOKEN, token)
    }

    /// How long the recorded token was; none when there was no token.
    pub fn token_length(&self) -> Option<usize> {
        let without = self.body("").len();
        self.body.contains(TOKEN).then(|| self.size - without)
    }
}

/// Every exchange, in the order of the recording.
pub fn exchanges() -> Vec<Exchange> {
    let path = repository().join("tests/data/wire-exchanges.jsonl");
    let text = std::fs::read_to_string(path).expect("the recorded exchanges");
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("an exchange is JSON");
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        Exchange {
            name: text("name"),
            size: line["size"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a size"),
            answer: line["answer"].clone(),
            head: text("head"),
            body: text("body"),
        }
    };
    text.lines().map(read).collect()
}

/// Sends these bytes on a connection of their own and reads until the server closes it, which it must
/// within 10 s (the plugin's limit) if the request says `Connection: close` or the client stops writing.
/// Panics unless the answer is one whole answer of HTTP/1.1, and nothing after it.
pub fn exchange(address: &str, request: &[u8], stops_writing: bool) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a read limit");
    stream.write_all(request).expect("the server reads");
    if stops_writing {
        stream.shutdown(Shutdown::Write).expect("half of the connection ends");
    }
    let mut received = Vec::new();
    stream.read_to_end(&mut received).expect("the server ends the connection after its answer");
    whole(&received)
}

/// Exactly one answer with a body whose size it says.
pub fn whole(bytes: &[u8]) -> Answer {
    let shown = String::from_utf8_lossy(bytes);
    let head_length = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let head_length = head_length.unwrap_or_else(|| panic!("no whole head: {shown}"));
    let mut lines = shown[..head_length].split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status =
        status.and_then(|line| line[..3].parse().ok()).unwrap_or_else(|| panic!("no status: {shown}"));
    let headers: Vec<_> = lines
        .map(|line| line.split_once(':').unwrap_or_else(|| panic!("no header: {line}")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: bytes[head_length + 4..].to_vec() };
    let count = |name: &str| answer.headers.iter().filter(|(other, _)| other == name).count();
    assert_eq!(count("content-length") + count("transfer-encoding"), 1, "one framing only: {shown}");
    if let Some(length) = answer.header("content-length") {
        assert_eq!(length.parse(), Ok(answer.body.len()), "the length is not that of the body: {shown}");
    } else {
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "{shown}");
        answer.body = unchunked(&answer.body);
    }
    answer
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n").expect("a chunk's size");
        let size =
            std::str::from_utf8(&bytes[..line]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let size = size.expect("a chunk's size in hexadecimal");
        bytes = &bytes[line + 2..];
        if size == 0 {
            assert_eq!(bytes, b"\r\n", "nothing comes after the last chunk");
            return body;
        }
        body.extend_from_slice(&bytes[..size]);
        bytes = bytes[size..].strip_prefix(b"\r\n").expect("a chunk ends with a line break");
    }
}

/// The answer's JSON; panics where the plugin would not take it: another status than 200 (it follows no
/// redirect, or hangs on one), no JSON object, or a `validity` that is no integer of 31 bits. One of 0
/// is kept for ever: it is not taken here either.
pub fn readable(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json = answer.json();
    assert!(json.is_object(), "{json}");
    let validity = &json["validity"];
    // A whole number that is written as a fraction is none for the plugin: serde_json keeps them apart too.
    let is_good = validity.as_u64().is_some_and(|seconds| (1..=0x7fff_ffff).contains(&seconds));
    assert!(is_good, "validity {validity} in {json}");
    json
}

/// Whether the answer to a question of access is yes.
pub fn granted(answer: &Answer) -> bool {
    let json = readable(answer);
    json["granted"].as_bool().unwrap_or_else(|| panic!("no JSON bool: {json}"))
}

/// The profile in an answer; panics unless all is there that the plugin needs.
pub fn profile(answer: &Answer) -> Value {
    let json = readable(answer);
    assert!(json["name"].as_str().is_some_and(|name| !name.is_empty()), "{json}");
    for name in ["permissions", "authorized-labels"] {
        let texts = json[name].as_array().unwrap_or_else(|| panic!("no list {name}: {json}"));
        assert!(texts.iter().all(Value::is_string), "{name}: {json}");
    }
    // These may be left out, but not be something else.
    assert!(json.get("groups").is_none_or(Value::is_array), "{json}");
    assert!(json.get("user-id").is_none_or(|id| id.is_null() || id.is_string()), "{json}");
    json
}
