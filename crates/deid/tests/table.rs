//! The committed form of Table E.1-1 against the CSV, and each of the 621 rows in each JSON carrier.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Found, Row, basic, check, choices, csv, engine, keyword, marker, rows, vr};
use dicom_core::{Tag, VR};
use orthanc_share_deid::{
    json::{Document, transform},
    table::{self, options as cell},
};
use serde_json::{Value, json};

#[test]
fn the_committed_form_is_the_csv() {
    let Some(rows) = csv() else { return };
    assert_eq!(rows.len(), 621);
    let mut patterns = 0;
    for row in &rows {
        if u32::from_str_radix(&row.tag, 16).is_err() {
            assert_eq!(row.basic, "X", "{}", row.tag);
            patterns += 1;
            continue;
        }
        let ours = table::find(row.tags()[0]).unwrap_or_else(|| panic!("{} is missing", row.tag));
        assert_eq!(basic(ours.basic), row.basic, "{}", row.tag);
        let cells = [
            (&row.uids, cell::UIDS_K, 0),
            (&row.device, cell::DEVICE_K, cell::DEVICE_C),
            (&row.institution, cell::INSTITUTION_K, 0),
            (&row.patient, cell::PATIENT_K, cell::PATIENT_C),
            (&row.full_dates, cell::FULL_DATES_K, 0),
            (&row.modified_dates, 0, cell::MODIFIED_DATES_C),
            (&row.descriptors, 0, cell::DESCRIPTORS_C),
        ];
        for (text, k, c) in cells {
            assert_eq!(ours.options & k != 0, text == "K", "{} {text}", row.tag);
            assert_eq!(ours.options & c != 0, text == "C", "{} {text}", row.tag);
        }
    }
    assert_eq!(table::rows().len() + patterns, rows.len());
    assert!(table::rows().windows(2).all(|pair| pair[0].tag < pair[1].tag), "sorted, none twice");
}

