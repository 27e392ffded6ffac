//! What an audit repository is sent, and who wants to know that a share was opened.

use std::time::{Duration, Instant};

use journeys::endpoint::{Behaviour, Endpoint, Taken};
use serde_json::{Value, json};

use crate::{STUDY, Site, text};
use journeys::store::Store;

fn site(store: Store, endpoint: &Endpoint) -> Site {
    let (url, origin) = (endpoint.url(), endpoint.origin());
    let authorization = ("audit_authorization", "Bearer the-audit-repository's-own");
    Site::start(store, &[("audit_endpoint", &url), ("audit_origin", &origin), authorization])
}

/// The id of an event in its AuditEvent.
fn id(taken: &Taken) -> String {
    text(&taken.body["entity"][1]["what"]["identifier"]["value"])
}

/// The ids of a share's events.
fn ids(site: &Site, jti: &Value) -> Vec<String> {
    site.history(&text(jti)).iter().map(|event| text(&event["id"])).collect()
}

#[test]
fn each_event_becomes_an_audit_event_of_its_pattern() {
    let endpoint = Endpoint::start(Behaviour::Takes);
    let site = site(Store::sqlite(), &endpoint);
    let share = site.create(&json!({}));
    let token = text(&share["token"]);
    site.open(&token, &[]);
    site.validate(&token, STUDY);
    site.validate(&token, "bbbb-2222");
    site.patch(&text(&share["jti"]), &json!({"label": "x"}));
    site.revoke(&text(&share["jti"]));

    let taken = endpoint.wait_for(6, || site.poke());
    let profile = |taken: &Taken| {
        let profile = taken.body["meta"]["profile"][0].as_str();
        profile.map(|url| url.rsplit('.').next().unwrap_or_default().to_owned())
    };
    let patterns: Vec<_> = taken[..6].iter().map(profile).collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(patterns, [some("Create"), some("Read"), some("Read"), None, some("Update"), some("Delete")]);
    for taken in &taken[..6] {
        assert_eq!(taken.body["resourceType"], "AuditEvent");
        assert_eq!(taken.body["entity"][0]["what"]["identifier"]["value"], share["jti"]);
        assert!(!taken.body.to_string().contains(&token), "a token was sent away");
        assert!(taken.head.iter().any(|line| line == "content-type: application/fhir+json"));
        assert!(taken.head.iter().any(|line| line.starts_with("content-length: ")), "{:?}", taken.head);
        assert!(taken.head.iter().any(|line| line == "authorization: bearer the-audit-repository's-own"));
    }
    assert_eq!(
        ids(&site, &share["jti"]),
        taken[..6].iter().map(id).collect::<Vec<_>>(),
        "in order, once each"
    );
    assert!(!site.app.log().contains("repository's-own"));
}

#[test]
fn nothing_is_lost_while_the_endpoint_is_down_or_fails_on_sqlite() {
    nothing_is_lost_while_the_endpoint_is_down_or_fails(Store::sqlite());
}

#[test]
fn nothing_is_lost_while_the_endpoint_is_down_or_fails_on_redis() {
    nothing_is_lost_while_the_endpoint_is_down_or_fails(Store::redis());
}

