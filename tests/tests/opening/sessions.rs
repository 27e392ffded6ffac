//! The token that a viewer is opened with: another than the link's, and for a while.

use std::time::{Duration, Instant};

use journeys::token;
use serde_json::json;

use crate::{CODE, Life, Store, assert_page, from_now, on_both_stores, session};

on_both_stores! {
    a_viewer_reads_with_its_own_token_and_not_with_the_links
    a_session_ends_soon_and_with_its_share
    a_revocation_ends_the_sessions_too
}

fn a_viewer_reads_with_its_own_token_and_not_with_the_links(store: Store) {
    let life = Life::start(store, &[]);
    for changes in [json!({"password": CODE}), json!({"max-uses": 1})] {
        let code = changes["password"].as_str();
        let made = life.create(&changes);
        assert!(!life.is_granted(&made.token), "the link's own token reads nothing");
        let viewing = session(&life.open(&made, code));
        assert!(life.is_granted(&viewing));
        assert!(!life.is_granted(&made.token), "nor does it when the share was opened");
        life.app.assert_logs("not-opened");
        let claims = token::claims(&viewing);
        assert_eq!(claims["jti"], made.jti.as_str());
        assert_ne!(viewing, made.token);
        // The viewer's address can be opened again for as long as it lasts.
        let again = life.get(&format!("/welcome/?token={viewing}"));
        assert_eq!(again.status, 307, "{}", again.text());
        // But no form makes a new one of it.
        let posted = life.post("/welcome/", &[("token", &viewing)]);
        assert_eq!(session(&posted), viewing);
    }
    // Of an anonymized share nobody reads the token.
    let made = life.create(&json!({"password": CODE, "anonymized": true}));
    let answer = life.open(&made, Some(CODE));
    let location = answer.header("location").unwrap_or_default().to_owned();
    let viewing = location.rsplit("token=").next().expect("a token");
    assert!(token::is_encrypted(viewing), "{location}");
    assert_ne!(viewing, made.token);
}

fn a_session_ends_soon_and_with_its_share(store: Store) {
    let exp = |viewing: &str| token::claims(viewing)["exp"].as_f64().expect("an end");
    let life = Life::start(store, &[]);
    // (the share's end from now, the session's)
    for (share, expected) in
        [(None, 28_800.0), (Some(90_000.0), 28_800.0), (Some(28_900.0), 28_800.0), (Some(600.0), 600.0)]
    {
        let end = share.map(from_now);
        let made = life.create(&json!({"max-uses": 1, "expiration-date": end}));
        let viewing = session(&life.open(&made, None));
        let found = exp(&viewing) - from_now(0.0);
        assert!((expected - 15.0..=expected + 1.0).contains(&found), "{share:?}: {found}");
    }

    let life = Life::start(life.store, &[("session_duration", "60")]);
    let made = life.create(&json!({"max-uses": 1}));
    let found = exp(&session(&life.open(&made, None))) - from_now(0.0);
    assert!((45.0..=61.0).contains(&found), "{found}");

    // An end that is brought forward later ends the session as well.
    let made = life.create(&json!({"max-uses": 1}));
    let viewing = session(&life.open(&made, None));
    assert!(life.is_granted(&viewing));
    life.patch(&made, &json!({"expiration-date": from_now(1.0)}));
    refused_within(&life, &viewing, Duration::from_secs(5));
}

fn a_revocation_ends_the_sessions_too(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"password": CODE}));
    let viewing = session(&life.open(&made, Some(CODE)));
    assert!(life.is_granted(&viewing));
    life.revoke(&made);
    refused_within(&life, &viewing, Duration::from_secs(5));
    for answer in
        [life.look(&made), life.open(&made, Some(CODE)), life.get(&format!("/welcome/?token={viewing}"))]
    {
        assert!(!assert_page(&answer, 410));
        assert!(answer.text().contains("withdrawn"), "{}", answer.text());
    }
}

fn refused_within(life: &Life, viewing: &str, limit: Duration) {
    let begin = Instant::now();
    while life.is_granted(viewing) {
        assert!(begin.elapsed() < limit, "still granted after {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
