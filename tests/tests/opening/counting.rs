//! Shares that open a limited number of times.

use std::collections::HashSet;

use journeys::http::{get, send};
use journeys::meddream::{Behaviour, MedDream};
use serde_json::json;

use crate::{CODE, Life, Made, Store, assert_page, on_both_stores, session};

on_both_stores! {
    a_look_counts_nothing
    a_share_opens_as_often_as_it_may
    openings_at_once_do_not_pass_the_limit
    an_opening_that_comes_to_nothing_is_given_back
}

fn uses(life: &Life, made: &Made) -> u64 {
    life.show(made)["uses"].as_u64().expect("a number")
}

fn a_look_counts_nothing(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"max-uses": 1}));
    let link = life.app.url(&format!("/welcome/?token={}", made.token));
    for _ in 0..5 {
        let page = get(&link, &[]);
        assert!(assert_page(&page, 200));
        assert!(!page.text().contains("name=\"code\""), "no code is asked for");
        let head = send("HEAD", &link, &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-type"), Some("text/html; charset=utf-8"));
    }
    assert_eq!(uses(&life, &made), 0);
    session(&life.open(&made, None));
    assert_eq!(uses(&life, &made), 1);
}

fn a_share_opens_as_often_as_it_may(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"max-uses": 3, "password": CODE}));
    let mut sessions = HashSet::new();
    for nth in 1..=3 {
        // A wrong code opens nothing.
        assert!(assert_page(&life.open(&made, Some("wrong")), 403));
        sessions.insert(session(&life.open(&made, Some(CODE))));
        assert_eq!(uses(&life, &made), nth);
    }
    for answer in [life.look(&made), life.open(&made, Some(CODE)), life.open(&made, Some("wrong"))] {
        assert!(!assert_page(&answer, 410));
        assert!(answer.text().contains("already been used"), "{}", answer.text());
    }
    let now = life.show(&made);
    assert_eq!(
        (&now["state"], &now["uses"], &now["attempts-left"]),
        (&json!("used-up"), &json!(3), &json!(7))
    );
    for token in sessions {
        assert!(life.is_granted(&token), "who opened it goes on reading");
    }
    // Its maker lets it open once more: the link is the same.
    life.patch(&made, &json!({"max-uses": 4}));
    session(&life.open(&made, Some(CODE)));
    assert_page(&life.look(&made), 410);
}

fn openings_at_once_do_not_pass_the_limit(store: Store) {
    let life = Life::start(store, &[]);
    for (most, code) in [(1, None), (1, Some(CODE)), (5, None)] {
        let made = life.create(&json!({"max-uses": most, "password": code}));
        // With a code, no more than its attempts are looked at in one moment: these many are always.
        let at_once = if code.is_some() { 10 } else { 64 };
        let statuses = life.open_at_once(&made, &vec![code; at_once]);
        let opened = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(opened, most, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 303 | 410)), "{statuses:?}");
        assert_eq!(uses(&life, &made), most as u64);
        assert_page(&life.look(&made), 410);
    }
}

fn an_opening_that_comes_to_nothing_is_given_back(store: Store) {
    let meddream = MedDream::start(Behaviour::Fails);
    let life = Life::start(
        store,
        &[
            ("meddream_token_service_url", &meddream.url()),
            ("meddream_token_service_origin", &meddream.origin()),
            ("public_meddream_root", "http://localhost/meddream/"),
        ],
    );
    let made = life.create(&json!({"type": "meddream-viewer-publication", "max-uses": 1}));
    assert!(assert_page(&life.look(&made), 200));
    assert!(meddream.asked().is_empty(), "a look asks nothing of MedDream");
    assert_page(&life.open(&made, None), 502);
    assert_eq!(uses(&life, &made), 0);
    meddream.behave(Behaviour::Well);
    let answer = life.open(&made, None);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").is_some_and(|it| it.starts_with("http://localhost/meddream/?token=")));
    assert_eq!(uses(&life, &made), 1);
    assert_page(&life.open(&made, None), 410);
}
