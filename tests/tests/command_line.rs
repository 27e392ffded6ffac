//! `orthanc-share share …` and `orthanc-share keys …`, as a person or a script runs them, against a running
//! application.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use journeys::http::{get, send_json};
use journeys::{App, free_address, repository};
use serde_json::{Value, json};

/// What a run of the command left behind.
struct Run {
    status: i32,
    out: String,
    err: String,
}

impl Run {
    /// Panics with all that it said if it did not succeed.
    fn good(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.out, self.err);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn run_with(environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let binary = std::env::var_os("ORTHANC_SHARE_BIN")
        .map_or_else(|| repository().join("target/release/orthanc-share"), PathBuf::from);
    let mut command = Command::new(binary);
    for name in ["URL", "USER", "PASSWORD", "CODE", "TYPE"] {
        command.env_remove(format!("ORTHANC_SHARE_{name}"));
    }
    let output = command
        .args(arguments)
        .env("TZ", "UTC")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the command starts: run `cargo xtask build` first");
    Run {
        status: output.status.code().expect("it ended by itself"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn run(app: &App, arguments: &[&str]) -> Run {
    run_with(&[("ORTHANC_SHARE_URL", &app.url(""))], arguments)
}

fn with_store() -> App {
    App::start(&[("share_store", "default")])
}

/// A study that no other run shares: the journeys may have one store together.
fn new_study() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    format!("1.2.{}.{}", std::process::id(), now.as_nanos())
}

fn create<'a>(study: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["share", "create", "--type", "stone", "--study", study], more].concat()
}

/// The share's name of an answer to `create --json`.
fn jti(created: &Run) -> String {
    created.json()["jti"].as_str().unwrap_or_else(|| panic!("no jti: {}", created.out)).to_owned()
}

#[test]
fn without_a_store_a_link_is_printed_and_a_list_is_refused() {
    let app = App::start(&[]);
    let made = run(&app, &create("1.2.3", &["--days", "7", "--id", "from a script"])).good();
    let link = made.out.strip_suffix('\n').expect("one line");
    assert!(link.starts_with("http://localhost/welcome/?token=") && !link.contains('\n'), "{link}");
    assert_eq!(made.err, "");

    let token = link.split_once("token=").expect("a token").1;
    let opened = get(&app.url(&format!("/welcome/?token={token}")), &[]);
    assert_eq!(opened.status, 307, "{}", opened.text());

    let answer = run(&app, &create("1.2.3", &["--until", "2999-12-30", "--json"])).good().json();
    assert_eq!(answer["request"]["expiration-date"], "2999-12-31T00:00:00+00:00");
    assert_eq!(answer["request"]["studies"][0]["dicom-uid"], "1.2.3");

    let list = run(&app, &["share", "list"]);
    assert_eq!((list.status, list.out.as_str()), (1, ""));
    assert!(list.err.contains("refused (405)") && list.err.contains("share_store"), "{}", list.err);
}

#[test]
fn what_cannot_work_ends_with_a_status_that_says_who_is_wrong() {
    let app = App::start(&[]);
    let nobody = format!("http://{}", free_address());
    for (arguments, status, told) in [
        (vec!["share", "create", "--study", "1.2"], 2, "--type"),
        (create("1.2", &["--days", "0"]), 2, "--days"),
        (create("1.2", &["--code=1234"]), 2, "--code"),
        (vec!["share", "show", "../tokens"], 2, "share list"),
        (vec!["keys", "new", "--keep-days", "3"], 2, "--rotate"),
        (create("1.2", &["--until", "2020-01-01"]), 1, "refused (422)\n  expiration-date: "),
        (create("1.2", &["--server", &nobody]), 1, "does not answer"),
        (create("1.2", &["--server", "http://me:hunter2@localhost"]), 1, "no name or password in it"),
        (create("1.2", &["--code"]), 1, "ORTHANC_SHARE_CODE"),
        (create("1.2", &["--user", "me"]), 1, "ORTHANC_SHARE_PASSWORD"),
    ] {
        let run = run(&app, &arguments);
        assert_eq!((run.status, run.out.as_str()), (status, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.contains(told), "{arguments:?}: {}", run.err);
        assert!(!run.err.contains("hunter2"), "{}", run.err);
    }
}

#[test]
fn a_password_comes_from_the_environment_or_a_file_and_is_never_shown() {
    let app = App::start(&[("users", r#"{"me": "hunter2-ü"}"#)]);
    let url = app.url("");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, "hunter2-ü\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let service = ("ORTHANC_SHARE_URL", url.as_str());

    run_with(&[service], &create("1.2", &["--user", "me", "--password-file", file])).good();
    let good = [service, ("ORTHANC_SHARE_USER", "me"), ("ORTHANC_SHARE_PASSWORD", "hunter2-ü")];
    run_with(&good, &create("1.2", &[])).good();

    let wrong = [service, ("ORTHANC_SHARE_USER", "me"), ("ORTHANC_SHARE_PASSWORD", "hunter3")];
    for environment in [&wrong[..], &[service]] {
        let refused = run_with(environment, &create("1.2", &[]));
        assert_eq!((refused.status, refused.out.as_str()), (1, ""));
        assert!(refused.err.contains("refused (401)"), "{}", refused.err);
        assert!(!refused.err.contains("hunter"), "{}", refused.err);
    }
}

#[test]
fn a_link_is_drawn_as_a_qr_code_when_asked() {
    let app = App::start(&[]);
    let made = run(&app, &create("1.2.3", &["--qr"])).good();
    let (link, drawn) = made.out.split_once('\n').expect("a link, and more");
    assert!(link.starts_with("http://localhost/welcome/?token="));
    let widths: Vec<usize> = drawn.lines().map(|line| line.chars().count()).collect();
    // A QR code is square, of 21 modules at least; four at each side are its quiet zone.
    assert!(widths[0] >= 29 && widths.iter().all(|width| *width == widths[0]), "{drawn}");
    assert_eq!(widths.len(), widths[0].div_ceil(2));
    assert!(drawn.chars().all(|character| " ▀▄█\n".contains(character)), "{drawn}");
}

#[test]
fn a_share_is_created_listed_shown_and_taken_back() {
    let app = with_store();
    let study = new_study();
    let created = run(&app, &create(&study, &["--label", "for Dr. Who", "--max-uses", "3", "--json"])).good();
    let share = jti(&created);

    let list = run(&app, &["share", "list", "--study", &study]).good();
    let lines: Vec<&str> = list.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", list.out);
    assert!(lines[0].starts_with("SHARE "), "{}", lines[0]);
    for part in [share.as_str(), "active", "stone", &study, "for Dr. Who", "0/3"] {
        assert!(lines[1].contains(part), "{part}: {}", lines[1]);
    }
    let list = run(&app, &["share", "list", "--study", &study, "--json"]).good().json();
    assert_eq!((&list["shares"][0]["jti"], &list["next"]), (&json!(share), &Value::Null));

    let shown = run(&app, &["share", "show", &share]).good();
    assert!(
        shown.out.lines().any(|line| line.starts_with("label ") && line.ends_with("for Dr. Who")),
        "{}",
        shown.out
    );
    let link = shown.out.lines().last().expect("a link");
    assert!(link.starts_with("http://localhost/welcome/"), "{link}");

    let revoked = run(&app, &["share", "revoke", &share, &share]).good();
    assert_eq!(revoked.out, format!("revoked {share}\nrevoked {share}\n"));
    let shown = run(&app, &["share", "show", &share, "--json"]).good().json();
    assert_eq!(shown["state"], "revoked");
    let list = run(&app, &["share", "list", "--study", &study, "--state", "active"]).good();
    assert_eq!(list.out.lines().count(), 1, "{}", list.out);

    let events = run(&app, &["share", "events", &share]).good();
    for action in ["create", "revoke"] {
        assert!(events.out.lines().any(|line| line.contains(action)), "{action}: {}", events.out);
    }
}

#[test]
fn one_share_that_cannot_be_taken_back_does_not_keep_the_others() {
    let app = with_store();
    let created = run(&app, &create(&new_study(), &["--json"])).good();
    let share = jti(&created);
    let run = run(&app, &["share", "revoke", "no-such-share", &share]);
    assert_eq!((run.status, run.out), (1, format!("revoked {share}\n")));
    assert!(
        run.err.contains("no-such-share: refused (404)") && run.err.contains("1 of 2 failed"),
        "{}",
        run.err
    );
}

#[test]
fn all_pages_of_a_list_are_followed() {
    let app = with_store();
    let study = new_study();
    for label in ["one", "two", "three"] {
        run(&app, &create(&study, &["--label", label])).good();
    }
    let first = run(&app, &["share", "list", "--study", &study, "--limit", "2"]).good();
    assert_eq!(first.out.lines().count(), 3, "{}", first.out);
    let cursor = first.err.trim_end().rsplit(' ').next().expect("a cursor");
    let rest = run(&app, &["share", "list", "--study", &study, "--after", cursor]).good();
    assert!(rest.out.lines().count() == 2 && rest.out.contains("one"), "{}", rest.out);
    let all = run(&app, &["share", "list", "--study", &study, "--all", "--json"]).good().json();
    let labels: Vec<&Value> =
        all["shares"].as_array().expect("a list").iter().map(|share| &share["label"]).collect();
    assert_eq!(labels, ["three", "two", "one"]);
}

#[test]
fn a_code_protects_the_share_and_is_shown_nowhere() {
    let app = with_store();
    let study = new_study();
    let url = app.url("");
    let environment = [("ORTHANC_SHARE_URL", url.as_str()), ("ORTHANC_SHARE_CODE", "hunter2")];
    let made = run_with(&environment, &create(&study, &["--code", "--short-link"])).good();
    assert!(made.out.starts_with("http://localhost/welcome/s/"), "{}", made.out);
    assert!(made.err.starts_with("Share "), "{}", made.err);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("code");
    std::fs::write(&file, "hunter2\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let json = run(&app, &create(&study, &["--code-file", file, "--json"])).good();
    let list = run(&app, &["share", "list", "--study", &study]).good();
    assert_eq!(list.out.matches(" code").count(), 2, "{}", list.out);
    let token = json.json()["token"].as_str().expect("a token").to_owned();
    for (run, may_have_token) in [(&made, false), (&json, true), (&list, false)] {
        assert!(!run.out.contains("hunter2") && !run.err.contains("hunter2"));
        assert!(!run.err.contains("eyJ") && (may_have_token || !run.out.contains(&token)));
    }
    assert!(!app.log().contains("hunter2"));
}

#[test]
fn what_others_wrote_does_not_command_the_terminal() {
    let app = with_store();
    let study = new_study();
    let label = "\u{1b}]0;owned\u{7}\u{9b}2J";
    let share = json!({"studies": [{"dicom-uid": study}], "type": "stone-viewer-publication",
        "id": format!("id\u{1b}[2J"), "label": label});
    let made = send_json("PUT", &app.url("/shares"), &[], &share);
    // A service that refuses such a label has none to show.
    let (made, label) = if made.status == 200 {
        (made, label)
    } else {
        let share = json!({"studies": share["studies"], "type": share["type"], "id": share["id"]});
        (send_json("PUT", &app.url("/shares"), &[], &share), "id\u{1b}[2J")
    };
    let share = made.json()["jti"].as_str().expect("a share").to_owned();
    for arguments in [
        &["share", "list", "--study", &study][..],
        &["share", "show", &share],
        &["share", "list", "--study", &study, "--json"],
        &["share", "show", &share, "--json"],
        &["share", "events", &share],
    ] {
        let run = run(&app, arguments).good();
        assert!(!run.out.chars().any(|c| c.is_control() && c != '\n'), "{arguments:?}: {:?}", run.out);
    }
    let shown = run(&app, &["share", "show", &share, "--json"]).good().json();
    assert!(shown["label"] == label || shown["id"] == label, "JSON means what it meant: {shown}");
}

#[test]
fn links_outlive_a_rotation_of_the_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys.json");
    let file = path.to_str().expect("UTF-8");
    run_with(&[], &["keys", "new", "--output", file]).good();
    let ring = || std::fs::read_to_string(&path).expect("a ring");
    let before = ring();
    let app = App::start(&[("secret_key", ""), ("secret_keys", before.trim_end())]);
    let link = run(&app, &create("1.2.3", &[])).good().out;
    let opens = |app: &App| {
        get(&app.url(link.trim_end().strip_prefix("http://localhost").expect("our link")), &[]).status
    };
    assert_eq!(opens(&app), 307);

    let rotated = run_with(&[], &["keys", "new", "--rotate", file, "--output", file]).good();
    assert_eq!(rotated.out, "");
    let keys: Value = serde_json::from_str(&ring()).expect("JSON");
    let keys = keys.as_object().expect("an object");
    assert_eq!(keys.len(), 2);
    for key in keys.values().filter_map(|entry| entry["key"].as_str()) {
        assert!(!rotated.err.contains(key));
    }
    let app = App::start(&[("secret_key", ""), ("secret_keys", ring().trim_end())]);
    assert_eq!(opens(&app), 307, "a link of the previous key");
    let fresh = run_with(&[], &["keys", "new"]).good();
    let app = App::start(&[("secret_key", ""), ("secret_keys", fresh.out.trim_end())]);
    assert_eq!(opens(&app), 403, "a link of a key that is not there");
}
