//! The embedded runtime: what it refuses at start, where variables come from, the limits that
//! protect it, and how it stops. Under another host these journeys are skipped, loudly.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use journeys::http::{get, send_json};
use journeys::meddream::{self, Behaviour, MedDream};
use journeys::raw::Connection;
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, SECRET_KEY, free_address, repository, skipped_under_spin, token};
use serde_json::{Value, json};

fn question() -> Value {
    json!({"orthanc-id": "aaaa", "identifier": "standard-server-id", "level": "study", "method": "get"})
}

fn signed_with(key: &str, study: &str) -> String {
    let studies = json!([{"dicom_uid": null, "orthanc_id": study}]);
    let claims = json!({"studies": studies, "type": "osimis-viewer-publication", "expiration_date": null});
    token::sign(key, &claims)
}

fn granted(address: &str, token: &str) -> bool {
    let url = format!("http://{address}/shares/validate");
    let answer = send_json("POST", &url, &[("token", token)], &question());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["granted"] == true
}

/// A host with a command line and an environment of the test's own; dropping it ends the process.
struct Host {
    process: Child,
    address: String,
}

impl Host {
    /// Starts `up` on a free port, by way of this wrapper if there is one, and waits for its health.
    fn start(wrapper: &[&str], arguments: &[&str], environment: &[(&str, &str)], state: &Path) -> Self {
        let address = free_address();
        let binary = std::env::var_os("ORTHANC_SHARE_BIN")
            .unwrap_or_else(|| repository().join("target/release/orthanc-share").into_os_string());
        let mut command = match wrapper {
            [] => Command::new(&binary),
            [program, rest @ ..] => {
                let mut command = Command::new(program);
                command.args(rest).arg(&binary);
                command
            }
        };
        let log = File::create(state.join("log")).expect("a log file");
        command
            .args(["up", "--listen", &address, "--state-dir"])
            .arg(state.join("state"))
            .args(arguments)
            .env_remove("SECRET_KEY")
            .env_remove("SPIN_VARIABLE_SECRET_KEY")
            .env("SERVER_IDENTIFIER", "standard-server-id")
            .envs(environment.iter().copied())
            .current_dir(repository())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log file, twice"))
            .stderr(log);
        let host = Self { process: command.spawn().expect("the host starts"), address };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(&host.address).is_err() {
            assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(state.join("log")).unwrap());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(get(&format!("http://{}/.well-known/spin/health", host.address), &[]).status, 200);
        host
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_bad_value_stops_the_start_and_is_named_but_not_repeated() {
    if skipped_under_spin() {
        return;
    }
    let mut cases = vec![
        ("users", r#"["ann", "hunter2-hunter2"]"#),
        ("users", r#"{"ann": ["hunter2-hunter2"]}"#),
        ("users", r#"{"ann": null}"#),
        ("users", r#"{"ann": "hunter2-hunter2""#),
        ("users", "ann:hunter2-hunter2"),
        // Blank is not unset.
        ("users", " "),
        ("secret_key", ""),
        ("secret_key", "k"),
        ("secret_key", "31-bytes-are-one-byte-too-few--"),
    ];
    for root in [
        "public_orthanc_root",
        "public_anonymized_orthanc_root",
        "public_landing_root",
        "public_meddream_root",
        "meddream_token_service_url",
    ] {
        let wrong = [
            "not a url",
            "localhost/shares",
            "ftp://localhost/",
            "javascript:alert(1)",
            "//localhost/",
            "http://",
        ];
        cases.extend(wrong.map(|value| (root, value)));
    }
    for (name, value) in cases {
        let log = App::refused_start(&[(name, value)], &[]);
        assert!(log.to_lowercase().contains(name), "{name}={value:?}: {log}");
        assert!(!log.contains("hunter2"), "{name}: {log}");
        assert!(!log.contains("panicked"), "{name}: {log}");
        if name == "secret_key" && value.len() > 1 {
            assert!(!log.contains(value), "the key is repeated: {log}");
            let command = ["openssl rand", "/dev/urandom", "head -c"];
            assert!(command.iter().any(|part| log.contains(part)), "no command makes a good key: {log}");
        }
    }
    // RFC 7518 §3.2 asks for as many bits as the hash has: 32 bytes are enough.
    let app = App::start(&[("secret_key", "32-bytes-are-just-enough-for-it-")]);
    assert!(granted(app.address(), &signed_with("32-bytes-are-just-enough-for-it-", "aaaa")));
}

#[test]
fn a_manifest_that_asks_for_more_is_refused_with_the_key_and_a_hint_at_spin() {
    if skipped_under_spin() {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary directory");
    let path = state.path().join("spin.toml");
    let component = "[component.a]\nsource = \"a.wasm\"\n";
    let trigger = "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"a\"\n";
    let cases = [
        ("ai_models", format!("{trigger}{component}ai_models = [\"llama2-chat\"]\n")),
        ("sqlite_databases", format!("{trigger}{component}sqlite_databases = [\"default\"]\n")),
        ("files", format!("{trigger}{component}files = [\"*.html\"]\n")),
        ("redis", format!("[[trigger.redis]]\nchannel = \"c\"\ncomponent = \"a\"\n{component}")),
        ("alowed_outbound_hosts", format!("{trigger}{component}alowed_outbound_hosts = []\n")),
    ];
    let binary = std::env::var_os("ORTHANC_SHARE_BIN")
        .unwrap_or_else(|| repository().join("target/release/orthanc-share").into_os_string());
    for (key, rest) in cases {
        let manifest = format!("spin_manifest_version = 2\n[application]\nname = \"a\"\n{rest}");
        std::fs::write(&path, manifest).expect("a manifest");
        let output = Command::new(&binary)
            .args(["up", "--listen", &free_address(), "--state-dir"])
            .arg(state.path().join("state"))
            .arg("-f")
            .arg(&path)
            .output()
            .expect("the host runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(key), "{key}: {said}");
        assert!(said.replace("spin.toml", "").to_lowercase().contains("spin"), "{key}: no hint: {said}");
        assert!(!said.contains("panicked"), "{key}: {said}");
    }
}

#[test]
fn a_variable_comes_from_the_first_place_that_has_it() {
    if skipped_under_spin() {
        return;
    }
    let keys = ["argument", "docker-secret", "spin-variable", "plain"].map(|name| format!("{name:-<40}"));
    let argument = format!("secret_key={}", keys[0]);
    // A private /run with a Docker secret in it: the machine's own is left alone.
    let script = format!(
        "mount -t tmpfs none /run && mkdir /run/secrets && echo {} > /run/secrets/SECRET_KEY && exec \"$@\"",
        keys[1]
    );
    let in_namespace = ["unshare", "-rm", "sh", "-c", &script, "sh"];
    let can_unshare = Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "none", "/run"])
        .status()
        .is_ok_and(|s| s.success());
    if !can_unshare {
        eprintln!("SKIPPED: no mount namespace here, so that /run/secrets cannot be tried");
    }
    for first in 0..keys.len() {
        if first == 1 && !can_unshare {
            continue;
        }
        let state = tempfile::tempdir().expect("a temporary directory");
        let wrapper = if first <= 1 && can_unshare { &in_namespace[..] } else { &[] };
        let arguments = if first == 0 { vec!["--variable", &argument] } else { vec![] };
        let mut environment = vec![("SECRET_KEY", keys[3].as_str())];
        if first <= 2 {
            environment.push(("SPIN_VARIABLE_SECRET_KEY", &keys[2]));
        }
        let host = Host::start(wrapper, &arguments, &environment, state.path());
        for (place, key) in keys.iter().enumerate() {
            assert_eq!(
                granted(&host.address, &signed_with(key, "aaaa")),
                place == first,
                "{key} from {first} on"
            );
        }
    }
}

#[test]
fn a_second_start_compiles_nothing_but_what_is_damaged() {
    if skipped_under_spin() {
        return;
    }
    let state = tempfile::tempdir().expect("a temporary directory");
    let start = || {
        let started = Instant::now();
        let host = Host::start(&[], &[], &[("SECRET_KEY", SECRET_KEY)], state.path());
        assert!(granted(&host.address, &signed_with(SECRET_KEY, "aaaa")));
        started.elapsed()
    };
    let (cold, warm) = (start(), start());
    eprintln!("from the command to the first decision: {cold:?} cold, {warm:?} warm");
    // 100 ms on a quiet machine; here others may be building.
    assert!(warm < Duration::from_secs(2), "{cold:?} cold, {warm:?} warm");

    let compiled = || -> BTreeMap<PathBuf, u64> {
        let files = std::fs::read_dir(state.path().join("state/compiled")).expect("the folder").flatten();
        files.map(|file| (file.path(), file.metadata().expect("its size").len())).collect()
    };
    let whole = compiled();
    let (first, size) = whole.first_key_value().expect("compiled components");
    // As if the power had gone while it was written.
    let file = File::options().write(true).open(first).expect("the first");
    file.set_len(size / 2).expect("half of it");
    // What nobody has used for a month goes when there is something new.
    let forgotten = File::create(first.with_file_name("of-an-earlier-version.cwasm")).expect("another");
    let long_ago = SystemTime::now() - Duration::from_secs(31 * 24 * 60 * 60);
    forgotten.set_modified(long_ago).expect("its time");
    start();
    assert_eq!(compiled(), whole);
}

#[test]
fn no_request_that_was_accepted_is_cut_by_a_shutdown() {
    if skipped_under_spin() {
        return;
    }
    for signal in ["-TERM", "-INT"] {
        let meddream = MedDream::start(Behaviour::After(Duration::from_millis(2_000)));
        // Without `meddream_token_service_origin`: this runtime finds it out by itself.
        let mut app = App::start(&[
            ("meddream_token_service_url", &meddream.url()),
            ("public_meddream_root", "http://localhost/meddream/"),
        ]);
        let share = json!({"studies": [{"dicom-uid": "1.2"}], "type": "meddream-instant-link"});
        let url = app.url("/shares");
        let slow: Vec<_> = (0..8)
            .map(|_| {
                let (url, share) = (url.clone(), share.clone());
                std::thread::spawn(move || send_json("PUT", &url, &[], &share))
            })
            .collect();
        let body = question().to_string();
        let (first, second) = body.split_at(10);
        let mut half = Connection::open(app.address());
        let token = signed_with(SECRET_KEY, "aaaa");
        half.say(format!("POST /shares/validate HTTP/1.1\r\nHost: x\r\ntoken: {token}\r\nContent-Length: {}\r\n\r\n{first}", body.len()));
        let deadline = Instant::now() + Duration::from_secs(20);
        while meddream.asked().len() < slow.len() {
            assert!(Instant::now() < deadline, "MedDream was not asked:\n{}", app.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        let sent = Command::new("kill").args([signal, &app.pid().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        std::thread::sleep(Duration::from_millis(300));
        assert!(half.say(second), "{signal}: a half-sent request was cut");
        let answer = half.answer().unwrap_or_else(|| panic!("{signal}: a half-sent request was cut"));
        assert_eq!((answer.status, &answer.json()["granted"]), (200, &json!(true)));
        for request in slow {
            let answer = request.join().expect("no request is cut");
            assert_eq!(answer.json()["token"], meddream::TOKEN, "{signal}: {}", answer.text());
        }
        assert!(app.wait(), "{signal}: {}", app.log());
        assert!(std::net::TcpStream::connect(app.address()).is_err(), "{signal}: it still listens");
        assert_log_keeps_secrets(&app, &[meddream::TOKEN]);
    }
}

#[test]
fn a_request_that_is_too_large_is_refused_and_the_next_is_served() {
    if skipped_under_spin() {
        return;
    }
    let app = App::start_with(&[], &["--max-body-size", "1000", "--http1-max-buf-size", "8192"]);
    for (method, path) in [("PUT", "/shares"), ("POST", "/shares/validate")] {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
        let answer_to = |rest: &str, chunks: usize| {
            let mut connection = Connection::open(app.address());
            connection.say(format!("{head}{rest}\r\n\r\n"));
            for _ in 0..chunks {
                connection.say_chunk(&[b' '; 500]);
            }
            if chunks > 0 {
                connection.say("0\r\n\r\n");
            }
            connection.answer().unwrap_or_else(|| panic!("{path}: {rest} {chunks}: no answer"))
        };
        let too_large = [
            answer_to("Content-Length: 1001", 0),
            answer_to("Content-Length: 99999999999999", 0),
            answer_to("Transfer-Encoding: chunked", 3),
            answer_to("Transfer-Encoding: chunked", 200),
        ];
        for answer in too_large {
            assert_eq!(answer.status, 413, "{path}: {}", answer.text());
            assert!(answer.json()["detail"].is_string(), "{path}: {}", answer.text());
        }
        assert_eq!(answer_to("Transfer-Encoding: chunked", 2).status, 422, "1000 bytes are within the limit");
        let long = format!("x-long: {}", "x".repeat(20_000));
        assert_eq!(answer_to(&long, 0).status, 431);
    }
    assert!(granted(app.address(), &signed_with(SECRET_KEY, "aaaa")));
}

#[test]
fn a_slow_client_is_told_so_and_holds_up_nobody() {
    if skipped_under_spin() {
        return;
    }
    let app = App::start_with(&[], &["--client-timeout", "1s"]);
    let beginnings = [
        "PUT /shares HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        "PUT /shares HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        "POST /shares/validate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
        "POST /shares/validate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
        "GET /shares HTTP/1.1\r\nHost:",
        "GET",
    ];
    let started = Instant::now();
    let connections: Vec<_> = (0..60)
        .map(|i| {
            let mut connection = Connection::open(app.address());
            connection.say(beginnings[i % beginnings.len()]);
            connection
        })
        .collect();
    assert!(granted(app.address(), &signed_with(SECRET_KEY, "aaaa")));
    assert!(started.elapsed() < Duration::from_millis(900), "slow clients hold up another");
    for (i, connection) in connections.into_iter().enumerate() {
        let beginning = beginnings[i % beginnings.len()];
        let answer = connection.answer().unwrap_or_else(|| panic!("no answer to {beginning:?}"));
        assert_eq!(answer.status, 408, "{beginning:?}: {}", answer.text());
        assert!(answer.json()["detail"].is_string(), "{beginning:?}: {}", answer.text());
    }
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[test]
fn requests_at_once_do_not_mix() {
    let app = App::start(&[]);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let address = app.address();
            scope.spawn(move || {
                for round in 0..20 {
                    let shared = (thread + round) % 2 == 0;
                    let token = signed_with(SECRET_KEY, if shared { "aaaa" } else { "bbbb" });
                    assert_eq!(granted(address, &token), shared);
                }
            });
        }
    });
    assert_log_keeps_secrets(&app, &[]);
}
