//! `PUT /shares`, beyond the recorded cases: link forms, what is not configured, the words for
//! yes and no, passwords, hostile bodies, and a MedDream that misbehaves.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::http::{Answer, get, send, send_json};
use journeys::meddream::{self, Behaviour, MedDream};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, token};
use serde_json::{Value, json};

fn put(app: &App, share: &Value) -> Answer {
    send_json("PUT", &app.url("/shares"), &[], share)
}

/// An Osimis share of one study, changed by these fields; a null removes one.
fn share(changes: &Value) -> Value {
    let mut share = json!({
        "id": "of-mr-doe",
        "studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-bbbb"}],
        "type": "osimis-viewer-publication",
    });
    for (name, value) in changes.as_object().expect("an object") {
        share[name] = value.clone();
    }
    share
}

fn detail(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.text());
    let detail = answer.json()["detail"].clone();
    assert!(detail.is_string() || detail.is_array(), "no detail: {}", answer.text());
    detail.to_string().to_lowercase()
}

#[test]
fn each_share_gets_a_token_of_its_own_that_says_what_it_grants() {
    let app = App::start(&[]);
    let shares: Vec<_> = (0..3)
        .map(|_| put(&app, &share(&json!({"expiration-date": "2099-01-01T00:00:00+01:00"}))).json())
        .collect();
    let mut names = HashSet::new();
    for share in &shares {
        let claims = token::claims(share["token"].as_str().expect("a token"));
        assert_eq!(claims["id"], "of-mr-doe");
        assert_eq!(claims["studies"], json!([{"dicom_uid": "1.2.3", "orthanc_id": "aaaa-bbbb"}]));
        assert_eq!(claims["anonymized"], false);
        assert_eq!(claims["type"], "osimis-viewer-publication");
        assert_eq!(claims["expiration_date"], "2099-01-01T00:00:00+01:00");
        assert_eq!(claims["exp"], 4_070_905_200_u64, "2098-12-31T23:00:00Z in seconds");
        assert!(claims["iat"].is_u64(), "{claims}");
        names.insert(claims["jti"].as_str().expect("a name for the share").to_owned());
    }
    assert_eq!(names.len(), shares.len(), "each share has a name of its own");
    assert_log_keeps_secrets(&app, &["of-mr-doe", "aaaa-bbbb"]);
}

#[test]
fn links_have_the_form_that_the_viewer_and_the_landing_page_read() {
    let two = json!([{"orthanc-id": "aaaa"}, {"orthanc-id": "bbbb", "dicom-uid": "1.2"}]);
    let viewer = "osimis-viewer/app/index.html";
    // The variables that are set, the fields of the share, and the link up to the token.
    let cases = [
        (vec![], json!({}), "http://localhost/welcome/?token=".to_owned()),
        (
            vec![("public_landing_root", "https://h.example/a/b")],
            json!({}),
            "https://h.example/a/b/?token=".into(),
        ),
        (vec![("public_landing_root", "https://h.example")], json!({}), "https://h.example/?token=".into()),
        (
            vec![("public_landing_root", "")],
            json!({}),
            format!("http://localhost/shares/{viewer}?study=aaaa-bbbb&token="),
        ),
        (
            vec![("public_landing_root", ""), ("public_orthanc_root", "https://h.example:8443/x")],
            json!({}),
            format!("https://h.example:8443/x/{viewer}?study=aaaa-bbbb&token="),
        ),
        (
            vec![("public_landing_root", "")],
            json!({"anonymized": true}),
            format!("http://localhost/anon-shares/{viewer}?study=aaaa-bbbb&token="),
        ),
        (
            vec![("public_landing_root", "")],
            json!({"studies": two}),
            format!(
                "http://localhost/shares/{viewer}?pickableStudyIds=aaaa,bbbb&selectedStudyIds=aaaa,bbbb&token="
            ),
        ),
    ];
    for (variables, changes, link) in cases {
        let answer = put(&App::start(&variables), &share(&changes));
        assert_eq!(answer.status, 200, "{variables:?} {changes}: {}", answer.text());
        let share = answer.json();
        let token = share["token"].as_str().expect("a token");
        let url = share["url"].as_str().expect("a link").replace("%2C", ",");
        assert_eq!(url, format!("{link}{token}"), "{variables:?} {changes}");
    }
}

