//! The flags that the embedded runtime shares with Spin mean the same to both; and what it wants of its own
//! `--state-dir`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use journeys::http::{Answer, send_json};
use journeys::{App, SECRET_KEY, skipped_under_spin, token};
use serde_json::json;

/// Asks for a study as the server of this name, with the token of a share of it.
fn asked(app: &App, server: &str) -> Answer {
    let claims = json!({
        "studies": [{"dicom_uid": null, "orthanc_id": "aaaa"}],
        "type": "osimis-viewer-publication",
        "expiration_date": null,
    });
    let token = token::sign(SECRET_KEY, &claims);
    let question = json!({"orthanc-id": "aaaa", "identifier": server, "level": "study", "method": "get"});
    send_json("POST", &app.url("/shares/validate"), &[("token", &token)], &question)
}

fn granted(app: &App, server: &str) -> bool {
    asked(app, server).json()["granted"] == true
}

#[test]
fn a_value_may_be_in_a_file_and_many_in_one() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path in UTF-8").to_owned()
    };
    let key = file("key", SECRET_KEY);
    let others = |server: &str| {
        json!({"server_identifier": server, "public_orthanc_root": "http://localhost/shares/"}).to_string()
    };
    let forms = [
        (vec!["server_identifier=by-value".to_owned()], "by-value"),
        (vec![format!("server_identifier=@{}", file("server", "by-file"))], "by-file"),
        (vec![format!("@{}", file("some.json", &others("by-json")))], "by-json"),
        (vec![format!("@{}", file("some.toml", "server_identifier = \"by-toml\""))], "by-toml"),
        // The last one counts, wherever it comes from.
        (
            vec!["server_identifier=first".to_owned(), format!("@{}", file("last.json", &others("last")))],
            "last",
        ),
    ];
    for (sources, server) in forms {
        let key = format!("secret_key=@{key}");
        let given = std::iter::once(&key).chain(&sources).flat_map(|source| ["--variable", source]);
        let app = App::start_manifest("spin.toml", &given.collect::<Vec<_>>());
        assert!(granted(&app, server), "{server}: {}", asked(&app, server).text());
        assert!(!granted(&app, "another"), "{server}");
    }
}

#[test]
fn a_file_of_values_that_cannot_be_read_stops_the_start_and_is_not_shown() {
    if skipped_under_spin() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    std::fs::write(path("bad.json"), r#"{"secret_key": ["ZQMARK"]}"#).expect("a file");
    std::fs::write(path("bad.toml"), "secret_key = ZQMARK").expect("a file");
    for (source, named) in [
        // It may be a password that begins so.
        ("secret_key=@ZQMARK".to_owned(), "secret_key"),
        (format!("@{}", path("bad.json")), "bad.json"),
        (format!("@{}", path("bad.toml")), "bad.toml"),
        (format!("@{}", path("gone.json")), "gone.json"),
        (format!("@{}", path("values.txt")), ".json or .toml"),
        ("ZQMARK".to_owned(), "number 7"),
    ] {
        // Six standard variables stand before it.
        let said = App::refused_start(&[], &["--variable", &source]);
        assert!(said.contains(named), "{named}: {said}");
        assert!(!said.contains("ZQMARK"), "{named}: {said}");
    }
}

#[test]
fn the_manifest_may_be_named_by_its_folder() {
    let key = format!("secret_key={SECRET_KEY}");
    let app = App::start_manifest(".", &["--variable", &key, "--variable", "server_identifier=here"]);
    assert!(granted(&app, "here"));
}

#[test]
fn whoever_asks_for_tls_is_not_served_in_the_clear() {
    if skipped_under_spin() {
        return;
    }
    for (flag, variable) in [("--tls-cert", "SPIN_TLS_CERT"), ("--tls-key", "SPIN_TLS_KEY")] {
        for said in [
            App::refused_start(&[], &[flag, "c.pem"]),
            App::refused_start_with_env(&[], &[], &[(variable, "c.pem")]),
            App::refused_start_with_env(&[], &[], &[(variable, "")]),
        ] {
            assert!(said.contains(flag) && said.contains("reverse proxy"), "{variable}: {said}");
        }
    }
}

#[test]
fn values_in_a_file_that_only_spin_reads_are_warned_of_and_not_shown() {
    if skipped_under_spin() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let script = format!("cd {} && exec \"$@\"", folder.path().display());
    for (text, warned) in [
        ("SPIN_VARIABLE_USERS=hunter2", true),
        ("# mine\nexport SPIN_VARIABLE_USERS='hunter2'\n", true),
        ("USERS=hunter2\n# SPIN_VARIABLE_USERS=hunter2\n", false),
    ] {
        std::fs::write(folder.path().join(".env"), text).expect("a file");
        let app = App::start_by(&["sh", "-c", &script, "sh"], &[], &[]);
        app.assert_logs("serving");
        let log = app.log();
        assert_eq!(log.lines().filter(|line| line.contains(".env")).count(), usize::from(warned), "{log}");
        assert!(!log.contains("hunter2"), "{log}");
    }
}

#[test]
fn machine_code_is_not_run_from_a_folder_that_others_can_replace() {
    if skipped_under_spin() {
        return;
    }
    let set_mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its mode");
    };
    let above = tempfile::tempdir().expect("a temporary directory");
    let state = above.path().join("state");
    let arguments = ["--state-dir", state.to_str().expect("a path in UTF-8")];
    std::fs::create_dir(&state).expect("a state directory");
    for (mode, starts) in [(0o755, true), (0o775, true), (0o757, false), (0o1777, true)] {
        set_mode(&state, mode);
        if starts {
            drop(App::start_with(&[], &arguments));
        } else {
            let said = App::refused_start(&[], &arguments);
            assert!(said.contains("anybody can write to") && said.contains("chmod o-w"), "{mode:o}: {said}");
        }
    }
    // It is looked at again whenever it is used.
    let app = App::start_with(&[], &arguments);
    for (path, mode) in [(&state, 0o777), (&state.join("compiled"), 0o770)] {
        set_mode(path, mode);
        let said = app.log().matches("stays as it is").count();
        app.hang_up();
        let deadline = Instant::now() + Duration::from_secs(20);
        while app.log().matches("stays as it is").count() == said {
            assert!(Instant::now() < deadline, "{mode:o}: nothing was said:\n{}", app.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        set_mode(path, 0o700);
    }
}
