//! A stand-in for an endpoint that JSON is posted to: it remembers what it took, in order, and misbehaves
//! on demand. It keeps its port while it is down.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::meddream::{read_head, read_request_body};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// 201, and remembers the body.
    Takes,
    /// This status, and remembers nothing.
    Answers(u16),
    /// It closes every connection at once.
    Down,
    /// It reads the request, and answers only after this long.
    Slow(Duration),
}

/// A request that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The lines of its head, in lower case.
    pub head: Vec<String>,
    /// Its body.
    pub body: Value,
}

/// A running stand-in; it lives as long as the test's process.
pub struct Endpoint {
    address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    behaviour: Behaviour,
    taken: Vec<Taken>,
    asked: usize,
}

impl Endpoint {
    /// Starts on a free port.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let state = Arc::new(Mutex::new(State { behaviour, taken: Vec::new(), asked: 0 }));
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

    /// Its address, with a path.
    pub fn url(&self) -> String {
        format!("http://{}/fhir/AuditEvent", self.address)
    }

    /// Scheme, host and port, which Spin cannot find out by itself.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it answers like this.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state.lock().expect("no thread panics with the lock").behaviour = behaviour;
    }

    /// What it took so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().expect("no thread panics with the lock").taken.clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.lock().expect("no thread panics with the lock").asked
    }

    /// Waits until it took so many, doing this in between; panics after a minute.
    pub fn wait_for(&self, count: usize, meanwhile: impl Fn()) -> Vec<Taken> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.taken().len() < count {
            assert!(Instant::now() < deadline, "{} of {count} were posted", self.taken().len());
            meanwhile();
            std::thread::sleep(Duration::from_millis(200));
        }
        self.taken()
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let behaviour = {
        let mut state = state.lock().expect("no thread panics with the lock");
        state.asked += 1;
        state.behaviour
    };
    if behaviour == Behaviour::Down {
        return Ok(());
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    let head = read_head(&mut reader)?;
    let body = read_request_body(&mut reader, &head)?;
    if let Behaviour::Slow(delay) = behaviour {
        std::thread::sleep(delay);
    }
    let status = match behaviour {
        Behaviour::Answers(status) => status,
        _ => 201,
    };
    if behaviour == Behaviour::Takes {
        let body = serde_json::from_slice(&body).unwrap_or_default();
        state.lock().expect("no thread panics with the lock").taken.push(Taken { head, body });
    }
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
