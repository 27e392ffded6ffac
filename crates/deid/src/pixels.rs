//! Which images usually carry identity in their pixels. Nobody here looks at pixels: these are the
//! headers by which an instance is refused until a site allows it.

use std::fmt;

/// What the headers of an instance say; what is absent is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PixelFacts {
    /// Burned In Annotation (0028,0301).
    pub burned_in_annotation: String,
    /// Modality (0008,0060).
    pub modality: String,
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: String,
    /// Image Type (0008,0008), with backslashes between its values.
    pub image_type: String,
}

/// Why the pixels may identify somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelRisk {
    /// Burned In Annotation says YES.
    BurnedIn,
    /// The modality is one that writes text into its images.
    Modality(&'static str),
    /// The SOP class is one: secondary captures, ultrasound, endoscopy, photography, documents.
    SopClass(&'static str),
    /// The image type says that it is a copy of a screen.
    ScreenSave,
}

/// Not SC: it is no modality of the standard, though some devices write it.
const MODALITIES: [&str; 6] = ["US", "SC", "OT", "XC", "ES", "IVUS"];

/// Roots of SOP classes with everything below them, by PS3.6 Annex A.
const SOP_CLASSES: [(&str, &str); 8] = [
    ("1.2.840.10008.5.1.4.1.1.7", "secondary capture"),
    ("1.2.840.10008.5.1.4.1.1.3", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.6", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.77.1.1", "endoscopy"),
    ("1.2.840.10008.5.1.4.1.1.77.1.4", "photography"),
    ("1.2.840.10008.5.1.4.1.1.77.2", "visible light (trial)"),
    ("1.2.840.10008.5.1.4.1.1.77.1.2.1", "video microscopy"),
    ("1.2.840.10008.5.1.4.1.1.104", "encapsulated document"),
];

/// Why the pixels of an instance may identify somebody; none if nothing says so.
pub fn pixel_risk(facts: &PixelFacts) -> Option<PixelRisk> {
    let pad: &[char] = &[' ', '\0'];
    // Several values, which are not allowed, count each.
    if facts.burned_in_annotation.split('\\').any(|value| value.trim_matches(pad).eq_ignore_ascii_case("YES"))
    {
        return Some(PixelRisk::BurnedIn);
    }
    for value in facts.modality.split('\\') {
        let value = value.trim_matches(pad);
        if let Some(modality) = MODALITIES.iter().find(|modality| value.eq_ignore_ascii_case(modality)) {
            return Some(PixelRisk::Modality(modality));
        }
    }
    let class = facts.sop_class_uid.trim_matches(pad);
    let under =
        |root: &str| class.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if let Some((_, kind)) = SOP_CLASSES.iter().find(|(root, _)| under(root)) {
        return Some(PixelRisk::SopClass(kind));
    }
    let image_type = facts.image_type.to_ascii_uppercase();
    if ["SCREEN SAVE", "SCREEN_SAVE", "SCREENSAVE"].iter().any(|kind| image_type.contains(kind)) {
        return Some(PixelRisk::ScreenSave);
    }
    None
}

impl fmt::Display for PixelRisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PixelRisk::BurnedIn => f.write_str("Burned In Annotation is YES"),
            PixelRisk::Modality(modality) => write!(f, "the modality is {modality}"),
            PixelRisk::SopClass(kind) => write!(f, "the SOP class is of {kind}"),
            PixelRisk::ScreenSave => f.write_str("the image type is a screen save"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list() {
        let of = |burned: &str, modality: &str, class: &str, image_type: &str| {
            pixel_risk(&PixelFacts {
                burned_in_annotation: burned.into(),
                modality: modality.into(),
                sop_class_uid: class.into(),
                image_type: image_type.into(),
            })
        };
        assert_eq!(of("YES ", "MR", "", ""), Some(PixelRisk::BurnedIn));
        assert_eq!(of("NO", "us", "", ""), Some(PixelRisk::Modality("US")));
        let sc = "1.2.840.10008.5.1.4.1.1.7\0";
        assert_eq!(of("", "CT", sc, ""), Some(PixelRisk::SopClass("secondary capture")));
        assert_eq!(of("", "CT", "1.2.840.10008.5.1.4.1.1.77.1.5.4", ""), None);
        assert_eq!(of("", "CT", "", "DERIVED\\SECONDARY\\SCREEN SAVE"), Some(PixelRisk::ScreenSave));
        assert_eq!(of("NO", "MR", "1.2.840.10008.5.1.4.1.1.4", "ORIGINAL\\PRIMARY\\M"), None);
        assert_eq!(of("", "", "", ""), None);
    }
}
