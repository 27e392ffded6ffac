//! What is written down, and what is not.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{STUDY, Site, brief, older_token, text};
use journeys::store::Store;

#[test]
fn a_share_has_its_history_on_sqlite() {
    a_share_has_its_history(Store::sqlite());
}

#[test]
fn a_share_has_its_history_on_redis() {
    a_share_has_its_history(Store::redis());
}

/// From its creation to its end, with what was refused, and without anything that opens it.
fn a_share_has_its_history(store: Store) {
    let site = Site::start(store, &[]);
    let share = site.create(&json!({"label": "for Dr Example"}));
    let (jti, token) = (text(&share["jti"]), text(&share["token"]));
    assert_eq!(site.open(&token, &[]).status, 307);
    assert!(site.validate(&token, STUDY));
    assert!(!site.validate(&token, "bbbb-2222"));
    site.patch(&jti, &json!({"label": "another"}));
    site.revoke(&jti);
    site.revoke(&jti);
    assert_eq!(site.open(&token, &[]).status, 410);

    let events = site.history(&jti);
    let all: Vec<String> = events.iter().map(brief).collect();
    let expected = [
        "create success -",
        "open success -",
        "validate success -",
        "validate refused not-shared",
        "change success -",
        "revoke success -",
        "open refused revoked",
    ];
    assert_eq!(all, expected);
    let ids: BTreeSet<String> = events.iter().map(|event| text(&event["id"])).collect();
    assert_eq!(ids.len(), events.len(), "each has an id of its own");
    assert_eq!(events[2]["resource"], json!({"level": "study", "dicom-uid": null, "orthanc-id": STUDY}));
    assert_eq!(events[1]["address"], "127.0.0.1");

    assert_eq!(site.logged_briefly(expected.len()), expected, "the log has the same");
    let log = site.app.log();
    for secret in [token.as_str(), STUDY, "1.2.3", "Dr Example"] {
        assert!(!log.contains(secret), "{secret} is on the log");
        assert!(!secret.starts_with("ey") || !events.iter().any(|event| event.to_string().contains(secret)));
    }
}

#[test]
fn a_share_that_many_take_back_at_once_is_taken_back_once() {
    for store in [Store::sqlite(), Store::redis()] {
        let site = Site::start(store, &[]);
        for _ in 0..5 {
            let jti = text(&site.create(&json!({}))["jti"]);
            std::thread::scope(|scope| {
                for _ in 0..16 {
                    scope.spawn(|| site.revoke(&jti));
                }
            });
            let events: Vec<String> = site.history(&jti).iter().map(brief).collect();
            assert_eq!(events, ["create success -", "revoke success -"]);
        }
    }
}

/// A viewer asks hundreds of times for one study, over many instances of the component.
#[test]
fn reading_is_written_down_once_an_hour_for_each_token_and_resource() {
    let site = Site::start(Store::sqlite(), &[]);
    let share = site.create(&json!({"studies": [
        {"orthanc-id": STUDY, "dicom-uid": "1.2"}, {"orthanc-id": "cccc-3333", "dicom-uid": "1.3"},
    ]}));
    let (jti, token) = (text(&share["jti"]), text(&share["token"]));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert!(site.validate(&token, STUDY) && site.validate(&token, "cccc-3333"));
                    assert!(!site.validate(&token, "bbbb-2222"));
                }
            });
        }
    });
    let events = site.history(&jti);
    let count = |what: &str| events.iter().filter(|event| brief(event) == what).count();
    // The test may run across the end of an hour.
    assert!((2..=4).contains(&count("validate success -")), "{events:?}");
    assert!((1..=2).contains(&count("validate refused not-shared")), "{events:?}");
    let refused = |event: &&Value| brief(event) == "validate refused not-shared";
    // 400, and the two or more that were granted, and the creation.
    site.logged_briefly(400 + 3);
    assert_eq!(site.logged().iter().filter(refused).count(), 400, "each refusal is a line on the log");
}

/// A link of a time before there was a store goes on, and is accounted for on the log.
#[test]
fn what_the_store_does_not_know_has_no_history_but_lines_on_the_log() {
    let site = Site::start(Store::sqlite(), &[]);
    let token = older_token();
    assert!(site.validate(&token, STUDY));
    assert_eq!(site.open(&token, &[]).status, 307);
    for nonsense in ["a", "b", "c.d.e"] {
        assert!(!site.validate(nonsense, STUDY));
    }
    assert_eq!(site.open("nonsense", &[]).status, 403);
    let expected = [
        "validate success -",
        "open success -",
        "validate refused invalid",
        "validate refused invalid",
        "validate refused invalid",
        "open refused invalid",
    ];
    assert_eq!(site.logged_briefly(expected.len()), expected);
}

#[test]
fn only_a_proxy_that_is_trusted_says_where_a_caller_is() {
    let forwarded = [("x-forwarded-for", "203.0.113.9, 192.0.2.7")];
    let forged = [("spin-client-addr", "192.0.2.1:99")];
    for (trusted, headers, expected) in [
        ("", &forwarded, "127.0.0.1"),
        ("127.0.0.1", &forwarded, "192.0.2.7"),
        ("10.0.0.0/8", &forwarded, "127.0.0.1"),
        ("127.0.0.0/8,192.0.2.7", &forwarded, "203.0.113.9"),
        ("", &forged, "127.0.0.1"),
    ] {
        let site = Site::start(Store::sqlite(), &[("trusted_proxies", trusted)]);
        let share = site.create(&json!({}));
        site.open(&text(&share["token"]), headers);
        let events = site.history(&text(&share["jti"]));
        assert_eq!(events[1]["address"], expected, "{trusted} {headers:?}");
    }
}

/// Stateless sharing logs what it always did, and no more.
#[test]
fn without_a_store_there_is_no_account() {
    let site = Site::start(Store::sqlite(), &[("share_store", "")]);
    let share = site.create(&json!({}));
    let token = text(&share["token"]);
    assert!(site.validate(&token, STUDY) && !site.validate(&token, "bbbb-2222"));
    assert_eq!(site.open(&token, &[]).status, 307);
    site.app.assert_logs("validate refused reason=not-shared");
    assert!(site.logged().is_empty());
}
