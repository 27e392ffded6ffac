//! Without a store: all as before, and the terms that a token can hold alone.

use journeys::http::{get, send, send_json};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, token};
use serde_json::{Value, json};

use crate::{STONE, from_now, refusal, share, text, validate};

fn put(app: &App, changes: &Value) -> journeys::http::Answer {
    send_json("PUT", &app.url("/shares"), &[], &share(changes))
}

#[test]
fn the_routes_of_a_life_do_not_exist() {
    let app = App::start(&[]);
    for method in ["GET", "HEAD", "PATCH", "DELETE", "POST"] {
        let answer = send(method, &app.url("/shares"), &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("PUT")), "{method}");
        for path in ["/shares/0123456789abcdef0123456789abcdef", "/shares/x/events", "/shares/x/y"] {
            assert_eq!(send(method, &app.url(path), &[], b"{}").status, 404, "{method} {path}");
        }
    }
}

#[test]
fn what_only_a_store_can_keep_is_refused() {
    let app = App::start(&[]);
    for (name, value) in [
        ("label", json!("L")),
        ("max-uses", json!(1)),
        ("password", json!("s3cret-code")),
        ("pin", json!("s3cret-code")),
        ("notify", json!(true)),
        ("short-link", json!(true)),
    ] {
        let refused = refusal(&put(&app, &json!({name: value})), 400);
        assert!(refused.contains("share_store") && !refused.contains("s3cret"), "{name}: {refused}");
        let body = json!({"resources": [{"dicom-uid": "1.2.3", "level": "study"}], name: value});
        let answer = send_json("PUT", &app.url(&format!("/tokens/{STONE}")), &[], &body);
        assert_eq!(refusal(&answer, 400), refused);
    }
    let answer = put(&app, &json!({"notify": false, "short-link": false, "label": "", "password": null}));
    assert_eq!(answer.status, 200, "nothing is asked of a store: {}", answer.text());
    assert_log_keeps_secrets(&app, &["s3cret-code"]);
}

#[test]
fn an_answer_without_new_fields_is_what_it_was_to_the_byte() {
    let app = App::start(&[]);
    let answer = put(&app, &json!({}));
    let token = text(&answer.json()["token"]);
    assert_eq!(
        answer.text(),
        format!(
            concat!(
                r#"{{"request":{{"id":null,"studies":[{{"dicom-uid":"1.2.3","orthanc-id":"aaaa-1111"}}],"#,
                r#""anonymized":false,"type":"stone-viewer-publication","expiration-date":null}},"#,
                r#""token":"{token}","url":"http://localhost/welcome/?token={token}"}}"#
            ),
            token = token
        )
    );
    let (granted, validity) = validate(&app, &[], &token, &json!({}));
    assert!(granted && validity == 60, "{validity}");
    let claims = token::claims(&token);
    for name in ["nbf", "registered", "purpose", "download", "methods"] {
        assert!(claims.get(name).is_none(), "{claims}");
    }
}

#[test]
fn a_token_alone_holds_a_beginning_a_duration_methods_and_no_download() {
    let app = App::start(&[]);
    let made = |changes: Value| text(&put(&app, &changes).json()["token"]);
    let open = |token: &str| get(&app.url(&format!("/welcome/?token={token}")), &[]).status;

    let later = made(json!({"not-before": from_now(3600.0)}));
    assert_eq!((open(&later), validate(&app, &[], &later, &json!({})).0), (403, false));
    let begun = made(json!({"not-before": from_now(-3600.0), "validity-duration": "30"}));
    let (granted, validity) = validate(&app, &[], &begun, &json!({}));
    assert!(granted && validity <= 30 && open(&begun) == 307, "{validity}");
    let writes = made(json!({"methods": ["put", "delete"]}));
    for (method, granted) in [("get", false), ("put", true), ("delete", true), ("post", false)] {
        assert_eq!(validate(&app, &[], &writes, &json!({"method": method})).0, granted, "{method}");
    }
    let kept = put(&app, &json!({"download": false})).json();
    assert_eq!(kept["request"]["download"], false);
    assert!(kept.get("jti").is_none());
    assert!(validate(&app, &[], &text(&kept["token"]), &json!({})).0, "looking is granted");
    for (changes, field) in [
        (json!({"validity-duration": 0}), "validity-duration"),
        (json!({"validity-duration": u64::MAX}), "validity-duration"),
        (json!({"not-before": from_now(60.0), "validity-duration": 30}), "not-before"),
        (json!({"methods": []}), "methods"),
    ] {
        assert_eq!(crate::blamed(&put(&app, &changes)), field, "{changes}");
    }
}
