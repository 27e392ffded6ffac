//! Chromium's DevTools protocol: JSON over a WebSocket, one answer for each command, and events between them.
//! Of its hundreds of commands the journeys need ten; <https://chromedevtools.github.io/devtools-protocol/>.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::http;

/// How long a command, an event or the start may take.
const PATIENCE: Duration = Duration::from_secs(30);
const PROGRAMS: &[&str] = &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Where a Chromium is installed.
pub fn program() -> Option<PathBuf> {
    PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// A Chromium with a profile of its own, and the connection to its one tab.
pub struct DevTools {
    process: Child,
    socket: WebSocket<TcpStream>,
    last_id: u64,
    /// What the browser reported and nobody took yet, in order.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl DevTools {
    /// Starts Chromium without a window; panics with the reason if it does not start.
    pub fn start(arguments: &[&str]) -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        let process = Command::new(program().expect("Chromium is installed"))
            // Chromium does not start its sandbox for root, as which CI runs.
            .args(["--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--no-first-run"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        // It writes the port that it chose into its profile.
        let file = profile.path().join("DevToolsActivePort");
        let port = within(PATIENCE, || {
            let text = std::fs::read_to_string(&file).ok()?;
            text.lines().next()?.parse::<u16>().ok()
        })
        .expect("Chromium names its port");
        let page = within(PATIENCE, || {
            let tabs = http::get(&format!("http://127.0.0.1:{port}/json/list"), &[]).json();
            let page = tabs.as_array()?.iter().find(|tab| tab["type"] == "page")?;
            Some(page["webSocketDebuggerUrl"].as_str()?.to_owned())
        })
        .expect("Chromium has a tab");
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection to Chromium");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        let (socket, _) = tungstenite::client(page, stream).expect("a WebSocket");
        Self { process, socket, last_id: 0, events: Vec::new(), _profile: profile }
    }

    /// Sends a command and returns its result; panics with the browser's words if it fails.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let command = json!({"id": self.last_id, "method": method, "params": params});
        self.socket.send(Message::text(command.to_string())).expect("Chromium listens");
        loop {
            let message = self.read();
            if message["id"] == self.last_id {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Reads until this event is among those that nobody took yet.
    pub fn wait_for_event(&mut self, method: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.events.iter().any(|event| event["method"] == method) {
            assert!(Instant::now() < deadline, "no {method}");
            let event = self.read();
            self.events.push(event);
        }
    }

    /// The events since this was last asked.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    fn read(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().expect("Chromium answers in time") {
                return serde_json::from_str(&text).expect("Chromium speaks JSON");
            }
        }
    }
}

impl Drop for DevTools {
    fn drop(&mut self) {
        // Closed by itself it leaves no process and no file behind.
        let _ = self.socket.send(Message::text(r#"{"id": 0, "method": "Browser.close"}"#));
        let ended = within(Duration::from_secs(5), || self.process.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

fn within<T>(limit: Duration, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        let result = attempt();
        if result.is_some() || Instant::now() > deadline {
            return result;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
