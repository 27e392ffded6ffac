//! Moving in from a Python service: its variables, files, short keys and tokens mean here what they meant
//! there, and what is not served is named at start. Its environment and files are read by the embedded runtime:
//! under another host the journeys about these are skipped, loudly.

use std::time::Duration;

use journeys::http::{get, send_json};
use journeys::peer::signature;
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, repository, skipped_under_spin, token, wire};
use serde_json::{Value, json};

/// The key of many setups, too short to sign with here.
const SHORT_KEY: &str = "my-secret-key";

/// Those keys in the variable `previous_secret_keys`.
const PREVIOUS: &str = r#"["another-old-key", "my-secret-key"]"#;

/// A token that a Python service signed with [`SHORT_KEY`], unchanged.
struct Recorded {
    case: String,
    token: String,
    opens: String,
    server: String,
}

fn recorded() -> Vec<Recorded> {
    let path = repository().join("tests/data/wire-tokens.jsonl");
    let text = std::fs::read_to_string(path).expect("the recorded tokens");
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a token's line is JSON");
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        Recorded { case: text("case"), token: text("token"), opens: text("opens"), server: text("server") }
    };
    text.lines().map(read).collect()
}

/// Claims of the successor, with its names and its text of a date; a null removes one.
fn successors_claims(changes: &Value) -> Value {
    let mut claims = json!({
        "id": "of-mr-doe",
        "resources": [{"dicom_uid": "1.2.3", "orthanc_id": "aaaa-1111", "url": null, "level": "study"}],
        "type": "stone-viewer-publication",
        "expiration_date": "2099-01-01T00:00:00.123456+00:00",
        "validity_duration": null,
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

/// Whether the token opens that study on the server of this name, on either route.
fn opens(app: &App, token: &str, server: Option<&str>, uid: Option<&str>, id: Option<&str>) -> bool {
    let question = json!({
        "dicom-uid": uid,
        "orthanc-id": id,
        "level": "study",
        "method": "get",
        "server-id": server,
        "token-key": "token",
        "token-value": token,
    });
    let answers = ["/tokens/validate", "/shares/validate"]
        .map(|path| wire::granted(&send_json("POST", &app.url(path), &[], &question)));
    assert_eq!(answers[0], answers[1], "the routes differ: {question}");
    answers[0]
}

fn opens_ours(app: &App, token: &str, server: Option<&str>) -> bool {
    opens(app, token, server, Some("1.2.3"), Some("aaaa-1111"))
}

/// A new share of that study.
fn share(app: &App) -> String {
    let body = json!({
        "studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111"}],
        "type": "stone-viewer-publication",
    });
    let answer = send_json("PUT", &app.url("/shares"), &[], &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["token"].as_str().expect("a token").to_owned()
}

/// The warnings of the start, which come right after it listens; each as one line.
fn warnings(app: &App) -> Vec<String> {
    // The health route answers when the start is over; the log is written by a thread of its own.
    assert_eq!(get(&app.url("/.well-known/spin/health"), &[]).status, 200);
    std::thread::sleep(Duration::from_millis(300));
    app.log().lines().filter(|line| line.contains("WARN")).map(str::to_owned).collect()
}

fn assert_signed_by(token: &str, key: &str) {
    let (signed, found) = token.rsplit_once('.').expect("three parts");
    assert_eq!(signature(key, signed), found);
}

#[test]
fn the_servers_name_of_the_successor_is_read() {
    if skipped_under_spin() {
        return;
    }
    let app = App::start_with_env(&[("server_identifier", "")], &[("SERVER_ID", "orthanc-of-shares")]);
    let token = share(&app);
    assert!(opens_ours(&app, &token, Some("orthanc-of-shares")));
    for other in [Some("standard-server-id"), Some("anonymized-server-id"), Some("server_id"), Some(""), None]
    {
        assert!(!opens_ours(&app, &token, other), "{other:?}");
    }
    assert!(!warnings(&app).iter().any(|line| line.contains("server_identifier")), "it is set");

    // Its own name counts more, in the environment too.
    let both = [("SERVER_ID", "theirs"), ("SERVER_IDENTIFIER", "ours")];
    let app = App::start_with_env(&[("server_identifier", "")], &both);
    let token = share(&app);
    assert!(opens_ours(&app, &token, Some("ours")) && !opens_ours(&app, &token, Some("theirs")));
}

#[test]
fn a_standard_token_is_refused_by_the_anonymized_server_whatever_is_configured() {
    for standard in ["standard-server-id", ""] {
        let app = App::start(&[("server_identifier", standard)]);
        let theirs = token::sign(journeys::SECRET_KEY, &successors_claims(&json!({})));
        for token in [share(&app), theirs] {
            assert!(!opens_ours(&app, &token, Some("anonymized-server-id")), "{standard:?}");
            assert!(opens_ours(&app, &token, Some("standard-server-id")), "{standard:?}");
            // A site without anonymized shares need not name its servers.
            assert_eq!(opens_ours(&app, &token, None), standard.is_empty());
            assert_eq!(opens_ours(&app, &token, Some("unnamed")), standard.is_empty());
        }
    }
}

#[test]
fn its_files_are_read_with_their_comments() {
    if skipped_under_spin() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path in UTF-8").to_owned()
    };
    // Comments and trailing commas: its reader takes both.
    let permissions = file(
        "permissions.jsonc",
        r#"// who may do what
{
  "roles": {
    "admin-role": { // not everything: see https://example.org/roles
      "authorized-labels": ["*"],
      "permissions": ["view", "edit-labels", /* "delete", */ "settings",],
    },
    "external-role": {"authorized-labels": ["a // b", "/* c */"], "permissions": []}
  },
  "available-labels": []
} // the end"#,
    );
    let anonymous = file(
        "anonymous-profile.jsonc",
        "/* Who has no token */\n{\n  \"name\": \"Anonymous\",\n  \"user-id\": null,\n  \"authorized-labels\": [\n  ],\n  \
         \"permissions\": [\n    \"upload\" // as before\n  ],\n  \"groups\": [],\n  \"validity\": 0\n}",
    );
    let files =
        [("PERMISSIONS_FILE_PATH", permissions.as_str()), ("ANONYMOUS_PROFILE_FILE_PATH", &anonymous)];
    let app = App::start_with_env(&[], &files);
    let roles = json!({
        "roles": {
            "admin-role": {"authorized-labels": ["*"], "permissions": ["view", "edit-labels", "settings"]},
            "external-role": {"authorized-labels": ["a // b", "/* c */"], "permissions": []},
        },
        "available-labels": [],
    });
    assert_eq!(get(&app.url("/settings/roles"), &[]).json(), roles);
    let asked = json!({"server-id": "standard-server-id", "token-key": "", "token-value": ""});
    let profile = wire::profile(&send_json("POST", &app.url("/user/get-profile"), &[], &asked));
    assert_eq!([&profile["name"], &profile["permissions"]], [&json!("Anonymous"), &json!(["upload"])]);
    assert_eq!(profile["validity"], 1, "0 would be kept for ever");

    // A value counts more than a file.
    let other = r#"{"name": "Other", "permissions": []}"#;
    let app = App::start_with_env(&[("anonymous_profile", other)], &files);
    let profile = wire::profile(&send_json("POST", &app.url("/user/get-profile"), &[], &asked));
    assert_eq!([&profile["name"], &profile["permissions"]], [&json!("Other"), &json!([])]);

    // What is wrong with a file stops the start, and is named.
    let missing = directory.path().join("not-there.json");
    let missing = missing.to_str().expect("a path in UTF-8");
    let bad = file("bad.json", "{\"roles\": \"s3cret\"}");
    for (variable, path, named) in [
        ("PERMISSIONS_FILE_PATH", missing, "PERMISSIONS_FILE_PATH"),
        ("ANONYMOUS_PROFILE_FILE_PATH", missing, "ANONYMOUS_PROFILE_FILE_PATH"),
        ("PERMISSIONS_FILE_PATH", &bad, "permissions"),
        ("ANONYMOUS_PROFILE_FILE_PATH", &bad, "anonymous_profile"),
    ] {
        let log = App::refused_start_with_env(&[], &[], &[(variable, path)]);
        assert!(log.contains(named) && !log.contains("s3cret"), "{variable}: {log}");
    }
}

#[test]
fn what_is_not_served_is_named_at_start_with_what_happens_instead() {
    if skipped_under_spin() {
        return;
    }
    let theirs = [
        ("ENABLE_KEYCLOAK", "true", "user_profiles"),
        ("KEYCLOAK_URI", "http://keycloak:8080/realms/orthanc/", "user_profiles"),
        ("KEYCLOAK_ADMIN_URI", "http://keycloak:8080/admin/realms/orthanc/", "permissions"),
        ("KEYCLOAK_CLIENT_SECRET", "a-clients-s3cret", "permissions"),
        ("ENABLE_KEYCLOAK_API_KEYS", "true", "user_profiles"),
        ("ENABLE_EMAILS", "true", "mail"),
    ];
    let environment: Vec<_> = theirs.iter().map(|(name, value, _)| (*name, *value)).collect();
    let app = App::start_with_env(&[], &environment);
    let warnings = warnings(&app);
    for (name, value, instead) in theirs {
        let named: Vec<_> = warnings.iter().filter(|line| line.contains(&format!("{name}:"))).collect();
        assert_eq!(named.len(), 1, "{name} is named once: {warnings:#?}");
        assert!(named[0].contains(instead), "{name}: {}", named[0]);
        assert!(value == "true" || !app.log().contains(value), "the value of {name} is in the log");
    }
    // And it works.
    assert!(opens_ours(&app, &share(&app), Some("standard-server-id")));
    // Nothing is said of what is not set, or off.
    let off = theirs.map(|(name, value, _)| (name, if value == "true" { "false" } else { "" }));
    let quiet = self::warnings(&App::start_with_env(&[("users", wire::USERS)], &off));
    assert!(!quiet.iter().any(|line| theirs.iter().any(|(name, ..)| line.contains(name))), "{quiet:#?}");
}

#[test]
fn a_short_key_is_refused_with_the_two_lines_to_set() {
    if skipped_under_spin() {
        return;
    }
    let log = App::refused_start(&[("secret_key", SHORT_KEY)], &[]);
    let lines: Vec<_> = log.lines().map(str::trim).collect();
    for start in ["SECRET_KEY=", "PREVIOUS_SECRET_KEYS=[\""] {
        assert_eq!(lines.iter().filter(|line| line.starts_with(start)).count(), 1, "{start} in {log}");
    }
    assert!(log.contains("32 bytes") && log.contains("openssl rand -base64 48"), "{log}");
    assert!(!log.contains(SHORT_KEY), "the key is in the log");

    // With the two lines, as they are told, it starts; and the key is warned about.
    let environment =
        [("SECRET_KEY", journeys::SECRET_KEY), ("PREVIOUS_SECRET_KEYS", r#"["my-secret-key"]"#)];
    let app = App::start_with_env(&[("secret_key", "")], &environment);
    let warnings = warnings(&app);
    let about: Vec<_> = warnings.iter().filter(|line| line.contains("previous_secret_keys")).collect();
    assert_eq!(about.len(), 1, "{warnings:#?}");
    assert!(about[0].contains("32 bytes"), "{}", about[0]);
    assert!(opens_ours(
        &app,
        &token::sign(SHORT_KEY, &successors_claims(&json!({}))),
        Some("standard-server-id")
    ));
    assert_log_keeps_secrets(&app, &[SHORT_KEY]);

    // A long one needs no warning; and what is no list of keys stops the start.
    let long = r#"["an-old-key-that-is-long-enough-to-sign-with"]"#;
    let app = App::start(&[("previous_secret_keys", long)]);
    assert!(!self::warnings(&app).iter().any(|line| line.contains("previous_secret_keys")));
    for bad in [SHORT_KEY, r#"[""]"#, "[1]", r#"{"a": "my-secret-key"}"#, r#"["my-secret-key""#] {
        let log = App::refused_start(&[("previous_secret_keys", bad)], &[]);
        assert!(log.contains("previous_secret_keys") && !log.contains(SHORT_KEY), "{bad}: {log}");
    }
}

#[test]
fn links_of_an_old_key_open_and_new_ones_are_signed_with_the_strong_key() {
    let app = App::start(&[("previous_secret_keys", PREVIOUS)]);
    let without = App::start(&[]);
    for key in [SHORT_KEY, "another-old-key"] {
        let old = token::sign(key, &successors_claims(&json!({})));
        assert!(opens_ours(&app, &old, Some("standard-server-id")), "{key}");
        assert!(!opens_ours(&app, &old, Some("anonymized-server-id")), "{key}");
        let landing = get(&app.url(&format!("/welcome/?token={old}")), &[]);
        assert_eq!(landing.status, 307, "{}", landing.text());
        let viewer =
            "http://localhost/shares/stone-webviewer/index.html?study=1.2.3&selectedStudies=1.2.3&token=";
        assert_eq!(landing.header("location"), Some(format!("{viewer}{old}").as_str()));
        let decoded = send_json("POST", &app.url("/tokens/decode"), &[], &json!({"token-value": old})).json();
        assert_eq!(decoded["error-code"], Value::Null, "{decoded}");

        let ended =
            token::sign(key, &successors_claims(&json!({"expiration_date": "2020-01-01T00:00:00+00:00"})));
        assert!(!opens_ours(&app, &ended, Some("standard-server-id")));
        assert_eq!(get(&app.url(&format!("/welcome/?token={ended}")), &[]).status, 410);

        assert!(!opens_ours(&without, &old, Some("standard-server-id")), "nobody said that {key} is ours");
        assert_eq!(get(&without.url(&format!("/welcome/?token={old}")), &[]).status, 403);
    }
    for foreign in ["my-secret-kez", "my-secret-key ", "", "MY-SECRET-KEY"] {
        let token = token::sign(foreign, &successors_claims(&json!({})));
        assert!(!opens_ours(&app, &token, Some("standard-server-id")), "{foreign:?}");
    }
    let new = share(&app);
    assert_signed_by(&new, journeys::SECRET_KEY);
    assert!(opens_ours(&app, &new, Some("standard-server-id")));
    assert!(opens_ours(&without, &new, Some("standard-server-id")), "the strong key alone is enough for it");
    assert_log_keeps_secrets(&app, &[SHORT_KEY, "another-old-key", "of-mr-doe"]);
}

#[test]
fn tokens_that_were_recorded_verify_unchanged() {
    let app = App::start(&[("previous_secret_keys", PREVIOUS)]);
    let recorded = recorded();
    assert!(recorded.len() >= 5);
    for Recorded { case, token, opens: study, server } in &recorded {
        assert_signed_by(token, SHORT_KEY);
        let (uid, id) = study.split_once(' ').expect("two identifiers");
        let some = |text| (text != "-").then_some(text);
        let other =
            if server == "standard-server-id" { "anonymized-server-id" } else { "standard-server-id" };
        assert!(opens(&app, token, Some(server), some(uid), some(id)), "{case}");
        assert!(!opens(&app, token, Some(other), some(uid), some(id)), "{case} on {other}");
        assert!(
            !opens(&app, token, Some(server), some("1.2.826.0.1.9"), Some("0-0")),
            "{case}, another study"
        );
        // The last letter of a signature of 32 bytes has two bits to spare: this changes real ones.
        let at = token.len() - 5;
        let letter = if &token[at..=at] == "A" { "B" } else { "A" };
        let touched = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
        assert!(!opens(&app, &touched, Some(server), some(uid), some(id)), "{case}, touched");
    }
    assert_log_keeps_secrets(&app, &[SHORT_KEY]);
}

#[test]
fn every_text_of_a_date_that_the_successor_wrote_is_read() {
    let app = App::start(&[]);
    let far = ["2099-01-01T00:00:00+00:00", "2099-01-01T00:00:00Z", "2099-01-01T00:00:00.123456+00:00"];
    let past = ["2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00Z", "2020-01-01T23:59:59.999999+02:00"];
    let unreadable = ["soon", "2099-13-01T00:00:00+00:00", ""];
    let cases = far
        .map(|text| (json!(text), true))
        .into_iter()
        .chain([(Value::Null, true)])
        .chain(past.into_iter().chain(unreadable).map(|text| (json!(text), false)));
    for (date, open) in cases {
        let claims = successors_claims(&json!({"expiration_date": date}));
        let token = token::sign(journeys::SECRET_KEY, &claims);
        assert_eq!(opens_ours(&app, &token, Some("standard-server-id")), open, "{date}");
    }
    // The date decides, and not the duration that it was made from.
    let claims = successors_claims(&json!({"validity_duration": 1}));
    assert!(opens_ours(&app, &token::sign(journeys::SECRET_KEY, &claims), Some("standard-server-id")));
    // A level is what it says, in its tokens as in ours.
    let series = json!([{"dicom_uid": "1.2.3", "orthanc_id": "aaaa-1111", "url": null, "level": "series"}]);
    let token = token::sign(journeys::SECRET_KEY, &successors_claims(&json!({"resources": series})));
    assert!(!opens_ours(&app, &token, Some("standard-server-id")), "a series is no study");
}

#[test]
fn its_environment_starts_this_application_as_it_is() {
    if skipped_under_spin() {
        return;
    }
    // A compose file of the successor without Keycloak, as its documentation shows it.
    let environment = [
        ("SECRET_KEY", "a-key-of-their-compose-file-of-43-characters"),
        ("ENABLE_KEYCLOAK", "false"),
        ("PUBLIC_ORTHANC_ROOT", "http://localhost/orthanc/"),
        ("PUBLIC_LANDING_ROOT", "http://localhost/orthanc/ui/app/token-landing.html"),
        ("SERVER_ID", "server-1"),
        ("USERS", r#"{"share-user": "share-password"}"#),
    ];
    let none = ["secret_key", "public_orthanc_root", "public_landing_root", "server_identifier"];
    let anonymized = ["public_anonymized_orthanc_root", "anonymized_server_identifier"];
    let removed: Vec<_> = none.iter().chain(&anonymized).map(|name| (*name, "")).collect();
    let app = App::start_with_env(&removed, &environment);
    let user = ("authorization", "Basic c2hhcmUtdXNlcjpzaGFyZS1wYXNzd29yZA==");
    let body = json!({
        "server-id": "server-1",
        "resources": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111", "level": "study"}],
        "type": "stone-viewer-publication",
        "expiration-date": "2099-01-01T00:00:00Z",
    });
    let answer = send_json("PUT", &app.url("/tokens/stone-viewer-publication"), &[user], &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    // Orthanc Explorer 2's own landing page, to which its links lead.
    assert_eq!(
        answer.json()["url"],
        format!("http://localhost/orthanc/ui/app/token-landing.html?token={token}")
    );
    let question = json!({"dicom-uid": "1.2.3", "level": "study", "method": "get", "server-id": "server-1", "token-value": token});
    assert!(wire::granted(&send_json("POST", &app.url("/tokens/validate"), &[user], &question)));
    assert_log_keeps_secrets(&app, &["share-password", "their-compose-file"]);
}
