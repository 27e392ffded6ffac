//! Shares and events as lines for a person. A field that is missing or of another type is left empty: the
//! service may be newer.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use crate::terminal::clean;
use crate::when;

/// One line a share.
pub fn shares(shares: &[Value]) -> String {
    let rows = shares.iter().map(|share| {
        vec![
            text(&share["jti"]),
            text(&share["state"]),
            opens_with(share),
            what(share),
            if share["label"].is_string() { text(&share["label"]) } else { text(&share["id"]) },
            time(&share["created"]),
            time(&share["expiration-date"]),
            uses(share),
        ]
    });
    lines(&["SHARE", "STATE", "OPENS WITH", "WHAT", "LABEL", "CREATED", "ENDS", "USES"], rows)
}

/// One line an event.
pub fn events(events: &[Value]) -> String {
    let rows = events.iter().map(|event| {
        vec![
            time(&event["time"]),
            text(&event["action"]),
            text(&event["outcome"]),
            text(&event["reason"]),
            text(&event["user"]),
            text(&event["address"]),
            resource(&event["resource"]),
        ]
    });
    lines(&["TIME", "ACTION", "OUTCOME", "REASON", "USER", "ADDRESS", "RESOURCE"], rows)
}

/// One line a field; a study or resource has a line of its own.
pub fn share(share: &Value) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (name, value) in share.as_object().into_iter().flatten() {
        let shown = match (name.as_str(), value) {
            (_, Value::Null) | ("url" | "short-url", _) => continue,
            ("studies" | "resources", Value::Array(resources)) => {
                rows.extend(resources.iter().enumerate().map(|(at, item)| {
                    vec![if at == 0 { clean(name) } else { String::new() }, resource(item)]
                }));
                continue;
            }
            ("created" | "expiration-date" | "not-before" | "revoked", Value::String(_)) => time(value),
            ("methods", Value::Array(methods)) => methods.iter().map(text).collect::<Vec<_>>().join(", "),
            _ => text(value),
        };
        rows.push(vec![clean(name), shown]);
    }
    lines(&[], rows.into_iter())
}

/// Columns two blanks apart; nothing is cut or wrapped, so that a name can be copied.
fn lines(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A single value; harmless to a terminal.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => clean(&other.to_string()),
    }
}

fn time(value: &Value) -> String {
    value.as_str().map(|time| clean(&when::local(time))).unwrap_or_default()
}

/// The viewer's name is enough in a table.
fn opens_with(share: &Value) -> String {
    let name = text(&share["type"]);
    let name = name.strip_suffix("-viewer-publication").unwrap_or(&name);
    if share["anonymized"] == true { format!("{name}, anonymized") } else { name.to_owned() }
}

/// The first of what is shared, and how many more there are.
fn what(share: &Value) -> String {
    let of = |name: &str| share[name].as_array().filter(|list| !list.is_empty());
    let Some(list) = of("studies").or_else(|| of("resources")) else { return String::new() };
    let first = resource(&list[0]);
    if list.len() == 1 { first } else { format!("{first} +{}", list.len() - 1) }
}

/// `level identifier`; a study needs no level.
fn resource(value: &Value) -> String {
    let identifier = if value["dicom-uid"].is_string() { &value["dicom-uid"] } else { &value["orthanc-id"] };
    match value["level"].as_str() {
        None | Some("study") => text(identifier),
        Some(level) => format!("{} {}", clean(level), text(identifier)),
    }
}

/// `opened/limit`, and whether a code is asked for.
fn uses(share: &Value) -> String {
    let mut shown = text(&share["uses"]);
    if !share["max-uses"].is_null() {
        shown = format!("{shown}/{}", text(&share["max-uses"]));
    }
    if share["protected"] == true { format!("{shown} code").trim_start().to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn shares_are_aligned() {
        let list = [
            json!({"jti": "3f9a", "state": "active", "id": null, "label": "Dr. Müller 漢字", "type": "ohif-viewer-publication",
                "studies": [{"dicom-uid": "1.2.3", "orthanc-id": null}, {"dicom-uid": "1.2.4", "orthanc-id": null}],
                "anonymized": true, "uses": 1, "max-uses": 3, "protected": true}),
            json!({"jti": "b", "state": "used-up", "id": "\u{1b}[31mred", "label": null, "type": "download-instant-link",
                "resources": [{"level": "series", "dicom-uid": null, "orthanc-id": "a-b"}], "uses": 2}),
        ];
        let expected = "\
SHARE  STATE    OPENS WITH             WHAT        LABEL            CREATED  ENDS  USES
3f9a   active   ohif, anonymized       1.2.3 +1    Dr. Müller 漢字                 1/3 code
b      used-up  download-instant-link  series a-b  \\u{1b}[31mred                   2
";
        assert_eq!(shares(&list), expected);
        assert_eq!(shares(&[]), "SHARE  STATE  OPENS WITH  WHAT  LABEL  CREATED  ENDS  USES\n");
    }

    #[test]
    fn events_are_aligned() {
        let list = [
            json!({"time": "when?", "action": "open", "outcome": "refused", "reason": "wrong-code", "user": null,
            "address": "192.0.2.7", "resource": null}),
        ];
        let expected = "\
TIME   ACTION  OUTCOME  REASON      USER  ADDRESS    RESOURCE
when?  open    refused  wrong-code        192.0.2.7
";
        assert_eq!(events(&list), expected);
    }

    #[test]
    fn a_share_has_a_line_for_each_field_that_is_known() {
        let of = json!({"jti": "3f9a", "label": null, "anonymized": false, "methods": ["get", "post"], "url": "http://a/?token=x",
            "studies": [{"dicom-uid": "1.2", "orthanc-id": null}, {"dicom-uid": null, "orthanc-id": "a-b"}]});
        let expected =
            "anonymized  no\njti         3f9a\nmethods     get, post\nstudies     1.2\n            a-b\n";
        assert_eq!(share(&of), expected);
    }

    proptest! {
        #[test]
        fn no_answer_reaches_the_terminal_raw(a: String, b: String) {
            let value = json!({"jti": a, "state": b, "label": [a], "studies": [{"dicom-uid": b, "level": a}], "type": b,
                "uses": {b.clone(): a.clone()}, "max-uses": a, "time": b, b.clone(): a, "created": b});
            let list = [value.clone(), json!(null), json!(a)];
            for printed in [shares(&list), events(&list), share(&value)] {
                prop_assert!(!printed.chars().any(|c| c.is_control() && c != '\n'), "{printed:?}");
            }
            prop_assert_eq!(shares(&list).lines().count(), 4);
        }
    }
}
