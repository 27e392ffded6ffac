//! What the tests share: the rows of the table from the CSV itself where it is there, and an engine.
#![allow(dead_code, clippy::unwrap_used)] // Each test uses a part.

use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::StandardDataDictionary;
use orthanc_share_deid::{
    Engine, Longitudinal, Options, Profile, ShareKey,
    table::{self, Basic, options as cell},
};
use std::sync::Arc;

/// One row, as the CSV has it: the cells in the order of its columns, from the basic profile on.
pub struct Row {
    pub tag: String,
    pub basic: String,
    pub uids: String,
    pub device: String,
    pub institution: String,
    pub patient: String,
    pub full_dates: String,
    pub modified_dates: String,
    pub descriptors: String,
}

impl Row {
    /// Attributes that the row is about: one, or examples of a pattern.
    pub fn tags(&self) -> Vec<Tag> {
        match self.tag.as_str() {
            "50XXXXXX" => vec![Tag(0x5000, 0x3000), Tag(0x5002, 0x0022), Tag(0x501E, 0x2500)],
            "60XX3000" => vec![Tag(0x6000, 0x3000), Tag(0x601E, 0x3000)],
            "60XX4000" => vec![Tag(0x6000, 0x4000), Tag(0x6002, 0x4000)],
            "PRIVATE" => vec![Tag(0x0009, 0x0010), Tag(0x0009, 0x1001), Tag(0x7FE1, 0x1010)],
            tag => {
                let number = u32::from_str_radix(tag, 16).unwrap();
                vec![Tag((number >> 16) as u16, number as u16)]
            }
        }
    }
}

/// The CSV, where the reference material lies beside the repository.
pub fn csv() -> Option<Vec<Row>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/deid/ps3.15-table-e1-1.csv");
    let text = std::fs::read_to_string(path).ok()?;
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let from_end = |at: usize| cells[cells.len() - 11 + at].to_owned();
        Row {
            tag: cells[0].to_owned(),
            basic: from_end(0),
            uids: from_end(2),
            device: from_end(3),
            institution: from_end(4),
            patient: from_end(5),
            full_dates: from_end(6),
            modified_dates: from_end(7),
            descriptors: from_end(8),
        }
    });
    Some(rows.collect())
}

/// The rows of the CSV, or else of the committed form.
pub fn rows() -> Vec<Row> {
    csv().unwrap_or_else(|| {
        let of = |options: u32, k: u32, c: u32| match options {
            o if o & k != 0 => "K".to_owned(),
            o if o & c != 0 => "C".to_owned(),
            _ => String::new(),
        };
        let mut rows: Vec<Row> = table::rows()
            .iter()
            .map(|row| Row {
                tag: format!("{:08X}", row.tag),
                basic: basic(row.basic).to_owned(),
                uids: of(row.options, cell::UIDS_K, 0),
                device: of(row.options, cell::DEVICE_K, cell::DEVICE_C),
                institution: of(row.options, cell::INSTITUTION_K, 0),
                patient: of(row.options, cell::PATIENT_K, cell::PATIENT_C),
                full_dates: of(row.options, cell::FULL_DATES_K, 0),
                modified_dates: of(row.options, 0, cell::MODIFIED_DATES_C),
                descriptors: of(row.options, 0, cell::DESCRIPTORS_C),
            })
            .collect();
        for tag in ["50XXXXXX", "60XX3000", "60XX4000", "PRIVATE"] {
            let none = String::new;
            rows.push(Row {
                tag: tag.to_owned(),
                basic: "X".to_owned(),
                uids: none(),
                device: none(),
                institution: none(),
                patient: none(),
                full_dates: none(),
                modified_dates: none(),
                descriptors: none(),
            });
        }
        rows
    })
}

pub fn basic(basic: Basic) -> &'static str {
    match basic {
        Basic::X => "X",
        Basic::Z => "Z",
        Basic::D => "D",
        Basic::U => "U",
        Basic::XZ => "X/Z",
        Basic::XD => "X/D",
        Basic::ZD => "Z/D",
        Basic::XZD => "X/Z/D",
        Basic::XZU => "X/Z/U*",
    }
}

/// Choices of options: none, each alone, and all that go together.
pub fn choices() -> Vec<Options> {
    let none = Options::default();
    let all = Options {
        retain_uids: true,
        longitudinal: Longitudinal::FullDates,
        retain_patient_characteristics: true,
        retain_device_identity: true,
        retain_institution_identity: true,
        clean_descriptors: true,
    };
    vec![
        none,
        Options { retain_uids: true, ..none },
        Options { longitudinal: Longitudinal::FullDates, ..none },
        Options { longitudinal: Longitudinal::ModifiedDates, ..none },
        Options { retain_patient_characteristics: true, ..none },
        Options { retain_device_identity: true, ..none },
        Options { retain_institution_identity: true, ..none },
        Options { clean_descriptors: true, ..none },
        all,
        Options { longitudinal: Longitudinal::ModifiedDates, ..all },
    ]
}

