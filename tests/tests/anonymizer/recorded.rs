//! Replays every recorded case of the existing Python anonymizer: as it was recorded, and once more by somebody who
//! holds an anonymized share. The same is answered, except where the table `DELIBERATE` says what else, and why.

use std::collections::BTreeSet;

use journeys::http::{self, Answer};
use journeys::peer::{Case, anonymizer_cases, cases};
use journeys::raw::Connection;
use journeys::upstream::Upstream;
use journeys::{App, SECRET_KEY, repository, token};
use serde_json::{Value, json};

use crate::recorded_orthanc::{
    OTHER, PATIENT, SERIES, STUDY, STUDY_UID, before, fill, misbehave, shown_path,
};
use crate::{MOUNT, app};

/// What the recorded answers say of a patient, or what Orthanc said before the old service replaced it; and names
/// of Orthanc's own, and headers.
const LEAKS: [&str; 15] = [
    "ZQMARK",
    "DOE",
    "KNEE",
    "SSN",
    "PAT-",
    "045Y",
    "leak",
    "65.1",
    "a=b",
    "max-age=5",
    STUDY,
    PATIENT,
    SERIES[0],
    SERIES[1],
    OTHER,
];

/// What is answered to the holder of an anonymized share.
enum Bearer {
    /// An error with this status.
    Refused(u16),
    /// JSON as recorded, without what identifies somebody.
    Deidentified,
    /// This content, where the old service had an error or nothing.
    Served,
    /// The recorded content, without the recorded headers.
    WithoutHeaders,
}
use Bearer::*;

/// The name of the case, the status of the request as it was recorded, what a bearer gets, and why.
type Difference = (&'static str, u16, Bearer, &'static str);

const DELIBERATE: &[Difference] = &[
    // What it let through of the patient.
    (
        "GET /studies/{id} with anonymized token",
        200,
        Deidentified,
        "StudyDescription, OtherPatientIDs and ids leak",
    ),
    (
        "GET /series/{id}/study with token",
        404,
        Deidentified,
        "the same; a series is known by the share's names only",
    ),
    ("mock upstream: osimis study", 403, Deidentified, "RequestedTags leak too; `TTT` is no token"),
    ("mock upstream: patient", 404, Deidentified, "PatientMainDicomTags leaks; `p1` is no id of Orthanc's"),
    ("path traversal through auth plugin with anonymized token", 404, Refused(404), "the study as it is"),
    // Who asks is checked here, on every request.
    ("GET /patients/{id} without token", 403, Deidentified, "no token is needed, and OtherPatientIDs leaks"),
    ("GET /studies/{id} with standard token", 403, Deidentified, "a standard share opens it"),
    // A refusal says what is wrong; a failure of Orthanc's is told apart from one of ours.
    ("query ?full", 403, Refused(403), "the recorded body is `{}`"),
    ("query ?=", 403, Refused(403), "the recorded body is `{}`"),
    ("query ?a=b", 403, Refused(403), "the recorded body is `{}`"),
    ("GET /studies/{other} with token (upstream 403)", 404, Refused(404), "500"),
    ("GET /studies/{unknown} plain Orthanc (upstream 404, JSON)", 403, Refused(404), "500"),
    ("other route /studies/{id};x", 404, Refused(404), "500"),
    ("mock upstream: 404 html", 404, Refused(404), "500"),
    ("mock upstream: 404 json error", 404, Refused(404), "500"),
    // What it could not answer, and can be.
    ("HEAD /studies/id", 403, Served, "500, as for all of HEAD"),
    ("mock upstream: patient without MainDicomTags", 404, Served, "500"),
    ("mock upstream: series instance without TagsSubset", 404, Served, "500"),
    ("mock upstream: slow upstream 6 s json", 404, Served, "500 after 5 s; Orthanc is given 10 s"),
    ("mock upstream: slow upstream 6 s proxied", 200, Served, "500 after 5 s; Orthanc is given 10 s"),
    // Routes that viewers of today need.
    ("other route /studies/{id}/series", 403, Served, "404"),
    ("other route /dicom-web/studies", 403, Served, "404"),
    // Nothing is redirected, and nothing undeclared is open.
    ("other route /osimis-viewer/app", 404, Refused(404), "a redirect, which Host decides"),
    ("other route /osimis-viewer/config.js/", 404, Refused(404), "a redirect, which Host decides"),
    ("other route /openapi.json", 404, Refused(404), "a description of the service"),
    ("mock upstream: app 302", 502, Refused(502), "where Orthanc redirects to is not behind the proxy"),
    ("mock upstream: languages 304", 502, Refused(502), "nothing was asked conditionally: 304 is no answer"),
    ("mock upstream: image high quality", 404, WithoutHeaders, "Set-Cookie, ETag and Server are passed on"),
];

