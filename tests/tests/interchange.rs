//! Tokens of the Python service open here, and those of standard shares made here open there: PyJWT,
//! the library that signs and verifies there, in a release of that time and in a newer one.

use std::path::Path;

use journeys::http::{get, send_json};
use journeys::{App, SECRET_KEY, python, token};
use serde_json::json;

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

#[test]
fn tokens_go_both_ways_between_this_service_and_the_python_one() {
    let app = App::start(&[]);
    for release in RELEASES {
        let Some(python) = python::with(&format!("pyjwt=={release}"), "jwt") else { continue };
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
        let read =
            python::run(python, &["-c", READ], &json!({"token": share.json()["token"], "key": SECRET_KEY}));
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
    let refused = python::run(python, &["-c", REFUSE], &json!({"token": share["token"], "key": SECRET_KEY}));
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
        let token = python::run(python, &["-c", WRITE], &json!({"claims": claims, "key": SECRET_KEY}));
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
        let foreign = python::run(
            python,
            &["-c", WRITE],
            &json!({"claims": claims, "key": "another-key-of-more-than-32-bytes-----"}),
        );
        let foreign = foreign.as_str().expect("a token");
        assert_eq!(send_json("POST", &url, &[("token", foreign)], &question).json()["granted"], false);
    }
}
