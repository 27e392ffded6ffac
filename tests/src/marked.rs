//! A study of a patient whose identity stands everywhere: each attribute of PS3.15 Table E.1-1 that can hold
//! text has a mark in it, and so have private attributes, unknown ones, and items of sequences.

use std::collections::BTreeMap;

/// The root of all UIDs of the study.
pub const UID: &str = "1.2.826.0.1.3680043.10.99999.77";

/// What must not be seen, in lower case: the marks as text, as base64, as dates, times, numbers and UIDs.
pub const MARKS: [&str; 6] = ["zqmark", "wlfnqvjl", "19450312", "031245.9", "777666555", "99999.77"];

/// A sequence that the profile keeps, and that these files store as bytes (Sequence of Ultrasound Regions).
pub const SEQUENCE_AS_BYTES: u32 = 0x0018_6011;

/// The pixels of an instance, 4 by 4 of 16 bits.
pub const PIXELS: [u8; 32] = *b"pixels-that-are-passed-as-theyre";

/// DICOM files of one series, of this modality, class and Burned In Annotation.
pub fn files(count: u16, modality: &str, class: &str, burned_in: &str) -> Vec<Vec<u8>> {
    (1..=count).map(|number| file(number, modality, class, burned_in)).collect()
}

/// CT images, which have no text in their pixels.
pub fn ct(count: u16) -> Vec<Vec<u8>> {
    files(count, "CT", "1.2.840.10008.5.1.4.1.1.2", "NO")
}

