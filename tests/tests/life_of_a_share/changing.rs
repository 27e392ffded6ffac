//! Other terms for a share whose link is out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{ALICE, Life, Store, blamed, from_now, on_both_stores, refusal, text, within};

on_both_stores! {
    what_a_share_opens_may_change_and_its_link_stays
    an_end_may_come_sooner_or_later
    what_cannot_be_changed_is_refused_and_nothing_else_changes
    a_limit_may_be_moved_where_the_link_knows_of_one
}

const SOON: Duration = Duration::from_millis(2500);
/// After this every instance has asked the store anew.
const KNOWN: Duration = Duration::from_millis(1200);

fn what_a_share_opens_may_change_and_its_link_stays(store: Store) {
    let life = Life::of(store, ALICE, &[]);
    let made = life.create(&json!({"label": "old"}));
    let (jti, token) = (text(&made["jti"]), text(&made["token"]));
    let other = json!({"dicom-uid": "9.9", "orthanc-id": "bbbb-2222"});
    assert!(life.validate(&token, &json!({})).0 && !life.validate(&token, &other).0);

    let changes = json!({"studies": [other], "label": null, "methods": ["get", "delete"]});
    let changed = life.patch(&jti, &changes);
    assert_eq!(changed.status, 200, "{}", changed.text());
    let (changed, mut shown) = (changed.json(), life.show(&jti));
    assert_eq!((&changed["label"], &changed["methods"]), (&Value::Null, &json!(["get", "delete"])));
    shown.as_object_mut().expect("an object").remove("url");
    assert_eq!(changed, shown);

    // The link that is out opens what the share is of now, and nothing else.
    // Each instance may have asked the store a second ago; after that all know.
    std::thread::sleep(KNOWN);
    assert!(life.validate(&token, &other).0 && !life.validate(&token, &json!({})).0);
    let delete = json!({"dicom-uid": "9.9", "orthanc-id": "bbbb-2222", "method": "delete"});
    assert!(life.validate(&token, &delete).0);
    assert_eq!(life.open(&token), 307);

    let answer = life.put_token(
        "stone-viewer-publication",
        &json!({"resources": [{"dicom-uid": "1.2.3", "level": "study"}]}),
    );
    let newer = text(&answer.json()["jti"]);
    let series = json!({"resources": [{"dicom-uid": "4.4", "level": "study"}]});
    assert_eq!(life.patch(&newer, &series).json()["resources"][0]["dicom-uid"], "4.4");
    assert_eq!(life.history(&jti)[0].0, "open");
    let changes: Vec<_> = life.history(&jti).into_iter().filter(|(action, _)| action == "change").collect();
    assert_eq!(changes, [("change".to_owned(), json!("alice"))]);
    // A change that changes nothing is none.
    assert_eq!(life.patch(&newer, &series).status, 200);
    assert_eq!(life.history(&newer).len(), 2);
}

fn an_end_may_come_sooner_or_later(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({}));
    let (jti, token) = (text(&made["jti"]), text(&made["token"]));
    let state = || text(&life.show(&jti)["state"]);
    assert_eq!(life.patch(&jti, &json!({"not-before": from_now(3600.0)})).json()["state"], "upcoming");
    within(SOON, || !life.validate(&token, &json!({})).0);
    assert_eq!(life.open(&token), 403);
    let soon = json!({"not-before": null, "expiration-date": from_now(2.0)});
    assert_eq!(life.patch(&jti, &soon).json()["state"], "active");
    assert_eq!(life.open(&token), 307);
    within(2 * SOON, || state() == "expired");
    assert_eq!((life.open(&token), life.validate(&token, &json!({})).0), (410, false));
    // One that has ended may go on: the token itself says nothing of an end.
    let later = life.patch(&jti, &json!({"expiration-date": from_now(30.0)})).json();
    assert_eq!(later["state"], "active");
    std::thread::sleep(KNOWN);
    let (granted, validity) = life.validate(&token, &json!({}));
    assert!(granted && validity <= 30, "{validity}");
    assert_eq!(life.open(&token), 307);
    assert_eq!(life.patch(&jti, &json!({"expiration-date": null})).json()["expiration-date"], Value::Null);
}

fn what_cannot_be_changed_is_refused_and_nothing_else_changes(store: Store) {
    let life = Life::start(store, &[]);
    let [jti] = life.create_all([json!({"label": "L", "expiration-date": from_now(3600.0)})]);
    let before = text(&life.show(&jti)["label"]);
    for (changes, field) in [
        (json!({"label": "new", "expiration-date": from_now(-1.0)}), "expiration-date"),
        (json!({"label": "new", "not-before": from_now(7200.0)}), "not-before"),
        (json!({"label": "a\nb"}), "label"),
        (json!({"label": "new", "studies": []}), "studies"),
        (json!({"label": "new", "resources": [{"dicom-uid": "1.2", "level": "study"}]}), "resources"),
        (json!({"label": "new", "methods": ["head"]}), "0"),
        (json!({"label": "new", "download": null}), "download"),
        (json!({"label": "new", "max-uses": 3}), "max-uses"),
        (json!({"label": "new", "password": "12345"}), "password"),
        (json!({"label": "new", "expiration-dat": null}), "expiration-dat"),
    ] {
        let answer = life.patch(&jti, &changes);
        if field == "0" {
            assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "methods", 0]));
        } else {
            assert_eq!(blamed(&answer), field, "{changes}");
        }
    }
    // What Stone could not open is refused as at the beginning.
    let refused = refusal(&life.patch(&jti, &json!({"studies": [{"orthanc-id": "a-1"}]})), 400);
    assert!(refused.contains("dicom-uid"), "{refused}");
    assert_eq!(life.show(&jti)["label"], before);
    assert_eq!(life.history(&jti).len(), 1);
    let url = life.app.url(&format!("/shares/{jti}"));
    assert_eq!(journeys::http::send("PATCH", &url, &[], b"{").status, 422);
    assert_eq!(life.delete(&jti).status, 204);
    refusal(&life.patch(&jti, &json!({"label": "new"})), 409);
    refusal(&life.patch(&jti, &json!({})), 409);
}

fn a_limit_may_be_moved_where_the_link_knows_of_one(store: Store) {
    let life = Life::start(store, &[]);
    let [limited, coded] = life.create_all([json!({"max-uses": 2}), json!({"password": "12345"})]);
    assert_eq!(life.patch(&limited, &json!({"max-uses": 7})).json()["max-uses"], 7);
    assert_eq!(blamed(&life.patch(&limited, &json!({"max-uses": null}))), "max-uses");
    assert_eq!(life.patch(&coded, &json!({"max-uses": 7})).json()["max-uses"], 7);
    assert_eq!(life.patch(&coded, &json!({"max_uses": null})).json()["max-uses"], Value::Null);
}
