//! Load by wrk: one request over and over, on connections that stay open or on a new one for each request.
//!
//! With `Connection: close` wrk opens a connection for each request (the kernel counts them, see [`opened`]).
//! A latency runs from the first byte that is sent to the last one that comes: without the handshake, which the
//! kernel does alone, with the wait until the server accepts.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::request::Request;

/// On how many connections, and whether each serves many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// At once.
    pub connections: u32,
    /// Whether each request has a connection of its own.
    pub is_new: bool,
}

/// What wrk saw.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Seen {
    /// Answers that were whole.
    pub requests: u64,
    /// In microseconds.
    pub duration: u64,
    /// Of the answers, with their heads.
    pub bytes: u64,
    /// Half of the requests were faster, in microseconds.
    pub p50: f64,
    /// One of a hundred was slower.
    pub p99: f64,
    /// Answers of a status from 400 on, and connections that broke.
    pub errors: u64,
}

/// Printed by wrk at the end, in one line of JSON.
const DONE: &str = r#"
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"duration":%d,"bytes":%d,"p50":%f,"p99":%f,"errors":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

/// Sends the request to the address for so many seconds.
///
/// # Errors
/// If wrk cannot be started, or does not say what it saw.
pub fn run(scratch: &Path, address: &str, request: &Request, mode: Mode, seconds: u32) -> Result<Seen> {
    let script = scratch.join("wrk.lua");
    std::fs::write(&script, script_of(request, mode))?;
    let threads = mode.connections.min(2).to_string();
    let output = Command::new("sh")
        // A thousand connections need more files than a shell usually allows.
        .args(["-c", "ulimit -n 8192 2>/dev/null; exec wrk \"$@\"", "wrk"])
        .args(["-t", &threads, "-c", &mode.connections.to_string(), "-d", &format!("{seconds}s")])
        .args(["--timeout", "10s", "-s"])
        .arg(&script)
        .arg(format!("http://{address}{}", request.path))
        .stdin(Stdio::null())
        .output()
        .context("wrk cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.starts_with('{'));
    let seen: Seen = serde_json::from_str(line.with_context(|| format!("wrk said:\n{text}"))?)?;
    ensure!(seen.requests > 0, "not one request was answered:\n{text}");
    Ok(seen)
}

/// How many connections this machine has opened since it started (`Tcp: ActiveOpens` of proc(5)).
pub fn opened() -> u64 {
    let text = std::fs::read_to_string("/proc/net/snmp").unwrap_or_default();
    active_opens(&text).unwrap_or_default()
}

fn active_opens(snmp: &str) -> Option<u64> {
    let mut lines = snmp.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let at = lines.next()?.split(' ').position(|name| name == "ActiveOpens")?;
    lines.next()?.split(' ').nth(at)?.parse().ok()
}

fn script_of(request: &Request, mode: Mode) -> String {
    let mut script = format!("wrk.method = {}\n", quoted(request.method));
    for (name, value) in &request.headers {
        script += &format!("wrk.headers[{}] = {}\n", quoted(name), quoted(value));
    }
    if mode.is_new {
        script += "wrk.headers[\"Connection\"] = \"close\"\n";
    }
    if !request.body.is_empty() {
        script += &format!("wrk.body = {}\n", quoted(&request.body));
    }
    script + DONE
}

/// A string of Lua: what is printable as it is, anything else by its number.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', byte as char]),
            b' '..=b'~' => quoted.push(byte as char),
            _ => quoted += &format!("\\{byte:03}"),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lua_reads_back_what_is_quoted() {
        assert_eq!(quoted("a \"b\"\\\n\té"), r#""a \"b\"\\\010\009\195\169""#);
    }

    #[test]
    fn the_kernel_counts_connections() {
        let text =
            "Ip: A\nIp: 1\nTcp: RtoMin MaxConn ActiveOpens PassiveOpens\nTcp: 200 -1 42 7\nUdp: X\nUdp: 1";
        assert_eq!(active_opens(text), Some(42));
        assert_eq!(active_opens("Tcp: A\nTcp: 1"), None);
        assert_eq!(active_opens(""), None);
    }
}
