//! `POST /shares/validate`, beyond the recorded cases: each question that the Authorization plugin
//! asks, old or new, and each token that must open nothing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use journeys::http::{Answer, send_json};
use journeys::raw::Connection;
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, SECRET_KEY, token};
use serde_json::{Value, json};

/// The claims of a standard share of two studies, changed by these; a null removes one.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "id": "of-mr-doe",
        "studies": [
            {"dicom_uid": "1.2.3", "orthanc_id": "aaaa"},
            {"dicom_uid": null, "orthanc_id": "bbbb"},
        ],
        "anonymized": false,
        "type": "osimis-viewer-publication",
        "expiration_date": "2099-01-01T00:00:00+00:00",
    });
    change(&mut claims, changes);
    claims
}

/// The plugin's question for the first of these studies, changed by these; a null removes a field.
fn question(changes: &Value) -> Value {
    let mut question = json!({
        "dicom-uid": "1.2.3",
        "orthanc-id": "aaaa",
        "identifier": "standard-server-id",
        "level": "study",
        "method": "get",
    });
    change(&mut question, changes);
    question
}

fn change(object: &mut Value, changes: &Value) {
    let object = object.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
}

fn signed(changes: &Value) -> String {
    token::sign(SECRET_KEY, &claims(changes))
}

/// Whether it is granted; checks what the plugin reads of every answer.
fn granted(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decision = answer.json();
    let validity = decision["validity"].as_u64();
    // The plugin reads 0 as "for ever", and anything but a small integer as a failure.
    assert!(matches!(validity, Some(1..=60)), "{decision}");
    decision["granted"].as_bool().expect("a JSON bool")
}

fn ask(app: &App, token: &str, question: &Value) -> Answer {
    send_json("POST", &app.url("/shares/validate"), &[("token", token)], question)
}

#[test]
fn a_share_opens_its_studies_for_reading_on_its_server_and_nothing_else() {
    let app = App::start(&[]);
    let standard = signed(&json!({}));
    let anonymized = signed(&json!({"anonymized": true}));
    let both_servers = [("standard-server-id", &standard), ("anonymized-server-id", &anonymized)];
    for (server, token) in both_servers {
        let cases = [
            (json!({}), true),
            (json!({"dicom-uid": null}), true),
            (json!({"orthanc-id": null}), true),
            (json!({"dicom-uid": "7.8.9", "orthanc-id": "bbbb"}), true),
            (json!({"dicom-uid": "7.8.9"}), false),
            (json!({"orthanc-id": "cccc"}), false),
            (json!({"dicom-uid": null, "orthanc-id": null}), false),
            (json!({"dicom-uid": "", "orthanc-id": ""}), false),
            (json!({"dicom-uid": "1.2.3 ", "orthanc-id": null}), false),
            (json!({"dicom-uid": "1.2.30", "orthanc-id": null}), false),
            (json!({"orthanc-id": "AAAA", "dicom-uid": null}), false),
            (json!({"method": "post"}), false),
            (json!({"method": "put"}), false),
            (json!({"method": "delete"}), false),
            (json!({"level": "patient"}), false),
            (json!({"level": "series"}), false),
            (json!({"level": "instance"}), false),
            (json!({"level": "system"}), false),
            (json!({"level": "system", "uri": "/statistics", "dicom-uid": null, "orthanc-id": null}), false),
            (json!({"level": "system", "uri": "", "dicom-uid": null, "orthanc-id": null}), false),
            (json!({"server-id": server, "identifier": null}), true),
            (json!({"server-id": server, "identifier": null, "labels": ["a", "b"], "user-id": "x"}), true),
            (json!({"server-id": "other", "identifier": null}), false),
            (json!({"identifier": "other"}), false),
            (json!({"identifier": ""}), false),
            (json!({"identifier": null}), false),
        ];
        for (changes, expected) in cases {
            let mut asked = question(&json!({"identifier": server}));
            change(&mut asked, &changes);
            assert_eq!(granted(&ask(&app, token, &asked)), expected, "{server}: {changes}");
        }
    }
    for (server, token) in [("anonymized-server-id", &standard), ("standard-server-id", &anonymized)] {
        for name in ["identifier", "server-id"] {
            let mut asked = question(&json!({"identifier": null}));
            asked[name] = json!(server);
            assert!(!granted(&ask(&app, token, &asked)), "the other kind of share opened {server}");
        }
    }
    assert_log_keeps_secrets(&app, &["of-mr-doe", "1.2.3"]);
}

#[test]
fn without_configured_identifiers_any_server_reads_standard_shares_and_none_an_anonymized_one() {
    let app = App::start(&[("server_identifier", ""), ("anonymized_server_identifier", "")]);
    for changes in [
        json!({"identifier": null}),
        json!({"identifier": "any"}),
        json!({"identifier": null, "server-id": "any"}),
    ] {
        let asked = question(&changes);
        assert!(granted(&ask(&app, &signed(&json!({})), &asked)), "{changes}");
        assert!(!granted(&ask(&app, &signed(&json!({"anonymized": true})), &asked)), "{changes}");
    }
}

