//! Replays every recorded case of the existing Python service's token service and landing page:
//! the same kind of answer as recorded, except where the table `BETTER` says what is better.

use std::fmt::Debug;

use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::http::{Answer, send, send_json};
use journeys::meddream::{Behaviour, MedDream};
use journeys::peer::{Case, cases, variables};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, free_address, token};
use serde_json::{Value, json};

/// What is answered instead of what was recorded.
enum Better {
    /// This status, with a JSON `detail` that holds each of these words (in any case).
    Refused(u16, &'static [&'static str]),
    /// 422 whose first fault lies here.
    Fault(&'static [&'static str]),
    /// The status may be any of these; the `detail` holds each of these words.
    RefusedAs(&'static [u16], &'static [&'static str]),
    /// 401 with this message.
    Unauthorized(&'static str),
    /// 404.
    NotFound,
    /// 200 with a share whose expiration date, in the echo and in the token, is this.
    SharedUntil(&'static str),
    /// 200 with a share whose link is this, followed by the token.
    SharedAt(&'static str),
    /// 200 with a share like that of another recorded case.
    SharedAs(&'static str),
    /// 200 with this decision.
    Granted(bool),
    /// 422, or 200 and not granted.
    NeverGranted,
    /// 307 to this viewer link, followed by the token.
    Redirected(&'static str),
    /// A page with this status.
    Page(u16),
}
use Better::*;

const OSIMIS: &str = "http://localhost/shares/osimis-viewer/app/index.html?study=9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd&token=";
const OSIMIS_ANONYMIZED: &str = "http://localhost/anon-shares/osimis-viewer/app/index.html?study=9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd&token=";

/// The recorded defects, and what stands in their place.
const BETTER: &[(&str, Better)] = &[
    // What is asked to be shared must be something, and in the future.
    ("put empty studies list", Fault(&["body", "studies"])),
    ("put meddream-viewer-publication empty studies", Fault(&["body", "studies"])),
    ("put study with null ids", Fault(&["body", "studies"])),
    ("put study ids empty strings", Fault(&["body", "studies"])),
    ("put NaN id", Fault(&["body"])),
    ("put expiration-date \"0001-01-01T00:00:00Z\"", Fault(&["body", "expiration-date"])),
    ("put meddream-viewer-publication, past date", Fault(&["body", "expiration-date"])),
    // The Osimis viewer opens studies by their orthanc-id alone: the caller is told so.
    ("put one of two studies without orthanc-id for osimis", RefusedAs(&[400, 422], &["orthanc-id"])),
    // A date without an offset is UTC, and the answer says so.
    ("put expiration-date \"2030-07-07T11:00:00\"", SharedUntil("2030-07-07T11:00:00+00:00")),
    ("put expiration-date 1e+30", SharedUntil("9999-12-31T23:59:59.999999+00:00")),
    ("validate naive expiration date", Granted(true)),
    // What is not configured is named.
    ("put anonymized meddream-instant-link", RefusedAs(&[400, 422], &["anonymized", "meddream"])),
    ("put anonymized meddream-viewer-publication", RefusedAs(&[400, 422], &["anonymized", "meddream"])),
    ("put meddream-viewer-publication without landing root", Refused(400, &["public_landing_root"])),
    ("put osimis without landing root", SharedAt(OSIMIS)),
    ("put anonymized osimis without landing root", SharedAt(OSIMIS_ANONYMIZED)),
    ("put meddream-instant-link, MedDream answers 500", Refused(502, &["meddream"])),
    // The password comes before the body; nothing undeclared is open; nothing is redirected.
    ("put no auth + not json", Unauthorized("Not authenticated")),
    ("GET /docs (no auth)", NotFound),
    ("GET /openapi.json (no auth)", NotFound),
    ("GET /redoc", NotFound),
    ("PUT /shares/", SharedAs("put valid osimis")),
    // One shared study agrees, on the right server and at the right level.
    ("validate multi, ids of different studies", Granted(false)),
    ("validate std token, anonymized identifier", Granted(false)),
    ("validate std token, unknown identifier", Granted(false)),
    ("validate level series with study ids", Granted(false)),
    ("validate level integer", NeverGranted),
    // The successor service's claims are read.
    ("validate foreign token, successor service payload", Granted(true)),
    // The landing page works, and its statuses tell what is wrong.
    ("landing valid osimis token", Redirected(OSIMIS)),
    ("landing naive date", Redirected(OSIMIS)),
    ("landing without slash", Redirected(OSIMIS)),
    ("landing garbage token", Page(403)),
    ("landing missing token", Page(400)),
    ("landing bad signature", Page(403)),
    ("landing unknown type", Page(403)),
    ("landing repeated token (last wins)", Page(410)),
    ("landing html in token", Page(403)),
    // A MedDream token is no token of ours; a signed share of that type opens nothing.
    ("landing meddream-instant-link typed token", Page(403)),
    ("landing meddream-viewer-publication, MedDream answers 500", Page(502)),
    ("landing meddream-viewer-publication, MedDream answers empty", Page(502)),
];

#[test]
fn every_recorded_case_is_answered_as_recorded_or_better() {
    let cases = cases();
    assert_eq!(cases.len(), 114, "the recording has 101 cases of the token service and 13 of the landing");
    for (name, _) in BETTER {
        assert!(cases.iter().any(|case| case.name == *name), "no recorded case is named {name:?}");
    }
    let mut configs: Vec<_> = cases.iter().map(|case| case.config.as_str()).collect();
    configs.sort_unstable();
    configs.dedup();

    let mut replayed = 0;
    let mut failures = Vec::new();
    for config in configs {
        let meddream = MedDream::start(Behaviour::Well);
        let variables = variables(config, &meddream.origin(), &format!("http://{}", free_address()));
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let app = App::start(&variables);
        for case in cases.iter().filter(|case| case.config == config) {
            meddream.behave(behaviour(&case.name));
            let answer = replay(&app, case);
            let verdict = match BETTER.iter().find(|(name, _)| *name == case.name) {
                Some((_, better)) => is_better(&app, case, &answer, better, &cases),
                None => is_as_recorded(&app, case, &answer),
            };
            replayed += 1;
            if let Err(reason) = verdict {
                failures.push(format!(
                    "{}: {reason}\n    answered {} {}",
                    case.name,
                    answer.status,
                    answer.text().chars().take(300).collect::<String>()
                ));
            }
        }
        assert_log_keeps_secrets(&app, &["share-password", "demo-script-password", "demo-1"]);
    }
    assert_eq!(replayed, cases.len(), "a case was not replayed");
    assert!(failures.is_empty(), "{} of {replayed} cases:\n{}", failures.len(), failures.join("\n"));
}

/// The recording's own stand-in was told by hand how to answer: here the case's name tells.
fn behaviour(name: &str) -> Behaviour {
    match name.rsplit_once("MedDream answers ") {
        Some((_, "500")) => Behaviour::Fails,
        Some((_, "empty")) => Behaviour::AnswersNothing,
        Some((_, other)) => panic!("a behaviour that the stand-in does not have: {other}"),
        None => Behaviour::Well,
    }
}

fn replay(app: &App, case: &Case) -> Answer {
    let headers: Vec<_> = case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(&case.method, &app.url(&case.path), &headers, &case.body)
}

type Verdict = Result<(), String>;

fn is_as_recorded(app: &App, case: &Case, answer: &Answer) -> Verdict {
    same("status", &case.status, &answer.status)?;
    for name in ["www-authenticate", "allow"] {
        same(name, &case.response_headers[name].as_str(), &answer.header(name))?;
    }
    match case.status {
        307 => same("location", &case.response_headers["location"].as_str(), &answer.header("location")),
        405 if case.method == "HEAD" => same("body", &"", &answer.text().as_str()),
        405 => detail(answer).map(drop),
        422 => same("faults", &faults(&case.answer), &faults(&json_of(answer)?)),
        200 if case.method == "PUT" => is_share(app, &case.answer, &json_of(answer)?, None),
        200 => is_decision(case.answer["granted"] == true, answer),
        401 | 404 => same("body", &case.answer, &json_of(answer)?),
        other => Err(format!("a recorded {other} has to be in the table")),
    }
}

fn is_better(app: &App, case: &Case, answer: &Answer, better: &Better, cases: &[Case]) -> Verdict {
    match better {
        Refused(status, words) => is_refused(answer, &[*status], words),
        RefusedAs(statuses, words) => is_refused(answer, statuses, words),
        Fault(place) => {
            same("status", &422, &answer.status)?;
            let faults = faults(&json_of(answer)?);
            let first = faults.first().ok_or("no fault is named")?;
            let begins = place.iter().enumerate().all(|(i, part)| first["loc"][i] == *part);
            begins.then_some(()).ok_or(format!("the fault lies at {first}, not in {place:?}"))
        }
        Unauthorized(message) => {
            same("status", &401, &answer.status)?;
            same("www-authenticate", &Some("Basic"), &answer.header("www-authenticate"))?;
            same("body", &json!({"detail": message}), &json_of(answer)?)
        }
        NotFound => {
            same("status", &404, &answer.status)?;
            detail(answer).map(drop)
        }
        SharedUntil(date) => {
            let mut wanted = case.answer.clone();
            wanted["request"]["expiration-date"] = json!(date);
            same("status", &200, &answer.status)?;
            is_share(app, &wanted, &json_of(answer)?, Some(date))
        }
        SharedAt(link) => {
            same("status", &200, &answer.status)?;
            let share = json_of(answer)?;
            let token = share["token"].as_str().ok_or("no token")?;
            same("url", &json!(format!("{link}{token}")), &share["url"])
        }
        SharedAs(name) => {
            let other = cases.iter().find(|other| other.name == *name).ok_or("no such case")?;
            same("status", &200, &answer.status)?;
            is_share(app, &other.answer, &json_of(answer)?, None)
        }
        Granted(granted) => {
            same("status", &200, &answer.status)?;
            is_decision(*granted, answer)
        }
        NeverGranted if answer.status == 422 => detail(answer).map(drop),
        NeverGranted => is_decision(false, answer),
        Redirected(link) => {
            same("status", &307, &answer.status)?;
            let wanted = format!("{link}{}", case.token());
            same("location", &Some(wanted.as_str()), &answer.header("location"))
        }
        Page(status) => is_page(case, answer, *status),
    }
}

/// The same request echoed, the recorded claims in the token, and the same form of link.
/// The claims of an anonymized share, which the recording has in clear, are for this service only:
/// what the token opens stands for them.
fn is_share(app: &App, recorded: &Value, share: &Value, date: Option<&str>) -> Verdict {
    same("request", &recorded["request"], &share["request"])?;
    let recorded_token = recorded["token"].as_str().ok_or("the recording has no token")?;
    let token = share["token"].as_str().ok_or("no token")?;
    let url = recorded["url"].as_str().ok_or("the recording has no url")?;
    same("url", &json!(url.replace(recorded_token, token)), &share["url"])?;
    let mut claims = token::claims(recorded_token);
    if let Some(date) = date {
        claims["expiration_date"] = json!(date);
    }
    if claims["anonymized"] == true {
        return opens_anonymized_only(app, token, &claims);
    }
    let found = token::claims(token);
    for (name, claim) in claims.as_object().ok_or("claims are an object")? {
        same(&format!("claim {name}"), claim, &found[name])?;
    }
    for name in ["jti", "iat"] {
        if found[name].is_null() {
            return Err(format!("no claim {name} in {found}"));
        }
    }
    Ok(())
}

/// An encrypted token, which opens each study of these claims on the anonymized server and nowhere else.
fn opens_anonymized_only(app: &App, token: &str, claims: &Value) -> Verdict {
    same("encrypted", &true, &token::is_encrypted(token))?;
    // The plugin's own user among those of the recording.
    let user = format!("Basic {}", STANDARD.encode("share-user:share-password"));
    let headers = [("token", token), ("authorization", user.as_str())];
    for study in claims["studies"].as_array().ok_or("claims without studies")? {
        for (server, granted) in [("anonymized-server-id", true), ("standard-server-id", false)] {
            let question = json!({
                "dicom-uid": study["dicom_uid"],
                "orthanc-id": study["orthanc_id"],
                "identifier": server,
                "level": "study",
                "method": "get",
            });
            let answer = send_json("POST", &app.url("/shares/validate"), &headers, &question);
            is_decision(granted, &answer).map_err(|reason| format!("{server}: {reason}"))?;
        }
    }
    Ok(())
}

/// Each share of the recording lasts for years, so that `validity` is the cap.
fn is_decision(granted: bool, answer: &Answer) -> Verdict {
    let decision = json_of(answer)?;
    same("granted", &json!(granted), &decision["granted"])?;
    match decision["validity"].as_u64() {
        Some(60) => Ok(()),
        Some(1..60) if !granted => Ok(()),
        _ => Err(format!("validity {}", decision["validity"])),
    }
}

fn is_refused(answer: &Answer, statuses: &[u16], words: &[&str]) -> Verdict {
    if !statuses.contains(&answer.status) {
        return Err(format!("status: expected one of {statuses:?}"));
    }
    let detail = detail(answer)?.to_string().to_lowercase();
    let missing = words.iter().find(|word| !detail.contains(*word));
    missing.map_or(Ok(()), |word| Err(format!("the detail does not say {word:?}")))
}

fn is_page(case: &Case, answer: &Answer, status: u16) -> Verdict {
    same("status", &status, &answer.status)?;
    let content_type = answer.header("content-type").unwrap_or_default();
    same("content-type", &"text/html; charset=utf-8", &content_type.to_lowercase().as_str())?;
    let page = answer.text();
    if page.contains("alert(1)") || (!case.token().is_empty() && page.contains(case.token())) {
        return Err("the page repeats the token".to_owned());
    }
    Ok(())
}

/// `loc` and `type` of each fault: the wording is free.
fn faults(answer: &Value) -> Vec<Value> {
    let faults = answer["detail"].as_array().into_iter().flatten();
    faults.map(|fault| json!({"loc": fault["loc"], "type": fault["type"]})).collect()
}

/// A client shows `detail` to its user: a text, or a list of faults with a message each.
fn detail(answer: &Answer) -> Result<Value, String> {
    let detail = json_of(answer)?["detail"].clone();
    let worded = match &detail {
        Value::String(text) => !text.is_empty(),
        Value::Array(faults) => !faults.is_empty() && faults.iter().all(|fault| fault["msg"].is_string()),
        _ => false,
    };
    worded.then_some(detail).ok_or("no detail".to_owned())
}

fn json_of(answer: &Answer) -> Result<Value, String> {
    same("content-type", &Some("application/json"), &answer.header("content-type"))?;
    serde_json::from_slice(&answer.body).map_err(|e| format!("no JSON: {e}"))
}

fn same<T: PartialEq + Debug + ?Sized>(what: &str, expected: &T, found: &T) -> Verdict {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}
