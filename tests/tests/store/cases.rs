//! What every kind of store promises, asked through the component in tests/guest. Each case runs on SQLite
//! (`store`) and on Redis (`store_redis`).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use journeys::http::{Answer, send};
use journeys::raw::Connection;
use journeys::redis::Redis;
use journeys::{App, state_directory};

/// Where the stores of one test are; applications that are started in it share them.
pub struct Place {
    state: tempfile::TempDir,
    /// There, and asking for a password, if this is the kind.
    pub redis: Option<Redis>,
}

/// In the URL of the Redis; must never be shown.
pub const PASSWORD: &str = "a-password-of-redis";

impl Place {
    #[allow(dead_code, reason = "each kind has a test binary of its own")]
    pub fn sqlite() -> Self {
        Self { state: state_directory(), redis: None }
    }

    #[allow(dead_code, reason = "each kind has a test binary of its own")]
    pub fn redis() -> Self {
        let place = Self { state: state_directory(), redis: Some(Redis::start(PASSWORD)) };
        let url = place.redis.as_ref().expect("a Redis").url();
        place.configure(&format!("[key_value_store.default]\ntype = \"redis\"\nurl = {url:?}\n"));
        place
    }

    /// Writes the runtime configuration.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.path().join("runtime.toml"), text).expect("a runtime configuration");
    }

    pub fn path(&self) -> &Path {
        self.state.path()
    }

    /// Starts the component with the stores of this place.
    pub fn start(&self) -> App {
        App::start_manifest("tests/guest/spin.toml", &as_str(&self.arguments()))
    }

    pub fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let mut arguments = vec!["--variable".to_owned(), "secret=quiet".to_owned()];
        arguments.extend(["--state-dir".to_owned(), path(self.path())]);
        let config = self.path().join("runtime.toml");
        if config.exists() {
            arguments.extend(["--runtime-config-file".to_owned(), path(&config)]);
        }
        arguments
    }
}

