//! Making a share that is kept.

use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{meddream, token};
use serde_json::{Value, json};

use crate::{ALICE, Life, STONE, Store, blamed, from_now, on_both_stores, refusal, share, text};

on_both_stores! {
    a_share_is_kept_with_all_that_was_said
    a_share_of_the_newer_api_is_kept_too
    a_protected_share_opens_nothing_but_the_landing_page
    a_short_link_stands_in_place_of_the_token
    every_type_is_kept_but_meddreams_own
}

fn a_share_is_kept_with_all_that_was_said(store: Store) {
    let life = Life::of(store, ALICE, &[]);
    let made = life
        .create(&json!({"id": "of-mr-doe", "label": "For Dr Exámple", "not-before": 1_700_000_000,
        "validity-duration": 3600, "methods": ["get", "put"], "download": false}));
    let request = &made["request"];
    for (name, value) in [
        ("validity-duration", json!(3600)),
        ("not-before", json!("2023-11-14T22:13:20+00:00")),
        ("methods", json!(["get", "put"])),
        ("download", json!(false)),
        ("label", json!("For Dr Exámple")),
    ] {
        assert_eq!(request[name], value, "{name}: {request}");
    }
    assert!(made.get("short-url").is_none() && request.get("max-uses").is_none(), "{made}");
    let (jti, link) = (text(&made["jti"]), text(&made["url"]));
    let claims = token::claims(&text(&made["token"]));
    assert_eq!((&claims["jti"], &claims["id"]), (&json!(jti), &json!("of-mr-doe")));

    let shown = life.show(&jti);
    let expected = json!({"jti": jti, "state": "active", "id": "of-mr-doe", "label": "For Dr Exámple", "type": STONE,
        "studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111"}], "anonymized": false,
        "methods": ["get", "put"], "download": false, "created": shown["created"], "created-by": "alice",
        "not-before": "2023-11-14T22:13:20+00:00", "expiration-date": request["expiration-date"],
        "max-uses": null, "uses": 0, "protected": false, "attempts-left": null, "notify": false,
        "short-link": false, "revoked": null, "revoked-by": null, "url": shown["url"]});
    assert_eq!(shown, expected);
    // The link is made again: another one, which opens the same.
    let again = text(&shown["url"]);
    for link in [&link, &again] {
        let token = link.strip_prefix("http://localhost/welcome/?token=").expect("the landing page");
        assert_eq!(token::claims(token)["jti"], jti.as_str());
        assert_eq!((life.open(token), life.validate(token, &json!({})).0), (307, true));
        assert!(!life.validate(token, &json!({"method": "delete"})).0);
    }
    assert_eq!(life.history(&jti).last(), Some(&("create".to_owned(), json!("alice"))));
    assert_log_keeps_secrets(&life.app, &["of-mr-doe", "Exámple", "wonderland"]);
}

fn a_share_of_the_newer_api_is_kept_too(store: Store) {
    let life = Life::start(store, &[]);
    let resources = json!([{"dicom-uid": "1.2.3.4", "level": "series", "url": "/series/x/archive"},
        {"dicom-uid": "PAT 1", "orthanc-id": "b-2", "level": "patient"}]);
    let asked = json!({"resources": resources, "validity-duration": 94_685_692_401_184_u64, "pin": null,
        "label": "two levels"});
    let answer = life.put_token("viewer-instant-link", &asked);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let made = answer.json();
    assert_eq!(made["request"]["expiration-date"], "9999-12-31T23:59:59.999999+00:00");
    let shown = life.show(&text(&made["jti"]));
    assert_eq!(
        shown["resources"],
        json!([{"level": "series", "dicom-uid": "1.2.3.4", "orthanc-id": null},
        {"level": "patient", "dicom-uid": "PAT 1", "orthanc-id": "b-2"}])
    );
    assert_eq!(
        (&shown["url"], &shown["label"], &shown["created-by"]),
        (&Value::Null, &json!("two levels"), &Value::Null)
    );
    assert!(shown.get("studies").is_none());
    let series = json!({"level": "series", "dicom-uid": "1.2.3.4", "orthanc-id": "x"});
    let (granted, validity) = life.validate(&text(&made["token"]), &series);
    assert!(granted && validity == 59, "{validity}");
}

