//! Key-value stores in a Redis, which several nodes share: what every store promises ([`cases`]), and what
//! happens while the Redis is away. These are the embedded runtime's; Spin has its own.

#[path = "store/cases.rs"]
mod cases;

use std::time::{Duration, Instant};

use cases::{PASSWORD, Place, kv, on, text};
use journeys::App;
use journeys::http::send;

on! { Place::redis() }

#[test]
fn keys_and_values_are_as_spin_writes_them() {
    let place = Place::redis();
    let app = place.start();
    let redis = place.redis.as_ref().expect("a Redis");
    let summary = format!("Storing default key-value data to Redis at {}.", redis.address());
    assert!(app.log().contains(&summary), "{}", app.log());
    text(&app, "set", "a/b", "hello");
    text(&app, "increment", "n", "41");
    assert_eq!(redis.ask(&["GET", "a/b"]), "hello");
    assert_eq!(redis.ask(&["GET", "n"]), "41");
    assert_eq!(redis.ask(&["SET", "c", "from elsewhere"]), "+OK");
    assert_eq!(text(&app, "get", "c", ""), "from elsewhere");
    // Another program's, of another type.
    redis.ask(&["LPUSH", "list", "marked-value"]);
    let answer = kv(&app, "get", "list", "");
    assert_eq!((answer.status, answer.text().contains("WRONGTYPE")), (500, true), "{}", answer.text());
    // Nothing was written to a file, and the password nowhere.
    assert!(!place.path().join("sqlite_key_value.db").exists());
    assert!(!app.log().contains(PASSWORD) && !app.log().contains("marked-value"), "{}", app.log());
}

/// An error that comes within the time that a person waits.
fn assert_fails_soon(app: &App, operation: &str) {
    let asked = Instant::now();
    let answer = kv(app, operation, "a", "1");
    assert_eq!(answer.status, 500, "{operation}");
    assert!(answer.text().contains("Redis") && !answer.text().contains(PASSWORD), "{}", answer.text());
    assert!(asked.elapsed() < Duration::from_millis(2500), "{operation}: {:?}", asked.elapsed());
}

/// It works again, soon and by itself.
fn assert_recovers(app: &App, value: &str) {
    let deadline = Instant::now() + Duration::from_secs(3);
    loop {
        let answer = kv(app, "get", "a", "");
        if answer.status == 200 {
            assert_eq!(answer.text(), value);
            return;
        }
        assert!(Instant::now() < deadline, "{}\n{}", answer.text(), app.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

const OPERATIONS: [&str; 5] = ["get", "set", "increment", "count-by-swaps", "keys"];

#[test]
fn a_redis_that_is_away_is_an_error_and_then_forgotten() {
    let mut place = Place::redis();
    let app = place.start();
    text(&app, "set", "a", "5");
    text(&app, "count-by-swaps", "swaps", "");
    place.redis.as_mut().expect("a Redis").kill();
    for operation in OPERATIONS {
        assert_fails_soon(&app, operation);
    }
    app.assert_logs("the store failed");
    place.redis.as_mut().expect("a Redis").restart();
    assert_recovers(&app, "5");
    assert_eq!(text(&app, "count-by-swaps", "swaps", ""), "2");
    assert!(!app.log().contains(PASSWORD), "{}", app.log());
}

#[test]
fn a_restart_of_the_redis_between_two_requests_is_not_noticed() {
    let mut place = Place::redis();
    let app = place.start();
    text(&app, "set", "a", "5");
    text(&app, "count-by-swaps", "swaps", "");
    let redis = place.redis.as_mut().expect("a Redis");
    redis.kill();
    redis.restart();
    // The connections that are kept are broken; what may be sent twice is.
    assert_eq!(text(&app, "count-by-swaps", "swaps", ""), "2");
    assert_eq!(text(&app, "get", "a", ""), "5");
}

#[test]
fn a_redis_that_hangs_holds_nobody_up() {
    let place = Place::redis();
    let app = place.start();
    text(&app, "set", "a", "5");
    text(&app, "count-by-swaps", "swaps", "");
    let redis = place.redis.as_ref().expect("a Redis");
    redis.signal("STOP");
    for operation in OPERATIONS {
        assert_fails_soon(&app, operation);
    }
    // Many at once, of calls that hold their instance: they wait together, not one after another.
    let asked = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(kv(&app, "increment", "n", "1").status, 500));
        }
    });
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    // What needs no store is served meanwhile.
    assert_eq!(send("GET", &app.url("/hello"), &[], b"").status, 200);
    redis.signal("CONT");
    // A write that was not acknowledged may have been made.
    let deadline = Instant::now() + Duration::from_secs(3);
    while kv(&app, "set", "a", "6").status != 200 {
        assert!(Instant::now() < deadline, "{}", app.log());
    }
    assert_recovers(&app, "6");
}

#[test]
fn an_application_starts_before_its_redis() {
    let mut place = Place::redis();
    place.redis.as_mut().expect("a Redis").kill();
    let app = place.start();
    assert_fails_soon(&app, "get");
    place.redis.as_mut().expect("a Redis").restart();
    text(&app, "set", "a", "5");
    assert_recovers(&app, "5");
}

#[test]
fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let place = Place::redis();
    let url = place.redis.as_ref().expect("a Redis").url().replace(PASSWORD, "another-password");
    place.configure(&format!("[key_value_store.default]\ntype = \"redis\"\nurl = {url:?}\n"));
    let app = place.start();
    assert_fails_soon(&app, "get");
    app.assert_logs("the store failed");
    assert!(!app.log().contains("another-password"), "{}", app.log());
}
