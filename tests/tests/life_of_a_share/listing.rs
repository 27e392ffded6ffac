//! Finding shares again.

use serde_json::{Value, json};

use crate::{ALICE, BOB, Life, Store, USERS, blamed, from_now, on_both_stores, refusal, text};

on_both_stores! {
    shares_are_listed_the_newest_first_in_parts
    shares_are_found_by_study_name_and_state
    a_query_that_is_wrong_is_told_what
}

fn listed(life: &Life, query: &str) -> (Vec<String>, Value) {
    let answer = life.get(&format!("/shares{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let page = answer.json();
    let shares = page["shares"].as_array().expect("a list");
    (shares.iter().map(|share| text(&share["jti"])).collect(), page["next"].clone())
}

fn shares_are_listed_the_newest_first_in_parts(store: Store) {
    let life = Life::start(store, &[]);
    assert_eq!(life.get("/shares").json(), json!({"shares": [], "next": null}));
    let made = life.create_all([json!({}), json!({}), json!({}), json!({}), json!({})]);
    let all: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(listed(&life, ""), (all.clone(), Value::Null));
    let (first, next) = listed(&life, "?limit=2");
    assert_eq!(first, all[..2]);
    // A share that is made meanwhile moves nothing.
    let [_newer] = life.create_all([json!({})]);
    let (second, next) = listed(&life, &format!("?limit=2&after={}", text(&next)));
    assert_eq!(second, all[2..4]);
    assert_eq!(listed(&life, &format!("?limit=2&after={}", text(&next))), (all[4..].to_vec(), Value::Null));
    // The same share as alone, but for the link.
    let mut shown = life.show(&all[4]);
    shown.as_object_mut().expect("an object").remove("url");
    assert_eq!(life.get("/shares").json()["shares"][5], shown);
    let events = life.get(&format!("/shares/{}/events?limit=1", all[0])).json();
    assert_eq!(events["events"][0]["action"], "create");
    assert_eq!(events["events"][0]["outcome"], "success");
}

fn shares_are_found_by_study_name_and_state(store: Store) {
    let life = Life::start(store, &[]);
    let other = json!([{"dicom-uid": "9.9"}, {"dicom-uid": "8.8", "orthanc-id": "ffff-2"}]);
    let [plain, named, later, coded] = life.create_all([
        json!({}),
        json!({"studies": other, "id": "a&b é"}),
        json!({"not-before": from_now(3600.0)}),
        json!({"password": "12345", "expiration-date": from_now(3600.0)}),
    ]);
    let [ended] = life.create_all([json!({"expiration-date": from_now(1.0)})]);
    assert_eq!(life.delete(&coded).status, 204);
    std::thread::sleep(std::time::Duration::from_millis(1200));
    for (query, expected) in [
        ("?study=1.2.3", vec![&ended, &coded, &later, &plain]),
        ("?study=aaaa-1111&limit=200", vec![&ended, &coded, &later, &plain]),
        ("?study=ffff-2", vec![&named]),
        ("?study=9.9", vec![&named]),
        ("?study=9", vec![]),
        ("?id=a%26b+%C3%A9", vec![&named]),
        ("?id=a", vec![]),
        ("?state=active", vec![&named, &plain]),
        ("?state=upcoming", vec![&later]),
        ("?state=expired", vec![&ended]),
        ("?state=revoked", vec![&coded]),
        ("?state=used-up", vec![]),
        ("?state=locked", vec![]),
        ("?state=active&study=1.2.3", vec![&plain]),
    ] {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(listed(&life, query), (expected, Value::Null), "{query}");
    }
}

fn a_query_that_is_wrong_is_told_what(store: Store) {
    let life = Life::start(store, &[]);
    let [jti] = life.create_all([json!({})]);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("after=x", "after"),
        ("state=open", "state"),
        ("study=", "study"),
        ("stduy=1.2.3", "stduy"),
    ] {
        let answer = life.get(&format!("/shares?{query}"));
        assert_eq!(blamed(&answer), field, "{query}");
        assert_eq!(answer.json()["detail"][0]["loc"][0], "query");
    }
    assert_eq!(blamed(&life.get(&format!("/shares/{jti}/events?state=active"))), "state");
    let elsewhere = "0123456789abcdef0123456789abcdef";
    for path in [elsewhere, "x", "..%2F..", "%00", "validat"] {
        refusal(&life.get(&format!("/shares/{path}")), 404);
        refusal(&life.get(&format!("/shares/{path}/events")), 404);
        refusal(&life.patch(path, &json!({})), 404);
        refusal(&life.delete(path), 404);
    }
    for path in [format!("/shares/{jti}/event"), format!("/shares/{jti}/events/1"), "/shares//x".to_owned()] {
        refusal(&life.get(&path), 404);
    }
}

#[test]
fn only_users_see_shares_and_each_is_named() {
    let life = Life::of(Store::sqlite(), ALICE, &[]);
    let [jti] = life.create_all([json!({})]);
    let (one, events) = (format!("/shares/{jti}"), format!("/shares/{jti}/events"));
    for (method, path) in [
        ("GET", "/shares"),
        ("GET", &one),
        ("HEAD", &one),
        ("PATCH", &one),
        ("DELETE", &one),
        ("GET", &events),
    ] {
        for headers in [&[][..], &[("authorization", "Basic YWxpY2U6d3Jvbmc=")]] {
            let answer = journeys::http::send(method, &life.app.url(path), headers, b"{");
            assert_eq!(answer.status, 401, "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic"));
        }
    }
    let bob = journeys::http::send("DELETE", &life.app.url(&one), &[BOB], b"");
    assert_eq!(bob.status, 204);
    let shown = life.show(&jti);
    assert_eq!((&shown["created-by"], &shown["revoked-by"]), (&json!("alice"), &json!("bob")));
    assert_eq!(life.history(&jti), [("revoke".into(), json!("bob")), ("create".into(), json!("alice"))]);
    assert!(!life.app.log().contains("builder") && USERS.contains("builder"));
}

#[test]
fn the_routes_have_their_methods_and_no_cache_keeps_them() {
    let life = Life::start(Store::sqlite(), &[]);
    let [jti] = life.create_all([json!({})]);
    for (path, allowed) in [
        ("/shares".to_owned(), "GET, HEAD, PUT"),
        (format!("/shares/{jti}"), "DELETE, GET, HEAD, PATCH"),
        (format!("/shares/{jti}/events"), "GET, HEAD"),
    ] {
        let url = life.app.url(&path);
        for method in ["POST", "OPTIONS", "PROPFIND"] {
            let answer = journeys::http::send(method, &url, &[], b"");
            assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{method} {path}");
        }
        let (read, head) = (life.get(&path), journeys::http::send("HEAD", &url, &[], b""));
        assert_eq!((read.status, head.status, head.body.len()), (200, 200, 0), "{path}");
        assert_eq!(read.header("cache-control"), Some("no-store"));
        assert_eq!(head.header("content-type"), Some("application/json"));
        assert_eq!(life.get(&format!("{path}/")).status, 200, "with a slash at its end");
    }
}
