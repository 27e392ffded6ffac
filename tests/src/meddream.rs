//! A stand-in for MedDream's token service: `POST /v3/generate` with items, answered by a token
//! as text. It misbehaves on demand, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// The token that it gives when it is well.
pub const TOKEN: &str = "meddream-token-XYZ";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// 200 with [`TOKEN`].
    Well,
    /// The same, after this long.
    After(Duration),
    /// 500 with an HTML page.
    Fails,
    /// 200 with an HTML page: an error page of something in between.
    AnswersAPage,
    /// 200 with nothing.
    AnswersNothing,
    /// It reads the request, and never answers.
    Hangs,
    /// It closes the connection instead of answering.
    Drops,
    /// It announces more than it sends, then closes the connection.
    StopsHalfway,
    /// 302 to somewhere else.
    Redirects,
    /// 200 and a body that does not end for as long as it is read.
    NeverEnds,
}

/// A running stand-in; it lives as long as the test's process.
pub struct MedDream {
    address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    behaviour: Behaviour,
    asked: Vec<Value>,
}

impl MedDream {
    /// Starts on a free port.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let state = Arc::new(Mutex::new(State { behaviour, asked: Vec::new() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that goes away ends its connection's thread, no more.
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Self { address, state }
    }

    /// What the variable `meddream_token_service_url` holds.
    pub fn url(&self) -> String {
        format!("http://{}/v3/generate", self.address)
    }

    /// What the variable `meddream_token_service_origin` holds, which Spin cannot find out by itself.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it answers like this.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().expect("no thread panics with the lock").behaviour = behaviour;
    }

    /// The bodies that it was sent so far.
    pub fn asked(&self) -> Vec<Value> {
        self.state.lock().expect("no thread panics with the lock").asked.clone()
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let head = read_head(&mut reader)?;
    let body = read_request_body(&mut reader, &head)?;
    let behaviour = {
        let mut state = state.lock().expect("no thread panics with the lock");
        state.asked.push(serde_json::from_slice(&body).unwrap_or_default());
        state.behaviour
    };
    let mut stream = stream;
    if !head.first().is_some_and(|line| line.starts_with("post /v3/generate ")) {
        return respond(&mut stream, "404 Not Found", "text/plain", "no such route");
    }
    match behaviour {
        Behaviour::Well => respond(&mut stream, "200 OK", "text/plain", TOKEN),
        Behaviour::After(delay) => {
            std::thread::sleep(delay);
            respond(&mut stream, "200 OK", "text/plain", TOKEN)
        }
        Behaviour::Fails => {
            respond(&mut stream, "500 Internal Server Error", "text/html", "<html>boom</html>")
        }
        Behaviour::AnswersAPage => respond(&mut stream, "200 OK", "text/html", "<html>hello</html>"),
        Behaviour::AnswersNothing => respond(&mut stream, "200 OK", "text/plain", ""),
        Behaviour::Hangs => {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Behaviour::Drops => Ok(()),
        Behaviour::StopsHalfway => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nmeddream-tok"),
        Behaviour::Redirects => stream.write_all(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        Behaviour::NeverEnds => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                stream.write_all(b"400\r\n")?;
                stream.write_all(&[b'x'; 1024])?;
                stream.write_all(b"\r\n")?;
            }
        }
    }
}

fn respond(stream: &mut TcpStream, status: &str, content_type: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The lines of a request's head, in lower case.
pub(crate) fn read_head(reader: &mut impl BufRead) -> std::io::Result<Vec<String>> {
    let mut head = Vec::new();
    loop {
        match read_line(reader)? {
            line if line.is_empty() => return Ok(head),
            line => head.push(line.to_ascii_lowercase()),
        }
    }
}

/// The body behind this head, whether it is chunked or not.
pub(crate) fn read_request_body(reader: &mut impl BufRead, head: &[String]) -> std::io::Result<Vec<u8>> {
    let header = |name: &str| {
        let mut values = head.iter().filter_map(|line| line.split_once(':'));
        values.find(|(other, _)| *other == name).map(|(_, value)| value.trim().to_owned())
    };
    if header("transfer-encoding").is_none_or(|value| value != "chunked") {
        let length = header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        return read_exactly(reader, length);
    }
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(&read_line(reader)?, 16).unwrap_or(0);
        body.extend(read_exactly(reader, size)?);
        read_line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn read_exactly(reader: &mut impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
