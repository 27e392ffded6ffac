//! What a token opens: its own level, on its own server, asked on either route.
//! The helpers are in `main.rs`.

use journeys::http::send_json;
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::wire;
use serde_json::{Value, json};

use crate::{TYPES, asked, decode, given, one, opens, start, token_of};

#[test]
fn a_token_opens_its_own_level_and_nothing_above_or_below() {
    let (app, _meddream) = start(&[]);
    let levels = [
        ("patient", "PAT 1", "pppp"),
        ("study", "1.2", "ssss"),
        ("series", "1.2.3", "eeee"),
        ("instance", "1.2.3.4", "iiii"),
    ];
    for (level, uid, id) in levels {
        let named = [
            json!({"dicom-uid": uid, "orthanc-id": id, "level": level}),
            json!({"dicom-uid": uid, "level": level, "url": format!("/dicom-web/{level}/{uid}")}),
            json!({"orthanc-id": id, "level": level, "url": format!("/{level}/{id}/archive")}),
        ];
        for token_type in ["download-instant-link", "viewer-instant-link"] {
            for resource in &named {
                let answer = given(&app, token_type, &asked(&json!([resource]), &json!({})));
                let echo = &answer["request"]["resources"][0];
                for name in ["dicom-uid", "orthanc-id", "url", "level"] {
                    assert_eq!(echo[name], resource[name], "{answer}");
                }
                let token = token_of(&answer);
                for (other, other_uid, other_id) in levels {
                    let own = other == level;
                    assert_eq!(
                        opens(&app, token, other, other_uid, other_id),
                        own,
                        "{level} token, {other} asked"
                    );
                    // Nor by its own identifiers at another level.
                    assert_eq!(opens(&app, token, other, uid, id), own, "{level} token as {other}");
                }
                assert!(!opens(&app, token, level, "9.9", "zzzz"), "another {level}");
                assert!(!opens(&app, token, "system", uid, id), "{level} token on the system");
            }
        }
    }
    // Several levels in one token: each is opened as itself, and the ids of two are no third.
    let resources: Vec<_> = levels
        .iter()
        .map(|(level, uid, id)| json!({"dicom-uid": uid, "orthanc-id": id, "level": level}))
        .collect();
    let answer = given(&app, "download-instant-link", &asked(&json!(resources), &json!({})));
    for (level, uid, id) in levels {
        assert!(opens(&app, token_of(&answer), level, uid, id), "{level}");
    }
    assert!(!opens(&app, token_of(&answer), "series", "1.2.3", "ssss"));
    assert!(!opens(&app, token_of(&answer), "study", "1.2.3", "eeee"));
    assert_log_keeps_secrets(&app, &["PAT 1", "1.2.3.4"]);
}

#[test]
fn what_either_api_issues_both_validate() {
    let (app, _meddream) = start(&[]);
    for token_type in TYPES {
        let share = json!({"id": "x", "studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111"}], "type": token_type});
        let share = send_json("PUT", &app.url("/shares"), &[], &share);
        assert_eq!(share.status, 200, "/shares knows {token_type}: {}", share.text());
        let share = share.json();
        assert_eq!(share["request"]["type"], *token_type);
        let instant = token_type.ends_with("-instant-link");
        assert_eq!(share["url"].is_null(), instant, "{share}");
        for answer in [&share, &given(&app, token_type, &asked(&one(), &json!({})))] {
            let token = token_of(answer);
            // `opens` asks both routes.
            assert!(opens(&app, token, "study", "1.2.3", "aaaa-1111"), "{token_type}");
            assert!(!opens(&app, token, "study", "1.2.4", "aaaa-1111"), "{token_type}");
            assert!(!opens(&app, token, "series", "1.2.3", "aaaa-1111"), "{token_type}");
            assert_eq!(decode(&app, &json!(token))["token-type"], *token_type);
        }
    }
}

#[test]
fn the_newer_route_asks_for_method_and_server_as_the_older_one_does() {
    let (app, _meddream) = start(&[]);
    let answer = given(&app, "stone-viewer-publication", &asked(&one(), &json!({"validity-duration": 20})));
    let ask = |changes: Value| {
        let mut question = json!({
            "dicom-uid": "1.2.3",
            "orthanc-id": "aaaa-1111",
            "level": "study",
            "method": "get",
            "server-id": "standard-server-id",
            "labels": ["a", "b"],
            "token-key": "Authorization",
            "token-value": format!("Bearer {}", token_of(&answer)),
        });
        for (name, value) in changes.as_object().expect("an object") {
            question[name] = value.clone();
        }
        send_json("POST", &app.url("/tokens/validate"), &[], &question)
    };
    assert!(wire::granted(&ask(json!({}))));
    let validity = ask(json!({})).json()["validity"].as_u64().expect("an integer");
    assert!((1..=20).contains(&validity), "{validity}: never past the end");
    for changes in [
        json!({"method": "delete"}),
        json!({"method": "post"}),
        json!({"method": "put"}),
        json!({"server-id": "anonymized-server-id"}),
        json!({"server-id": "other"}),
        json!({"server-id": null}),
        json!({"token-value": null}),
        json!({"token-value": ""}),
        json!({"token-value": "Bearer "}),
    ] {
        assert!(!wire::granted(&ask(changes.clone())), "{changes}");
    }
    let anonymized = given(&app, "stone-viewer-publication", &asked(&one(), &json!({"anonymized": true})));
    let token = json!(token_of(&anonymized));
    assert!(!wire::granted(&ask(json!({"token-value": token}))));
    assert!(wire::granted(&ask(json!({"token-value": token, "server-id": "anonymized-server-id"}))));
}

#[test]
fn dicomweb_reads_by_a_post_only_where_the_site_says_so() {
    for (dicomweb_find, expected) in [("", false), ("false", false), ("true", true)] {
        let (app, _meddream) = start(&[("dicomweb_find", dicomweb_find)]);
        let answer = given(&app, "stone-viewer-publication", &asked(&one(), &json!({})));
        let granted = |level: &str, method: &str| {
            let question = json!({
                "dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111", "level": level, "method": method,
                "server-id": "standard-server-id", "token-key": "token", "token-value": token_of(&answer),
            });
            wire::granted(&send_json("POST", &app.url("/tokens/validate"), &[], &question))
        };
        assert_eq!(granted("study", "post"), expected, "{dicomweb_find:?}");
        assert!(granted("study", "get"));
        for (level, method) in
            [("study", "put"), ("study", "delete"), ("series", "post"), ("patient", "post")]
        {
            assert!(!granted(level, method), "{dicomweb_find:?}: {method} of a {level}");
        }
    }
}
