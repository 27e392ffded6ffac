//! What is told besides: of a token, of a user, of the roles.
//! The helpers are in `main.rs`.

use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::http::{get, send_json};
use journeys::meddream::{self, Behaviour};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, SECRET_KEY, token, wire};
use serde_json::{Value, json};

use crate::{FAR, asked, before_token, decode, given, one, opens, start, token_of};

#[test]
fn decoding_tells_the_viewers_address_or_why_there_is_none() {
    let (app, meddream) = start(&[]);
    let resources = json!([{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111", "level": "study"}]);
    let viewers = [
        ("osimis-viewer-publication", "shares/osimis-viewer/app/index.html?study=aaaa-1111&token="),
        (
            "stone-viewer-publication",
            "shares/stone-webviewer/index.html?study=1.2.3&selectedStudies=1.2.3&token=",
        ),
        ("ohif-viewer-publication", "ohif/viewer?StudyInstanceUIDs=1.2.3&token="),
        (
            "volview-viewer-publication",
            "shares/volview/index.html?names=[archive.zip]&urls=../studies/aaaa-1111/archive&token=",
        ),
        ("meddream-viewer-publication", "meddream/?study=1.2.3&token="),
    ];
    for (token_type, viewer) in viewers {
        let answer = given(&app, token_type, &asked(&resources, &json!({})));
        let token = token_of(&answer);
        for value in [token.to_owned(), format!("Bearer {token}")] {
            let decoded = decode(&app, &json!(value));
            assert_eq!(decoded["token-type"], token_type);
            assert_eq!(decoded["error-code"], Value::Null);
            // Never the landing page: it would ask again.
            let end = if token_type.starts_with("meddream") { meddream::TOKEN } else { token };
            assert_eq!(before_token(&decoded["redirect-url"], end), format!("http://localhost/{viewer}"));
            let decoded = decoded["resources"].as_array().expect("resources");
            assert_eq!(decoded.len(), 1);
            for name in ["dicom-uid", "orthanc-id", "level"] {
                assert_eq!(decoded[0][name], resources[0][name], "{token_type}");
            }
        }
    }
    let instant = given(
        &app,
        "download-instant-link",
        &asked(&json!([{"orthanc-id": "eeee", "level": "series"}]), &json!({})),
    );
    let decoded = decode(&app, &instant["token"]);
    assert_eq!(
        [&decoded["token-type"], &decoded["resources"][0]["level"]],
        ["download-instant-link", "series"]
    );
    assert_eq!([&decoded["error-code"], &decoded["redirect-url"]], [&Value::Null; 2]);

    let ended = json!({
        "id": "x",
        "resources": [{"dicom_uid": "1.2.3", "orthanc_id": null, "url": null, "level": "study"}],
        "type": "stone-viewer-publication",
        "expiration_date": "2020-01-01T00:00:00+00:00",
    });
    let mut unsuited = ended.clone();
    unsuited["expiration_date"] = json!(FAR);
    unsuited["type"] = json!("nonsense");
    let asked_before = meddream.asked().len();
    let cases = [
        (json!(token::sign(SECRET_KEY, &ended)), "expired"),
        (json!(token::sign("another-key-of-more-than-32-bytes-----", &ended)), "invalid"),
        (json!(token::sign(SECRET_KEY, &unsuited)), "invalid"),
        (json!("x"), "invalid"),
        (json!("Bearer "), "invalid"),
        (json!(""), "invalid"),
        (Value::Null, "invalid"),
    ];
    for (value, error) in cases {
        let decoded = decode(&app, &value);
        assert_eq!(decoded["error-code"], error, "{value}");
        assert_eq!(decoded["redirect-url"], Value::Null, "{value}");
        assert_eq!(decoded["resources"], json!([]), "{value}");
        let token_type = if error == "expired" { json!("stone-viewer-publication") } else { Value::Null };
        assert_eq!(decoded["token-type"], token_type, "{value}");
    }
    let nothing = send_json("POST", &app.url("/tokens/decode"), &[], &json!({}));
    assert_eq!((nothing.status, &nothing.json()["error-code"]), (200, &json!("invalid")));
    assert_eq!(meddream.asked().len(), asked_before, "nobody is asked about a bad token");
    assert_log_keeps_secrets(&app, &["1.2.3", meddream::TOKEN]);
}

/// The Authorization plugin since 0.9.3 lets the bearer find the studies of `resources`, on any server, and asks
/// nobody: so they are told of a token that reads them there, and of no other.
#[test]
fn decoding_tells_the_ids_to_none_who_may_not_read_them_yet_or_there() {
    let roots = [("share_store", "default"), ("public_anonymized_orthanc_root", "http://localhost/anon/")];
    let (app, _meddream) = start(&roots);
    let cases = [
        (json!({}), true),
        (json!({"max-uses": 3}), false),
        (json!({"password": "correct-horse-battery"}), false),
        (json!({"anonymized": true}), false),
    ];
    for (terms, is_told) in cases {
        let share = given(&app, "stone-viewer-publication", &asked(&one(), &terms));
        let decoded = decode(&app, &share["token"]);
        assert_eq!(decoded["error-code"], Value::Null, "{terms}");
        assert!(decoded["redirect-url"].is_string(), "{terms}");
        let told: Vec<_> = decoded["resources"].as_array().expect("a list").iter().collect();
        assert_eq!(told.len(), usize::from(is_told), "{terms}: {decoded}");
        assert_eq!(opens(&app, token_of(&share), "study", "1.2.3", "aaaa-1111"), is_told, "{terms}");
    }
    let matcher = json!([{"dicom-uid": "*", "orthanc-id": "cccc-3333", "level": "patient"}]);
    let share = given(&app, "viewer-instant-link", &asked(&matcher, &json!({})));
    let told = &decode(&app, &share["token"])["resources"][0];
    assert_eq!([&told["dicom-uid"], &told["orthanc-id"]], [&Value::Null, &json!("cccc-3333")]);
}

#[test]
fn a_meddream_that_misbehaves_is_no_answer_about_the_token() {
    let (app, meddream) = start(&[]);
    let share = given(&app, "meddream-viewer-publication", &asked(&one(), &json!({})));
    let question = json!({"token-key": "token", "token-value": token_of(&share)});
    let cases = [
        (Behaviour::Fails, 502, "gave no token"),
        (Behaviour::Drops, 502, "cannot be reached"),
        (Behaviour::Hangs, 504, "did not answer"),
    ];
    for (behaviour, status, why) in cases {
        meddream.behave(behaviour);
        let answer = send_json("POST", &app.url("/tokens/decode"), &[], &question);
        assert_eq!(answer.status, status, "{behaviour:?}: {}", answer.text());
        assert!(answer.json()["detail"].to_string().contains(why), "{behaviour:?}: {}", answer.text());
        app.assert_logs(why);
    }
    meddream.behave(Behaviour::Well);
    let decoded = decode(&app, &share["token"]);
    assert_eq!(
        before_token(&decoded["redirect-url"], meddream::TOKEN),
        "http://localhost/meddream/?study=1.2.3&token="
    );
    assert_log_keeps_secrets(&app, &["boom", meddream::TOKEN]);
}

#[test]
fn nobody_has_permissions_that_are_not_configured() {
    let app = App::start(&[]);
    let share = given(&app, "stone-viewer-publication", &asked(&one(), &json!({})));
    let bodies = [
        json!({}),
        json!({"server-id": "standard-server-id", "token-key": "", "token-value": ""}),
        json!({"server-id": "standard-server-id", "token-key": "token", "token-value": token_of(&share)}),
        json!({"token-key": "Authorization", "token-value": format!("Bearer {}", token_of(&share))}),
        json!({"token-key": "api-key", "token-value": "x"}),
        json!({"user-id": "somebody"}),
    ];
    for body in bodies {
        let profile = wire::profile(&send_json("POST", &app.url("/user/get-profile"), &[], &body));
        assert_eq!(
            [&profile["permissions"], &profile["authorized-labels"]],
            [&json!([]); 2],
            "{body}: {profile}"
        );
    }
}

#[test]
fn profiles_are_found_by_token_or_by_user_and_everyone_else_is_anonymous() {
    let users = r#"{"orthanc": "its-password"}"#;
    let profiles = json!({
        "api-key-of-ann": {"name": "Ann", "user-id": "ann", "permissions": ["view", "upload"],
            "authorized-labels": ["*"], "groups": ["doctors"], "validity": 30},
        "Bearer key-of-bob": {"name": "Bob", "user-id": "bob", "permissions": ["view"],
            "authorized-labels": ["bobs"], "validity": 0},
        "key-of-eve": {"name": "Eve"},
    });
    // Written as the successor's file has it.
    let anonymous = r#"{"name": "Nobody", "user-id": null, "permissions": ["upload"], "authorized-labels": [], "groups": null, "validity": 0}"#;
    let app = App::start(&[
        ("users", users),
        ("user_profiles", &profiles.to_string()),
        ("anonymous_profile", anonymous),
    ]);
    let credentials = format!("Basic {}", STANDARD.encode("orthanc:its-password"));
    let user = ("authorization", credentials.as_str());
    let ask = |body: &Value| wire::profile(&send_json("POST", &app.url("/user/get-profile"), &[user], body));
    let by_token = |key: &str, value: &str| {
        ask(&json!({"server-id": "standard-server-id", "token-key": key, "token-value": value}))
    };
    let ann = by_token("api-key", "api-key-of-ann");
    assert_eq!(ann["permissions"], json!(["view", "upload"]));
    assert_eq!([&ann["name"], &ann["user-id"]], ["Ann", "ann"]);
    assert_eq!(
        [&ann["authorized-labels"], &ann["groups"], &ann["validity"]],
        [&json!(["*"]), &json!(["doctors"]), &json!(30)]
    );
    assert_eq!(by_token("Authorization", "Bearer api-key-of-ann"), ann);
    for value in ["key-of-bob", "Bearer key-of-bob"] {
        let bob = by_token("Authorization", value);
        assert_eq!([&bob["name"], &bob["validity"]], [&json!("Bob"), &json!(1)], "0 would be kept for ever");
    }
    assert_eq!(by_token("token", "key-of-eve")["permissions"], json!([]));
    assert_eq!(ask(&json!({"user-id": "ann"})), ann);
    assert_eq!(ask(&json!({"user-id": "bob"}))["name"], "Bob");

    let nobody = ask(&json!({}));
    assert_eq!([&nobody["name"], &nobody["permissions"]], [&json!("Nobody"), &json!(["upload"])]);
    let strangers = [
        json!({"token-key": "", "token-value": ""}),
        json!({"token-key": "api-key", "token-value": "api-key-of-ann2"}),
        json!({"token-key": "api-key", "token-value": "API-KEY-OF-ANN"}),
        json!({"token-key": "api-key", "token-value": "ann"}),
        json!({"user-id": "api-key-of-ann"}),
        json!({"user-id": "Ann"}),
        json!({"user-id": ""}),
        // A token that is presented is what counts: nobody takes another's name along.
        json!({"user-id": "ann", "token-key": "api-key", "token-value": "x"}),
    ];
    for body in strangers {
        assert_eq!(ask(&body), nobody, "{body}");
    }
    assert_log_keeps_secrets(&app, &["key-of", "its-password", "Ann"]);
}

#[test]
fn the_roles_are_those_of_the_configuration_and_cannot_be_changed() {
    let roles = json!({
        "roles": {
            "admin-role": {"authorized-labels": ["*"], "permissions": ["all"]},
            "external-role": {"authorized-labels": ["external"], "permissions": ["view", "download"]},
        },
        "available-labels": ["external"],
    });
    let app = App::start(&[("permissions", &roles.to_string())]);
    for path in ["/settings/roles", "/settings/roles/"] {
        let answer = get(&app.url(path), &[]);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert_eq!(answer.json(), roles);
    }
    for method in ["PUT", "POST", "DELETE"] {
        let answer = send_json(method, &app.url("/settings/roles"), &[], &json!({"roles": {}}));
        assert_eq!(answer.status, 405, "{method}: {}", answer.text());
        assert_eq!(answer.header("allow"), Some("GET"), "{method}");
        assert!(answer.json()["detail"].is_string());
    }
    assert_eq!(get(&app.url("/settings/roles"), &[]).json(), roles);
    let bare = App::start(&[]);
    assert_eq!(get(&bare.url("/settings/roles"), &[]).json(), json!({"roles": {}, "available-labels": []}));
}