pub fn as_str(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// One operation of the component on the default store.
pub fn kv(app: &App, operation: &str, key: &str, body: &str) -> Answer {
    send("POST", &app.url(&format!("/kv/{operation}/default/{key}")), &[], body.as_bytes())
}

/// The same, and it succeeds.
pub fn text(app: &App, operation: &str, key: &str, body: &str) -> String {
    let answer = kv(app, operation, key, body);
    assert_eq!(answer.status, 200, "{operation} {key}: {}\n{}", answer.text(), app.log());
    answer.text()
}

/// Does this in so many threads at once, each with its number.
fn at_once(threads: usize, work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}

pub fn what_is_set_is_there_after_a_restart(place: &Place) {
    {
        let app = place.start();
        assert_eq!(kv(&app, "get", "a", "").status, 404);
        assert_eq!(text(&app, "exists", "a", ""), "false");
        text(&app, "set", "a", "first");
        text(&app, "set", "a", "second");
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(send("POST", &app.url("/kv/set/default/bytes"), &[], &bytes).status, 200);
        text(&app, "set", "empty", "");
        text(&app, "set", "gone", "x");
        text(&app, "delete", "gone", "");
        text(&app, "delete", "never-there", "");
    }
    let app = place.start();
    assert_eq!(text(&app, "get", "a", ""), "second");
    assert_eq!(text(&app, "exists", "a", ""), "true");
    assert_eq!(kv(&app, "get", "bytes", "").body, (0..=255).collect::<Vec<u8>>());
    assert_eq!((kv(&app, "get", "empty", "").status, text(&app, "get", "empty", "")), (200, String::new()));
    assert_eq!(kv(&app, "get", "gone", "").status, 404);
}

pub fn a_store_that_the_manifest_does_not_list_is_refused(place: &Place) {
    let app = place.start();
    for operation in ["get", "set", "keys", "increment", "batches"] {
        let answer = send("POST", &app.url(&format!("/kv/{operation}/other/a")), &[], b"1");
        assert_eq!((answer.status, answer.text().as_str()), (403, "access-denied"), "{operation}");
    }
}

pub fn sixty_four_connections_count_exactly(place: &Place) {
    let app = place.start();
    let numbers = Mutex::new(BTreeSet::new());
    at_once(64, |_| {
        for _ in 0..20 {
            let number: i64 = text(&app, "increment", "n", "1").parse().expect("a number");
            assert!(numbers.lock().unwrap().insert(number), "{number} came twice");
        }
    });
    assert_eq!(numbers.into_inner().unwrap(), (1..=1280).collect());
    assert_eq!(text(&app, "increment", "n", "-1280"), "0");
    at_once(16, |_| {
        for _ in 0..5 {
            text(&app, "count-by-swaps", "swaps", "");
        }
    });
    assert_eq!(text(&app, "get", "swaps", ""), "80");
}

pub fn two_nodes_share_a_store(place: &Place) {
    let nodes = [place.start(), place.start()];
    at_once(32, |thread| {
        for _ in 0..20 {
            text(&nodes[thread % 2], "increment", "n", "1");
        }
        for _ in 0..2 {
            text(&nodes[thread % 2], "count-by-swaps", "swaps", "");
        }
    });
    assert_eq!(text(&nodes[0], "increment", "n", "0"), "640");
    assert_eq!(text(&nodes[1], "get", "swaps", ""), "64");
    // What one has acknowledged, the other knows.
    for round in 0..20 {
        let value = round.to_string();
        text(&nodes[round % 2], "set", "a", &value);
        assert_eq!(text(&nodes[(round + 1) % 2], "get", "a", ""), value);
    }
}

pub fn kill_9_loses_nothing_that_was_acknowledged(place: &Place) {
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..6 {
        let mut app = place.start();
        let address = app.address().to_owned();
        std::thread::scope(|scope| {
            for thread in 0..16 {
                let (address, acknowledged) = (&address, &acknowledged);
                scope.spawn(move || {
                    for i in 0.. {
                        let key = format!("{round}-{thread}-{i}");
                        match set_raw(address, &key) {
                            Some(200) => acknowledged.lock().unwrap().push(key),
                            Some(status) => panic!("{key}: {status}"),
                            None => return,
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(200 + 70 * round));
            app.kill();
        });
    }
    let app = place.start();
    let there: BTreeSet<String> = text(&app, "keys", "", "").lines().map(str::to_owned).collect();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    for (i, key) in acknowledged.iter().enumerate() {
        assert!(there.contains(key), "{key} of {} is lost", acknowledged.len());
        if i % 50 == 0 {
            assert_eq!(&text(&app, "get", key, ""), key);
        }
    }
}

/// The status, or none when the server is gone before it has answered.
fn set_raw(address: &str, key: &str) -> Option<u16> {
    std::net::TcpStream::connect(address).ok()?;
    let mut connection = Connection::open(address);
    let head = format!("POST /kv/set/default/{key} HTTP/1.1\r\nHost: {address}\r\nConnection: close");
    connection.say(format!("{head}\r\nContent-Length: {}\r\n\r\n{key}", key.len()));
    connection.answer().map(|answer| answer.status)
}

pub fn keys_come_in_a_stream(place: &Place) {
    let app = place.start();
    assert_eq!(text(&app, "keys", "", ""), "");
    text(&app, "fill", "k", "5000");
    let keys = text(&app, "keys", "", "");
    let keys: BTreeSet<&str> = keys.lines().collect();
    let expected: Vec<String> = (0..5000).map(|i| format!("k{i}")).collect();
    assert_eq!(keys, expected.iter().map(String::as_str).collect());
    // A reader that leaves in the middle leaves nothing behind.
    for _ in 0..50 {
        assert!(text(&app, "first-key", "", "").starts_with('k'));
    }
    text(&app, "set", "k0", "x");
}

pub fn swaps_and_batches_do_what_wasi_says(place: &Place) {
    let app = place.start();
    assert_eq!(text(&app, "swap-too-late", "a", ""), "nothing, then newer, then in time");
    assert_eq!(text(&app, "swap-too-late", "a", ""), "in time, then newer, then in time");
    let batch = text(&app, "batches", "b", "");
    assert_eq!(batch, "ba=Some(\"a\") bb=None bc=Some(\"c\") listed=2 exists=true");
}

pub fn what_is_no_number_stays_as_it_is(place: &Place) {
    let app = place.start();
    text(&app, "set", "text", "marked-value");
    let answer = kv(&app, "increment", "text", "1");
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("no number") && !answer.text().contains("marked"), "{}", answer.text());
    assert_eq!(text(&app, "get", "text", ""), "marked-value");
    assert_eq!(text(&app, "increment", "n", &i64::MAX.to_string()), i64::MAX.to_string());
    assert_eq!(kv(&app, "increment", "n", "1").status, 500);
    assert_eq!(text(&app, "increment", "n", "-1"), (i64::MAX - 1).to_string());
    assert!(!app.log().contains("marked-value"), "{}", app.log());
}

pub fn replacing_the_components_leaves_the_store_alone(place: &Place) {
    let app = place.start();
    text(&app, "set", "a", "before");
    let loaded = || app.log().matches("\"serving\"").count();
    let before = loaded();
    app.hang_up();
    let deadline = Instant::now() + Duration::from_secs(60);
    for i in 0.. {
        text(&app, "set", "b", &i.to_string());
        assert_eq!(text(&app, "get", "b", ""), i.to_string());
        if loaded() > before {
            break;
        }
        assert!(Instant::now() < deadline, "nothing was replaced:\n{}", app.log());
    }
    assert_eq!(text(&app, "get", "a", ""), "before");
}

/// A test of the same name for each case.
macro_rules! on {
    ($place:expr => $($case:ident)*) => {
        $(#[test]
        fn $case() {
            cases::$case(&$place);
        })*
    };
    ($place:expr) => {
        on! { $place =>
            what_is_set_is_there_after_a_restart
            a_store_that_the_manifest_does_not_list_is_refused
            sixty_four_connections_count_exactly
            two_nodes_share_a_store
            kill_9_loses_nothing_that_was_acknowledged
            keys_come_in_a_stream
            swaps_and_batches_do_what_wasi_says
            what_is_no_number_stays_as_it_is
            replacing_the_components_leaves_the_store_alone
        }
    };
}
pub(crate) use on;