#[test]
fn a_share_that_is_not_configured_names_the_variable_to_set() {
    let cases = [
        ("public_orthanc_root", json!({})),
        ("public_anonymized_orthanc_root", json!({"anonymized": true})),
        ("meddream_token_service_url", json!({"type": "meddream-instant-link"})),
        ("meddream_token_service_url", json!({"type": "meddream-viewer-publication"})),
        ("public_meddream_root", json!({"type": "meddream-instant-link"})),
        ("public_landing_root", json!({"type": "meddream-viewer-publication"})),
    ];
    for (missing, changes) in cases {
        let mut variables = vec![
            ("meddream_token_service_url", "http://127.0.0.1:9/v3/generate"),
            ("public_meddream_root", "http://localhost/meddream/"),
        ];
        variables.retain(|(name, _)| *name != missing);
        variables.push((missing, ""));
        let app = App::start(&variables);
        let answer = put(&app, &share(&changes));
        assert_eq!(answer.status, 400, "without {missing}: {}", answer.text());
        assert!(detail(&answer).contains(missing), "without {missing}: {}", answer.text());
    }
}

#[test]
fn a_share_of_nothing_or_of_the_past_is_refused_with_the_field_at_fault() {
    let app = App::start(&[]);
    let cases = [
        (json!({"studies": []}), "studies"),
        (json!({"studies": [{}]}), "studies"),
        (json!({"studies": [{"orthanc-id": ""}]}), "studies"),
        (json!({"studies": [{"orthanc-id": "a"}, {"orthanc-id": null, "dicom-uid": ""}]}), "studies"),
        (json!({"studies": {}}), "studies"),
        (json!({"studies": null}), "studies"),
        (json!({"studies": [{"orthanc-id": ["a"]}]}), "studies"),
        (json!({"type": null}), "type"),
        (json!({"expiration-date": "2020-01-01T00:00:00Z"}), "expiration-date"),
        (json!({"expiration-date": 0}), "expiration-date"),
        (json!({"expiration-date": -1e300}), "expiration-date"),
        (json!({"expiration-date": []}), "expiration-date"),
        (json!({"anonymized": "perhaps"}), "anonymized"),
        (json!({"anonymized": 2}), "anonymized"),
        (json!({"id": {}}), "id"),
    ];
    for (changes, field) in cases {
        let answer = put(&app, &share(&changes));
        assert_eq!(answer.status, 422, "{changes}: {}", answer.text());
        let fault = answer.json()["detail"][0].clone();
        assert_eq!(fault["loc"][0], "body", "{changes}: {fault}");
        assert_eq!(fault["loc"][1], field, "{changes}: {fault}");
        assert!(fault["msg"].is_string() && fault["type"].is_string(), "{changes}: {fault}");
    }
}

#[test]
fn yes_and_no_are_read_in_the_words_that_clients_use() {
    let app = App::start(&[]);
    let yes = [
        json!(true),
        json!(1),
        json!("1"),
        json!("on"),
        json!("t"),
        json!("true"),
        json!("True"),
        json!("y"),
        json!("YES"),
    ];
    let no = [
        json!(false),
        json!(0),
        json!("0"),
        json!("off"),
        json!("f"),
        json!("false"),
        json!("n"),
        json!("No"),
    ];
    for (words, meaning) in [(&yes[..], true), (&no[..], false)] {
        for word in words {
            let answer = put(&app, &share(&json!({"anonymized": word})));
            assert_eq!(answer.status, 200, "{word}: {}", answer.text());
            assert_eq!(answer.json()["request"]["anonymized"], meaning, "{word}");
        }
    }
}

