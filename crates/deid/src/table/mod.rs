//! PS3.15 Table E.1-1, edition 2024b, in our own compact form: 617 rows of single attributes, and as
//! rules the four rows that are patterns (curves, overlay data, overlay comments, private attributes).

mod rows;

use dicom_core::{Tag, VR};

/// The action of the Basic Profile, as the table writes it. The conditional ones leave a choice that
/// depends on the attribute's type in its object; see [`Basic::stricter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the table's own.
pub enum Basic {
    X,
    Z,
    D,
    U,
    XZ,
    XD,
    ZD,
    XZD,
    XZU,
}

/// What is done without an option: one of the four plain actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// X: the attribute goes.
    Remove,
    /// Z: the attribute stays, its value goes.
    Zero,
    /// D: a value that is the same for everybody.
    Dummy,
    /// U: another UID.
    Uid,
}

impl Basic {
    /// Which of a conditional pair is taken: the first. It is the stricter one, and the type of an
    /// attribute in its object is not known to a proxy that sees parts of objects.
    pub fn stricter(self) -> Plain {
        match self {
            Basic::X | Basic::XZ | Basic::XD | Basic::XZD | Basic::XZU => Plain::Remove,
            Basic::Z | Basic::ZD => Plain::Zero,
            Basic::D => Plain::Dummy,
            Basic::U => Plain::Uid,
        }
    }
}

/// One attribute of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Group and element as one number, for example `0x0010_0010`.
    pub tag: u32,
    /// The VR of the data dictionary.
    pub vr: VR,
    /// The Basic Profile's action.
    pub basic: Basic,
    /// What the options change: bits of [`options`].
    pub options: u32,
}

const fn row(tag: u32, vr: VR, basic: Basic, options: u32) -> Row {
    Row { tag, vr, basic, options }
}

/// The cells of the table's option columns: K keeps, C cleans.
#[allow(missing_docs)] // Column and cell, as the table names them.
pub mod options {
    pub const UIDS_K: u32 = 1;
    pub const DEVICE_K: u32 = 1 << 1;
    pub const DEVICE_C: u32 = 1 << 2;
    pub const INSTITUTION_K: u32 = 1 << 3;
    pub const PATIENT_K: u32 = 1 << 4;
    pub const PATIENT_C: u32 = 1 << 5;
    pub const FULL_DATES_K: u32 = 1 << 6;
    pub const MODIFIED_DATES_C: u32 = 1 << 7;
    pub const DESCRIPTORS_C: u32 = 1 << 8;
    // Two options that this engine does not offer: the cells are there, and never read.
    pub const STRUCTURED_CONTENT_C: u32 = 1 << 9;
    pub const GRAPHICS_C: u32 = 1 << 10;
}

/// The repeating groups 50XX and 60XX: curves, overlay data, overlay comments.
const REPEATING: Row = row(0, VR::UN, Basic::X, options::GRAPHICS_C);

/// The row of an attribute. Private attributes have none here: the profile removes them first.
pub fn find(tag: Tag) -> Option<&'static Row> {
    match tag.0 & 0xFF01 {
        0x5000 => return Some(&REPEATING),
        0x6000 if matches!(tag.1, 0x3000 | 0x4000) => return Some(&REPEATING),
        _ => {}
    }
    let number = (u32::from(tag.0) << 16) | u32::from(tag.1);
    let at = rows::ROWS.binary_search_by_key(&number, |row| row.tag).ok()?;
    rows::ROWS.get(at)
}

/// Every row of a single attribute, by ascending tag.
pub fn rows() -> &'static [Row] {
    rows::ROWS
}
