//! `share create`: from the flags to the request, and from its answer to the link.

use std::io::IsTerminal;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::failure::Failure;
use crate::options::{CreateOptions, ServerOptions};
use crate::output::{print, remark};
use crate::terminal::{clean, clean_json};
use crate::{qr, secret, when};

/// Makes the share, and prints its link.
pub fn run(server: &ServerOptions, options: &CreateOptions) -> Result<(), Failure> {
    let stdin = Some(Path::new("-"));
    if options.code_file.as_deref() == stdin && server.password_file.as_deref() == stdin {
        return Err(Failure::Secret {
            what: "the code",
            reason: "standard input is the password already".to_owned(),
        });
    }
    let client = Client::new(server)?;
    let mut body = request(options, Timestamp::now());
    if let Some(code) = code(options)? {
        body.insert("password".to_owned(), Value::String(code));
    }
    let answer = client.put(&["shares"], &Value::Object(body.clone()))?;
    check_taken(&body, &answer.json)?;
    for name in
        ["label", "short-link", "notify"].into_iter().filter(|name| is_ignored(name, &body, &answer.json))
    {
        remark(&format!("The service ignored `{name}`: it is of another version."));
    }
    if options.json {
        return print(&clean_json(&answer.text));
    }
    if let Some(jti) = answer.json["jti"].as_str() {
        let end = answer.json["request"]["expiration-date"].as_str();
        let end =
            end.map_or_else(|| "it has no end".to_owned(), |end| format!("it ends {}", when::local(end)));
        remark(&format!("Share {}: {}.", clean(jti), clean(&end)));
    }
    let Some(url) = answer.json["url"].as_str() else {
        remark("There is no link for this type of share; this is its token.");
        return print(&clean(answer.json["token"].as_str().unwrap_or_default()));
    };
    print_link(url, options.qr)
}

/// The link on a line of its own, and its QR code: always if `wanted`, else on a terminal that is wide enough.
pub fn print_link(url: &str, wanted: bool) -> Result<(), Failure> {
    let is_terminal = std::io::stdout().is_terminal();
    print(&clean(url))?;
    if !wanted && !is_terminal {
        return Ok(());
    }
    let columns = if is_terminal {
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    } else {
        None
    };
    match qr::draw(url, is_terminal && std::env::var_os("NO_COLOR").is_none()) {
        Ok(code) if wanted || columns.is_none_or(|columns| code.columns <= columns) => print(&code.text),
        Ok(_) => {
            remark("The QR code does not fit into this window: make it wider, or use --short-link.");
            Ok(())
        }
        Err(error) if wanted => Err(error),
        Err(error) => {
            remark(&error.to_string());
            Ok(())
        }
    }
}