#[test]
fn only_a_user_with_the_right_password_shares() {
    let app = App::start(&[("users", r#"{"ann": "pass:with:colons", "bob": "bobs-password"}"#)]);
    let cases = [
        ("ann:pass:with:colons", 200),
        ("bob:bobs-password", 200),
        ("bob:pass:with:colons", 401),
        ("ann:pass", 401),
        ("bob:", 401),
        (":", 401),
        (":bobs-password", 401),
        ("bob", 401),
        ("Bob:bobs-password", 401),
        ("bob:bobs-password ", 401),
        ("nobody:", 401),
        ("", 401),
    ];
    for (credentials, status) in cases {
        let header = format!("Basic {}", STANDARD.encode(credentials));
        let answer = send_json("PUT", &app.url("/shares"), &[("authorization", &header)], &share(&json!({})));
        assert_eq!(answer.status, status, "{credentials:?}: {}", answer.text());
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), Some("Basic"), "{credentials:?}");
        }
    }
    for header in ["", "Basic", "Basic !!!", "Basic Ym9i=", "Digest x"] {
        let answer = send("PUT", &app.url("/shares"), &[("authorization", header)], b"{");
        assert_eq!(answer.status, 401, "{header:?}: {}", answer.text());
    }
    assert_log_keeps_secrets(&app, &["pass:with:colons", "bobs-password", "Ym9i"]);
}