fn a_protected_share_opens_nothing_but_the_landing_page(store: Store) {
    let life = Life::start(store, &[("code_attempts", "3")]);
    for (changes, attempts) in [
        (json!({"password": "s3cret"}), json!(3)),
        (json!({"pin": 835194720, "max-uses": 2}), json!(3)),
        (json!({"max-uses": 1}), Value::Null),
    ] {
        let made = life.create(&changes);
        let echo = made["request"].to_string();
        assert!(!echo.contains("s3cret") && !echo.contains("835194720"), "{echo}");
        let shown = life.show(&text(&made["jti"]));
        assert_eq!(shown["attempts-left"], attempts, "{changes}");
        assert_eq!(shown["protected"], attempts.is_u64());
        assert_eq!(shown["max-uses"], changes.get("max-uses").cloned().unwrap_or_default());
        let again = text(&shown["url"]).split_once("token=").expect("a token").1.to_owned();
        for token in [text(&made["token"]), again] {
            assert!(!life.validate(&token, &json!({})).0, "{changes}");
        }
    }
    life.app.assert_logs("not-opened");
    assert_log_keeps_secrets(&life.app, &["s3cret", "835194720"]);
}

fn a_short_link_stands_in_place_of_the_token(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"short-link": true}));
    let link = text(&made["url"]);
    assert_eq!(made["short-url"], made["url"]);
    let handle = link.strip_prefix("http://localhost/welcome/s/").expect("below the landing page");
    assert_eq!(handle.len(), 22, "128 bits in base64url");
    let shown = life.show(&text(&made["jti"]));
    // Only its hash is kept: what is shown again is the long one.
    assert_eq!(shown["short-link"], true);
    assert!(text(&shown["url"]).starts_with("http://localhost/welcome/?token="));
    assert!(life.validate(&text(&made["token"]), &json!({})).0);
    assert_log_keeps_secrets(&life.app, &[handle]);
}

fn every_type_is_kept_but_meddreams_own(store: Store) {
    let meddream = meddream::MedDream::start(meddream::Behaviour::Well);
    let (url, origin) = (meddream.url(), meddream.origin());
    let life = Life::start(
        store,
        &[
            ("public_ohif_root", "http://localhost/ohif/"),
            ("public_meddream_root", "http://localhost/meddream/"),
            ("meddream_token_service_url", &url),
            ("meddream_token_service_origin", &origin),
        ],
    );
    for (share_type, has_link) in [
        ("osimis-viewer-publication", true),
        ("stone-viewer-publication", true),
        ("ohif-viewer-publication", true),
        ("volview-viewer-publication", true),
        ("meddream-viewer-publication", true),
        ("viewer-instant-link", false),
        ("download-instant-link", false),
    ] {
        let made = life.create(&json!({"type": share_type, "label": share_type}));
        let shown = life.show(&text(&made["jti"]));
        assert_eq!((made["url"].is_string(), shown["url"].is_string()), (has_link, has_link), "{share_type}");
        assert_eq!(shown["type"], share_type);
        if !has_link {
            for (name, value) in
                [("password", json!("12345")), ("max-uses", json!(1)), ("short-link", json!(true))]
            {
                assert_eq!(blamed(&life.put(&share(&json!({"type": share_type, name: value})))), name);
            }
        }
    }
    let instant = "meddream-instant-link";
    let made = life.create(&json!({"type": instant, "expiration-date": from_now(60.0)}));
    assert!(made.get("jti").is_none(), "{made}");
    for (name, value) in [
        ("label", json!("L")),
        ("not-before", json!(1)),
        ("methods", json!(["get"])),
        ("download", json!(false)),
    ] {
        let refused = refusal(&life.put(&share(&json!({"type": instant, name: value}))), 400);
        assert!(refused.contains(name) && refused.contains("MedDream"), "{refused}");
    }
    assert_eq!(life.get("/shares?limit=200").json()["shares"].as_array().map(Vec::len), Some(7));
}

