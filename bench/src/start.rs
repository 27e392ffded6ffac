//! From the start of the process to its first answer, with components that were compiled before.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::fleet;
use crate::place::Built;
use crate::request::{self, Request};
use crate::stats::Spread;

const STARTS: usize = 10;

/// In milliseconds.
pub fn measure(built: &Built) -> Result<Option<Spread>> {
    eprintln!("==> start to first answer, {STARTS} times");
    let request = request::granted(1)?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(first_answer(built, &request)?.as_secs_f64() * 1e3);
    }
    Ok(Spread::of(times))
}

fn first_answer(built: &Built, request: &Request) -> Result<Duration> {
    let (mut command, address) = fleet::application_command(built, "http://127.0.0.1:1/");
    let begin = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let answered = loop {
        if ask(&address, request).is_ok_and(|is_good| is_good) {
            break Ok(begin.elapsed());
        }
        if begin.elapsed() > Duration::from_secs(30) {
            break Err(anyhow::anyhow!("the application does not answer"));
        }
        std::thread::sleep(Duration::from_micros(200));
    };
    child.kill()?;
    child.wait()?;
    let answered = answered?;
    ensure!(answered > Duration::ZERO, "the clock stands still");
    Ok(answered)
}

/// Whether the question was answered with 200.
fn ask(address: &str, request: &Request) -> Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut text =
        format!("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n{}", request.body.len(), request.body);
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200") && answer.contains("\"granted\":true"))
}