#[test]
fn no_body_brings_it_down() {
    let app = App::start(&[]);
    let deep = "[".repeat(200_000);
    let wide = format!(r#"{{"studies":[{}{{}}],"type":"x"}}"#, "{},".repeat(20_000));
    let bodies: &[&[u8]] = &[
        b"",
        b"null",
        b"0",
        b"{",
        b"{}",
        b"\xff\xfe\x00",
        b"{\"id\":\"\xc3\"}",
        br#"{"id":"\ud800"}"#,
        br#"{"type":1e999}"#,
        br#"{"expiration-date":1e999}"#,
        br#"{"expiration-date":123456789012345678901234567890}"#,
        b"\0\0\0\0",
        b"[[[[",
        deep.as_bytes(),
        wide.as_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        for headers in [&[("content-type", "application/json")][..], &[]] {
            let answer = send("PUT", &app.url("/shares"), headers, body);
            assert_eq!(answer.status, 422, "{shown:?}: {}", answer.text());
            detail(&answer);
        }
    }
    assert_eq!(put(&app, &share(&json!({}))).status, 200, "it still answers");
}

#[test]
fn a_body_of_countless_values_is_refused_and_the_next_request_is_served() {
    // A quarter of what instances have by default.
    let app = App::start_with(&[], &["--max-instance-memory", "67108864"]);
    let filled = |value: &str, bytes: usize| {
        format!(r#"{{"studies":[{}0]}}"#, format!("{value},").repeat(bytes / (value.len() + 1)))
    };
    let nested = format!("{}0{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    let routes =
        [("PUT", "/shares"), ("PUT", "/tokens/stone-viewer-publication"), ("POST", "/tokens/validate")];
    for (method, path) in routes {
        for value in ["0", "[0]", r#"{"a":0}"#, r#""""#, &nested] {
            // Up to as many as are built; as many as fit; more than fit; nearly what the runtime lets through.
            let built = [100_000, 200_000, 390_000].map(|bytes| (bytes, 422));
            for (bytes, status) in
                built.into_iter().chain([(1_500_000, 422), (2_500_000, 413), (9_900_000, 413)])
            {
                let answer = send(method, &app.url(path), &[], filled(value, bytes).as_bytes());
                assert_eq!(answer.status, status, "{path} {value:.9} {bytes}: {}", answer.text());
                detail(&answer);
            }
            assert_eq!(put(&app, &share(&json!({}))).status, 200, "it still answers");
        }
    }
}

#[test]
fn a_share_of_more_studies_than_a_link_can_carry_is_refused() {
    let direct = App::start(&[("public_landing_root", "")]);
    let studies = |count: usize| {
        let study = |n| json!({"dicom-uid": format!("1.2.826.0.1.3680043.8.498.{n:038}"), "orthanc-id": format!("{n:08x}-00000000-00000000-00000000-00000000")});
        json!((0..count).map(study).collect::<Vec<_>>())
    };
    for app in [&App::start(&[]), &direct] {
        let many = put(app, &share(&json!({"studies": studies(100)}))).json();
        let path = many["url"].as_str().and_then(|url| url.strip_prefix("http://localhost/welcome"));
        if let Some(query) = path {
            assert_eq!(get(&app.url(&format!("/welcome{query}")), &[]).status, 307, "it opens");
        }
        let too_many = put(app, &share(&json!({"studies": studies(400)})));
        assert_eq!(too_many.status, 400, "{}", too_many.text());
        assert!(detail(&too_many).contains("share fewer studies"), "{}", too_many.text());
        // Without a link, only the token's own limit counts.
        let instant = share(&json!({"studies": studies(4000), "type": "viewer-instant-link"}));
        assert_eq!(put(app, &instant).json()["url"], Value::Null);
    }
}

#[test]
fn the_api_refuses_other_methods_and_routes_in_json() {
    let app = App::start(&[]);
    let cases = [
        ("GET", "/shares", 405, Some("PUT")),
        ("DELETE", "/shares", 405, Some("PUT")),
        ("OPTIONS", "/shares", 405, Some("PUT")),
        ("BREW", "/shares", 405, Some("PUT")),
        ("GET", "/shares/", 405, Some("PUT")),
        ("GET", "/shares/validate", 405, Some("POST")),
        ("PUT", "/shares/validate", 405, Some("POST")),
        ("GET", "/shares/validate/", 405, Some("POST")),
        ("GET", "/", 404, None),
        ("GET", "/nothing", 404, None),
        ("GET", "/shares/nothing", 404, None),
        ("PUT", "/Shares", 404, None),
    ];
    for (method, path, status, allow) in cases {
        let answer = send(method, &app.url(path), &[], b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        detail(&answer);
    }
}

#[test]
fn an_instant_link_opens_meddream_with_its_own_token() {
    let meddream = MedDream::start(Behaviour::Well);
    // The trailing slash of a root is not needed.
    let app = App::start(&[
        ("meddream_token_service_url", &meddream.url()),
        ("meddream_token_service_origin", &meddream.origin()),
        ("public_meddream_root", "http://localhost/meddream"),
    ]);
    // The expiration date says nothing for an instant link: MedDream's own limit holds.
    for changes in [json!({}), json!({"expiration-date": null})] {
        let mut request = share(&changes);
        request["type"] = json!("meddream-instant-link");
        request["studies"] = json!([{"dicom-uid": "1.2.3"}, {"dicom-uid": "4.5.6", "orthanc-id": "x"}]);
        let answer = put(&app, &request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["token"], meddream::TOKEN);
        assert_eq!(answer.json()["url"], format!("http://localhost/meddream/?token={}", meddream::TOKEN));
    }
    let asked = meddream.asked();
    assert_eq!(asked.len(), 2);
    for question in asked {
        let items = question["items"].as_array().expect("MedDream is asked for items").clone();
        assert!(!items.is_empty());
        let items = json!(items).to_string();
        assert!(items.contains("\"1.2.3\"") && items.contains("\"4.5.6\""), "{items}");
    }
    assert_log_keeps_secrets(&app, &[meddream::TOKEN]);
}

#[test]
fn a_meddream_that_misbehaves_gives_502_or_504_and_never_a_link() {
    let meddream = MedDream::start(Behaviour::Well);
    let app = App::start(&[
        ("meddream_token_service_url", &meddream.url()),
        ("meddream_token_service_origin", &meddream.origin()),
        ("public_meddream_root", "http://localhost/meddream/"),
    ]);
    let cases = [
        (Behaviour::Fails, 502),
        (Behaviour::AnswersAPage, 502),
        (Behaviour::AnswersNothing, 502),
        (Behaviour::Drops, 502),
        (Behaviour::StopsHalfway, 502),
        (Behaviour::Redirects, 502),
        (Behaviour::NeverEnds, 502),
        (Behaviour::Hangs, 504),
        (Behaviour::After(Duration::from_secs(6)), 504),
        // And the next caller has its link.
        (Behaviour::Well, 200),
    ];
    for (behaviour, status) in cases {
        meddream.behave(behaviour);
        let started = Instant::now();
        let answer = put(&app, &share(&json!({"type": "meddream-instant-link"})));
        assert_eq!(answer.status, status, "{behaviour:?}: {}", answer.text());
        assert!(started.elapsed() < Duration::from_secs(9), "{behaviour:?} took {:?}", started.elapsed());
        if status != 200 {
            assert!(detail(&answer).contains("meddream"), "{behaviour:?}: {}", answer.text());
            assert!(answer.json()["url"].is_null() && !answer.text().contains("<html>"), "{behaviour:?}");
        }
    }
    assert_eq!(get(&app.url("/.well-known/spin/health"), &[]).status, 200);
    assert_log_keeps_secrets(&app, &[meddream::TOKEN, "<html>"]);
}
