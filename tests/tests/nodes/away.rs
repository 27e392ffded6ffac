//! The Redis is away, or hangs: nothing is made and nothing granted, on either node, and all goes on by
//! itself when it is back.

use std::time::{Duration, Instant};

use journeys::endpoint::{Behaviour, Endpoint};
use serde_json::json;

use crate::Cluster;
use crate::door::{Door, STUDY, text};

/// Waits until it holds.
fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < limit, "{what}: not after {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whoever asks gets an answer soon, and it is no.
fn assert_nothing_goes(door: &Door, jti: &str, token: &str) {
    for (what, status) in [
        ("create", door.put(&json!({})).status),
        ("list", door.get("/shares").status),
        ("change", door.patch(jti, &json!({"label": "x"}))),
        ("revoke", door.revoke(jti)),
        ("landing", door.look(token).status),
    ] {
        assert_eq!(status, 503, "{what}");
    }
    // What was just granted may be for a second more; then nothing is, and is asked again at once.
    within(Duration::from_secs(5), "refused", || door.validate(token, STUDY) == (false, 1));
}

#[test]
fn without_the_redis_nothing_is_granted_and_with_it_all_goes_on() {
    let endpoint = Endpoint::start(Behaviour::Down);
    let (url, origin) = (endpoint.url(), endpoint.origin());
    let mut cluster = Cluster::start(&[("audit_endpoint", &url), ("audit_origin", &origin)]);
    let (front, doors) = (cluster.front(), cluster.doors());
    let made = front.create(&json!({}));
    let gone = front.create(&json!({}));
    assert_eq!(front.revoke(&gone.jti), 204);
    for door in &doors {
        assert_eq!(door.validate(&made.token, STUDY), (true, 59));
    }

    cluster.store.as_redis().kill();
    for door in &doors {
        assert_nothing_goes(door, &made.jti, &made.token);
        assert_eq!(door.look(&gone.token).status, 503);
    }
    cluster.store.as_redis().restart();
    for door in &doors {
        within(Duration::from_secs(10), "granted again", || door.validate(&made.token, STUDY).0);
        assert_eq!(door.look(&made.token).status, 307);
        assert_eq!(door.look(&gone.token).status, 410);
    }

    // It is there, and does not answer.
    cluster.store.as_redis().signal("STOP");
    let begun = Instant::now();
    assert_eq!(doors[0].put(&json!({})).status, 503);
    assert_eq!(doors[1].look(&made.token).status, 503);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    cluster.store.as_redis().signal("CONT");
    for door in &doors {
        within(Duration::from_secs(10), "granted again", || door.validate(&made.token, STUDY).0);
        door.create(&json!({}));
    }

    // What waited all this time to be accounted for is sent, in the order in which it came.
    endpoint.behave(Behaviour::Takes);
    let taken = endpoint.wait_for(3, || {
        front.validate("no-token", STUDY);
    });
    let share = |nth: usize| text(&taken[nth].body["entity"][0]["what"]["identifier"]["value"]);
    assert_eq!([share(0), share(1), share(2)], [made.jti, gone.jti.clone(), gone.jti]);
}
