//! The decision for one attribute: the table, the options, and what the table leaves open.
//! Nothing here sees a value.

use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use crate::{
    marks::Marks,
    options::{Longitudinal, Options},
    table::{self, Plain, options as cell},
};

/// What becomes of one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// K, or not in the table: the value stays; of a sequence, each item is walked.
    Keep,
    /// X.
    Remove,
    /// Z: zero length.
    Zero,
    /// D: a value that is the same for everybody, valid for the VR.
    Dummy,
    /// U: a UID keyed by the share. A well-known one (`1.2.840.10008.…`) stays.
    Uid,
    /// C of the modified dates: moved by the share's days. A malformed one gets the other action.
    ShiftDate(Plain),
    /// C of descriptors and characteristics: only the words of a closed vocabulary stay. If none is
    /// left, or it is no text, the other action is taken.
    Clean(Plain),
}

impl From<Plain> for Action {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::Remove => Action::Remove,
            Plain::Zero => Action::Zero,
            Plain::Dummy => Action::Dummy,
            Plain::Uid => Action::Uid,
        }
    }
}

/// The action for an attribute, and the VR that the dictionary gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What becomes of it.
    pub action: Action,
    /// Its VR; the VR that a document states is not believed where it matters.
    pub vr: VR,
}

const REMOVE: Rule = Rule { action: Action::Remove, vr: VR::UN };

/// The Basic Application Level Confidentiality Profile with a choice of options.
#[derive(Debug, Clone)]
pub struct Profile {
    options: Options,
    cells: u32,
}

impl Profile {
    /// The profile with these options.
    pub fn new(options: Options) -> Self {
        Profile { options, cells: options.cells() }
    }

    /// The options that were chosen.
    pub fn options(&self) -> Options {
        self.options
    }

    /// The action for an attribute.
    pub fn action(&self, tag: Tag) -> Action {
        self.rule(tag).action
    }

    /// Whether an attribute's value stays, byte for byte: not of a sequence, whose items are walked, nor of
    /// what is written anew.
    pub fn keeps_value(&self, tag: Tag) -> bool {
        let rule = self.rule(tag);
        rule.action == Action::Keep && rule.vr != VR::SQ && !Marks::is_mark(tag)
    }

    /// Whether an attribute is a sequence that is walked.
    pub fn walks(&self, tag: Tag) -> bool {
        self.rule(tag) == Rule { action: Action::Keep, vr: VR::SQ } && !Marks::is_mark(tag)
    }

    /// The action for an attribute, with its VR.
    pub fn rule(&self, tag: Tag) -> Rule {
        // Private attributes with their creators, and group lengths, which are no longer true.
        if tag.0 & 1 == 1 || tag.1 == 0 {
            return REMOVE;
        }
        match table::find(tag) {
            Some(row) => self.of_row(tag, row.vr, row.basic.stricter(), row.options),
            None => self.beyond_the_table(tag),
        }
    }

    fn of_row(&self, tag: Tag, vr: VR, plain: Plain, cells: u32) -> Rule {
        const KEEPS: u32 =
            cell::UIDS_K | cell::DEVICE_K | cell::INSTITUTION_K | cell::PATIENT_K | cell::FULL_DATES_K;
        let chosen = cells & self.cells;
        let action = if chosen & cell::MODIFIED_DATES_C != 0 {
            // Before K: the true date of a calibration beside moved ones would give the shift away.
            if matches!(vr, VR::DA | VR::TM | VR::DT) { Action::ShiftDate(plain) } else { plain.into() }
        } else if chosen & KEEPS != 0 {
            Action::Keep
        } else if chosen != 0 && is_text(vr) {
            Action::Clean(plain)
        } else if matches!(tag, tags::PATIENT_NAME | tags::PATIENT_ID) {
            // Z allows a dummy value, and a viewer's header is better not empty.
            Action::Dummy
        } else if plain == Plain::Dummy && vr == VR::UI {
            Action::Uid
        } else {
            plain.into()
        };
        Rule { action, vr }
    }

