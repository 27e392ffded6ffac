//! What is posted to the landing page, by browsers and by others; and what a person is told without a store.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use journeys::http::{get, send, send_json};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, SECRET_KEY, is_spin, token};
use serde_json::json;

use crate::{CODE, FORM, Life, Store, assert_page, form, session};

const PATHS: [&str; 4] = ["/welcome/", "/welcome", "/share-landing/", "/share-landing"];

#[test]
fn a_share_without_protection_opens_by_a_form_as_by_its_link() {
    let stateless = App::start(&[]);
    let claims = json!({"id": "of-mr-doe", "studies": [{"dicom_uid": "1.2.3", "orthanc_id": "aaaa"}],
        "anonymized": false, "type": "stone-viewer-publication", "expiration_date": null});
    let old = token::sign(SECRET_KEY, &claims);
    let life = Life::start(Store::sqlite(), &[]);
    let kept = life.create(&json!({})).token;
    for (app, token) in [(&stateless, &old), (&life.app, &old), (&life.app, &kept)] {
        for path in PATHS {
            let link = get(&app.url(&format!("{path}?token={token}")), &[]);
            assert_eq!(link.status, 307, "{path}: {}", link.text());
            let posted = send("POST", &app.url(path), &[FORM], form(&[("token", token)]).as_bytes());
            assert_eq!(session(&posted), *token);
            assert_eq!(posted.header("location"), link.header("location"));
        }
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let life = Life::start(Store::sqlite(), &[]);
    let made = life.create(&json!({"max-uses": 1, "password": CODE}));
    let fields = form(&[("token", &made.token), ("code", CODE)]);
    for path in PATHS {
        let post = |headers: &[(&str, &str)], body: &[u8]| send("POST", &life.app.url(path), headers, body);
        for kind in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "",
            "application/x-www-form",
        ] {
            assert_page(&post(&[("content-type", kind)], fields.as_bytes()), 415);
        }
        assert_page(&post(&[], fields.as_bytes()), 415);
        for empty in ["", "token=", "code=x", "Token=x", "&&=&"] {
            assert_page(&post(&[FORM], empty.as_bytes()), 400);
        }
        assert_page(&post(&[FORM], b"token=%ff%00\xff&code=%zz"), 403);
        assert_page(&post(&[FORM], &vec![b'a'; 70_000]), 413);
        // A token in the address is not one in the form.
        let beside = life.app.url(&format!("{path}?token={}", made.token));
        assert_page(&send("POST", &beside, &[FORM], b""), 400);
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let answer = send(method, &life.app.url(path), &[FORM], fields.as_bytes());
            assert_page(&answer, 405);
            assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"));
        }
    }
    let now = life.show(&made);
    assert_eq!((&now["uses"], &now["attempts-left"]), (&json!(0), &json!(10)));
    // As browsers spell it; where a field stands twice the last one counts.
    let kind = ("content-type", "Application/X-WWW-Form-Urlencoded;charset=utf-8");
    let twice = format!("token=x&code=wrong&other=1&{}", fields.replace("%20", "+"));
    session(&send("POST", &life.app.url("/welcome/"), &[kind], twice.as_bytes()));
    assert_log_keeps_secrets(&life.app, &[CODE]);
}

#[test]
fn a_form_is_in_the_readers_language_and_may_lead_to_the_viewer() {
    let life =
        Life::start(Store::sqlite(), &[("public_orthanc_root", "https://pacs.example.org:8443/shares/")]);
    let shares = [
        json!({"password": CODE}),
        json!({"max-uses": 2}),
        json!({"max-uses": 2, "pin": "4711", "expiration-date": "2099-07-07T11:00:00+02:00"}),
    ];
    let mut seen = HashSet::new();
    for changes in &shares {
        let made = life.create(changes);
        let link = life.app.url(&format!("/welcome/?token={}", made.token));
        for language in ["en", "fr", "de", "nl", "es", "it", "pt"] {
            let answer = get(&link, &[("accept-language", language)]);
            assert!(assert_page(&answer, 200));
            let page = answer.text();
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{page}");
            assert_eq!(page.contains("2099-07-07T11:00+02:00"), changes["pin"].is_string(), "{page}");
            assert_eq!(page.matches("<button>").count(), 1);
            let policy = answer.header("content-security-policy").unwrap_or_default();
            let wanted = "form-action 'self' https://pacs.example.org:8443; frame-ancestors 'none'";
            assert!(policy.ends_with(wanted), "{policy}");
            seen.insert(page);
        }
    }
    assert_eq!(seen.len(), shares.len() * 7);
}

#[test]
fn without_the_store_nothing_opens_and_nothing_is_lost() {
    let mut life = Life::start(Store::redis(), &[]);
    let protected = life.create(&json!({"password": CODE, "max-uses": 1, "short-link": true}));
    let plain = life.create(&json!({"short-link": true}));
    let short = |made: &crate::Made| made.short.clone().expect("a short link");
    assert!(assert_page(&life.look(&protected), 200));
    life.store.as_redis().kill();
    for answer in [
        life.look(&protected),
        life.open(&protected, Some(CODE)),
        life.open(&protected, Some("wrong")),
        life.get(&short(&protected)),
        life.post(&short(&protected), &[("code", CODE)]),
        life.look(&plain),
        life.get(&short(&plain)),
    ] {
        assert!(!assert_page(&answer, 503));
        assert!(answer.text().contains("try again later"), "{}", answer.text());
    }
    if is_spin() {
        // When it looks for the store again is Spin's own.
        return;
    }
    life.store.as_redis().restart();
    let begin = Instant::now();
    while life.look(&protected).status == 503 {
        assert!(begin.elapsed() < Duration::from_secs(15), "the store is back, and the landing is not");
        std::thread::sleep(Duration::from_millis(100));
    }
    let now = life.show(&protected);
    assert_eq!((&now["uses"], &now["attempts-left"]), (&json!(0), &json!(10)));
    session(&life.post(&short(&protected), &[("code", CODE)]));
    assert_eq!(life.get(&short(&plain)).status, 307);

    // A share of before that no store knows is its token alone.
    let app = App::start(&[]);
    let share = json!({"studies": [{"dicom-uid": "1.2.3"}], "type": "stone-viewer-publication"});
    let made = send_json("PUT", &app.url("/shares"), &[], &share).json();
    let link = format!("/welcome/?token={}", made["token"].as_str().expect("a token"));
    assert_eq!(life.get(&link).status, 307);
}
