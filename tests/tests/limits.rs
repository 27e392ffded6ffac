//! The embedded runtime protects itself: a component that misbehaves costs its own request, never the
//! server. The component is `tests/guest`; Spin has other limits, so that these journeys are the runtime's.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use journeys::http::{get, send};
use journeys::{App, free_address, raw};

const SECRET: &str = "secret=only-for-the-guest";

fn guest(arguments: &[&str]) -> App {
    App::start_manifest("tests/guest/spin.toml", &[&["--variable", SECRET], arguments].concat())
}

#[test]
fn a_component_that_loops_costs_its_own_request_only() {
    let app = guest(&["--request-cpu-time", "500ms"]);
    let url = app.url("/loop");
    let looping = std::thread::spawn(move || (get(&url, &[]).status, Instant::now()));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(300) {
        assert_eq!(get(&app.url("/hello"), &[]).text(), "hello");
    }
    let (status, ended) = looping.join().expect("the thread of the request");
    assert_eq!(status, 500);
    assert!(ended - begun < Duration::from_secs(20), "{:?}", ended - begun);
    assert_eq!(get(&app.url("/hello"), &[]).text(), "hello");
    app.assert_logs("request-cpu-time");
}

#[test]
fn a_component_that_waits_for_ever_is_given_up_after_the_time_limit() {
    let app = guest(&["--request-timeout", "300ms"]);
    let answer = get(&app.url("/sleep"), &[]);
    assert_eq!((answer.status, answer.json()["detail"].is_string()), (504, true));
    assert_eq!(get(&app.url("/hello"), &[]).text(), "hello");
}

#[test]
fn a_component_that_takes_all_memory_or_panics_costs_its_own_request_only() {
    let app = guest(&["--max-instance-memory", "33554432"]);
    for path in ["/memory", "/panic", "/memory"] {
        let answer = get(&app.url(path), &[]);
        assert_eq!(
            (answer.status, answer.json()["detail"].as_str()),
            (500, Some("Internal Server Error")),
            "{path}"
        );
        assert_eq!(get(&app.url("/hello"), &[]).text(), "hello");
    }
}

/// Asks so many times in parallel, each so often in a row, with this header; which instances answered, and the
/// number that each request had in its instance.
fn instances(
    app: &App,
    parallel: usize,
    in_a_row: usize,
    header: (&str, &str),
) -> BTreeMap<String, Vec<u32>> {
    let url = app.url("/instance");
    let asks = || -> Vec<(String, u32)> {
        let asked = std::iter::repeat_with(|| get(&url, &[header]).text()).take(in_a_row);
        let parts = asked.map(|text| text.split_once(' ').map(|(id, count)| (id.to_owned(), count.parse())));
        parts
            .map(|parts| parts.expect("two words"))
            .map(|(id, count)| (id, count.expect("a number")))
            .collect()
    };
    let mut all = BTreeMap::<String, Vec<u32>>::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..parallel).map(|_| scope.spawn(asks)).collect();
        for (id, count) in threads.into_iter().flat_map(|thread| thread.join().expect("a thread that asks")) {
            all.entry(id).or_default().push(count);
        }
    });
    assert_eq!(all.values().map(Vec::len).sum::<usize>(), parallel * in_a_row);
    all
}

#[test]
fn an_instance_takes_as_many_requests_as_it_may() {
    let app = guest(&["--max-instance-reuse-count", "5", "--idle-instance-timeout", "60s"]);
    let all = instances(&app, 1, 40, ("x-wait", "0"));
    assert!(all.values().all(|counts| counts.iter().max() <= Some(&5)), "{all:?}");
    assert!(all.values().any(|counts| *counts == [1, 2, 3, 4, 5]), "{all:?}");
}

#[test]
fn requests_that_wait_share_instances_up_to_the_limit() {
    let cores = std::thread::available_parallelism().expect("a number of cores").get();
    for (limit, most) in [("16", 2 * cores + 2), ("1", 32)] {
        let app = guest(&["--max-instance-concurrent-reuse-count", limit]);
        let all = instances(&app, 32, 1, ("x-wait", "1000"));
        assert!(all.len() <= most, "{limit} at once: {all:?}");
        assert!(limit != "1" || all.len() == 32, "one at a time: {all:?}");
    }
}

#[test]
fn requests_that_wait_for_nothing_need_few_instances_however_many_there_are() {
    let cores = std::thread::available_parallelism().expect("a number of cores").get();
    let arguments = ["--quiet", "--max-instance-reuse-count", "100000", "--idle-instance-timeout", "60s"];
    // A line of the log is nothing to wait for.
    for header in [("x-nothing", ""), ("x-say", "hello")] {
        let app = guest(&arguments);
        assert_eq!(get(&app.url("/instance"), &[]).status, 200);
        let all = instances(&app, 64, 200, header);
        assert!(all.len() <= 3 * cores, "{header:?}: {} instances", all.len());
    }
}

