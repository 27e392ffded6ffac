//! The key ring, `secret_keys`: which links open with which ring, that keys change while requests are
//! answered, and what stops the start.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use journeys::http::send_json;
use journeys::{App, free_address, repository, skipped_under_spin, token};
use serde_json::{Value, json};

const A: &str = "key-a-of-a-ring-for-tests-of-at-least-32-bytes";
const B: &str = "key-b-of-a-ring-for-tests-of-at-least-32-bytes";
const SHORT: &str = "my-secret-key";

const NONE: (&str, &str) = ("secret_key", "");

fn active(key: &str) -> Value {
    json!({"key": key, "status": "active"})
}

fn previous(key: &str, until: &str) -> Value {
    json!({"key": key, "status": "previous", "until": until})
}

fn ring(keys: &Value) -> [(&'static str, String); 2] {
    [(NONE.0, NONE.1.to_owned()), ("secret_keys", keys.to_string())]
}

fn start(variables: &[(&'static str, String)]) -> App {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    App::start(&variables)
}

/// RFC 3339, this many seconds from now.
fn in_seconds(seconds: u64) -> String {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs() + seconds;
    let output = Command::new("date").args(["-u", "-d", &format!("@{at}"), "+%Y-%m-%dT%H:%M:%SZ"]).output();
    String::from_utf8(output.expect("date runs").stdout).expect("a date").trim().to_owned()
}

fn share(url: &str, anonymized: bool) -> String {
    let share = json!({
        "studies": [{"orthanc-id": "aaaa"}],
        "type": "osimis-viewer-publication",
        "anonymized": anonymized,
    });
    let answer = send_json("PUT", &format!("{url}shares"), &[], &share);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["token"].as_str().expect("a token").to_owned()
}

fn granted(url: &str, token: &str) -> bool {
    // An encrypted token is one of an anonymized share.
    let server = if token.split('.').count() == 5 { "anonymized-server-id" } else { "standard-server-id" };
    let question = json!({"orthanc-id": "aaaa", "identifier": server, "level": "study", "method": "get"});
    let answer = send_json("POST", &format!("{url}shares/validate"), &[("token", token)], &question);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["granted"] == true
}

fn header(token: &str) -> Value {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    serde_json::from_slice(&header.expect("a header")).expect("JSON")
}

/// A link as the Python service makes it, or this one with `secret_key`: its header names no key.
fn nameless(key: &str) -> String {
    named(key, &json!({"typ": "JWT", "alg": "HS256"}))
}

fn named(key: &str, header: &Value) -> String {
    let studies = json!([{"dicom_uid": null, "orthanc_id": "aaaa"}]);
    let claims = json!({"studies": studies, "type": "osimis-viewer-publication", "expiration_date": null});
    token::sign_with_header(key, header, &claims)
}

#[test]
fn a_link_says_which_key_made_it_and_opens_until_the_end_of_that_key() {
    // Made before there was a ring, and in the ring's first days.
    let before = start(&[("secret_key", A.to_owned())]);
    let mut links: Vec<String> = [false, true].map(|anonymized| share(&before.url("/"), anonymized)).into();
    assert!(links.iter().all(|link| header(link).get("kid").is_none()));
    let first = start(&ring(&json!({"a": active(A)})));
    links.extend([false, true].map(|anonymized| share(&first.url("/"), anonymized)));
    assert_eq!(header(&links[2]), json!({"typ": "JWT", "alg": "HS256", "kid": "a"}));
    assert_eq!(header(&links[3]), json!({"alg": "dir", "enc": "A256GCM", "kid": "a"}));
    links.push(nameless(A));
    // Each of the two opens what the other made: a site may change over, and back.
    for app in [&before, &first] {
        assert!(links.iter().all(|link| granted(&app.url("/"), link)));
    }

    // The next key. The one of before has its end while this runs; a slow machine gets more time.
    let is_open = |url: &str| links.iter().map(|link| granted(url, link)).collect::<Vec<_>>();
    let second = [8, 30, 120].into_iter().find_map(|seconds| {
        let end = Instant::now() + Duration::from_secs(seconds);
        let app = start(&ring(&json!({"a": previous(A, &in_seconds(seconds)), "b": active(B)})));
        let open = is_open(&app.url("/"));
        let is_in_time = Instant::now() + Duration::from_secs(1) < end;
        assert!(open == [true; 5] || !is_in_time, "{open:?}");
        is_in_time.then_some((app, end))
    });
    let (second, end) = second.expect("an application that starts within a minute");
    let url = second.url("/");
    let new = [false, true].map(|anonymized| share(&url, anonymized));
    assert!(new.iter().all(|link| header(link)["kid"] == "b"));
    std::thread::sleep((end + Duration::from_secs(1)).saturating_duration_since(Instant::now()));
    assert_eq!(is_open(&url), [false; 5], "the old key has ended");
    assert!(new.iter().all(|link| granted(&url, link)));

    // A name of the ring stands for its key and no other; one that it does not know says nothing.
    let url = first.url("/");
    for (key, kid, opens) in [(A, "a", true), (A, "theirs", true), (B, "a", false), (B, "theirs", false)] {
        let link = named(key, &json!({"kid": kid, "alg": "HS256"}));
        assert_eq!(granted(&url, &link), opens, "{kid}");
    }
    assert!(!granted(&second.url("/"), &named(B, &json!({"alg": "HS256", "kid": "a"}))));
}

#[test]
fn nodes_change_their_keys_one_after_the_other() {
    let steps = [
        vec![("secret_key", A.to_owned())],
        // Every node knows the new key before one signs with it. The variable of before may stay.
        [
            vec![("secret_key", A.to_owned())],
            ring(&json!({"a": active(A), "b": previous(B, "2999-12-31")}))[1..].to_vec(),
        ]
        .concat(),
        ring(&json!({"a": previous(A, "2999-12-31"), "b": active(B)})).to_vec(),
    ];
    let nodes = steps.map(|variables| start(&variables));
    for pair in nodes.windows(2) {
        for (maker, reader) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            for anonymized in [false, true] {
                assert!(granted(&reader.url("/"), &share(&maker.url("/"), anonymized)));
            }
        }
    }
}

#[test]
fn a_short_key_only_verifies_and_is_warned_about_by_its_name() {
    let app = start(&ring(&json!({"a": active(A), "old-one": previous(SHORT, "2999-12-31")})));
    assert!(granted(&app.url("/"), &nameless(SHORT)));
    assert_eq!(header(&share(&app.url("/"), false))["kid"], "a");
    app.assert_logs("secret_keys: old-one has under 32 bytes");
    assert!(!app.log().contains(SHORT));
    let long = start(&ring(&json!({"a": active(A), "old-one": previous(B, "2999-12-31")})));
    share(&long.url("/"), false);
    assert!(!long.log().contains("32 bytes"), "{}", long.log());
}

#[test]
fn what_is_no_ring_stops_the_start_with_its_name_and_without_its_keys() {
    if skipped_under_spin() {
        return;
    }
    let of_ring = |keys: Value| ring(&keys).to_vec();
    let none = |name, value: &str| vec![(NONE.0, String::new()), (name, value.to_owned())];
    let cases = [
        (none("users", ""), &["secret_key", "secret_keys", "openssl rand"][..]),
        (none("previous_secret_keys", &json!([A]).to_string()), &["secret_key"]),
        (none("secret_keys", A), &["secret_keys", "JSON object"]),
        (none("secret_keys", &json!([A]).to_string()), &["secret_keys", "JSON object"]),
        (of_ring(json!({A: "a"})), &["secret_keys", "number 1"]),
        (of_ring(json!({"a": previous(A, "2999-12-31")})), &["secret_keys", "active"]),
        (of_ring(json!({"a": active(A), "b": active(B)})), &["secret_keys", "b", "a is active too"]),
        (of_ring(json!({"one": active(SHORT)})), &["secret_keys", "one", "32 bytes", "openssl rand"]),
        (of_ring(json!({"a": active(A), "b": previous(B, "soon")})), &["secret_keys", "b", "until"]),
        (
            of_ring(json!({"a": active(A), "b": {"key": B, "status": "previous"}})),
            &["secret_keys", "b", "until"],
        ),
        (
            of_ring(json!({"a": active(A), "b": {"key": B, "status": "retired"}})),
            &["secret_keys", "b", "status"],
        ),
        (of_ring(json!({"a": active(A), "b": previous(A, "2999-12-31")})), &["secret_keys", "b", "same key"]),
        (
            none("secret_keys", &format!(r#"{{"a": {}, "a": {}}}"#, active(A), previous(B, "2999-12-31"))),
            &["a", "twice"],
        ),
        (
            [vec![("secret_key", B.to_owned())], of_ring(json!({"a": active(A)}))[1..].to_vec()].concat(),
            &["secret_key", "secret_keys"],
        ),
        (
            [of_ring(json!({"a": active(A)})), vec![("previous_secret_keys", json!([A]).to_string())]]
                .concat(),
            &["previous_secret_keys", "a"],
        ),
    ];
    for (variables, expected) in cases {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let log = App::refused_start(&variables, &[]);
        assert!(expected.iter().all(|part| log.contains(part)), "{expected:?}: {log}");
        for secret in [A, B, SHORT] {
            assert!(!log.contains(secret), "a key is in the log: {log}");
        }
        assert!(!log.contains("panicked"), "{log}");
    }
}

/// A host whose Docker secrets are a folder of the test's own; dropping it ends the process.
struct Host {
    process: Child,
    url: String,
    state: tempfile::TempDir,
}

impl Host {
    /// None where there are no mount namespaces.
    fn start(keys: &Value, arguments: &[&str]) -> Option<Self> {
        let can_unshare =
            Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
        if !can_unshare {
            eprintln!("SKIPPED: no mount namespace here, so that /run/secrets cannot be tried");
            return None;
        }
        let state = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(state.path().join("secrets")).expect("a folder");
        let address = free_address();
        let binary = std::env::var_os("ORTHANC_SHARE_BIN")
            .map_or_else(|| repository().join("target/release/orthanc-share"), PathBuf::from);
        // A private /run, in which the secrets are that folder: the machine's own is left alone.
        let script = "secrets=$1; shift; [ -d /run/secrets ] || { mount -t tmpfs none /run && mkdir /run/secrets; }; \
                      mount --bind \"$secrets\" /run/secrets && exec \"$@\"";
        let log = File::create(state.path().join("log")).expect("a log file");
        let mut host = Self {
            process: {
                write_ring(&state.path().join("secrets"), &keys.to_string());
                Command::new("unshare")
                    .args(["-rm", "sh", "-c", script, "sh"])
                    .arg(state.path().join("secrets"))
                    .arg(binary)
                    .args(["up", "--listen", &address, "--state-dir"])
                    .arg(repository().join("target/journeys/state"))
                    .args(arguments)
                    .env_remove("SECRET_KEY")
                    .env_remove("SPIN_VARIABLE_SECRET_KEY")
                    .env("SERVER_IDENTIFIER", "standard-server-id")
                    .env("PUBLIC_ORTHANC_ROOT", "http://localhost/shares/")
                    .current_dir(repository())
                    .stdin(Stdio::null())
                    .stdout(log.try_clone().expect("the log file, twice"))
                    .stderr(log)
                    .spawn()
                    .expect("unshare runs")
            },
            url: format!("http://{address}/"),
            state,
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(&address).is_err() {
            let ended = host.process.try_wait().expect("the process can be asked");
            assert!(ended.is_none() && Instant::now() < deadline, "it did not start: {}", host.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(host)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.state.path().join("log")).expect("the log")
    }

    fn set(&self, ring: &str) {
        write_ring(&self.state.path().join("secrets"), ring);
    }

    fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.process.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
    }

    /// A share of the key that has this name: asked for until it is the one that signs.
    fn share_by(&self, kid: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let link = share(&self.url, false);
            if header(&link)["kid"] == kid {
                return link;
            }
            assert!(Instant::now() < deadline, "the keys stay as they are: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As a secret is replaced: written beside it, then renamed.
fn write_ring(secrets: &Path, ring: &str) {
    std::fs::write(secrets.join(".new"), format!("{ring}\n")).expect("the new secret");
    std::fs::rename(secrets.join(".new"), secrets.join("SECRET_KEYS")).expect("it takes the old one's place");
}

/// Keys 0 to `last`, of which that one is active.
fn ring_up_to(last: usize) -> Value {
    let key = |number: usize| format!("key-{number}-of-a-ring-that-turns-of-at-least-32-bytes");
    let entry = |number| match number {
        number if number == last => active(&key(number)),
        number => previous(&key(number), "2999-12-31"),
    };
    (0..=last).map(|number| (format!("k{number}"), entry(number))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn keys_change_at_sighup_while_16_connections_validate_and_nobody_notices() {
    if skipped_under_spin() {
        return;
    }
    let Some(host) = Host::start(&ring_up_to(0), &["--quiet"]) else { return };
    let first = host.share_by("k0");
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    assert!(granted(&host.url, &first), "a link was refused");
                    asked.fetch_add(1, Relaxed);
                }
            });
        }
        // A failed assertion here must end the others too.
        let turned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut links = vec![first.clone()];
            for last in 1..=8 {
                let before = asked.load(Relaxed);
                host.set(&ring_up_to(last).to_string());
                host.hang_up();
                links.push(host.share_by(&format!("k{last}")));
                assert!(links.iter().all(|link| granted(&host.url, link)), "after {last}");
                assert!(asked.load(Relaxed) > before, "requests stood still");
            }
            // A ring that is none changes nothing, and is not shown.
            host.set(r#"{"k9": {"key": "never-to-be-shown", "status": "active"}}"#);
            host.hang_up();
            let deadline = Instant::now() + Duration::from_secs(60);
            while !host.log().contains("stays as it is: secret_keys: k9: key: expected at least 32 bytes") {
                assert!(Instant::now() < deadline, "{}", host.log());
                std::thread::sleep(Duration::from_millis(20));
            }
            assert_eq!(header(&share(&host.url, false))["kid"], "k8");
            let names: HashSet<_> = links.iter().map(|link| header(link)["kid"].to_string()).collect();
            assert_eq!(names.len(), 9);
        }));
        done.store(true, Relaxed);
        if let Err(panic) = turned {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(asked.load(Relaxed) > 500, "{}", asked.load(Relaxed));

    // Taken out of the ring, as after a leak: its links end at once.
    host.set(&json!({"k": active(A)}).to_string());
    host.hang_up();
    host.share_by("k");
    assert!(!granted(&host.url, &first));
    let log = host.log();
    assert!(!log.contains("never-to-be-shown") && !log.contains("of-a-ring"), "{log}");
}

#[test]
fn with_watch_a_new_secret_is_taken_without_being_told() {
    if skipped_under_spin() {
        return;
    }
    let Some(host) = Host::start(&ring_up_to(0), &["--watch"]) else { return };
    let first = host.share_by("k0");
    // What changes while it starts counts as its first state: wait until it looks.
    std::thread::sleep(Duration::from_secs(3));
    host.set(&ring_up_to(1).to_string());
    host.share_by("k1");
    assert!(granted(&host.url, &first));
}
