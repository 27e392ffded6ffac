//! What a token's request may say: its echo, its end, its type, and the name of each fault.
//! The helpers are in `main.rs`.

use journeys::http::{send, send_json};
use journeys::token;
use serde_json::{Value, json};

use crate::{FAR, TYPES, asked, decode, given, now, one, opens, put, start, token_of};

#[test]
fn a_token_is_answered_with_what_was_understood() {
    let (app, _meddream) = start(&[]);
    for token_type in TYPES {
        let resources = json!([{
            "dicom-uid": "1.2.3",
            "orthanc-id": "aaaa-1111",
            "url": "/studies/aaaa-1111/archive",
            "level": "study",
        }]);
        let changes = json!({"type": token_type, "expiration-date": "2099-01-01T01:00:00+01:00"});
        let answer = given(&app, token_type, &asked(&resources, &changes));
        let request = &answer["request"];
        let echo = [
            ("id", json!("of-mr-doe")),
            ("resources", resources),
            ("type", json!(token_type)),
            ("expiration-date", json!("2099-01-01T01:00:00+01:00")),
            ("validity-duration", Value::Null),
        ];
        for (name, value) in echo {
            assert_eq!(request.get(name), Some(&value), "{token_type}: {name} of {answer}");
        }
        // The successor's own claims, so that it reads the token too.
        let claims = token::claims(token_of(&answer));
        assert_eq!(claims["id"], "of-mr-doe");
        assert_eq!(claims["type"], *token_type);
        assert_eq!(claims["expiration_date"], "2099-01-01T01:00:00+01:00");
        let shared = &claims["resources"][0];
        assert_eq!(
            [&shared["dicom_uid"], &shared["orthanc_id"], &shared["level"]],
            ["1.2.3", "aaaa-1111", "study"]
        );
        assert_eq!(claims.get("studies"), None, "one shape at a time: {claims}");
    }
    // All that may be left out, is; and snake_case is read as well.
    let least = given(
        &app,
        "stone-viewer-publication",
        &json!({"resources": [{"dicom_uid": "1.2", "level": "study"}]}),
    );
    assert_eq!(
        least["request"]["resources"],
        json!([{"dicom-uid": "1.2", "orthanc-id": null, "url": null, "level": "study"}])
    );
    assert_eq!([&least["request"]["id"], &least["request"]["expiration-date"]], [&Value::Null; 2]);
}

#[test]
fn the_end_is_the_date_if_there_is_one_else_the_duration() {
    let (app, _meddream) = start(&[]);
    let absurd = [
        json!(94_685_692_401_184_u64),
        json!(1_u64 << 63),
        json!(u64::MAX),
        json!(i64::MAX),
        json!(1e300),
        json!(315_360_000_000_u64),
    ];
    let odd =
        [json!(0), json!(-1), json!(i64::MIN), json!(-94_685_692_401_184_i64), json!(0.5), json!(3600.7)];
    // The date wins over each of them: plugins send a number that nobody has set.
    for duration in absurd.iter().chain(&odd).chain(&[json!(1), json!("3600"), Value::Null]) {
        let changes = json!({"validity-duration": duration, "expiration-date": FAR});
        let answer = given(&app, "stone-viewer-publication", &asked(&one(), &changes));
        assert_eq!(answer["request"]["expiration-date"], FAR, "{duration}");
        assert_eq!(token::claims(token_of(&answer))["expiration_date"], FAR, "{duration}");
        assert!(opens(&app, token_of(&answer), "study", "1.2.3", "aaaa-1111"), "{duration}");
    }
    // Without a date, the absurd ones reach to the last year there is, and the token still opens.
    for duration in &absurd {
        let answer =
            given(&app, "stone-viewer-publication", &asked(&one(), &json!({"validity-duration": duration})));
        let end = answer["request"]["expiration-date"].as_str().expect("an end");
        assert!(end.starts_with("9999-12-31T") || *duration == 315_360_000_000_u64, "{duration}: {end}");
        assert!(opens(&app, token_of(&answer), "study", "1.2.3", "aaaa-1111"), "{duration}: {end}");
        assert_eq!(decode(&app, &answer["token"])["error-code"], Value::Null, "{duration}: {end}");
    }
    // The others are what they say: an hour, for a number as for a text of digits.
    for (duration, seconds) in
        [(json!(3600), 3600), (json!("3600"), 3600), (json!(3600.7), 3600), (json!(1), 1)]
    {
        let before = now();
        let answer =
            given(&app, "stone-viewer-publication", &asked(&one(), &json!({"validity-duration": duration})));
        let end = token::claims(token_of(&answer))["exp"].as_u64().expect("an end in seconds");
        assert!((before + seconds..=now() + seconds + 1).contains(&end), "{duration}: {end}");
        assert_eq!(answer["request"]["validity-duration"], seconds, "{duration}");
    }
    // What would have ended already, or is no number, is a fault with a name.
    let faults = [
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(-0.5),
        json!("soon"),
        json!("-1"),
        json!([]),
        json!({}),
        json!(true),
    ];
    for duration in faults {
        let answer =
            put(&app, "stone-viewer-publication", &asked(&one(), &json!({"validity-duration": duration})));
        assert_eq!(answer.status, 422, "{duration}: {}", answer.text());
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "validity-duration"]), "{duration}");
    }
    let past = put(
        &app,
        "stone-viewer-publication",
        &asked(&one(), &json!({"expiration-date": "2020-01-01T00:00:00Z"})),
    );
    assert_eq!(past.status, 422, "{}", past.text());
    assert_eq!(past.json()["detail"][0]["loc"], json!(["body", "expiration-date"]));
    let none = given(&app, "stone-viewer-publication", &asked(&one(), &json!({})));
    assert_eq!(token::claims(token_of(&none)).get("exp"), None, "no end");
    assert!(opens(&app, token_of(&none), "study", "1.2.3", "aaaa-1111"));
}

