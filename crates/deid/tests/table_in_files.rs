//! Each of the 621 rows in DICOM files: written and read back by dicom-rs, in three encodings.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Found, check, choices, engine, marker, rows, vr};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use orthanc_share_deid::file::{Pixels, transform};

const NESTING: Tag = Tag(0x0008, 0x1115);

fn element(tag: Tag, vr: VR) -> DataElement<InMemDicomObject> {
    let text = marker(vr);
    let value = match vr {
        VR::SQ => {
            let mut item = InMemDicomObject::new_empty();
            item.put(DataElement::new(Tag(0x0018, 0x0015), VR::CS, text));
            return DataElement::new(tag, vr, DataSetSequence::from(vec![item]));
        }
        VR::US => PrimitiveValue::from(text.parse::<u16>().unwrap()),
        VR::SS => PrimitiveValue::from(text.parse::<i16>().unwrap()),
        VR::UL => PrimitiveValue::from(text.parse::<u32>().unwrap()),
        VR::FL => PrimitiveValue::from(text.parse::<f32>().unwrap()),
        VR::FD => PrimitiveValue::from(text.parse::<f64>().unwrap()),
        VR::OB | VR::OW | VR::UN => PrimitiveValue::from(text.as_bytes()),
        _ => PrimitiveValue::from(text),
    };
    DataElement::new(tag, vr, value)
}

fn file(set: InMemDicomObject, syntax: &str) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.4")
        .media_storage_sop_instance_uid("1.2.3.4.19450312")
        .transfer_syntax(syntax);
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

fn found(set: &InMemDicomObject, tag: Tag) -> Found {
    let Ok(element) = set.element(tag) else { return Found::Absent };
    if let Some(items) = element.items() {
        return items.first().map_or(Found::Empty, |item| Found::Items(format!("{item:?}")));
    }
    match element.vr() {
        VR::OB | VR::OW | VR::UN => {
            let bytes = element.to_bytes().unwrap();
            if bytes.is_empty() { Found::Empty } else { Found::Value(String::from_utf8_lossy(&bytes).into()) }
        }
        _ => match element.to_str().unwrap().trim_end_matches([' ', '\0']) {
            "" => Found::Empty,
            text => Found::Value(text.to_owned()),
        },
    }
}

#[test]
fn every_row_in_files() {
    for (syntax, choices) in [
        ("1.2.840.10008.1.2.1", choices()),
        ("1.2.840.10008.1.2", choices()[..1].to_vec()),
        ("1.2.840.10008.1.2.2", choices()[..1].to_vec()),
    ] {
        for options in choices {
            let engine = engine(options);
            for row in &rows() {
                for tag in row.tags() {
                    let vr = vr(tag);
                    for nested in [false, true] {
                        // File meta information is at the top of every file, as such.
                        let meta = tag.0 == 0x0002 && !nested;
                        let mut set = InMemDicomObject::new_empty();
                        set.put(DataElement::new(Tag(0x0008, 0x0060), VR::CS, "MR"));
                        match (meta, nested) {
                            (true, _) => {}
                            (_, false) => drop(set.put(element(tag, vr))),
                            (_, true) => {
                                let mut item = InMemDicomObject::new_empty();
                                item.put(element(tag, vr));
                                let items = DataSetSequence::from(vec![item]);
                                set.put(DataElement::new(NESTING, VR::SQ, items));
                            }
                        }
                        let mut before = file(set, syntax);
                        if !meta {
                            // So that a leak can only come from the data set.
                            before = before.replace_first(b"1.2.3.4.19450312", b"1.2.3.4.00000000");
                        }
                        let out = transform(engine.clone(), Pixels::Refuse, &before).unwrap();
                        let read = OpenFileOptions::new().from_reader(&out[..]).unwrap();
                        let found = match (meta, nested) {
                            (true, _) => {
                                Found::Value(read.meta().media_storage_sop_instance_uid().to_owned())
                            }
                            (_, false) => found(&read, tag),
                            (_, true) => found(&read.element(NESTING).unwrap().items().unwrap()[0], tag),
                        };
                        let numeric = matches!(vr, VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD);
                        let whole = if numeric { format!("{found:?}").into_bytes() } else { out.clone() };
                        let context = format!("nested {nested} in a file of {syntax}: {options:?}");
                        check(row, vr, options, &found, &whole, &context);
                    }
                }
            }
        }
    }
}

trait ReplaceFirst {
    fn replace_first(self, from: &[u8], to: &[u8]) -> Self;
}

impl ReplaceFirst for Vec<u8> {
    fn replace_first(mut self, from: &[u8], to: &[u8]) -> Self {
        if let Some(at) = self.windows(from.len()).position(|window| window == from) {
            self[at..at + to.len()].copy_from_slice(to);
        }
        self
    }
}