/// The body of `PUT /shares`, but for the code. Only what was said is in it.
fn request(options: &CreateOptions, now: Timestamp) -> Map<String, Value> {
    let studies: Vec<Value> = options.studies.iter().map(|study| study_of(study)).collect();
    // An end as a date, not as a duration: every version of the service knows it.
    let end = options.until.or_else(|| options.days.map(|days| when::after_days(now, days)));
    let fields = [
        ("studies", Some(Value::Array(studies))),
        ("type", Some(json!(options.share_type.name()))),
        ("anonymized", options.anonymized.then_some(Value::Bool(true))),
        ("id", options.id.as_ref().map(|id| json!(id))),
        ("label", options.label.as_ref().map(|label| json!(label))),
        ("not-before", options.not_before.map(|time| json!(time.to_string()))),
        ("expiration-date", end.map(|time| json!(time.to_string()))),
        ("max-uses", options.max_uses.map(|uses| json!(uses))),
        ("download", options.wants_download().map(|download| json!(download))),
        ("short-link", options.short_link.then_some(Value::Bool(true))),
        ("notify", options.notify.then_some(Value::Bool(true))),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A UID is digits and dots (PS3.5 §9.1); an Orthanc id is five groups of hexadecimal digits.
fn study_of(study: &str) -> Value {
    let is_uid = study.contains('.') && study.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_uid { json!({"dicom-uid": study}) } else { json!({"orthanc-id": study}) }
}

/// The code that the share is to ask for, if it is.
fn code(options: &CreateOptions) -> Result<Option<String>, Failure> {
    const VARIABLE: &str = "ORTHANC_SHARE_CODE";
    const WHAT: &str = "the code";
    if let Some(file) = &options.code_file {
        return secret::from_file(file).map(Some);
    }
    if !options.code {
        return Ok(None);
    }
    if let Some(code) = secret::from_environment(VARIABLE) {
        return Ok(Some(code));
    }
    let code = secret::ask(WHAT, "Code of the share: ", VARIABLE)?;
    if secret::ask(WHAT, "The same again: ", VARIABLE)? != code {
        return Err(Failure::Secret { what: WHAT, reason: "the two are not the same".to_owned() });
    }
    Ok(Some(code))
}

/// Services ignore fields that they do not know. One that ignored a restriction has made a share that is
/// more open than was asked for: its echo tells. A code is never echoed; but what keeps it gives a name.
fn check_taken(asked: &Map<String, Value>, answer: &Value) -> Result<(), Failure> {
    const RESTRICTIONS: [&str; 5] = ["anonymized", "not-before", "expiration-date", "max-uses", "download"];
    for name in RESTRICTIONS {
        if is_ignored(name, asked, answer) {
            return Err(Failure::NotTaken(name));
        }
    }
    if asked.contains_key("password") && !answer["jti"].is_string() {
        return Err(Failure::NotTaken("code"));
    }
    Ok(())
}

fn is_ignored(name: &str, asked: &Map<String, Value>, answer: &Value) -> bool {
    let echo = answer["request"].get(name);
    match asked.get(name) {
        None => false,
        // A word is taken as it is or not at all; times and texts may come back in another spelling.
        Some(Value::Bool(said)) => echo != Some(&Value::Bool(*said)),
        Some(_) => echo.is_none_or(Value::is_null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{ShareAction, ShareCommand};
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        share: ShareCommand,
    }

    fn asked(flags: &str) -> Value {
        let line = format!("share create --type stone --study {flags}");
        let options = match Line::try_parse_from(line.split(' ')).unwrap().share.action {
            ShareAction::Create(options) => options,
            _ => panic!("no creation"),
        };
        Value::Object(request(&options, "2026-11-22T10:00:00Z".parse().unwrap()))
    }

    #[test]
    fn flags_become_fields() {
        let with = |fields: Value| {
            let mut body = json!({"studies": [{"dicom-uid": "1.2"}], "type": "stone-viewer-publication"});
            body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            body
        };
        for (flags, expected) in [
            ("1.2", with(json!({}))),
            (
                "1.2 --study a1-b2 --study 12",
                with(
                    json!({"studies": [{"dicom-uid": "1.2"}, {"orthanc-id": "a1-b2"}, {"orthanc-id": "12"}]}),
                ),
            ),
            ("1.2 --days 7", with(json!({"expiration-date": "2026-11-29T10:00:00Z"}))),
            ("1.2 --until 2030-07-07T11:00:00Z", with(json!({"expiration-date": "2030-07-07T11:00:00Z"}))),
            ("1.2 --not-before 2027-01-01T00:00:00Z", with(json!({"not-before": "2027-01-01T00:00:00Z"}))),
            ("1.2 --anonymized --short-link", with(json!({"anonymized": true, "short-link": true}))),
            ("1.2 --label x --id y --max-uses 3", with(json!({"label": "x", "id": "y", "max-uses": 3}))),
            ("1.2 --no-download --notify", with(json!({"download": false, "notify": true}))),
        ] {
            assert_eq!(asked(flags), expected, "{flags}");
        }
    }

    #[test]
    fn a_restriction_that_was_ignored_is_noticed() {
        let asked = json!({"max-uses": 1, "download": false, "password": "hunter2"});
        let asked = asked.as_object().unwrap();
        for (answer, expected) in [
            (json!({"request": {"max-uses": 1, "download": false}, "jti": "a"}), None),
            (json!({"request": {"max-uses": 1, "download": true}, "jti": "a"}), Some("`download`")),
            (json!({"request": {"download": false}, "jti": "a"}), Some("`max-uses`")),
            (json!({"request": {"max-uses": null, "download": false}, "jti": "a"}), Some("`max-uses`")),
            (json!({"request": {"max-uses": 1}, "jti": "a"}), Some("`download`")),
            (json!({"request": {"max-uses": 1, "download": false}}), Some("`code`")),
        ] {
            match (check_taken(asked, &answer), expected) {
                (Ok(()), None) => {}
                (Err(error), Some(field)) => assert!(error.to_string().contains(field), "{error}"),
                (result, _) => panic!("{answer}: {result:?}"),
            }
        }
    }
}