pub fn engine(options: Options) -> Arc<Engine> {
    Arc::new(Engine { profile: Profile::new(options), key: ShareKey::derive(b"a secret", "a share") })
}

pub fn vr(tag: Tag) -> VR {
    StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr.relaxed())
}

pub fn keyword(tag: Tag) -> Option<&'static str> {
    StandardDataDictionary.by_tag(tag).filter(|_| tag.0 & 1 == 0).map(|entry| entry.alias)
}

/// A value that identifies somebody, valid for the VR.
pub fn marker(vr: VR) -> &'static str {
    match vr {
        VR::UI => "1.2.3.4.19450312",
        VR::DA => "19450312",
        VR::TM => "112233.445566",
        VR::DT => "19450312112233.445566",
        VR::AS => "047Y",
        VR::DS | VR::IS => "194503",
        VR::US | VR::SS => "19450",
        VR::UL | VR::SL => "19450312",
        VR::FL | VR::FD => "19450.5",
        _ => "MARKER DOE KNEE",
    }
}

/// What the row asks for under the options, worked out from its cells alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Absent,
    EmptyOrDummy,
    Dummy,
    OtherUid,
    Kept,
    Moved,
    /// Nothing but `KNEE` may be left of the marker.
    Cleaned,
}

pub fn wanted(row: &Row, vr: VR, options: Options) -> Wanted {
    let plain = match row.basic.chars().next() {
        Some('X') => Wanted::Absent,
        Some('Z') => Wanted::EmptyOrDummy,
        Some('D') => Wanted::Dummy,
        Some('U') => Wanted::OtherUid,
        _ => panic!("{} has no action", row.tag),
    };
    if options.longitudinal == Longitudinal::ModifiedDates && row.modified_dates == "C" {
        return if matches!(vr, VR::DA | VR::TM | VR::DT) { Wanted::Moved } else { plain };
    }
    let chosen = [
        (options.retain_uids, &row.uids),
        (options.retain_device_identity, &row.device),
        (options.retain_institution_identity, &row.institution),
        (options.retain_patient_characteristics, &row.patient),
        (options.longitudinal == Longitudinal::FullDates, &row.full_dates),
        (options.clean_descriptors, &row.descriptors),
    ];
    let has = |what: &str| chosen.iter().any(|(on, cell)| *on && *cell == what);
    match () {
        () if has("K") => Wanted::Kept,
        () if has("C") => Wanted::Cleaned,
        () => plain,
    }
}

/// What was found of an attribute after the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Absent,
    Empty,
    Value(String),
    Items(String),
}

pub fn check(row: &Row, vr: VR, options: Options, found: &Found, whole: &[u8], context: &str) {
    let wanted = wanted(row, vr, options);
    let leaks = contains(whole, marker(vr).as_bytes());
    let value = |test: &dyn Fn(&str) -> bool| match found {
        Found::Value(value) => test(value.trim_end_matches([' ', '\0'])),
        _ => false,
    };
    let good = match wanted {
        Wanted::Absent => *found == Found::Absent,
        Wanted::EmptyOrDummy => *found != Found::Absent && *found != Found::Value(marker(vr).into()),
        Wanted::Dummy => !matches!(found, Found::Absent | Found::Empty),
        Wanted::OtherUid => value(&|value| value.starts_with("2.25.")),
        Wanted::Kept if vr == VR::SQ => matches!(found, Found::Items(_)),
        Wanted::Kept => value(&|value| value == marker(vr)),
        Wanted::Moved if vr == VR::TM => value(&|value| value == marker(vr)),
        Wanted::Moved => value(&|value| value.len() == marker(vr).len() && !value.starts_with("19450312")),
        Wanted::Cleaned => {
            let plain = self::wanted(row, vr, Options::default());
            *found == Found::Value("KNEE".into())
                || matches!((plain, found), (Wanted::Absent, Found::Absent))
                || plain != Wanted::Absent && *found != Found::Absent
        }
    };
    assert!(good, "{} {vr:?} wants {wanted:?}, found {found:?}, {context}", row.tag);
    let stays = wanted == Wanted::Kept || wanted == Wanted::Moved && vr == VR::TM;
    assert_eq!(leaks, stays, "{} {vr:?} {wanted:?}: leak? {context}", row.tag);
}

pub fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}