    /// Attributes that the table does not list are kept, apart from these. Each is stricter than the
    /// table's letter: a name is a name wherever it stands.
    fn beyond_the_table(&self, tag: Tag) -> Rule {
        // Commands and directories are no objects; file meta information is written anew (PS3.15 E.1.1).
        // An overlay plane whose data the table removes is nothing, and its label is free text.
        if matches!(tag.0, 0x0000 | 0x0004) || tag.0 & 0xFF00 == 0x6000 {
            return REMOVE;
        }
        if tag.0 == 0x0002 && !matches!(tag.1, 0x0001 | 0x0002 | 0x0010) {
            return REMOVE;
        }
        // Neither standard nor private, or younger than the dictionary: nobody vouches for it.
        let Some(entry) = StandardDataDictionary.by_tag(tag) else { return REMOVE };
        let vr = entry.vr.relaxed();
        let action = match vr {
            // Names, addresses, and links with real UIDs and hosts in them.
            VR::PN | VR::AE | VR::UR => Action::Remove,
            VR::DA | VR::TM | VR::DT => match self.options.longitudinal {
                Longitudinal::Removed => Action::Remove,
                Longitudinal::FullDates => Action::Keep,
                Longitudinal::ModifiedDates => Action::ShiftDate(Plain::Remove),
            },
            VR::UI if !self.options.retain_uids && !names_a_class(entry.alias) => Action::Uid,
            _ => match tag {
                // What was there before an earlier de-identification, encrypted; a title as free text.
                tags::ENCRYPTED_ATTRIBUTES_SEQUENCE | tags::DOCUMENT_TITLE => Action::Remove,
                // Dates that are no DA.
                tags::PATIENT_BIRTH_DATE_IN_ALTERNATIVE_CALENDAR
                | tags::PATIENT_DEATH_DATE_IN_ALTERNATIVE_CALENDAR
                | tags::PATIENT_ALTERNATIVE_CALENDAR => Action::Remove,
                // Free text of annotations and reports.
                tags::UNFORMATTED_TEXT_VALUE | tags::TEXT_VALUE => Action::Remove,
                // Ids that are no UI.
                tags::HL7_INSTANCE_IDENTIFIER | tags::STORAGE_MEDIA_FILE_SET_ID => Action::Remove,
                Tag(0x0020, 0x3100..=0x31FF) => Action::Remove,
                _ => Action::Keep,
            },
        };
        Rule { action, vr }
    }
}

/// Text that can be cleaned by its words. A code string or an AE title is one word, and no word of ours.
fn is_text(vr: VR) -> bool {
    matches!(vr, VR::LO | VR::SH | VR::ST | VR::LT | VR::UT | VR::UC)
}

/// UIDs that name a kind of thing and not a thing: they may be a vendor's, and must stay.
fn names_a_class(keyword: &str) -> bool {
    keyword.contains("SOPClass")
        || keyword.contains("TransferSyntax")
        || matches!(
            keyword,
            "CodingSchemeUID" | "ContextUID" | "MappingResourceUID" | "ContextGroupExtensionCreatorUID"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_leaves_open() {
        let basic = Profile::new(Options::default());
        for (tag, action) in [
            (tags::MODALITY, Action::Keep),
            (tags::ROWS, Action::Keep),
            (tags::PIXEL_DATA, Action::Keep),
            (tags::SOP_CLASS_UID, Action::Keep),
            (tags::PATIENT_NAME, Action::Dummy),
            (tags::PATIENT_BIRTH_DATE_IN_ALTERNATIVE_CALENDAR, Action::Remove),
            (tags::UNFORMATTED_TEXT_VALUE, Action::Remove),
            (Tag(0x0020, 0x3104), Action::Remove),
            (tags::RETRIEVE_URL, Action::Remove),
            (tags::EVALUATOR_NAME, Action::Remove),
            (tags::EXPIRATION_DATE_TIME, Action::Remove),
            (tags::SOP_INSTANCE_UID_OF_CONCATENATION_SOURCE, Action::Uid),
            (Tag(0x0009, 0x0010), Action::Remove),
            (Tag(0x0008, 0x0000), Action::Remove),
            (Tag(0x0008, 0x0002), Action::Remove),
            (Tag(0x0002, 0x0016), Action::Remove),
            (Tag(0x6002, 0x0010), Action::Remove),
            (Tag(0x501E, 0x3000), Action::Remove),
        ] {
            assert_eq!(basic.action(tag), action, "{tag}");
        }
    }

    #[test]
    fn moved_dates_win_over_kept_ones() {
        let options = Options {
            retain_device_identity: true,
            longitudinal: Longitudinal::ModifiedDates,
            ..Options::default()
        };
        let profile = Profile::new(options);
        assert_eq!(profile.action(tags::DATE_OF_LAST_CALIBRATION), Action::ShiftDate(Plain::Remove));
        assert_eq!(profile.action(tags::DEVICE_SERIAL_NUMBER), Action::Keep);
        assert_eq!(profile.action(tags::EXPIRATION_DATE_TIME), Action::ShiftDate(Plain::Remove));
    }
}
