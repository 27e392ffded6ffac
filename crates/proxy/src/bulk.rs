//! Values that metadata names by an address (`BulkDataURI`): which may be fetched, and how they are named to
//! a viewer. Orthanc's addresses end in `…/instances/{uid}/bulk/{tag}[/{item}/{tag}…]`.

use std::fmt;

use deid::Profile;
use dicom_core::Tag;

use crate::ids::{Uid, parse_number};
use crate::names::Names;

/// Where in an instance: the attribute, with the sequences and items that it lies in before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkPath {
    /// Sequences, each with the number of its item from 1.
    sequences: Vec<(Tag, u32)>,
    tag: Tag,
}

/// Sequences in sequences.
const MAX_DEPTH: usize = 16;

impl BulkPath {
    pub(crate) fn parse(segments: &[&str]) -> Option<Self> {
        let (tag, above) = segments.split_last()?;
        let (pairs, []) = above.as_chunks::<2>() else { return None };
        if pairs.len() > MAX_DEPTH {
            return None;
        }
        let sequences = pairs
            .iter()
            .map(|[tag, item]| Some((parse_tag(tag)?, parse_number(item)?)))
            .collect::<Option<_>>()?;
        Some(Self { sequences, tag: parse_tag(tag)? })
    }

    /// Whether the profile keeps the attribute as it is, and the sequences that it lies in.
    pub fn is_kept(&self, profile: &Profile) -> bool {
        // Of a sequence that was stored as bytes, these are a data set with all that is in it.
        self.sequences.iter().all(|(tag, _)| profile.walks(*tag)) && profile.keeps_value(self.tag)
    }
}

impl fmt::Display for BulkPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Tag(group, element), item) in &self.sequences {
            write!(f, "{group:04x}{element:04x}/{item}/")?;
        }
        write!(f, "{:04x}{:04x}", self.tag.0, self.tag.1)
    }
}

/// Eight hexadecimal digits; Orthanc writes them in lower case.
fn parse_tag(text: &str) -> Option<Tag> {
    let plain = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let number = plain.then(|| u32::from_str_radix(text, 16).ok()).flatten()?;
    Some(Tag((number >> 16) as u16, (number & 0xFFFF) as u16))
}

/// The address that a viewer gets in place of Orthanc's: below `root`, with the share's names; none if it is
/// not understood.
pub fn bulk_uri(root: &str, names: &Names, uri: &str) -> Option<String> {
    let (_, place) = uri.rsplit_once("/studies/")?;
    let segments: Vec<&str> = place.split('/').collect();
    let [study, "series", series, "instances", instance, "bulk", path @ ..] = segments.as_slice() else {
        return None;
    };
    let shown = |uid: &str| Uid::parse(uid).map(|uid| names.uid(&uid));
    Some(format!(
        "{root}dicom-web/studies/{}/series/{}/instances/{}/bulk/{}",
        shown(study)?,
        shown(series)?,
        shown(instance)?,
        BulkPath::parse(path)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_kept_attributes() {
        let profile = Profile::new(deid::Options::default());
        for (path, kept) in [
            (&["7fe00010"][..], true),
            (&["00420011"], false),
            (&["00091001"], false),
            (&["5400 0100"], false),
            (&["54000100", "1", "54001010"], true),
            (&["00400275", "1", "7fe00010"], false),
            (&["52009229"], false),
            (&["00186011"], false),
            (&["00540016", "1", "00540302"], false),
            (&["00280010", "1", "00280011"], false),
            (&["00120063"], false),
        ] {
            let read = BulkPath::parse(path);
            assert_eq!(read.is_some_and(|path| path.is_kept(&profile)), kept, "{path:?}");
        }
        for bad in [&[][..], &["7FE00010"], &["7fe00010", "1"], &["1", "7fe00010"], &["x", "1", "7fe00010"]] {
            assert_eq!(BulkPath::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_the_viewers_own() {
        let names = Names::new(deid::ShareKey::derive(b"k", "s"), false);
        let of = |uri: &str| bulk_uri("/anon-shares/", &names, uri);
        let uri = of("http://h:8042/p/dicom-web/studies/1.2/series/1.3/instances/1.4/bulk/7fe00010").unwrap();
        let study = names.uid(&Uid::parse("1.2").unwrap());
        assert!(uri.starts_with(&format!("/anon-shares/dicom-web/studies/{study}/series/2.25.")), "{uri}");
        assert!(uri.ends_with("/bulk/7fe00010") && !uri.contains("1.4/"), "{uri}");
        for bad in ["", "DOE", "/studies/1/series/2/instances/3/bulk/DOE", "/studies/1/bulk/7fe00010"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