#[test]
fn every_recorded_case_is_answered_as_recorded_or_differs_on_purpose() {
    let cases = anonymizer_cases();
    assert_eq!(cases.len(), 37);
    for (name, ..) in DELIBERATE {
        assert!(cases.iter().any(|case| short(case) == *name), "no recorded case is named {name:?}");
    }
    let upstream = Upstream::start();
    let app = app(&upstream.root(), &upstream.origin(), &[]);
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let verdict = judge(&app, &upstream, case, &cases);
            verdict.err().map(|reason| format!("{}: {reason}", case.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// Where the recording itself is beside the repository: none of it is missing here, and nothing else is in its place.
#[test]
fn no_recorded_case_is_left_out() {
    let path = repository().join("../shared/reference/peer/cases.jsonl");
    let Ok(recording) = std::fs::read_to_string(path) else {
        return eprintln!("SKIPPED: the recording is not beside the repository");
    };
    let field = |case: &Value, name: &str| case[name].as_str().unwrap_or_default().to_owned();
    let recorded: BTreeSet<(String, String, String, u64)> = recording
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a case is JSON"))
        .map(|case| {
            (
                field(&case, "name"),
                field(&case, "config"),
                field(&case, "method"),
                case["status"].as_u64().unwrap(),
            )
        })
        .collect();
    let replayed: BTreeSet<_> = cases()
        .into_iter()
        .chain(anonymizer_cases())
        .map(|case| (case.name, case.config, case.method, u64::from(case.status)))
        .collect();
    assert_eq!(recorded.len(), recording.lines().count(), "names are unique");
    assert_eq!(recorded, replayed);
}

fn short(case: &Case) -> &str {
    case.name.strip_prefix("anonymizer ").unwrap_or_else(|| panic!("{} is no anonymizer's", case.name))
}

type Verdict = Result<(), String>;

fn judge(app: &App, upstream: &Upstream, case: &Case, cases: &[Case]) -> Verdict {
    // A share of its own for each case: nothing is remembered from another.
    let claims = json!({"id": case.name, "anonymized": true, "type": "osimis-viewer-publication",
        "studies": [{"dicom_uid": STUDY_UID, "orthanc_id": STUDY}]});
    let bearer = token::sign(SECRET_KEY, &claims);
    let answer_of = |name: &str| before(cases.iter().find(|case| short(case) == name).expect(name));
    fill(upstream, &answer_of);
    let path = shown_path(app, &bearer, &case.path);
    misbehave(upstream, short(case), &answer_of);

    let answer = replay(app, case, &case.path, None);
    let asked = replay(app, case, &path, Some(&bearer));
    for (who, answer) in [("as recorded", &answer), ("a bearer", &asked)] {
        if let Some(leak) = leak(answer) {
            return Err(format!("{who}: {leak} is seen: {answer:?}"));
        }
    }
    let Some((_, status, outcome, _)) = DELIBERATE.iter().find(|(name, ..)| *name == short(case)) else {
        is_as_recorded(case, &answer)?;
        return is_as_recorded(case, &asked).map_err(|reason| format!("a bearer: {reason}"));
    };
    if is_as_recorded(case, &answer).is_ok() {
        return Err("it is answered as recorded: it does not belong into the table".to_owned());
    }
    same("status", u64::from(*status), u64::from(answer.status))?;
    if answer.status != 200 {
        is_refusal(case, &answer)?;
    }
    is_outcome(case, &asked, outcome)
        .map_err(|reason| format!("a bearer: {reason}: {} {}", asked.status, asked.text()))
}

fn is_outcome(case: &Case, answer: &Answer, outcome: &Bearer) -> Verdict {
    if let Refused(status) = outcome {
        same("status", u64::from(*status), u64::from(answer.status))?;
        return is_refusal(case, answer);
    }
    same("status", 200, u64::from(answer.status))?;
    match outcome {
        Refused(_) => Ok(()),
        Deidentified => {
            let recorded = fields(&case.answer, "");
            let ours = fields(&answer.json(), "");
            // More than recorded are the share's own names only.
            let is_name = |value: &Value| {
                value.as_str().is_some_and(|text| text.starts_with("2.25.") || is_orthanc_id(text))
            };
            let is_new = |at: &String| !recorded.iter().any(|(other, _)| other == at);
            if let Some((at, value)) = ours.iter().find(|(at, value)| is_new(at) && !is_name(value)) {
                return Err(format!("{at} is not recorded: {value}"));
            }
            // The old service's own dummies, where they say the name and the number.
            for (at, value) in recorded.iter().filter(|(_, value)| value == "Anonymized") {
                let found = ours.iter().find(|(other, _)| other == at).map(|(_, value)| value);
                if found != Some(value) {
                    return Err(format!("{at} is {found:?}"));
                }
            }
            Ok(())
        }
        Served if case.method == "HEAD" => same("body", "", answer.text()),
        Served => match answer.body.len() {
            0 => Err("no content".to_owned()),
            _ => Ok(()),
        },
        WithoutHeaders => {
            same("body", case.answer.as_str().unwrap_or_default(), answer.text())?;
            same("type", case.response_headers["content-type"].as_str().unwrap_or_default(), kind(answer))
        }
    }
}

fn is_orthanc_id(text: &str) -> bool {
    text.split('-').map(str::len).eq([8; 5])
}

/// An error says what is wrong.
fn is_refusal(case: &Case, answer: &Answer) -> Verdict {
    if case.method == "HEAD" {
        return same("body", "", answer.text());
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|e| format!("no JSON: {e}"))?;
    body["detail"].as_str().filter(|detail| !detail.is_empty()).map(drop).ok_or("no detail".to_owned())
}

fn is_as_recorded(case: &Case, answer: &Answer) -> Verdict {
    same("status", u64::from(case.status), u64::from(answer.status))?;
    let methods = |list: Option<&str>| -> BTreeSet<String> {
        list.unwrap_or_default().split(',').map(|method| method.trim().to_owned()).collect()
    };
    same("allow", methods(case.response_headers["allow"].as_str()), methods(answer.header("allow")))?;
    same("location", case.response_headers["location"].as_str(), answer.header("location"))?;
    let recorded_kind = case.response_headers["content-type"].as_str().unwrap_or_default();
    same("type", recorded_kind, kind(answer))?;
    match &case.answer {
        Value::String(text) => same("body", text.as_str(), answer.text()),
        recorded => same("body", Some(recorded.clone()), serde_json::from_slice(&answer.body).ok()),
    }
}

fn kind(answer: &Answer) -> String {
    answer.header("content-type").unwrap_or_default().to_owned()
}

fn leak(answer: &Answer) -> Option<&'static str> {
    let headers = answer.headers.iter().map(|(name, value)| format!("\n{name}: {value}"));
    let seen = answer.text() + &headers.collect::<String>();
    LEAKS.into_iter().find(|leak| seen.contains(leak))
}

/// Every value of a document with its place; what stands in lists is at the list's.
fn fields(value: &Value, at: &str) -> Vec<(String, Value)> {
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| fields(value, &format!("{at}/{name}"))).collect()
        }
        Value::Array(values) => values.iter().flat_map(|value| fields(value, at)).collect(),
        value => vec![(at.to_owned(), value.clone())],
    }
}

/// As the bytes are: no client library tidies the path first. A bearer's token stands for the recorded one.
fn replay(app: &App, case: &Case, path: &str, bearer: Option<&str>) -> Answer {
    let recorded = case.headers.iter().filter(|(name, _)| bearer.is_none() || name != "token");
    let mut headers: Vec<(&str, &str)> =
        recorded.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.extend(bearer.map(|token| ("token", token)));
    if case.method == "HEAD" {
        // Its answer announces a body that does not come.
        return http::send("HEAD", &app.url(&format!("{MOUNT}{path}")), &headers, b"");
    }
    if !headers.iter().any(|(name, _)| *name == "Host") {
        headers.push(("Host", "viewer.example"));
    }
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut connection = Connection::open(app.address());
    connection.say(format!("{} {MOUNT}{path} HTTP/1.1\r\n{headers}Content-Length: 0\r\n\r\n", case.method));
    connection.answer().unwrap_or_else(|| panic!("an answer to {path}"))
}

fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(what: &str, expected: T, found: U) -> Verdict {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}
