//! Short links: the share's own link under a name that is easy to send.

use std::time::Duration;

use journeys::App;
use journeys::http::{get, send};
use journeys::secrecy::assert_log_keeps_secrets;
use serde_json::{Value, json};

use crate::{CODE, Life, Made, Store, VIEWER, assert_page, from_now, on_both_stores, session};

on_both_stores! {
    a_short_link_leads_where_the_link_does
    a_protected_share_shows_its_form_and_not_its_token
    a_short_link_has_the_states_of_its_share
}

fn create(life: &Life, mut changes: Value) -> (Made, String) {
    changes["short-link"] = json!(true);
    let made = life.create(&changes);
    let short = made.short.clone().expect("a short link");
    let handle = short.strip_prefix("/welcome/s/").expect("below the landing's root");
    assert!(handle.len() >= 22 && short.len() < 40, "{short}");
    (made, short)
}

fn a_short_link_leads_where_the_link_does(store: Store) {
    let life = Life::start(store, &[]);
    let (made, short) = create(&life, json!({}));
    let handle = short.strip_prefix("/welcome/s/").expect("a handle");
    for (method, status) in [("GET", 307), ("HEAD", 307), ("POST", 303)] {
        let at = |path: &str| send(method, &life.app.url(path), &[crate::FORM], b"");
        for path in
            [short.clone(), format!("{short}/"), format!("{short}?x=y"), format!("/share-landing/s/{handle}")]
        {
            let answer = at(&path);
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
            let location = answer.header("location").expect("a location");
            let token = location.strip_prefix(VIEWER).unwrap_or_else(|| panic!("it led to {location}"));
            assert!(life.is_granted(token));
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    assert_eq!(life.look(&made).status, 307, "the link itself opens as well");
    // As many studies as the share has, whatever fits into a token in an address.
    let studies: Vec<_> = (0..50).map(|n| json!({"dicom-uid": format!("1.2.{n}")})).collect();
    let (_, short) = create(&life, json!({"studies": studies}));
    let location = life.get(&short).header("location").expect("a location").to_owned();
    assert!(location.contains("1.2.0%2C") || location.contains("1.2.0,1.2.1,"), "{location}");
    let token = location.rsplit("token=").next().expect("a token").to_owned();
    for (uid, expected) in [("1.2.0", true), ("1.2.49", true), ("1.2.50", false)] {
        let question = json!({"level": "study", "method": "get", "dicom-uid": uid,
            "server-id": "standard-server-id", "token-key": "token", "token-value": token});
        let answer = journeys::http::send_json("POST", &life.app.url("/tokens/validate"), &[], &question);
        assert_eq!(answer.json()["granted"], expected, "{uid}");
    }
    assert_log_keeps_secrets(&life.app, &[handle]);
}

fn a_protected_share_shows_its_form_and_not_its_token(store: Store) {
    let life = Life::start(store, &[]);
    let (made, short) = create(&life, json!({"password": CODE, "max-uses": 1}));
    let page = life.get(&short);
    assert!(assert_page(&page, 200));
    for part in ["eyJ", &made.token, "action=", "name=\"token\"", short.as_str()] {
        assert!(!page.text().contains(part), "the page has {part}: {}", page.text());
    }
    let wrong = life.post(&short, &[("code", "wrong")]);
    assert!(assert_page(&wrong, 403) && !wrong.text().contains("eyJ"), "{}", wrong.text());
    // Whatever token comes along, the address says which share it is.
    let other = life.create(&json!({}));
    let viewing = session(&life.post(&short, &[("token", &other.token), ("code", CODE)]));
    assert!(life.is_granted(&viewing));
    let now = life.show(&made);
    assert_eq!(
        (&now["uses"], &now["attempts-left"], &now["state"]),
        (&json!(1), &json!(9), &json!("used-up"))
    );
    assert_page(&life.get(&short), 410);
    assert_log_keeps_secrets(&life.app, &[CODE, short.strip_prefix("/welcome/s/").expect("a handle")]);
}

fn a_short_link_has_the_states_of_its_share(store: Store) {
    let life = Life::start(store, &[("code_attempts", "1")]);
    for protection in [json!({}), json!({"password": CODE})] {
        let with = |more: Value| {
            let mut all = protection.clone();
            for (name, value) in more.as_object().expect("an object") {
                all[name] = value.clone();
            }
            all
        };
        let code = [("code", CODE)];
        let both = |short: &str| [life.get(short), life.post(short, &code)];

        let (_, upcoming) = create(&life, with(json!({"not-before": "2099-07-07T11:00:00+02:00"})));
        for answer in both(&upcoming) {
            assert!(!assert_page(&answer, 403));
            assert!(answer.text().contains("2099-07-07T"), "{}", answer.text());
        }
        let (ending, expired) = create(&life, with(json!({"expiration-date": from_now(1.5)})));
        assert_ne!(life.get(&expired).status, 410);
        std::thread::sleep(Duration::from_secs(2));
        for answer in both(&expired) {
            assert!(!assert_page(&answer, 410) && answer.text().contains("expired"), "{}", answer.text());
        }
        // Its end is put off: the link is the same.
        life.patch(&ending, &json!({"expiration-date": from_now(600.0)}));
        assert_eq!(life.post(&expired, &code).status, 303);

        let (made, revoked) = create(&life, with(json!({})));
        life.revoke(&made);
        for answer in both(&revoked) {
            assert!(!assert_page(&answer, 410) && answer.text().contains("withdrawn"), "{}", answer.text());
        }
    }
    let (_, locked) = create(&life, json!({"password": CODE}));
    assert_page(&life.post(&locked, &[("code", "wrong")]), 403);
    assert_page(&life.get(&locked), 423);
    assert_page(&life.post(&locked, &[("code", CODE)]), 423);
    let (_, used) = create(&life, json!({"max-uses": 1}));
    assert_eq!(life.post(&used, &[]).status, 303);
    assert_page(&life.get(&used), 410);
    assert_page(&life.post(&used, &[]), 410);

    // What is none is a page that does not exist, whatever it is.
    let (_, good) = create(&life, json!({}));
    let mut pages: Vec<_> =
        ["AAAAAAAAAAAAAAAAAAAAAA", "short", "AAAAAAAAAAAAAAAAAAAAAAAA", "a%2Fb", "", "%00"]
            .iter()
            .map(|handle| life.get(&format!("/welcome/s/{handle}")))
            .collect();
    let swapped = |c: char| if c == 'A' { 'B' } else { 'A' };
    let last = good.chars().last().expect("a handle");
    pages.push(life.get(&format!("{}{}", &good[..good.len() - 1], swapped(last))));
    pages.push(life.get(&format!("{good}/x")));
    pages.push(life.post("/welcome/s/AAAAAAAAAAAAAAAAAAAAAA", &[("code", CODE)]));
    for page in &pages {
        assert!(!assert_page(page, 404));
        assert_eq!(page.text(), pages[0].text());
    }
}

#[test]
fn without_a_store_there_are_no_short_links() {
    let app = App::start(&[]);
    for path in ["/welcome/s/AAAAAAAAAAAAAAAAAAAAAA", "/share-landing/s/AAAAAAAAAAAAAAAAAAAAAA"] {
        assert!(!assert_page(&get(&app.url(path), &[]), 404), "{path}");
    }
}