fn file(number: u16, modality: &str, class: &str, burned_in: &str) -> Vec<u8> {
    let instance = format!("{UID}.1.1.{number}");
    let mut set: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut put = |tag: u32, vr: &str, value: &[u8]| {
        set.insert(tag, element(tag, vr, value));
    };
    for row in deid::table::rows() {
        // Commands, file meta information and directories are no attributes of an image.
        if row.tag >> 16 < 8 {
            continue;
        }
        let (tag, vr) = (row.tag, row.vr.to_string());
        match vr {
            "SQ" => put(tag, "SQ", &item(&element(0x0010_0010, "PN", b"ZQMARK^ITEM"))),
            "UI" => put(tag, "UI", format!("{UID}.9.{tag}").as_bytes()),
            "DA" => put(tag, "DA", b"19450312"),
            "TM" => put(tag, "TM", b"031245.9876"),
            "DT" => put(tag, "DT", b"19450312031245"),
            "AS" => put(tag, "AS", b"077Y"),
            "IS" | "DS" => put(tag, vr, b"777666555"),
            "OB" | "OW" | "UN" => put(tag, vr, b"ZQMARKZQMARK"),
            "PN" => put(tag, "PN", b"ZQMARK^NAME"),
            "AE" | "CS" | "LO" | "LT" | "SH" | "ST" | "UC" | "UR" | "UT" => put(tag, vr, b"ZQMARK"),
            _ => {}
        }
    }
    put(0x0008_0005, "CS", b"ISO_IR 100");
    put(0x0008_0008, "CS", b"ORIGINAL\\PRIMARY\\AXIAL");
    put(0x0008_0016, "UI", class.as_bytes());
    put(0x0008_0018, "UI", instance.as_bytes());
    put(0x0008_0060, "CS", modality.as_bytes());
    // An attribute that nobody knows, private ones, and a name in an item of a sequence that is kept.
    put(0x0008_9999, "LO", b"ZQMARK");
    put(0x0009_0010, "LO", b"ZQMARK CREATOR");
    put(0x0009_1001, "LO", b"ZQMARK");
    put(0x0009_1002, "UN", b"ZQMARKZQMARK");
    // Vendors' attributes whose names in Orthanc's dictionary are those of attributes that are kept.
    put(0x0019_0010, "LO", b"SIEMENS DLR.01");
    put(0x0019_1011, "LT", b"ZQMARK\\ImageType");
    put(0x0029_0010, "LO", b"SIEMENS MED DISPLAY");
    put(0x0029_1004, "LT", b"ZQMARK PhotometricInterpretation");
    // A sequence that is kept, stored as bytes: a data set in implicit VR (PS3.5 6.2.2).
    put(SEQUENCE_AS_BYTES, "UN", &item(&implicit(0x0010_0010, b"ZQMARK^BYTES")));
    // Kept by the table's letter, which does not list them: dates, free text and ids that say so by no VR.
    put(0x0010_0033, "LO", b"ZQMARK 1945");
    put(0x0040_A160, "UT", b"ZQMARK");
    put(0x0040_E001, "ST", format!("{UID}.7^ZQMARK").as_bytes());
    put(0x0070_0006, "ST", b"ZQMARK");
    put(0x0088_0130, "SH", b"ZQMARK");
    let named = [element(0x0008_0100, "SH", b"T-1"), element(0x0010_0020, "LO", b"ZQMARK")].concat();
    put(0x0008_2218, "SQ", &item(&named));
    put(0x0020_000D, "UI", format!("{UID}.1").as_bytes());
    put(0x0020_000E, "UI", format!("{UID}.1.1").as_bytes());
    put(0x0020_0011, "IS", b"1");
    put(0x0020_0013, "IS", number.to_string().as_bytes());
    for (tag, value) in [
        (0x0028_0002, 1_u16),
        (0x0028_0010, 4),
        (0x0028_0011, 4),
        (0x0028_0100, 16),
        (0x0028_0101, 16),
        (0x0028_0102, 15),
        (0x0028_0103, 0),
    ] {
        put(tag, "US", &value.to_le_bytes());
    }
    put(0x0028_0004, "CS", b"MONOCHROME2");
    put(0x0028_0301, "CS", burned_in.as_bytes());
    put(0x5000_3000, "OB", b"ZQMARKZQMARK");
    put(0x6000_4000, "LT", b"ZQMARK");
    put(0x7FE0_0010, "OW", &PIXELS);
    let meta = [
        element(0x0002_0001, "OB", &[0, 1]),
        element(0x0002_0002, "UI", class.as_bytes()),
        element(0x0002_0003, "UI", instance.as_bytes()),
        element(0x0002_0010, "UI", b"1.2.840.10008.1.2.1"),
        element(0x0002_0012, "UI", format!("{UID}.8").as_bytes()),
        element(0x0002_0016, "AE", b"ZQMARK"),
    ]
    .concat();
    let length = element(0x0002_0000, "UL", &(meta.len() as u32).to_le_bytes());
    let mut file = b"ZQMARK".to_vec();
    file.resize(128, 0);
    file.extend_from_slice(b"DICM");
    [file, length, meta, set.into_values().flatten().collect()].concat()
}

/// An element in explicit VR little endian.
fn element(tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    bytes.extend_from_slice(vr.as_bytes());
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == "UI" { 0 } else { b' ' });
    }
    if matches!(vr, "OB" | "OW" | "SQ" | "UC" | "UN" | "UR" | "UT") {
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
    } else {
        bytes.extend_from_slice(&(value.len() as u16).to_le_bytes());
    }
    [bytes, value].concat()
}

/// An element in implicit VR little endian, of an even number of bytes.
fn implicit(tag: u32, value: &[u8]) -> Vec<u8> {
    let tag = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    [&tag[..], &(value.len() as u32).to_le_bytes(), value].concat()
}

/// The same file of another patient, whose id is as long.
pub fn of_another_patient(file: &[u8]) -> Vec<u8> {
    let of = |id: &[u8]| element(0x0010_0020, "LO", id);
    let (ours, other) = (of(b"ZQMARK"), of(b"OTHER1"));
    let at = file.windows(ours.len()).rposition(|part| part == ours);
    let mut file = file.to_vec();
    let at = at.expect("it has a PatientID");
    file[at..at + ours.len()].copy_from_slice(&other);
    file
}

fn item(content: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), content].concat()
}