#[test]
fn the_token_is_read_wherever_the_plugin_puts_it() {
    let app = App::start(&[]);
    let url = app.url("/shares/validate");
    let token = signed(&json!({}));
    let bearer = format!("Bearer {token}");
    let in_header = |value: &str| send_json("POST", &url, &[("token", value)], &question(&json!({})));
    let in_body = |key: &str, value: &str| {
        send_json("POST", &url, &[], &question(&json!({"token-key": key, "token-value": value})))
    };
    assert!(granted(&in_header(&token)));
    assert!(granted(&in_header(&bearer)));
    for (key, value) in
        [("token", &token), ("token", &bearer), ("Authorization", &bearer), ("api-key", &token)]
    {
        assert!(granted(&in_body(key, value)), "{key}");
    }
    for value in ["", "Bearer", "Bearer ", "Bearer Bearer x", "x"] {
        assert!(!granted(&in_body("token", value)), "{value:?}");
    }
    // Neither a query nor a cookie carries it.
    let query = send_json("POST", &format!("{url}?token={token}"), &[], &question(&json!({})));
    assert!(!granted(&query));
    assert_log_keeps_secrets(&app, &[&token]);
}

#[test]
fn a_chunked_question_is_read_as_the_newer_plugin_sends_it() {
    let app = App::start(&[]);
    let token = signed(&json!({}));
    let body =
        question(&json!({"identifier": null, "server-id": "standard-server-id", "token-value": token}));
    let body = body.to_string();
    for piece in [1, 7, body.len()] {
        let mut connection = Connection::open(app.address());
        connection.say("POST /shares/validate HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n");
        connection.say("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        for chunk in body.as_bytes().chunks(piece) {
            connection.say_chunk(chunk);
        }
        connection.say_chunk(b"");
        let answer = connection.answer().expect("an answer");
        assert!(granted(&answer), "in pieces of {piece}");
    }
}

#[test]
fn a_body_that_does_not_end_well_is_never_granted() {
    let app = App::start(&[]);
    let token = signed(&json!({}));
    let head = format!("POST /shares/validate HTTP/1.1\r\nHost: x\r\ntoken: {token}\r\n");
    let body = question(&json!({})).to_string();
    let endings = [
        // The client leaves before the last chunk, sends a broken one, or less than it announced.
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n", body.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\nzz\r\n", body.len()),
        format!("Content-Length: {}\r\n\r\n{body}", body.len() + 10),
        // Two lengths: a request that proxies may cut differently (RFC 9112 §6.3).
        format!("Content-Length: {}\r\nContent-Length: 3\r\n\r\n{body}", body.len()),
    ];
    for ending in endings {
        let mut connection = Connection::open(app.address());
        connection.say(format!("{head}{ending}"));
        connection.finish();
        if let Some(answer) = connection.answer() {
            assert!(answer.status >= 400, "{ending:?}: {} {}", answer.status, answer.text());
        }
    }
    assert!(granted(&ask(&app, &token, &question(&json!({})))), "it still answers");
    assert_log_keeps_secrets(&app, &[&token]);
}

#[test]
fn a_token_that_was_touched_opens_nothing() {
    let app = App::start(&[]);
    let good = signed(&json!({}));
    let parts: Vec<_> = good.split('.').collect();
    let [head, payload, signature] = parts[..] else { panic!("three parts") };
    let other = signed(&json!({"id": "another"}));
    let other_payload = other.split('.').nth(1).expect("a payload");
    let with_header = |header: Value| token::sign_with_header(SECRET_KEY, &header, &claims(&json!({})));
    let unsigned = with_header(json!({"typ": "JWT", "alg": "none"}));
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let cases = [
        format!("{head}.{other_payload}.{signature}"),
        format!("{head}.{payload}.{flipped}{}", &signature[1..]),
        format!("{head}.{payload}.{}", &signature[..signature.len() - 1]),
        format!("{head}.{payload}.{signature}A"),
        format!("{head}.{payload}.{signature}="),
        format!("{head}.{payload}."),
        format!("{head}.{payload}"),
        format!("{head}.{payload}.{signature}.{signature}"),
        format!(".{payload}.{signature}"),
        format!("{head}..{signature}"),
        format!("{}.", unsigned.rsplit_once('.').expect("three parts").0),
        unsigned,
        with_header(json!({"alg": "NONE"})),
        with_header(json!({"alg": "HS512"})),
        with_header(json!({"alg": "RS256"})),
        with_header(json!({"alg": "hs256"})),
        with_header(json!({"typ": "JWT"})),
        with_header(json!({"alg": ["HS256"]})),
        with_header(json!("HS256")),
        // RFC 7515 §4.1.11: an extension that is critical and not understood.
        with_header(json!({"alg": "HS256", "crit": ["b64"], "b64": false})),
        token::sign("", &claims(&json!({}))),
        token::sign("my-secret-key", &claims(&json!({}))),
        token::sign(&SECRET_KEY[1..], &claims(&json!({}))),
        "a".repeat(5_000),
        "..".to_owned(),
        "null".to_owned(),
    ];
    for token in &cases {
        let in_header = ask(&app, token, &question(&json!({})));
        assert!(!granted(&in_header), "{token}");
        let in_body =
            send_json("POST", &app.url("/shares/validate"), &[], &question(&json!({"token-value": token})));
        assert!(!granted(&in_body), "{token}");
    }
    assert!(granted(&ask(&app, &good, &question(&json!({})))));
    assert_log_keeps_secrets(&app, &[signature, payload]);
}