#[test]
fn a_component_sees_its_own_variables_and_the_headers_that_spin_adds() {
    let app = guest(&[]);
    assert_eq!(get(&app.url("/variable/greeting"), &[]).text(), "good morning, only-for-the-guest");
    assert_eq!(
        get(&app.url("/variable/secret"), &[]).status,
        500,
        "it is the application's, not the component's"
    );
    let echo = get(
        &app.url("/echo?a=b"),
        &[("spin-full-url", "http://elsewhere/"), ("spin-client-addr", "1.2.3.4:5")],
    );
    let text = echo.text();
    for header in [
        format!("spin-full-url: http://{}/echo?a=b\n", app.address()),
        "spin-path-info: /echo\n".to_owned(),
        "spin-matched-route: /...\n".to_owned(),
        "spin-base-path: /\n".to_owned(),
        "spin-raw-component-route: /...\n".to_owned(),
        "spin-client-addr: 127.0.0.1:".to_owned(),
    ] {
        assert!(text.contains(&header), "{header}: {text}");
    }
    assert!(
        !text.contains("elsewhere") && !text.contains("1.2.3.4"),
        "a client pretends to be the host: {text}"
    );
}

#[test]
fn the_manifest_answers_static_routes_and_hides_private_ones() {
    let app = guest(&[]);
    let teapot = get(&app.url("/static"), &[]);
    assert_eq!(
        (teapot.status, teapot.header("x-answer"), teapot.text().as_str()),
        (418, Some("static"), "short and stout")
    );
    assert_eq!(get(&app.url("/.well-known/spin/health"), &[]).status, 200);
    assert_eq!(get(&app.url("/.well-known/spin/nothing"), &[]).status, 404);
}

#[test]
fn a_component_reaches_only_the_hosts_that_the_manifest_names() {
    let other = App::start(&[]);
    let health = other.url("/.well-known/spin/health");
    let allowed = guest(&["--variable", &format!("reachable=http://{}", other.address())]);
    assert_eq!(get(&allowed.url("/fetch"), &[("x-url", &health)]).text(), "200 OK");
    // The same machine under another name is another host, as in Spin.
    let by_name = health.replace("127.0.0.1", "localhost");
    assert_eq!(get(&allowed.url("/fetch"), &[("x-url", &by_name)]).status, 502);
    let denied = guest(&[]);
    let answer = get(&denied.url("/fetch"), &[("x-url", &health)]);
    assert!(answer.status == 502 && answer.text().contains("RequestDenied"), "{}", answer.text());
}

#[test]
fn a_large_body_streams_within_its_limit() {
    let app = guest(&["--max-body-size", "1000000"]);
    let fits = vec![b'x'; 900_000];
    let answer = send("POST", &app.url("/echo"), &[], &fits);
    assert!(answer.status == 200 && answer.body.ends_with(&fits), "{}", answer.status);
    assert_eq!(send("POST", &app.url("/echo"), &[], &vec![b'x'; 1_100_000]).status, 413);
    // Chunked: the size is not known before it is too much.
    let mut connection = raw::Connection::open(app.address());
    connection.say("POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    for _ in 0..20 {
        connection.say_chunk(&[b'y'; 65_536]);
    }
    assert_eq!(connection.answer().map(|answer| answer.status), Some(413));
}

#[test]
fn more_connections_than_allowed_wait_their_turn() {
    let app = guest(&["--max-connections", "2", "--client-timeout", "1s"]);
    let idle: Vec<_> = (0..2).map(|_| raw::Connection::open(app.address())).collect();
    let begun = Instant::now();
    // Both places are taken by clients that say nothing; they are sent away, and this one is served.
    assert_eq!(get(&app.url("/hello"), &[]).text(), "hello");
    assert!(begun.elapsed() > Duration::from_millis(500), "{:?}", begun.elapsed());
    drop(idle);
}

