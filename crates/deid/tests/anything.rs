//! Arbitrary input: no panic, and never an attribute that the table removes.
#![allow(clippy::unwrap_used)]

mod common;

use common::{choices, engine, vr};
use dicom_core::Tag;
use orthanc_share_deid::{
    Action, Engine, file,
    json::{Document, transform},
    table,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

const DOCUMENTS: [Document; 6] = [
    Document::DicomJson,
    Document::Tags,
    Document::SimplifiedTags,
    Document::Resource,
    Document::OsimisSeries,
    Document::System,
];

fn keys() -> impl Strategy<Value = String> {
    let tags = select(table::rows()).prop_map(|row| Tag((row.tag >> 16) as u16, row.tag as u16));
    let name = |tag: Tag| common::keyword(tag).unwrap_or("none").to_owned();
    prop_oneof![
        4 => tags.clone().prop_map(|tag| format!("{:04X}{:04X}", tag.0, tag.1)),
        4 => tags.clone().prop_map(|tag| format!("{:04x},{:04x}", tag.0, tag.1)),
        4 => tags.prop_map(name),
        1 => any::<u32>().prop_map(|tag| format!("{tag:08x}")),
        4 => select(&["00081115", "0008,1115", "ReferencedSeriesSequence", "00280010", "Rows", "0028,0010", "MainDicomTags",
            "Value", "vr", "Type", "Name", "InlineBinary", "BulkDataURI", "study", "instancesInfos", "TagsSubset", "ID"][..])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(&["SQ", "PN", "UI", "LO", "UN", "Sequence", "String", "1.2.3"][..]).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((keys(), inner.clone()), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            inner.clone().prop_map(|value| json!({"vr": "SQ", "Value": [value]})),
            inner.prop_map(|value| json!({"Name": "x", "Type": "Sequence", "Value": [value]})),
        ]
    })
}

/// Nothing that the profile removes is a key in the output, at any depth.
fn holds(engine: &Engine, value: &Value) -> bool {
    let removed = |key: &str| {
        let digits: String = key.chars().filter(|c| *c != ',').collect();
        match u32::from_str_radix(&digits, 16) {
            Ok(number) if digits.len() == 8 => {
                engine.profile.action(Tag((number >> 16) as u16, number as u16)) == Action::Remove
            }
            _ => table::rows().iter().any(|row| {
                let tag = Tag((row.tag >> 16) as u16, row.tag as u16);
                common::keyword(tag) == Some(key) && engine.profile.action(tag) == Action::Remove
            }),
        }
    };
    match value {
        Value::Object(members) => members.iter().all(|(key, value)| !removed(key) && holds(engine, value)),
        Value::Array(values) => values.iter().all(|value| holds(engine, value)),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn json_of_any_shape(value in documents(), document in select(&DOCUMENTS[..]), choice in 0..10usize) {
        let engine = engine(choices()[choice]);
        if let Ok(out) = transform(engine.clone(), document, value.to_string().as_bytes()) {
            let out: Value = serde_json::from_slice(&out).unwrap();
            prop_assert!(holds(&engine, &out), "{out}");
        }
    }

    #[test]
    fn bytes_as_json(bytes in vec(any::<u8>(), 0..200), text in r#"[\[\]{}",:\\u0-9a-z ]{0,100}"#, document in select(&DOCUMENTS[..])) {
        let engine = engine(choices()[0]);
        let _ = transform(engine.clone(), document, &bytes);
        let _ = transform(engine, document, text.as_bytes());
    }

    /// Elements and items that fit together or do not, in any encoding.
    #[test]
    fn bytes_as_a_file(
        parts in vec((select(&[0x0008_0018u32, 0x0008_1115, 0x0010_0010, 0x0009_1001, 0x7FE0_0010, 0xFFFE_E000, 0xFFFE_E00D, 0xFFFE_E0DD, 0x0008_0005, 0x0008_0020][..]),
            prop_oneof![Just(u32::MAX), 0..40u32], any::<bool>()), 0..20),
        syntax in select(&["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50", "1.2.3"][..]),
        tail in vec(any::<u8>(), 0..40), choice in 0..10usize,
    ) {
        let explicit = syntax != "1.2.840.10008.1.2";
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM\x02\x00\x10\x00UI");
        bytes.extend((syntax.len() as u16).to_le_bytes());
        bytes.extend(syntax.bytes());
        for (tag, length, padded) in parts {
            let tag = Tag((tag >> 16) as u16, tag as u16);
            bytes.extend(tag.0.to_le_bytes());
            bytes.extend(tag.1.to_le_bytes());
            let vr = vr(tag).to_string();
            if explicit && tag.0 != 0xFFFE {
                bytes.extend(vr.bytes());
                bytes.extend(if matches!(vr, "SQ" | "UN" | "OB" | "OW") { vec![0, 0] } else { vec![] });
            }
            bytes.extend(length.to_le_bytes());
            bytes.extend(std::iter::repeat_n(b'4', if padded { length.min(40) as usize } else { 0 }));
        }
        bytes.extend(tail);
        let _ = file::transform(engine(choices()[choice]), file::Pixels::Allow, &bytes);
    }
}
