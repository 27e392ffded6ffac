//! New values in bytes: padded to an even length (PS3.5 §6.2), in the data set's own encoding.

use dicom_core::{Tag, VR};

use super::{
    MAX_VALUE_BYTES,
    header::{Encoding, UNDEFINED, is_long},
};
use crate::{Engine, Rule, marks::Marks, value::New};

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// Writes an element with this value, padded for its VR.
pub(super) fn put(encoding: Encoding, tag: Tag, vr: VR, value: &[u8], out: &mut Vec<u8>) {
    // A longer one has no valid header: it is written without its value.
    let longest = if encoding.explicit && !is_long(vr) {
        usize::from(u16::MAX) - 1
    } else {
        MAX_VALUE_BYTES as usize * 2
    };
    let value = if value.len() > longest { b"" } else { value };
    let odd = value.len() % 2;
    encoding.write(tag, vr, (value.len() + odd) as u32, out);
    out.extend(value);
    if odd == 1 {
        out.push(if matches!(vr, VR::UI | VR::OB | VR::UN) { 0 } else { b' ' });
    }
}

/// Writes what replaces an attribute, or nothing. Its VR is the dictionary's, so that it is valid.
pub(super) fn write(encoding: Encoding, tag: Tag, vr: VR, new: &New, out: &mut Vec<u8>) {
    match new {
        New::Nothing => {}
        New::Empty => put(encoding, tag, vr, b"", out),
        New::Text(values) => put(encoding, tag, vr, values.join("\\").as_bytes(), out),
        New::Zero => {
            let bytes: &[u8] = match vr {
                VR::US | VR::SS => &[0; 2],
                VR::FD | VR::SV | VR::UV => &[0; 8],
                _ => &[0; 4],
            };
            put(encoding, tag, vr, bytes, out);
        }
        New::Bytes => {
            let bytes: &[u8] = match vr {
                VR::OL | VR::OF | VR::AT => &[0; 4],
                VR::OD | VR::OV => &[0; 8],
                _ => &[0; 2],
            };
            put(encoding, tag, vr, bytes, out);
        }
        New::Item => {
            open_sequence(encoding, tag, out);
            open_item(encoding, out);
            close_item(encoding, out);
            close_sequence(encoding, out);
        }
    }
}

/// What replaces an attribute with this value.
pub(super) fn replacement(engine: &Engine, rule: Rule, value: &[u8]) -> New {
    // Whatever is replaced by its value is UIDs, dates or words of ASCII. Backslash is a second byte of
    // characters in some character sets: that can only cut a word in two, and cost it.
    let text = String::from_utf8_lossy(value);
    let values: Vec<&str> = text.split('\\').collect();
    New::of(engine, rule.action, rule.vr, Some(&values))
}

/// Writes the mark `at`.
pub(super) fn mark(encoding: Encoding, marks: &Marks, at: usize, out: &mut Vec<u8>) {
    let Some((tag, vr)) = Marks::TAGS.get(at).copied() else { return };
    if let Some(text) = marks.text(at) {
        return put(encoding, tag, vr, text.as_bytes(), out);
    }
    open_sequence(encoding, tag, out);
    for (code, meaning) in &marks.codes {
        open_item(encoding, out);
        for (tag, vr, text) in Marks::item(code, meaning) {
            put(encoding, tag, vr, text.as_bytes(), out);
        }
        close_item(encoding, out);
    }
    close_sequence(encoding, out);
}

/// Sequences and items are written with undefined length: the true one is known only at their end.
pub(super) fn open_sequence(encoding: Encoding, tag: Tag, out: &mut Vec<u8>) {
    encoding.write(tag, VR::SQ, UNDEFINED, out);
}

pub(super) fn close_sequence(encoding: Encoding, out: &mut Vec<u8>) {
    encoding.write(SEQUENCE_END, VR::UN, 0, out);
}

pub(super) fn open_item(encoding: Encoding, out: &mut Vec<u8>) {
    encoding.write(ITEM, VR::UN, UNDEFINED, out);
}

pub(super) fn close_item(encoding: Encoding, out: &mut Vec<u8>) {
    encoding.write(ITEM_END, VR::UN, 0, out);
}
