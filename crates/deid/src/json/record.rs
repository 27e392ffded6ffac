//! Orthanc's own objects: which of their fields pass, and as what. What is not listed does not.
//! Left out with intent: `LastUpdate` (the day of the examination), labels, metadata, attachments,
//! the file's UUID and size, what an object was modified from.

use super::{
    leaf::elements,
    text::{Cursor, Kind, plain, quote, quote_plain, unescape, unquoted},
};
use crate::{Engine, bytes::append, key::is_well_known};

/// The fields of one kind of object.
pub(super) type Record = [(&'static str, Field)];

/// How a field is read, and written.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// An Orthanc id, replaced by the share's.
    Id,
    /// A list of these.
    Ids,
    /// Osimis' list of frames: `[[id, first, count], …]`.
    Frames,
    /// true or false.
    Bool,
    /// A number.
    Number,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A short word or version number of the program, not of the data: letters, digits, `. / _ -`.
    Token,
    /// A list of these.
    Tokens,
    /// A UID of the standard, for example a transfer syntax.
    WellKnownUid,
    /// A data set by keywords.
    Tags,
    /// An object of this kind.
    Record(&'static Record),
    /// Objects of this kind by Orthanc ids.
    Keyed(&'static Record),
}

const TYPE: (&str, Field) = ("Type", Field::Word(&["Patient", "Study", "Series", "Instance"]));

/// Patient, study, series and instance have one list: Orthanc names a field the same everywhere.
pub(super) static RESOURCE: &Record = &[
    ("ID", Field::Id),
    TYPE,
    ("IsStable", Field::Bool),
    ("MainDicomTags", Field::Tags),
    ("PatientMainDicomTags", Field::Tags),
    ("RequestedTags", Field::Tags),
    ("ParentPatient", Field::Id),
    ("ParentStudy", Field::Id),
    ("ParentSeries", Field::Id),
    ("Studies", Field::Ids),
    ("Series", Field::Ids),
    ("Instances", Field::Ids),
    ("ExpectedNumberOfInstances", Field::Number),
    ("IndexInSeries", Field::Number),
    ("Status", Field::Word(&["Complete", "Missing", "Inconsistent", "Unknown"])),
];

/// `/system`: what viewers ask of it. The name and the AE title of the server are the hospital's.
pub(super) static SYSTEM: &Record = &[("ApiVersion", Field::Number), ("Version", Field::Token)];

static OSIMIS_INFO: &Record = &[("TagsSubset", Field::Tags), ("TransferSyntax", Field::WellKnownUid)];

/// `/osimis-viewer/series/{id}`.
pub(super) static OSIMIS_SERIES: &Record = &[
    ("id", Field::Id),
    ("studyId", Field::Id),
    ("contentType", Field::Token),
    ("skipped", Field::Number),
    ("availableQualities", Field::Tokens),
    ("instances", Field::Frames),
    ("instancesInfos", Field::Keyed(OSIMIS_INFO)),
    ("middleInstanceInfos", Field::Record(OSIMIS_INFO)),
    ("study", Field::Record(RESOURCE)),
];

/// Writes a field that is no object of its own; false if it goes, or is not there as a whole.
pub(super) fn field(engine: &Engine, field: Field, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> bool {
    cursor.value().is_some_and(|kind| write(engine, field, kind, cursor.text(), out).is_some())
}

fn write(engine: &Engine, field: Field, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match (field, kind) {
        (Field::Id, Kind::String) => {
            let id = unquoted(text);
            let write = |id: &[u8]| quote_plain(id, out);
            match plain(id) {
                true => engine.key.with_orthanc_id(id, write),
                false => engine.key.with_orthanc_id(unescape(id).as_bytes(), write),
            }
        }
        (Field::Bool, Kind::Bool) | (Field::Number, Kind::Number | Kind::Null) => append(text, out),
        // Still escaped, these three: an escaped one is none.
        (Field::Word(words), Kind::String) => {
            quote(words.iter().find(|word| word.as_bytes() == unquoted(text))?, out)
        }
        (Field::Token, Kind::String) => {
            quote(std::str::from_utf8(unquoted(text)).ok().filter(|token| is_token(token))?, out)
        }
        (Field::WellKnownUid, Kind::String) => {
            quote(std::str::from_utf8(unquoted(text)).ok().filter(|uid| is_well_known(uid.as_bytes()))?, out)
        }
        (Field::Ids, Kind::Array) => list(engine, Field::Id, text, out)?,
        (Field::Tokens, Kind::Array) => list(engine, Field::Token, text, out)?,
        (Field::Frames, Kind::Array | Kind::Nested) => frames(engine, text, out)?,
        _ => return None,
    }
    Some(())
}

fn list(engine: &Engine, each: Field, array: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut more = false;
    out.push(b'[');
    elements(array, |kind, text| {
        if more {
            out.push(b',');
        }
        more = true;
        write(engine, each, kind, text, out)
    })?;
    out.push(b']');
    Some(())
}

fn frames(engine: &Engine, array: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut more = false;
    out.push(b'[');
    elements(array, |_, frame| {
        out.extend(if more { &b",["[..] } else { b"[" });
        more = true;
        let mut at = 0;
        elements(frame, |kind, text| {
            if at > 0 {
                out.push(b',');
            }
            at += 1;
            match kind {
                Kind::String if at == 1 => write(engine, Field::Id, kind, text, out)?,
                Kind::Number => append(text, out),
                // A slice's UID in other versions: the viewer counts positions, so something stays.
                _ => out.extend(b"null"),
            }
            Some(())
        })?;
        out.push(b']');
        Some(())
    })?;
    out.push(b']');
    Some(())
}

fn is_token(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"./_-".contains(&b))
}