/// However long it is: what is to be sent is in the store, and the store does not forget.
fn nothing_is_lost_while_the_endpoint_is_down_or_fails(store: Store) {
    let endpoint = Endpoint::start(Behaviour::Down);
    let site = site(store, &endpoint);
    let shares: Vec<Value> = (0..5).map(|_| site.create(&json!({}))).collect();
    for behaviour in [Behaviour::Down, Behaviour::Answers(503), Behaviour::Answers(401)] {
        endpoint.behave(behaviour);
        let asked = endpoint.asked();
        let deadline = Instant::now() + Duration::from_secs(40);
        while endpoint.asked() == asked {
            assert!(Instant::now() < deadline, "it is not tried again");
            site.poke();
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    endpoint.behave(Behaviour::Takes);
    let expected: Vec<String> = shares.iter().flat_map(|share| ids(&site, &share["jti"])).collect();
    let taken: Vec<String> = endpoint.wait_for(expected.len(), || site.poke()).iter().map(id).collect();
    assert_eq!(taken[..expected.len()], expected, "all of them, in order");
}

#[test]
fn nobody_waits_for_a_slow_endpoint() {
    let endpoint = Endpoint::start(Behaviour::Slow(Duration::from_secs(20)));
    let site = site(Store::sqlite(), &endpoint);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut slowest = Duration::ZERO;
    let mut rounds = 0;
    while rounds < 20 {
        let begun = Instant::now();
        let share = site.create(&json!({}));
        assert_eq!(site.open(&text(&share["token"]), &[]).status, 307);
        assert!(site.validate(&text(&share["token"]), STUDY));
        slowest = slowest.max(begun.elapsed());
        // Between two nodes' turns nobody sends.
        match endpoint.asked() {
            0 => std::thread::sleep(Duration::from_millis(100)),
            _ => rounds += 1,
        }
        assert!(Instant::now() < deadline, "the endpoint was never asked");
    }
    // The endpoint would take 20 s, and the service waits 5 for it.
    assert!(slowest < Duration::from_secs(4), "{slowest:?}");
}

#[test]
fn what_the_endpoint_will_never_take_holds_up_nothing() {
    let endpoint = Endpoint::start(Behaviour::Answers(422));
    let site = site(Store::sqlite(), &endpoint);
    let first = site.create(&json!({}));
    site.app.assert_logs("reason=refused-by-endpoint status=422");
    endpoint.behave(Behaviour::Takes);
    let second = site.create(&json!({}));
    let taken = endpoint.wait_for(1, || site.poke());
    assert_eq!(vec![id(&taken[0])], ids(&site, &second["jti"]));
    assert_eq!(ids(&site, &first["jti"]).len(), 1, "it is in the share's history all the same");
}

/// However long: a wrong address for notifications is no end of the audit trail, nor the other way round.
#[test]
fn an_endpoint_that_takes_nothing_keeps_nothing_from_the_other() {
    let slow = Behaviour::Slow(Duration::from_secs(20));
    std::thread::scope(|scope| {
        for (audit, notify) in [
            (Behaviour::Takes, Behaviour::Answers(404)),
            (Behaviour::Takes, slow),
            (Behaviour::Answers(404), Behaviour::Takes),
        ] {
            scope.spawn(move || the_one_that_takes_gets_everything(audit, notify));
        }
    });
}

fn the_one_that_takes_gets_everything(audit: Behaviour, notify: Behaviour) {
    let (audited, notified) = (Endpoint::start(audit), Endpoint::start(notify));
    let variables = [
        ("audit_endpoint", audited.url()),
        ("audit_origin", audited.origin()),
        ("notify_endpoint", notified.url()),
        ("notify_origin", notified.origin()),
    ];
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let site = Site::start(Store::sqlite(), &variables);
    let (taking, other) =
        if audit == Behaviour::Takes { (&audited, &notified) } else { (&notified, &audited) };
    let mut expected = Vec::new();
    // In the second round something waits for the other already.
    for _ in 0..2 {
        let share = site.create(&json!({"notify": true}));
        assert_eq!(site.open(&text(&share["token"]), &[]).status, 307);
        let events = ids(&site, &share["jti"]);
        // The creation and the opening, or the opening alone.
        expected.extend_from_slice(if audit == Behaviour::Takes { &events } else { &events[1..] });
        let sent = || -> Vec<String> {
            let event = |taken: &Taken| match taken.body["id"].as_str() {
                Some(notification) => notification.to_owned(),
                None => id(taken),
            };
            // What is asked in between is accounted for too.
            taking.taken().iter().map(event).filter(|id| expected.contains(id)).collect()
        };
        let deadline = Instant::now() + Duration::from_secs(120);
        while sent().len() < expected.len() || other.asked() == 0 {
            assert!(Instant::now() < deadline, "{audit:?} {notify:?}: {} sent", sent().len());
            site.poke();
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(sent(), expected, "all of them, in order, once each: {audit:?} {notify:?}");
    }
    assert!(other.taken().is_empty());
}

#[test]
fn who_shared_may_be_told_when_it_is_opened() {
    let endpoint = Endpoint::start(Behaviour::Takes);
    let (url, origin) = (endpoint.url(), endpoint.origin());
    let site = Site::start(Store::sqlite(), &[("notify_endpoint", &url), ("notify_origin", &origin)]);
    let quiet = site.create(&json!({}));
    let told = site.create(&json!({"notify": true}));
    for share in [&quiet, &told] {
        assert_eq!(site.open(&text(&share["token"]), &[]).status, 307);
    }
    let taken = endpoint.wait_for(1, || site.poke());
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].body["event"], "share-opened");
    assert_eq!(taken[0].body["jti"], told["jti"]);
    assert!(!taken[0].body.to_string().contains(told["token"].as_str().expect("a token")));

    // Nobody to tell: the share is refused rather than silently not told of.
    let deaf = Site::start(Store::sqlite(), &[]);
    let body =
        json!({"studies": [{"orthanc-id": STUDY}], "type": "stone-viewer-publication", "notify": true});
    let refused = journeys::http::send_json("PUT", &deaf.app.url("/shares"), &[], &body);
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("notify_endpoint"), "{}", refused.text());
}
