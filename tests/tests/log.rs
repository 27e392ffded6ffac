//! The embedded runtime's log: lines that a machine reads, and nothing in them that opens a share.

use std::time::Duration;

use journeys::http::{get, send};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, skipped_under_spin};
use serde_json::Value;

#[test]
fn the_log_has_one_line_of_json_for_each_event_and_no_query() {
    if skipped_under_spin() {
        return;
    }
    let app = App::start(&[]);
    get(&app.url("/shares/validate?of-mr-doe"), &[("authorization", "Basic c2VjcmV0")]);
    get(&app.url("/welcome/?token=hunter2"), &[]);
    std::thread::sleep(Duration::from_millis(200));
    let log = app.log();
    let events: Vec<Value> = log
        .lines()
        .filter(|line| line.trim_start().starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON ({e}): {line}")))
        .collect();
    let of = |path: &str| events.iter().find(|event| event.to_string().contains(path));
    assert!(of("/shares/validate").is_some() && of("/welcome/").is_some(), "{log}");
    // Without USERS anyone may share: that is worth a warning.
    assert!(of("WARN").is_some_and(|event| event.to_string().to_lowercase().contains("users")), "{log}");
    assert_log_keeps_secrets(&app, &["of-mr-doe", "hunter2", "c2VjcmV0"]);
}

#[test]
fn what_opens_a_share_is_not_in_the_log_however_it_is_spelt() {
    if skipped_under_spin() {
        return;
    }
    let app = App::start(&[]);
    for path in [
        "/welcome/s/ZQMARK",
        "/welcome/S/ZQMARK",
        "//welcome//s/ZQMARK",
        "/welcome/s%2FZQMARK",
        "/welcome/%73/ZQMARK",
        "/welcome%2fs%2fZQMARK",
        "/%77elcome/ZQMARK",
        "/welcome/%3Ftoken=ZQMARK",
        "/welcome;token=ZQMARK",
        "/welcome/&token=ZQMARK",
        "/WELCOME/ZQMARK",
        "/share-landing/ZQMARK",
        "/share-landing%3bZQMARK",
        "/viewer/s/ZQMARK",
        "/viewer%2fs%2fZQMARK",
        "/viewer%3FZQMARK",
        "/viewer;Token=ZQMARK",
        "/viewer/eyJZQMARK",
        "/viewer/%65yJZQMARK",
    ] {
        get(&app.url(path), &[]);
    }
    let unknown = send("ZQMARK", &app.url("/shares/nothing"), &[], b"");
    assert!(unknown.status >= 400, "{}", unknown.status);
    get(&app.url("/shares/50%25/a%2Fb%zz/%"), &[]);
    app.assert_logs("/shares/50%25/a%2Fb%zz/%");
    app.assert_logs(r#""method":"-""#);
    app.assert_logs(r#""path":"/welcome/""#);
    assert_log_keeps_secrets(&app, &["ZQMARK"]);
}