/// The attribute at the top of a data set, and inside of a sequence that stays.
fn places(
    key: &str,
    value: &Value,
    sequence: impl Fn(Value) -> (&'static str, Value),
) -> [(&'static str, Value); 2] {
    let (name, nested) = sequence(json!({ key: value }));
    [("top", json!({ key: value })), ("nested", json!({ name: nested }))]
}

fn number(text: &str) -> Value {
    text.parse::<f64>().map_or(Value::Null, |number| json!(number))
}

fn each_row(
    document: Document,
    key: impl Fn(Tag) -> Option<String>,
    value: impl Fn(VR, Tag) -> Value,
    sequence: impl Fn(Value) -> (&'static str, Value) + Copy,
    read: impl Fn(&Value) -> Found,
    written: impl Fn(&str) -> String,
) {
    for options in choices() {
        let engine = engine(options);
        for row in &rows() {
            for tag in row.tags() {
                let Some(key) = key(tag) else { continue };
                let vr = vr(tag);
                for (place, set) in places(&key, &value(vr, tag), sequence) {
                    let out = transform(engine.clone(), document, set.to_string().as_bytes()).unwrap();
                    let parsed: Value = serde_json::from_slice(&out).unwrap();
                    let holder = match place {
                        "top" => &parsed,
                        _ => {
                            let (name, _) = sequence(Value::Null);
                            let attribute = &parsed[written(name)];
                            let items = if attribute.is_array() { attribute } else { &attribute["Value"] };
                            &items[0]
                        }
                    };
                    let found = holder.get(written(&key)).map_or(Found::Absent, &read);
                    check_row(
                        row,
                        vr,
                        options,
                        &found,
                        &out,
                        &format!("{place} in {document:?}: {options:?}"),
                    );
                }
            }
        }
    }
}

/// The marker of an attribute of bytes, as JSON writes it.
const BASE64: &str = "TUFSS0VSIERPRSBLTkVF";

fn check_row(
    row: &Row,
    vr: VR,
    options: orthanc_share_deid::Options,
    found: &Found,
    out: &[u8],
    context: &str,
) {
    let whole = String::from_utf8_lossy(out).replace(BASE64, marker(VR::OB));
    check(row, vr, options, found, whole.as_bytes(), context);
}

/// A value in the notation of PS3.18 Annex F.
fn dicom_json(vr: VR, _: Tag) -> Value {
    let name = vr.to_string();
    let marker = marker(vr);
    match vr {
        VR::SQ => json!({"vr": name, "Value": [{"00180015": {"vr": "CS", "Value": [marker]}}]}),
        VR::PN => json!({"vr": name, "Value": [{"Alphabetic": marker}]}),
        VR::OB | VR::OW | VR::UN => json!({"vr": name, "InlineBinary": BASE64}),
        VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD => json!({"vr": name, "Value": [number(marker)]}),
        _ => json!({"vr": name, "Value": [marker]}),
    }
}

#[test]
fn every_row_in_dicom_json() {
    each_row(
        Document::DicomJson,
        |tag| Some(format!("{:04X}{:04X}", tag.0, tag.1)),
        dicom_json,
        |item| ("00081115", json!({"vr": "SQ", "Value": [item]})),
        |attribute| match (&attribute["Value"][0], &attribute["InlineBinary"]) {
            (Value::Null, Value::Null) => Found::Empty,
            (Value::Null, Value::String(base64)) if base64 == BASE64 => {
                Found::Value(marker(VR::OB).to_owned())
            }
            (Value::Null, base64) => Found::Value(base64.to_string()),
            (Value::String(text), _) => Found::Value(text.clone()),
            (Value::Object(name), _) if attribute["vr"] == "PN" => {
                Found::Value(name["Alphabetic"].as_str().unwrap().to_owned())
            }
            (item @ Value::Object(_), _) => Found::Items(item.to_string()),
            (number, _) => Found::Value(number.to_string().trim_end_matches(".0").to_owned()),
        },
        str::to_owned,
    );
}

fn orthanc(value: &Value) -> Found {
    match value {
        Value::String(text) if text.is_empty() => Found::Empty,
        Value::String(text) => Found::Value(text.clone()),
        Value::Array(items) if items.is_empty() => Found::Empty,
        Value::Array(items) => Found::Items(items[0].to_string()),
        // Bytes are not shown here: null is what Orthanc has for a value that it does not show.
        other => Found::Value(other.to_string()),
    }
}

/// An attribute in the notation of Orthanc's tags.
fn full(vr: VR, tag: Tag) -> Value {
    let name = keyword(tag).unwrap_or("Unknown Tag & Data");
    let marker = marker(vr);
    match vr {
        VR::SQ => {
            let item = json!({"0018,0015": {"Name": "BodyPartExamined", "Type": "String", "Value": marker}});
            json!({"Name": name, "Type": "Sequence", "Value": [item]})
        }
        _ => json!({"Name": name, "Type": "String", "Value": marker}),
    }
}

fn full_key(tag: Tag) -> Option<String> {
    Some(format!("{:04x},{:04x}", tag.0, tag.1))
}

fn full_sequence(item: Value) -> (&'static str, Value) {
    ("0008,1115", json!({"Name": "ReferencedSeriesSequence", "Type": "Sequence", "Value": [item]}))
}

#[test]
fn every_row_in_orthancs_tags() {
    let value = |attribute: &Value| orthanc(&attribute["Value"]);
    each_row(Document::Tags, full_key, full, full_sequence, value, str::to_owned);
}

#[test]
fn every_row_in_orthancs_simplified_tags() {
    let keyword_of = |key: &str| {
        let number = u32::from_str_radix(&key.replace(',', ""), 16).unwrap();
        keyword(Tag((number >> 16) as u16, number as u16)).unwrap_or("Unknown").to_owned()
    };
    each_row(Document::SimplifiedTags, full_key, full, full_sequence, orthanc, keyword_of);
}

/// Orthanc's main tags are known by their keywords alone, and so are those that Osimis keeps.
#[test]
fn every_row_in_main_tags() {
    let row = |tag: Tag| match keyword(tag) {
        // By keyword, a curve or an overlay is known by its first group.
        Some(name) if tag.0 & 0xFF == 0 || !matches!(tag.0 >> 8, 0x50 | 0x60) => Some(name.to_owned()),
        Some(_) => None,
        None => Some(format!("Unknown Tag & Data {}", tag.1)),
    };
    for options in choices() {
        let engine = engine(options);
        let rows = rows();
        for (of, tag) in rows.iter().flat_map(|row| row.tags().into_iter().map(move |tag| (row, tag))) {
            let Some(key) = row(tag) else { continue };
            let value = if vr(tag) == VR::SQ {
                json!([{"BodyPartExamined": marker(VR::SQ)}])
            } else {
                json!(marker(vr(tag)))
            };
            let study = json!({"MainDicomTags": {key.clone(): value}});
            let out = transform(engine.clone(), Document::Resource, study.to_string().as_bytes()).unwrap();
            let study: Value = serde_json::from_slice(&out).unwrap();
            let found = study["MainDicomTags"].get(&key).map_or(Found::Absent, orthanc);
            check_row(of, vr(tag), options, &found, &out, &format!("main tags: {options:?}"));
        }
    }
}