#[test]
fn connections_get_the_descriptors_that_there_are() {
    let limits = |app: &App| {
        let text = std::fs::read_to_string(format!("/proc/{}/limits", app.pid())).expect("its limits");
        let line = text.lines().find(|line| line.starts_with("Max open files")).expect("that of files");
        line.split_whitespace().skip(3).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let started = |limit: &str, arguments: &[&str]| {
        let script = format!("ulimit {limit} && exec \"$@\"");
        App::start_by(&["sh", "-c", &script, "sh"], &[], arguments)
    };
    // The soft limit is raised.
    let app = started("-S -n 80", &["--max-connections", "100"]);
    let now = limits(&app);
    assert_eq!(now[0], now[1]);
    assert!(!app.log().contains("--max-connections"), "{}", app.log());
    // The hard one is kept to.
    let app = started("-n 80", &["--max-connections", "1000"]);
    assert_eq!(limits(&app), ["80", "80"]);
    let log = app.log();
    let warned = log.lines().filter(|line| line.contains("--max-connections"));
    assert_eq!(warned.filter(|line| line.contains("16 instead of 1000")).count(), 1, "{log}");
    let _idle: Vec<_> = (0..200).map(|_| raw::Connection::open(app.address())).collect();
    std::thread::sleep(Duration::from_millis(500));
    assert!(!app.log().contains("cannot be accepted"), "{}", app.log());
}

#[test]
fn flags_are_checked() {
    for wrong in [
        ["--request-timeout", "1h"],
        ["--idle-instance-timeout", "0"],
        ["--http1-max-buf-size", "100"],
        ["--max-instance-memory", "64"],
    ] {
        let said = App::refused_start(&[], &wrong);
        assert!(said.contains(wrong[0]), "{wrong:?}: {said}");
    }
}

#[test]
fn clients_that_do_not_read_their_answers_lose_their_place() {
    let app = guest(&["--max-connections", "2", "--client-timeout", "1s"]);
    let body = vec![b'x'; 60_000];
    let hoarders: Vec<_> = (0..2)
        .map(|_| {
            let mut connection = raw::Connection::open(app.address());
            // Answers of some megabytes, which no socket buffer holds.
            for _ in 0..200 {
                let head =
                    format!("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", body.len());
                if !connection.say(head) || !connection.say(&body) {
                    break;
                }
            }
            connection
        })
        .collect();
    assert_eq!(get(&app.url("/hello"), &[]).text(), "hello");
    drop(hoarders);
}

#[test]
fn a_request_that_was_sent_before_the_end_is_answered_though_nobody_saw_it_yet() {
    let app = guest(&[]);
    let signal = |name: &str| {
        let told = Command::new("kill").args([name, &app.pid().to_string()]).status();
        assert!(told.expect("kill runs").success());
    };
    signal("-STOP");
    let connections: Vec<_> = (0..60)
        .map(|_| {
            // The kernel accepts for the stopped server.
            let mut connection = raw::Connection::open(app.address());
            assert!(connection.say("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n"));
            connection
        })
        .collect();
    signal("-TERM");
    signal("-CONT");
    let answered = connections.into_iter().filter_map(raw::Connection::answer);
    assert_eq!(answered.filter(|answer| answer.status == 200).count(), 60);
}

#[test]
fn the_runtimes_own_refusals_are_pages_for_people_and_json_for_programs() {
    let app = guest(&["--max-body-size", "10"]);
    let large = vec![b'x'; 100];
    let page = send("POST", &app.url("/echo"), &[("accept", "text/html,*/*;q=0.8")], &large);
    assert_eq!((page.status, page.header("content-type")), (413, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("<h1>") && page.header("content-security-policy").is_some());
    let json = send("POST", &app.url("/echo"), &[], &large);
    assert_eq!((json.status, json.json()["detail"].is_string()), (413, true));
    let nothing = get(&app.url("/.well-known/spin/nothing"), &[]);
    assert_eq!((nothing.status, nothing.json()["detail"].is_string()), (404, true));
    // What a component says stays as it said it.
    assert_eq!(get(&app.url("/hello"), &[("accept", "text/html")]).text(), "hello");
}

#[test]
fn tls_is_spoken_with_servers_that_the_systems_roots_vouch_for() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI has openssl");
        return eprintln!("SKIPPED: there is no openssl to be a TLS server");
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (key, certificate, address) = (path("key.pem"), path("certificate.pem"), free_address());
    let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"])
        .args(subject)
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", &key, "-out", &certificate])
        .output();
    assert!(made.expect("openssl runs").status.success());
    let mut server = Command::new("openssl")
        .args(["s_server", "-quiet", "-www", "-accept", &address, "-cert", &certificate, "-key", &key])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(server.try_wait().expect("it can be asked").is_none(), "openssl s_server ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let port = address.rsplit(':').next().expect("a port");
    let (origin, url) = (format!("https://localhost:{port}"), format!("https://localhost:{port}/"));
    let fetched = |environment: &[(&str, &str)]| {
        let reachable = format!("reachable={origin}");
        let arguments = ["--variable", SECRET, "--variable", &reachable];
        let app = App::start_manifest_with_env("tests/guest/spin.toml", &arguments, environment);
        get(&app.url("/fetch"), &[("x-url", &url)])
    };
    let trusted = fetched(&[("SSL_CERT_FILE", &certificate)]);
    let unknown = fetched(&[]);
    let _ = server.kill().and_then(|()| server.wait().map(drop));
    assert!(trusted.status == 200 && trusted.text().starts_with("200 "), "{}", trusted.text());
    assert_eq!(unknown.status, 502, "nobody vouches for it: {}", unknown.text());
}