#[test]
fn what_only_the_landing_page_can_open_needs_one() {
    for (landing, what_to_do) in [
        ("", "set the variable public_landing_root"),
        (
            "http://localhost/ui/app/token-landing.html",
            "public_landing_root must be the address of this application's /welcome/",
        ),
    ] {
        let life = Life::start(Store::sqlite(), &[("public_landing_root", landing)]);
        for changes in [json!({"password": "12345"}), json!({"max-uses": 1}), json!({"short-link": true})] {
            let refused = refusal(&life.put(&share(&changes)), 400);
            assert!(refused.ends_with(what_to_do), "{changes}: {refused}");
        }
        assert!(life.create(&json!({"label": "L", "short-link": false}))["jti"].is_string());
        assert_eq!(life.get("/shares").json()["shares"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn nobody_is_notified_where_nobody_can_be() {
    let life = Life::start(Store::sqlite(), &[]);
    assert!(refusal(&life.put(&share(&json!({"notify": true}))), 400).contains("notify_endpoint"));
    assert_eq!(life.create(&json!({"notify": false}))["request"]["notify"], false);
    let told = ("notify_endpoint", "http://127.0.0.1:9/told");
    let life = Life::start(Store::sqlite(), &[told, ("notify_origin", "http://127.0.0.1:9")]);
    let made = life.create(&json!({"notify": true}));
    assert_eq!(life.show(&text(&made["jti"]))["notify"], true);
}

#[test]
fn an_anonymized_share_that_begins_later_has_its_link_already() {
    let upstream = [("orthanc_root", "http://127.0.0.1:9/"), ("orthanc_origin", "http://127.0.0.1:9")];
    let later = json!({"anonymized": true, "not-before": from_now(3600.0), "label": "later"});
    // With the landing page, and without: then the viewer's names are in the link.
    for landing in ["http://localhost/welcome/", ""] {
        let life =
            Life::start(Store::sqlite(), &[&upstream[..], &[("public_landing_root", landing)]].concat());
        let made = life.create(&later);
        let shown = life.show(&text(&made["jti"]));
        assert_eq!(shown["state"], "upcoming");
        for link in [text(&made["url"]), text(&shown["url"])] {
            let token = link.split_once("token=").expect("a token").1;
            assert!(token::is_encrypted(token) && !link.contains("1.2.3"), "{link}");
            assert_eq!(life.open(token), 403, "not yet");
        }
        if landing.is_empty() {
            let names = |link: &Value| text(link).split_once("&token").expect("a token").0.to_owned();
            assert_eq!(names(&made["url"]), names(&shown["url"]), "the same names each time");
        }
    }
}

/// Its token would not fit into an address: the short link's page makes one that does.
#[test]
fn a_list_that_is_too_long_for_a_link_fits_into_a_short_one() {
    let life = Life::start(Store::sqlite(), &[]);
    let uid = |n: usize| format!("1.2.{n:058}");
    let studies: Vec<Value> =
        (0..430).map(|n| json!({"dicom-uid": uid(n), "orthanc-id": format!("aaaa-{n}")})).collect();
    let refused = life.put(&share(&json!({"studies": studies})));
    assert!(refusal(&refused, 400).contains("too long"));

    let made = life.create(&json!({"studies": studies, "short-link": true}));
    let path = text(&made["short-url"]).replace("http://localhost", "");
    let opened = journeys::http::get(&life.app.url(&path), &[]);
    assert_eq!(opened.status, 307, "{}", opened.text());
    let viewer = opened.header("location").expect("the viewer").to_owned();
    assert!(viewer.len() < 60_000 && viewer.contains(&uid(429)), "all studies are in it");
    let token = viewer.split_once("token=").expect("a token").1;
    for n in [0, 250, 429] {
        let asked = json!({"dicom-uid": uid(n), "orthanc-id": format!("aaaa-{n}")});
        assert!(life.validate(token, &asked).0, "study {n}");
    }
    assert!(!life.validate(token, &json!({"dicom-uid": uid(430), "orthanc-id": "aaaa-430"})).0);
    assert!(life.show(&text(&made["jti"]))["url"].is_string(), "its link can be made again");
}

/// What a reverse proxy asks before it passes on `/archive`, `/media` or `/file`: the plugin's question does
/// not tell these from looking.
#[test]
fn a_share_for_looking_only_is_not_taken_away() {
    let life = Life::start(Store::sqlite(), &[]);
    let looking = text(&life.create(&json!({"download": false}))["token"]);
    let taking = text(&life.create(&json!({}))["token"]);
    let ask = |uri: &str, headers: &[(&str, &str)]| {
        let headers = [&[("x-original-uri", uri)], headers].concat();
        journeys::http::get(&life.app.url("/shares/validate/download"), &headers).status
    };
    let (bearer_looking, bearer_taking) = (format!("Bearer {looking}"), format!("Bearer {taking}"));
    let archive = "/studies/aaaa-1111/archive";
    type Case<'a> = (String, Vec<(&'a str, &'a str)>, u16);
    let cases: [Case<'_>; 9] = [
        (archive.into(), vec![], 403),
        (archive.into(), vec![("token", "nonsense")], 403),
        (archive.into(), vec![("token", &taking)], 204),
        (archive.into(), vec![("token", &looking)], 403),
        ("/studies/aaaa-1111/series".into(), vec![("token", &looking)], 204),
        (format!("{archive}?token={taking}"), vec![("token", "nonsense")], 204),
        // The plugin would try both.
        (format!("{archive}?token={taking}"), vec![("token", &looking)], 403),
        (format!("{archive}?token={looking}"), vec![("authorization", &bearer_taking)], 403),
        (format!("{archive}?token={taking}&token={taking}"), vec![("authorization", &bearer_looking)], 403),
    ];
    for (uri, headers, expected) in cases {
        assert_eq!(ask(&uri, &headers), expected, "{} tokens", headers.len());
    }
}
