//! The embedded runtime ends when it is told to, whatever hangs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use journeys::{App, free_address, repository, skipped_under_spin, state_directory};

fn told(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([signal, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// A host whose standard error is full, and nobody reads it; dropping it ends the process.
struct Unread(Child);

impl Unread {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("the process can be asked").is_some()
    }

    fn ends_within(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while !self.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.has_ended()
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn with_a_log_that_nobody_reads(shutdown_timeout: &str) -> Unread {
    let (address, state) = (free_address(), state_directory());
    let binary = std::env::var_os("ORTHANC_SHARE_BIN")
        .unwrap_or_else(|| repository().join("target/release/orthanc-share").into_os_string());
    let process = Command::new(binary)
        .args(["up", "-f", "tests/guest/spin.toml", "--variable", "secret=a", "--listen", &address])
        .args(["--shutdown-timeout", shutdown_timeout, "--state-dir"])
        .arg(state.path())
        .current_dir(repository())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map(Unread)
        .expect("the host starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut stream = loop {
        if let Ok(stream) = TcpStream::connect(&address) {
            break stream;
        }
        assert!(Instant::now() < deadline, "it does not start");
        std::thread::sleep(Duration::from_millis(20));
    };
    stream.set_read_timeout(Some(Duration::from_secs(2))).expect("a limit");
    // Each is a line; in the end there is no room for one more, and no answer.
    let (request, together) = ("GET /.well-known/spin/health HTTP/1.1\r\nhost: a\r\n\r\n", 200);
    let mut buffer = vec![0; 64 * 1024];
    for _ in 0..1000 {
        stream.write_all(request.repeat(together).as_bytes()).expect("it reads");
        let mut answered = 0;
        while answered < together {
            let Ok(count @ 1..) = stream.read(&mut buffer) else { return process };
            answered += buffer[..count].windows(4).filter(|window| window == b"\r\n\r\n").count();
        }
    }
    panic!("somebody reads the log");
}

#[test]
fn a_log_that_nobody_reads_does_not_hold_up_the_end() {
    if skipped_under_spin() {
        return;
    }
    let mut host = with_a_log_that_nobody_reads("1s");
    told("-TERM", host.0.id());
    assert!(host.ends_within(Duration::from_secs(6)), "it goes on");
    // The second signal is the end at once.
    let mut host = with_a_log_that_nobody_reads("60s");
    told("-TERM", host.0.id());
    std::thread::sleep(Duration::from_millis(500));
    assert!(!host.has_ended(), "it waits for requests");
    told("-TERM", host.0.id());
    assert!(host.ends_within(Duration::from_secs(6)), "it goes on");
}

#[test]
fn a_manifest_that_is_a_pipe_changes_nothing_and_does_not_hold_up_the_end() {
    if skipped_under_spin() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let manifest = folder.path().join("spin.toml");
    let text = std::fs::read_to_string(repository().join("tests/guest/spin.toml")).expect("the manifest");
    let text = text.replace("../../", &format!("{}/", repository().display()));
    std::fs::write(&manifest, text).expect("a copy of the manifest");
    let path = manifest.to_str().expect("a path in UTF-8");
    let mut app = App::start_manifest(path, &["--variable", "secret=a", "--watch"]);
    std::fs::remove_file(&manifest).expect("the manifest is taken away");
    assert!(Command::new("mkfifo").arg(&manifest).status().is_ok_and(|status| status.success()));
    app.assert_logs("no plain file");
    assert_eq!(journeys::http::get(&app.url("/hello"), &[]).text(), "hello");
    let begun = Instant::now();
    told("-TERM", app.pid());
    assert!(app.wait(), "{}", app.log());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
