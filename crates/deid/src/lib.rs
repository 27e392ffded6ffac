//! De-identification by the Basic Application Level Confidentiality Profile of DICOM PS3.15 Annex E.
//! No I/O: bytes go in, bytes come out, and what is not understood does not come out.
//!
//! In goes an [`Engine`], which is a [`Profile`] (the table and the site's [`Options`]) and the
//! [`ShareKey`] of one share, and one of three carriers in chunks of any size:
//!
//! | carrier | by | attributes are known by |
//! | --- | --- | --- |
//! | DICOM JSON (PS3.18 Annex F) | [`json::Transformer`], [`json::Document::DicomJson`] | tag |
//! | Orthanc's JSON | [`json::Transformer`], the other documents | keyword, or `gggg,eeee` |
//! | DICOM files (PS3.10) | [`file::Transformer`] | tag |
//!
//! Out comes the same document with every attribute kept, replaced or gone, and at the top of each
//! data set what was done (Patient Identity Removed, De-identification Method and its codes,
//! Longitudinal Temporal Information Modified). [`pixel_risk`] says of an image's headers whether its
//! pixels may say who it is.
//!
//! # The subtle thing
//!
//! An output that was begun cannot be taken back. So nothing is written before its fate is certain: an
//! attribute is decided by its key, which comes first; its stated VR is not believed where it decides
//! whether something is walked; and after an error the caller has to break the answer off. What was
//! given out until then is de-identified. An error before the first byte is an answer of its own.
//!
//! # Decisions
//!
//! - **Conditional pairs.** The type of an attribute in its object (1, 2 or 3) is not known to a proxy
//!   that sees parts of objects, so the first and stricter action is taken: X of `X/…`, Z of `Z/D`.
//!   Viewers need none of the attributes that this removes. What identifies an object is never
//!   conditional (the UIDs are U), nor is what a viewer lists (study date, accession number: Z).
//! - **Patient's Name and Patient ID** (Z, Z/D) are `Anonymized`: Z allows a dummy value.
//! - **D** is a constant valid for the VR; of a sequence one empty item; of a UID a keyed one.
//! - **Several options.** K wins over C; except that moved dates win over a device's kept ones, which
//!   would give the shift away. What cannot be cleaned (codes, AE titles, sequences) gets the basic action.
//! - **Clean** keeps words of a closed vocabulary, at most 16 characters of them, and nothing else.
//! - **Beyond the table**, kept: what the dictionary knows. Removed, though not in the table: private
//!   attributes and attributes that nobody knows, group lengths, names, AE titles, links (UR), dates and
//!   times (as the option says, and those in other calendars), the rest of overlay groups, encrypted
//!   attributes, a document's title, the text of annotations and reports, ids that are no UID, directories
//!   and file meta information. Other UIDs are replaced, unless they name a class, a transfer
//!   syntax or a coding scheme.
//! - **Sequences** are walked to a depth of 32. One that is stated as another VR, or another VR stated
//!   as a sequence, is removed: a data set stored as UN is not looked into.
//! - **UIDs of the standard** (`1.2.840.10008.…`, in the branches that it has, no component over four digits) stay.

mod bytes;
mod error;
pub mod file;
pub mod json;
mod key;
mod marks;
mod options;
mod pixels;
mod profile;
pub mod table;
mod value;
mod words;

pub use error::Error;
pub use key::ShareKey;
pub use options::{Longitudinal, Options};
pub use pixels::{PixelFacts, PixelRisk, pixel_risk};
pub use profile::{Action, Profile, Rule};
pub use table::Plain;
pub use value::DUMMY;

/// A profile with the key of one share: all that a carrier needs.
#[derive(Debug, Clone)]
pub struct Engine {
    /// What is done with each attribute.
    pub profile: Profile,
    /// What replaces UIDs and ids, and by how much dates move.
    pub key: ShareKey,
}

impl Engine {
    /// The UID that a viewer sees for one of the server's: the share's, or itself with
    /// [`Options::retain_uids`]. To map one back, look for it among those of the shared studies.
    pub fn uid(&self, uid: &str) -> String {
        match self.profile.options().retain_uids {
            true => uid.trim_matches([' ', '\0']).to_owned(),
            false => self.key.uid(uid),
        }
    }
}
