//! The three notations of an attribute in JSON, and how a new value is written in each.

use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::StandardDataDictionary;

use super::text::{quote, quote_plain};
use crate::{bytes::append, marks::Marks, value::New};

/// How a document writes a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// PS3.18 Annex F: `"00080060": {"vr": "CS", "Value": ["MR"]}`.
    Dicom,
    /// Orthanc's `/tags`: `"0008,0060": {"Name": "Modality", "Type": "String", "Value": "MR"}`.
    Full,
    /// Orthanc's main tags: `"Modality": "MR"`.
    Simple,
    /// Read as [`Form::Full`], written as [`Form::Simple`]: Orthanc's own `/simplified-tags` call private
    /// attributes by names of the standard.
    Simplified,
}

impl Form {
    /// The attribute that a key names; none if it is not known, or badly written.
    pub fn tag(self, key: &[u8]) -> Option<Tag> {
        match self {
            Form::Dicom => hex(key.try_into().ok()?),
            Form::Full | Form::Simplified => {
                let &[a, b, c, d, b',', e, f, g, h] = key else { return None };
                hex(&[a, b, c, d, e, f, g, h])
            }
            Form::Simple => {
                let keyword = std::str::from_utf8(key).ok()?;
                Some(StandardDataDictionary.by_name(keyword)?.tag.inner())
            }
        }
    }

    /// Writes the attribute's key and the colon.
    pub fn key(self, tag: Tag, out: &mut Vec<u8>) {
        out.push(b'"');
        match self {
            Form::Dicom => {
                digits(tag.0, out);
                digits(tag.1, out);
            }
            Form::Full => {
                let Tag(group, element) = tag;
                out.extend(format!("{group:04x},{element:04x}").bytes());
            }
            Form::Simple | Form::Simplified => out.extend(keyword(tag).bytes()),
        }
        out.extend(b"\":");
    }

    /// Writes what stands before the items of a sequence.
    pub fn open_sequence(self, tag: Tag, out: &mut Vec<u8>) {
        match self {
            Form::Dicom => out.extend(br#"{"vr":"SQ","Value":"#),
            Form::Full => {
                named(tag, "Sequence", out);
            }
            Form::Simple | Form::Simplified => {}
        }
    }

    /// Writes what stands after them.
    pub fn close_sequence(self, out: &mut Vec<u8>) {
        if matches!(self, Form::Dicom | Form::Full) {
            out.push(b'}');
        }
    }

    /// Writes a new value; false if the attribute goes.
    pub fn write(self, tag: Tag, vr: VR, new: &New, out: &mut Vec<u8>) -> bool {
        if *new == New::Nothing {
            return false;
        }
        match self {
            Form::Dicom => dicom(vr, new, out),
            Form::Full => {
                let (kind, null) = match new {
                    New::Item => ("Sequence", false),
                    New::Empty if vr == VR::SQ => ("Sequence", false),
                    New::Bytes => ("Null", true),
                    _ => ("String", false),
                };
                named(tag, kind, out);
                if null {
                    out.extend(b"null")
                } else {
                    simple(vr, new, out)
                }
                out.push(b'}');
            }
            Form::Simple | Form::Simplified => simple(vr, new, out),
        }
        true
    }

    /// Writes a UID of digits and dots: what [`Form::write`] does with it as the only text.
    pub fn write_uid(self, tag: Tag, uid: &[u8], out: &mut Vec<u8>) {
        match self {
            Form::Dicom => {
                append(br#"{"vr":"UI","Value":["#, out);
                quote_plain(uid, out);
                append(b"]}", out);
            }
            Form::Full => {
                named(tag, "String", out);
                quote_plain(uid, out);
                out.push(b'}');
            }
            Form::Simple | Form::Simplified => quote_plain(uid, out),
        }
    }

    /// Writes the mark `at`, with its key.
    pub fn mark(self, marks: &Marks, at: usize, out: &mut Vec<u8>) {
        let (tag, vr) = Marks::TAGS[at];
        self.key(tag, out);
        let Some(text) = marks.text(at) else {
            self.open_sequence(tag, out);
            out.push(b'[');
            for (number, (code, meaning)) in marks.codes.iter().enumerate() {
                out.extend(if number == 0 { &b"{"[..] } else { b",{" });
                for (more, (tag, vr, text)) in Marks::item(code, meaning).into_iter().enumerate() {
                    if more > 0 {
                        out.push(b',');
                    }
                    self.key(tag, out);
                    self.write(tag, vr, &New::Text(vec![text.to_owned()]), out);
                }
                out.push(b'}');
            }
            out.push(b']');
            self.close_sequence(out);
            return;
        };
        self.write(tag, vr, &New::Text(vec![text.to_owned()]), out);
    }
}

/// The keyword of the dictionary; the tag can only come from there or from the table.
fn keyword(tag: Tag) -> &'static str {
    StandardDataDictionary.by_tag(tag).map_or("", |entry| entry.alias)
}

fn named(tag: Tag, kind: &str, out: &mut Vec<u8>) {
    out.extend(br#"{"Name":""#);
    out.extend(keyword(tag).bytes());
    out.extend(br#"","Type":""#);
    out.extend(kind.bytes());
    out.extend(br#"","Value":"#);
}

/// What stands before the value of a kept attribute in the form `Full`.
pub(super) fn open_full(tag: Tag, kind: &str, out: &mut Vec<u8>) {
    named(tag, kind, out);
}

fn dicom(vr: VR, new: &New, out: &mut Vec<u8>) {
    out.extend(br#"{"vr":""#);
    out.extend(vr.to_string().bytes());
    out.push(b'"');
    match new {
        New::Nothing | New::Empty => {}
        New::Bytes => out.extend(br#","InlineBinary":"AAA=""#),
        New::Item => out.extend(br#","Value":[{}]"#),
        New::Zero => out.extend(br#","Value":[0]"#),
        New::Text(values) => {
            out.extend(br#","Value":["#);
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                match vr {
                    _ if value.is_empty() => out.extend(b"null"),
                    VR::PN => {
                        out.extend(br#"{"Alphabetic":"#);
                        quote(value, out);
                        out.push(b'}');
                    }
                    _ => quote(value, out),
                }
            }
            out.push(b']');
        }
    }
    out.push(b'}');
}

fn simple(vr: VR, new: &New, out: &mut Vec<u8>) {
    match new {
        New::Empty if vr == VR::SQ => out.extend(b"[]"),
        New::Nothing | New::Empty => out.extend(b"\"\""),
        // Orthanc shows no bytes here.
        New::Bytes => out.extend(b"null"),
        New::Item => out.extend(b"[{}]"),
        New::Zero => out.extend(b"\"0\""),
        New::Text(values) => quote(values.join("\\"), out),
    }
}

fn hex(digits: &[u8; 8]) -> Option<Tag> {
    let mut number = 0u32;
    for &digit in digits {
        number = (number << 4) | (digit as char).to_digit(16)?;
    }
    Some(Tag((number >> 16) as u16, number as u16))
}

fn digits(number: u16, out: &mut Vec<u8>) {
    for shift in [12, 8, 4, 0] {
        let digit = ((number >> shift) & 15) as u8;
        out.push(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 });
    }
}
