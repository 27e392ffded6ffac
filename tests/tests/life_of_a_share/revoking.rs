//! Taking a share back, and forgetting what ended long ago.

use std::time::Duration;

use journeys::http::get;
use serde_json::{Value, json};

use crate::{ALICE, Life, Store, from_now, on_both_stores, refusal, text, within};

on_both_stores! {
    a_share_that_is_taken_back_opens_nothing_at_once
    what_ended_long_ago_is_forgotten_and_its_link_stays_shut
}

fn a_share_that_is_taken_back_opens_nothing_at_once(store: Store) {
    let life = Life::of(store, ALICE, &[]);
    let made = life.create(&json!({"short-link": true, "expiration-date": from_now(3600.0)}));
    let (jti, token) = (text(&made["jti"]), text(&made["token"]));
    let again = text(&life.show(&jti)["url"]).split_once("token=").expect("a token").1.to_owned();
    let (granted, validity) = life.validate(&token, &json!({}));
    assert!(granted && validity <= 59, "what the store said may be a second old: {validity}");
    assert_eq!(life.open(&token), 307);

    let answer = life.delete(&jti);
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    // The landing page asks the store each time; for images what it said is a second old at most.
    for token in [&token, &again] {
        assert_eq!(life.open(token), 410);
    }
    // Whichever instance answers: none has asked longer ago than that.
    std::thread::sleep(Duration::from_millis(1050));
    for token in [&token, &again, &token, &again] {
        assert!(!life.validate(token, &json!({})).0);
    }

    let shown = life.show(&jti);
    assert_eq!(
        (&shown["state"], &shown["revoked-by"], &shown["url"]),
        (&json!("revoked"), &json!("alice"), &Value::Null)
    );
    assert_eq!(life.delete(&jti).status, 204);
    assert_eq!(life.show(&jti)["revoked"], shown["revoked"], "the first time counts");
    let revoked: Vec<_> = life.history(&jti).into_iter().filter(|(action, _)| action == "revoke").collect();
    assert_eq!(revoked, [("revoke".to_owned(), json!("alice"))]);
}

fn what_ended_long_ago_is_forgotten_and_its_link_stays_shut(store: Store) {
    let life = Life::start(store, &[("share_retention", "0")]);
    let made =
        life.create(&json!({"id": "first", "expiration-date": from_now(86_400.0), "short-link": true}));
    let (jti, token) = (text(&made["jti"]), text(&made["token"]));
    let [stays] = life.create_all([json!({"id": "second"})]);
    // Its token goes on for a day; the share does not.
    assert_eq!(life.patch(&jti, &json!({"expiration-date": from_now(1.0)})).status, 200);
    std::thread::sleep(Duration::from_millis(1200));
    life.create(&json!({}));
    within(Duration::from_secs(5), || life.get(&format!("/shares/{jti}")).status == 404);
    refusal(&life.delete(&jti), 404);
    refusal(&life.get(&format!("/shares/{jti}/events")), 404);
    assert_eq!(life.show(&stays)["id"], "second");
    assert_eq!(life.get("/shares?id=first").json()["shares"], json!([]));

    within(Duration::from_secs(3), || !life.validate(&token, &json!({})).0);
    assert_eq!(life.open(&token), 410);
    life.app.assert_logs("unknown-share");
    let path = text(&made["url"]).strip_prefix("http://localhost").expect("our landing page").to_owned();
    assert_ne!(get(&life.app.url(&path), &[]).status, 307);
}

/// What was taken back is said to be so, whatever else is true of it.
#[test]
fn a_share_that_was_taken_back_before_it_began_is_gone_all_the_same() {
    let life = Life::start(Store::sqlite(), &[]);
    let made = life.create(&json!({"not-before": from_now(3600.0)}));
    let token = text(&made["token"]);
    assert_eq!(life.open(&token), 403);
    assert_eq!(life.delete(&text(&made["jti"])).status, 204);
    assert_eq!(life.open(&token), 410);
}
