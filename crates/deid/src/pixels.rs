//! Which images usually carry identity in their pixels. Nobody here looks at pixels: these are the
//! headers by which an instance is refused until a site allows it.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::fmt;

/// What the headers of an instance say, as far as [`pixel_risk`] decides by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PixelFacts {
    said: Vec<(Tag, String)>,
    unreadable: bool,
}

/// Why the pixels may identify somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelRisk {
    /// Burned In Annotation says YES.
    BurnedIn,
    /// Recognizable Visual Features says YES: a face, for one.
    Recognizable,
    /// The modality is one that writes text into its images.
    Modality(&'static str),
    /// The modality is one that the site does not let pass.
    SiteModality,
    /// The SOP class is one: secondary captures, ultrasound, endoscopy, photography, documents.
    SopClass(&'static str),
    /// The image type says that it is a copy of a screen.
    ScreenSave,
    /// The slide's label is in it.
    Label,
    /// An attribute that would say so cannot be read.
    Unreadable,
}

/// Not SC: it is no modality of the standard, though some devices write it.
const MODALITIES: [&str; 8] = ["US", "SC", "OT", "XC", "ES", "IVUS", "HC", "DMS"];

/// Roots of SOP classes with everything below them, by PS3.6 Annex A.
const SOP_CLASSES: [(&str, &str); 12] = [
    ("1.2.840.10008.5.1.4.1.1.7", "secondary capture"),
    ("1.2.840.10008.5.1.4.1.1.3", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.6", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.77.1.1", "endoscopy"),
    ("1.2.840.10008.5.1.4.1.1.77.1.4", "photography"),
    ("1.2.840.10008.5.1.4.1.1.77.1.7", "photography"),
    ("1.2.840.10008.5.1.4.1.1.77.2", "visible light (trial)"),
    ("1.2.840.10008.5.1.4.1.1.77.1.2.1", "video microscopy"),
    ("1.2.840.10008.5.1.4.1.1.104", "encapsulated document"),
    // Printed film.
    ("1.2.840.10008.5.1.1.29", "hardcopy"),
    ("1.2.840.10008.5.1.1.30", "hardcopy"),
    ("1.2.840.10008.5.1.4.1.1.9.4", "audio"),
];

impl PixelFacts {
    /// The attributes at the top of a data set that are to be told.
    pub const TAGS: [Tag; 6] = [
        tags::IMAGE_TYPE,
        tags::SOP_CLASS_UID,
        tags::MODALITY,
        tags::BURNED_IN_ANNOTATION,
        tags::RECOGNIZABLE_VISUAL_FEATURES,
        tags::SPECIMEN_LABEL_IN_IMAGE,
    ];

    /// Takes the text of one of them, with backslashes between its values; none if it is there and cannot be
    /// read. Told twice, both count: the file and what is in it may differ.
    pub fn tell(&mut self, tag: Tag, text: Option<&str>) {
        match text {
            Some(text) => self.said.push((tag, text.to_owned())),
            None => self.unreadable = true,
        }
    }
}

/// Why the pixels of an instance may identify somebody; none if nothing says so. The site's own modalities
/// are refused besides.
pub fn pixel_risk(facts: &PixelFacts, site: &[String]) -> Option<PixelRisk> {
    if facts.unreadable {
        return Some(PixelRisk::Unreadable);
    }
    let is_padding = |c: char| c.is_whitespace() || c.is_control();
    facts.said.iter().find_map(|(tag, text)| {
        text.split('\\').find_map(|value| risk_of(*tag, value.trim_matches(is_padding), site))
    })
}

/// What one value says.
fn risk_of(tag: Tag, value: &str, site: &[String]) -> Option<PixelRisk> {
    let is = |word: &str| value.eq_ignore_ascii_case(word);
    match tag {
        tags::BURNED_IN_ANNOTATION => is("YES").then_some(PixelRisk::BurnedIn),
        tags::RECOGNIZABLE_VISUAL_FEATURES => is("YES").then_some(PixelRisk::Recognizable),
        tags::SPECIMEN_LABEL_IN_IMAGE => is("YES").then_some(PixelRisk::Label),
        tags::MODALITY => match MODALITIES.iter().find(|modality| is(modality)) {
            Some(modality) => Some(PixelRisk::Modality(modality)),
            None => site.iter().any(|modality| is(modality)).then_some(PixelRisk::SiteModality),
        },
        tags::SOP_CLASS_UID => {
            let is_under = |root: &str| {
                value.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let class = SOP_CLASSES.iter().find(|(root, _)| is_under(root));
            class.map(|(_, kind)| PixelRisk::SopClass(kind))
        }
        // An overview of a slide shows its label.
        tags::IMAGE_TYPE if is("LABEL") || is("OVERVIEW") => Some(PixelRisk::Label),
        tags::IMAGE_TYPE => {
            let value = value.to_ascii_uppercase();
            let is_copy =
                ["SCREEN SAVE", "SCREEN_SAVE", "SCREENSAVE"].iter().any(|kind| value.contains(kind));
            is_copy.then_some(PixelRisk::ScreenSave)
        }
        _ => None,
    }
}

impl fmt::Display for PixelRisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PixelRisk::BurnedIn => f.write_str("Burned In Annotation is YES"),
            PixelRisk::Recognizable => f.write_str("Recognizable Visual Features is YES"),
            PixelRisk::Modality(modality) => write!(f, "the modality is {modality}"),
            PixelRisk::SiteModality => f.write_str("the modality is one of anonymize_pixels_modalities"),
            PixelRisk::SopClass(kind) => write!(f, "the SOP class is of {kind}"),
            PixelRisk::ScreenSave => f.write_str("the image type is a screen save"),
            PixelRisk::Label => f.write_str("the slide's label is in it"),
            PixelRisk::Unreadable => f.write_str("an attribute that would tell cannot be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(said: &[(Tag, &str)]) -> PixelFacts {
        let mut facts = PixelFacts::default();
        said.iter().for_each(|(tag, text)| facts.tell(*tag, Some(text)));
        facts
    }

    #[test]
    fn the_list() {
        use tags::{BURNED_IN_ANNOTATION, IMAGE_TYPE, MODALITY, SOP_CLASS_UID};
        let site = ["DX".to_owned()];
        let hardcopy = PixelRisk::SopClass("hardcopy");
        let capture = PixelRisk::SopClass("secondary capture");
        for (said, risk) in [
            (&[][..], None),
            (&[(BURNED_IN_ANNOTATION, "YES "), (MODALITY, "MR")], Some(PixelRisk::BurnedIn)),
            (&[(BURNED_IN_ANNOTATION, "NO"), (BURNED_IN_ANNOTATION, "yes\n")], Some(PixelRisk::BurnedIn)),
            (&[(BURNED_IN_ANNOTATION, "NO"), (MODALITY, "us")], Some(PixelRisk::Modality("US"))),
            (&[(MODALITY, "\tUS ")], Some(PixelRisk::Modality("US"))),
            (&[(MODALITY, "CT\\ES")], Some(PixelRisk::Modality("ES"))),
            (&[(MODALITY, "dx")], Some(PixelRisk::SiteModality)),
            (&[(MODALITY, "MR\\DX ")], Some(PixelRisk::SiteModality)),
            (
                &[
                    (SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.7\0"),
                    (SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.2"),
                ],
                Some(capture),
            ),
            (&[(SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.7.4")], Some(capture)),
            (&[(SOP_CLASS_UID, "1.2.840.10008.5.1.1.30")], Some(hardcopy)),
            (&[(SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.77.1.5.4"), (MODALITY, "OP")], None),
            (
                &[
                    (SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.77.1.6"),
                    (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\VOLUME\\NONE"),
                ],
                None,
            ),
            (&[(IMAGE_TYPE, "ORIGINAL\\PRIMARY\\LABEL\\NONE")], Some(PixelRisk::Label)),
            (&[(IMAGE_TYPE, "DERIVED\\PRIMARY\\OVERVIEW\\NONE")], Some(PixelRisk::Label)),
            (&[(tags::SPECIMEN_LABEL_IN_IMAGE, "YES")], Some(PixelRisk::Label)),
            (&[(tags::RECOGNIZABLE_VISUAL_FEATURES, "YES")], Some(PixelRisk::Recognizable)),
            (&[(IMAGE_TYPE, "DERIVED\\SECONDARY\\SCREEN SAVE")], Some(PixelRisk::ScreenSave)),
            (&[(SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.4"), (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\M")], None),
        ] {
            assert_eq!(pixel_risk(&facts(said), &site), risk, "{said:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_may_be_anything() {
        let mut facts = facts(&[(tags::MODALITY, "CT")]);
        facts.tell(tags::IMAGE_TYPE, None);
        assert_eq!(pixel_risk(&facts, &[]), Some(PixelRisk::Unreadable));
    }
}