#[test]
fn claims_of_the_wrong_kind_open_nothing_and_older_shapes_open_what_they_say() {
    let app = App::start(&[]);
    let cases = [
        (json!({"expiration_date": "2020-01-01T00:00:00+00:00"}), false),
        (json!({"expiration_date": "soon"}), false),
        (json!({"expiration_date": {}}), false),
        (json!({"exp": 1_500_000_000}), false),
        (json!({"exp": "never"}), false),
        (json!({"exp": 4_000_000_000_u64}), true),
        (json!({"nbf": 4_000_000_000_u64}), false),
        (json!({"nbf": 1_500_000_000}), true),
        (json!({"studies": []}), false),
        (json!({"studies": "1.2.3"}), false),
        (json!({"studies": [[]]}), false),
        (json!({"studies": [{"dicom_uid": 1, "orthanc_id": "aaaa"}]}), false),
        (json!({"studies": [{"dicom_uid": null, "orthanc_id": null}]}), false),
        (json!({"studies": [{"dicom_uid": "", "orthanc_id": ""}]}), false),
        (json!({"studies": null}), false),
        (json!({"type": "something-else"}), false),
        (json!({"anonymized": {}}), false),
        (json!({"expiration_date": null}), true),
        (json!({"id": null}), true),
        // The oldest shape: one study, its identifiers beside the other claims.
        (json!({"studies": null, "dicom_uid": "1.2.3", "orthanc_id": "aaaa"}), true),
        (json!({"studies": null, "dicom_uid": "1.2.3", "orthanc_id": "aaaa", "anonymized": null}), true),
        (json!({"studies": null, "dicom_uid": "1.2.3", "orthanc_id": "cccc"}), false),
        (json!({"studies": null, "dicom_uid": "1.2.3", "orthanc_id": "aaaa", "anonymized": true}), false),
    ];
    for (changes, expected) in cases {
        let answer = ask(&app, &signed(&changes), &question(&json!({})));
        assert_eq!(granted(&answer), expected, "{changes}");
    }
    for payload in [json!([]), json!("x"), json!(null), json!(1)] {
        let answer = ask(&app, &token::sign(SECRET_KEY, &payload), &question(&json!({})));
        assert!(!granted(&answer), "{payload}");
    }
}

#[test]
fn access_ends_with_the_share() {
    let app = App::start(&[]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let share = |seconds: f64| {
        let request = json!({
            "studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa"}],
            "type": "osimis-viewer-publication",
            "expiration-date": now + seconds,
        });
        let answer = send_json("PUT", &app.url("/shares"), &[], &request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["token"].as_str().expect("a token").to_owned()
    };
    let (short, longer) = (share(3.0), share(30.0));
    let validity = |token: &str| {
        let answer = ask(&app, token, &question(&json!({})));
        granted(&answer).then(|| answer.json()["validity"].as_u64().expect("an integer"))
    };
    assert!(matches!(validity(&longer), Some(20..=30)), "never past the end");
    assert!(matches!(validity(&short), None | Some(1..=3)), "never past the end, and never 0");
    std::thread::sleep(Duration::from_millis(3_200));
    assert_eq!(validity(&short), None, "the share has ended");
    assert!(validity(&longer).is_some());
}

#[test]
fn a_bad_question_is_told_its_fault() {
    let app = App::start(&[]);
    let token = signed(&json!({}));
    let cases = [
        (json!({"level": null}), "level"),
        (json!({"method": null}), "method"),
        (json!({"dicom-uid": {}}), "dicom-uid"),
        (json!({"orthanc-id": []}), "orthanc-id"),
        (json!({"identifier": {}}), "identifier"),
    ];
    for (changes, field) in cases {
        let answer = ask(&app, &token, &question(&changes));
        assert_eq!(answer.status, 422, "{changes}: {}", answer.text());
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", field]), "{changes}");
    }
    for changes in [json!({"level": "planet"}), json!({"method": "patch"}), json!({"level": 3})] {
        let answer = ask(&app, &token, &question(&changes));
        assert!(answer.status == 422 || !granted(&answer), "{changes}: {}", answer.text());
    }
    for body in [json!([]), json!("x"), json!(null)] {
        assert_eq!(ask(&app, &token, &body).status, 422, "{body}");
    }
}