#[test]
fn the_path_and_the_body_name_one_known_type() {
    let (app, _meddream) = start(&[]);
    for token_type in TYPES {
        for other in TYPES.iter().filter(|other| *other != token_type).chain(&["nonsense", ""]) {
            let answer = put(&app, token_type, &asked(&one(), &json!({"type": other})));
            assert_eq!(answer.status, 400, "{token_type} {other}: {}", answer.text());
            assert!(answer.json()["detail"].is_string(), "{}", answer.text());
        }
        for same in [json!(token_type), Value::Null] {
            given(&app, token_type, &asked(&one(), &json!({"type": same})));
        }
    }
    for unknown in
        ["nonsense", "Stone-Viewer-Publication", "stone-viewer-publication%20", "stone", "%00", "..%2fshares"]
    {
        let answer = put(&app, unknown, &asked(&one(), &json!({})));
        assert_eq!(answer.status, 422, "{unknown}: {}", answer.text());
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["path", "type"]), "{unknown}");
    }
    for path in ["/tokens", "/tokens/", "/tokens/stone-viewer-publication/x"] {
        let answer = send_json("PUT", &app.url(path), &[], &asked(&one(), &json!({})));
        assert!(matches!(answer.status, 404 | 422), "{path}: {} {}", answer.status, answer.text());
    }
    // A slash at its end is no other route, and no redirect.
    let slash =
        send_json("PUT", &app.url("/tokens/stone-viewer-publication/"), &[], &asked(&one(), &json!({})));
    assert_eq!(slash.status, 200, "{}", slash.text());
}

#[test]
fn a_bad_token_request_is_told_its_fault() {
    let (app, _meddream) = start(&[]);
    let study = |changes: Value| {
        let mut resource = json!({"dicom-uid": "1.2.3", "orthanc-id": "aaaa", "level": "study"});
        for (name, value) in changes.as_object().expect("an object") {
            resource[name] = value.clone();
        }
        json!([resource])
    };
    let cases = [
        (json!([]), json!(["body", "resources"])),
        (json!({}), json!(["body", "resources"])),
        (Value::Null, json!(["body", "resources"])),
        (json!(["1.2.3"]), json!(["body", "resources", 0])),
        (study(json!({"level": null})), json!(["body", "resources", 0, "level"])),
        (study(json!({"level": "system"})), json!(["body", "resources", 0, "level"])),
        (study(json!({"level": "STUDY"})), json!(["body", "resources", 0, "level"])),
        (study(json!({"url": {}})), json!(["body", "resources", 0, "url"])),
        (study(json!({"url": "/a\r\nb: c"})), json!(["body", "resources", 0, "url"])),
        (study(json!({"dicom-uid": "1.2 3"})), json!(["body", "resources", 0, "dicom-uid"])),
        (study(json!({"dicom-uid": "", "orthanc-id": null})), json!(["body", "resources", 0])),
        (json!([{"level": "study", "url": "/studies/aaaa"}]), json!(["body", "resources", 0])),
    ];
    for (resources, loc) in cases {
        let answer = put(&app, "stone-viewer-publication", &asked(&resources, &json!({})));
        assert_eq!(answer.status, 422, "{resources}: {}", answer.text());
        assert_eq!(answer.json()["detail"][0]["loc"], loc, "{resources}");
    }
    for body in [&b""[..], b"null", b"{", b"[[[[", b"\xff", b"{\"resources\":1e999}"] {
        for path in
            ["/tokens/stone-viewer-publication", "/tokens/decode", "/tokens/validate", "/user/get-profile"]
        {
            let method = if path.ends_with("publication") { "PUT" } else { "POST" };
            let answer = send(method, &app.url(path), &[("content-type", "application/json")], body);
            // Nothing but an object is read; fields that a route does not know are none of its business.
            let known = path.ends_with("publication") || body != b"{\"resources\":1e999}";
            assert!(
                answer.status == 422 || (!known && answer.status < 500),
                "{path} {body:?}: {}",
                answer.text()
            );
        }
    }
}
