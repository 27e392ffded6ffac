//! Tokens of the Python service open here, and those of standard shares made here open there: PyJWT,
//! the library that signs and verifies there, in a release of that time and in a newer one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use journeys::http::{get, send_json};
use journeys::{App, SECRET_KEY, token};
use serde_json::{Value, json};

const RELEASES: &[&str] = &["2.4.0", "2.10.1"];

/// Reads a token as the Python service does: verified, each claim by its name, the date with its zone.
const READ: &str = r#"
import datetime, json, jwt, sys
given = json.load(sys.stdin)
claims = jwt.decode(given["token"], given["key"], algorithms=["HS256"])
date = claims["expiration_date"]
if date is not None:
    assert datetime.datetime.fromisoformat(date).tzinfo is not None, "a date without a zone"
print(json.dumps({
    "id": claims["id"],
    "studies": [{"dicom_uid": s["dicom_uid"], "orthanc_id": s["orthanc_id"]} for s in claims["studies"]],
    "anonymized": claims["anonymized"],
    "type": claims["type"],
    "expiration_date": date,
}))
"#;

/// Whether the Python service refuses a token as it refuses any that is not its own.
const REFUSE: &str = r#"
import json, jwt, sys
given = json.load(sys.stdin)
try:
    jwt.decode(given["token"], given["key"], algorithms=["HS256"])
    print("false")
except jwt.InvalidTokenError:
    print("true")
"#;

const WRITE: &str = r#"
import json, jwt, sys
given = json.load(sys.stdin)
print(json.dumps(jwt.encode(given["claims"], given["key"], algorithm="HS256")))
"#;

/// The interpreter of a virtual environment with this release of PyJWT, made when it is not there;
/// none where there is no Python or no package index.
fn python(release: &str) -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pyjwt-{release}"));
    let python = directory.join("bin/python");
    let has_it =
        || Command::new(&python).args(["-c", "import jwt"]).output().is_ok_and(|o| o.status.success());
    if !has_it() {
        let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory).output();
        let made = made.is_ok_and(|output| output.status.success());
        let wanted = format!("pyjwt=={release}");
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &wanted];
        let installed = made && Command::new(&python).args(pip).status().is_ok_and(|status| status.success());
        if !installed || !has_it() {
            assert!(std::env::var_os("CI").is_none(), "CI has Python, venv and a package index");
            eprintln!("SKIPPED: PyJWT {release} cannot be had here");
            return None;
        }
    }
    Some(python)
}

