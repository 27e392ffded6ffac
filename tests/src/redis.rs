//! A Redis for one test: Debian's `redis-server` on a free loopback port, with its data in a folder of its own.
//! It can be killed, hang, and come back with what it had.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::app::free_address;

/// A server; dropping it ends the process.
pub struct Redis {
    process: Option<Child>,
    address: String,
    password: String,
    data: tempfile::TempDir,
}

impl Redis {
    /// Starts one that writes every change to its file before it answers, and asks for this password if it is
    /// not empty.
    pub fn start(password: &str) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let mut redis = Self { process: None, address: free_address(), password: password.to_owned(), data };
        redis.restart();
        redis
    }

    /// Starts it again, on the same port and data.
    pub fn restart(&mut self) {
        let port = self.address.rsplit(':').next().expect("a port");
        let process = Command::new("redis-server")
            .args(["--port", port, "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--requirepass", &self.password, "--dir"])
            .arg(self.data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts: apt-get install redis-server");
        self.process = Some(process);
        let deadline = Instant::now() + Duration::from_secs(30);
        // While it reads its file it answers LOADING.
        while !self.asked(&["DBSIZE"]).is_some_and(|answer| answer.starts_with(':')) {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Lets it hang (`STOP`), with its connections open, or go on (`CONT`).
    pub fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs").success());
    }

    /// `redis://:password@127.0.0.1:{port}/0`
    pub fn url(&self) -> String {
        match self.password.as_str() {
            "" => format!("redis://{}/0", self.address),
            password => format!("redis://:{password}@{}/0", self.address),
        }
    }

    /// `127.0.0.1:{port}`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// One command in its own words: what it answers, without the line end; a value is its text.
    pub fn ask(&self, command: &[&str]) -> String {
        self.asked(command).expect("the Redis answers")
    }

    fn asked(&self, command: &[&str]) -> Option<String> {
        let stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let mut reader = BufReader::new(stream);
        if !self.password.is_empty() {
            answer(&mut reader, &["AUTH", &self.password])?;
        }
        answer(&mut reader, command)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// RESP: an array of bulk strings goes, one line or one bulk string comes.
fn answer(stream: &mut BufReader<TcpStream>, command: &[&str]) -> Option<String> {
    let mut text = format!("*{}\r\n", command.len());
    for word in command {
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.get_mut().write_all(text.as_bytes()).ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let line = line.trim_end();
    match line.strip_prefix('$').and_then(|length| length.parse().ok()) {
        Some(length) => {
            let mut value = vec![0; length];
            stream.read_exact(&mut value).ok()?;
            Some(String::from_utf8_lossy(&value).into_owned())
        }
        None => Some(line.to_owned()).filter(|line| !line.is_empty()),
    }
}
