//! Names that stand in paths: Orthanc's ids, UIDs, and lists of frames. Each has its own alphabet, in which
//! nothing of a path's or a query's grammar can be written.

use std::fmt;

/// An id of Orthanc: five groups of eight lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrthancId(String);

/// A UID (PS3.5 §9): at most 64 digits and dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid(String);

/// Numbers of frames as DICOMweb counts them: from 1, with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameList(Vec<u32>);

/// One request names at most that many frames.
const MAX_FRAMES: usize = 128;

impl OrthancId {
    /// Reads an id; none if it is no such id.
    pub fn parse(text: &str) -> Option<Self> {
        let is_group =
            |group: &str| group.len() == 8 && group.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let fits = text.len() == 44 && text.split('-').count() == 5 && text.split('-').all(is_group);
        fits.then(|| Self(text.to_owned()))
    }

    /// As Orthanc writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Uid {
    /// Reads a UID; none if it is none. Leading zeros are let through: there are such UIDs.
    pub fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let fits = (1..=64).contains(&text.len()) && text.split('.').all(is_part);
        fits.then(|| Self(text.to_owned()))
    }

    /// With its dots.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FrameList {
    /// Reads a list; none if it is empty, too long, or a number is not one of a frame.
    pub fn parse(text: &str) -> Option<Self> {
        let frames: Option<Vec<u32>> =
            text.split(',').map(|number| parse_number(number).filter(|number| *number > 0)).collect();
        frames.filter(|frames| frames.len() <= MAX_FRAMES).map(Self)
    }
}

/// A decimal number in its only notation; none above what Orthanc counts to.
pub(crate) fn parse_number(text: &str) -> Option<u32> {
    let plain = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let plain = plain && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for OrthancId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FrameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, frame) in self.0.iter().enumerate() {
            write!(f, "{}{frame}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabets() {
        let id = "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd";
        assert_eq!(OrthancId::parse(id).unwrap().as_str(), id);
        for bad in ["", &id.to_uppercase(), &id[1..], &format!("{id};x"), &id.replace('-', "0"), "../.."] {
            assert_eq!(OrthancId::parse(bad), None, "{bad}");
        }
        for good in ["1", "2.25.123", "1.02.3"] {
            assert!(Uid::parse(good).is_some(), "{good}");
        }
        for bad in ["", ".", "..", "1..2", ".1", "1.", "1.a", "1/2", " 1", &"1".repeat(65)] {
            assert_eq!(Uid::parse(bad), None, "{bad}");
        }
        assert_eq!(FrameList::parse("1,20").unwrap().to_string(), "1,20");
        for bad in ["", "0", "1,", "-1", "+1", "01", "1,,2", "1.0", "9999999999"] {
            assert_eq!(FrameList::parse(bad), None, "{bad}");
        }
    }
}
