//! What a de-identified data set says about itself (PS3.15 E.1.1): four attributes at its top.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::{Options, Profile};

/// The texts of one profile's marks.
#[derive(Debug, Clone)]
pub(crate) struct Marks {
    /// Code value and meaning.
    pub codes: Vec<(&'static str, &'static str)>,
    temporal: &'static str,
}

impl Marks {
    /// The attributes, by ascending tag; the data set's own ones are left out.
    pub const TAGS: [(Tag, VR); 4] = [
        (tags::PATIENT_IDENTITY_REMOVED, VR::CS),
        (tags::DEIDENTIFICATION_METHOD, VR::LO),
        (tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE, VR::SQ),
        (tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED, VR::CS),
    ];

    pub fn new(profile: &Profile) -> Self {
        let options: Options = profile.options();
        Marks { codes: options.codes(), temporal: options.longitudinal.modified() }
    }

    /// The value of a mark; none of the sequence.
    pub fn text(&self, at: usize) -> Option<&'static str> {
        match at {
            0 => Some("YES"),
            1 => Some("orthanc-share: PS3.15 Annex E, Table E.1-1 (2024b)"),
            3 => Some(self.temporal),
            _ => None,
        }
    }

    /// The attributes of one item of the sequence.
    pub fn item(code: &'static str, meaning: &'static str) -> [(Tag, VR, &'static str); 3] {
        [
            (tags::CODE_VALUE, VR::SH, code),
            (tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM"),
            (tags::CODE_MEANING, VR::LO, meaning),
        ]
    }

    /// Whether the attribute is one of them.
    pub fn is_mark(tag: Tag) -> bool {
        Marks::TAGS.iter().any(|(mark, _)| *mark == tag)
    }
}