/// Runs a script that reads JSON and writes JSON; panics with what it said when it fails.
fn run(python: &Path, script: &str, given: &Value) -> Value {
    let mut process = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut input = process.stdin.take().expect("its input");
    input.write_all(given.to_string().as_bytes()).expect("it reads");
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn tokens_go_both_ways_between_this_service_and_the_python_one() {
    let app = App::start(&[]);
    for release in RELEASES {
        let Some(python) = python(release) else { continue };
        what_is_shared_here_is_read_there(&app, &python);
        an_anonymized_share_is_not_read_there(&app, &python);
        what_is_signed_there_opens_here(&app, &python);
    }
}

fn what_is_shared_here_is_read_there(app: &App, python: &Path) {
    let cases = [
        (
            json!({"id": "toto", "expiration-date": "2099-07-07T11:00:00Z"}),
            json!("2099-07-07T11:00:00+00:00"),
        ),
        (
            json!({"id": "é漢\u{0}", "expiration-date": "2099-07-07T11:00:00-05:30"}),
            json!("2099-07-07T11:00:00-05:30"),
        ),
        (json!({"id": null, "expiration-date": 4_000_000_000.5}), json!("2096-10-02T07:06:40.500000+00:00")),
        (json!({"id": "x", "expiration-date": "2099-07-07T11:00:00"}), json!("2099-07-07T11:00:00+00:00")),
        (json!({"id": "x"}), json!(null)),
    ];
    for (mut request, date) in cases {
        request["studies"] = json!([{"dicom-uid": "1.2", "orthanc-id": "aaaa"}, {"orthanc-id": "bbbb"}]);
        request["type"] = json!("osimis-viewer-publication");
        let share = send_json("PUT", &app.url("/shares"), &[], &request);
        assert_eq!(share.status, 200, "{}", share.text());
        let read = run(python, READ, &json!({"token": share.json()["token"], "key": SECRET_KEY}));
        let wanted = json!({
            "id": request["id"],
            "studies": [{"dicom_uid": "1.2", "orthanc_id": "aaaa"}, {"dicom_uid": null, "orthanc_id": "bbbb"}],
            "anonymized": false,
            "type": "osimis-viewer-publication",
            "expiration_date": date,
        });
        assert_eq!(read, wanted);
    }
}

/// No service but this one reads what an anonymized share is of. (One that the Python service signed
/// opens here: below.)
fn an_anonymized_share_is_not_read_there(app: &App, python: &Path) {
    let request = json!({
        "studies": [{"dicom-uid": "1.2", "orthanc-id": "aaaa"}],
        "type": "osimis-viewer-publication",
        "anonymized": true,
    });
    let share = send_json("PUT", &app.url("/shares"), &[], &request).json();
    assert!(token::is_encrypted(share["token"].as_str().expect("a token")), "{share}");
    let refused = run(python, REFUSE, &json!({"token": share["token"], "key": SECRET_KEY}));
    assert_eq!(refused, true);
}

fn what_is_signed_there_opens_here(app: &App, python: &Path) {
    let study = json!({"dicom_uid": "1.2", "orthanc_id": "aaaa"});
    let osimis = "osimis-viewer-publication";
    let end = "2099-07-07T11:00:00+00:00";
    let cases = [
        (
            json!({"id": "é", "studies": [study], "anonymized": false, "type": osimis, "expiration_date": end}),
            true,
        ),
        (
            json!({"id": null, "studies": [study], "anonymized": false, "type": osimis, "expiration_date": null}),
            true,
        ),
        (
            json!({"id": "x", "studies": [study], "anonymized": false, "type": osimis, "expiration_date": "2099-07-07T11:00:00"}),
            true,
        ),
        (
            json!({"id": "x", "studies": [study], "anonymized": false, "type": osimis, "expiration_date": "2099-07-07T11:00:00.123456+02:00"}),
            true,
        ),
        // The oldest shape, and that of the successor.
        (
            json!({"id": "x", "dicom_uid": "1.2", "orthanc_id": "aaaa", "type": osimis, "expiration_date": end}),
            true,
        ),
        (
            json!({"id": "x", "dicom_uid": "1.2", "orthanc_id": "aaaa", "anonymized": false, "type": osimis, "expiration_date": end}),
            true,
        ),
        (
            json!({"id": "x", "resources": [{"dicom_uid": "1.2", "orthanc_id": "aaaa", "url": null, "level": "study"}], "type": osimis, "expiration_date": null, "validity_duration": null}),
            true,
        ),
        (
            json!({"id": "x", "studies": [study], "anonymized": false, "type": osimis, "expiration_date": "2020-07-07T11:00:00+00:00"}),
            false,
        ),
        (
            json!({"id": "x", "studies": [study], "anonymized": true, "type": osimis, "expiration_date": end}),
            false,
        ),
    ];
    let question = json!({
        "dicom-uid": "1.2",
        "orthanc-id": "aaaa",
        "identifier": "standard-server-id",
        "level": "study",
        "method": "get",
    });
    let url = app.url("/shares/validate");
    for (claims, granted) in cases {
        let token = run(python, WRITE, &json!({"claims": claims, "key": SECRET_KEY}));
        let token = token.as_str().expect("a token");
        let decision = send_json("POST", &url, &[("token", token)], &question);
        assert_eq!(decision.json()["granted"], granted, "{claims}: {}", decision.text());
        let landing = get(&app.url(&format!("/welcome/?token={token}")), &[]);
        let anonymized = claims["anonymized"] == true;
        assert_eq!(
            landing.status,
            if granted || anonymized { 307 } else { 410 },
            "{claims}: {}",
            landing.text()
        );
        let foreign =
            run(python, WRITE, &json!({"claims": claims, "key": "another-key-of-more-than-32-bytes-----"}));
        let foreign = foreign.as_str().expect("a token");
        assert_eq!(send_json("POST", &url, &[("token", foreign)], &question).json()["granted"], false);
    }
}
