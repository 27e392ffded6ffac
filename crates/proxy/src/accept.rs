//! What Orthanc is told to answer with: rebuilt from what the client accepts and this proxy understands.

use crate::content::{self, FRAME_TYPES, MediaType, PICTURE_TYPES};

/// How much of an `Accept` is read.
const MAX_RANGES: usize = 16;

/// For frames: parts of known types. What a client accepts besides is left out; if nothing is left, the
/// uncompressed frames are asked for, which every server has.
pub fn frames_accept(accept: Option<&str>) -> String {
    let ranges = ranges(accept).filter(|range| range.name == "multipart/related").filter_map(|range| {
        let kind = range.parameter("type").unwrap_or("application/octet-stream");
        let kind = FRAME_TYPES.iter().find(|known| known.eq_ignore_ascii_case(kind))?;
        let syntax = match range.parameter("transfer-syntax") {
            None => String::new(),
            Some("*") => "; transfer-syntax=*".to_owned(),
            Some(uid) => format!("; transfer-syntax={}", content::transfer_syntax(uid)?),
        };
        Some(format!("multipart/related; type=\"{kind}\"{syntax}"))
    });
    let ranges: Vec<String> = ranges.collect();
    if ranges.is_empty() {
        return "multipart/related; type=\"application/octet-stream\"".to_owned();
    }
    ranges.join(", ")
}

/// For pictures: none if the client takes any.
pub fn picture_accept(accept: Option<&str>) -> Option<String> {
    let known: Vec<&str> = ranges(accept)
        .filter_map(|range| PICTURE_TYPES.iter().find(|known| **known == range.name).copied())
        .collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Whether the client wants an instance as a file, not as the one part of many.
pub fn wants_one_file(accept: Option<&str>) -> bool {
    ranges(accept).next().is_some_and(|range| range.name == "application/dicom")
}

fn ranges(accept: Option<&str>) -> impl Iterator<Item = MediaType<'_>> {
    let accept = accept.filter(|accept| accept.len() <= 4096).unwrap_or_default();
    accept.split(',').take(MAX_RANGES).filter_map(MediaType::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_client_is_passed_on_as_it_came() {
        let plain = "multipart/related; type=\"application/octet-stream\"";
        for (accept, asked) in [
            (None, plain.to_owned()),
            (Some("*/*"), plain.to_owned()),
            (
                Some("multipart/related; type=application/octet-stream; transfer-syntax=*"),
                format!("{plain}; transfer-syntax=*"),
            ),
            (
                Some(
                    "multipart/related;type=\"image/jls\";transfer-syntax=1.2.840.10008.1.2.4.80;q=0.9, */*;q=0.1",
                ),
                "multipart/related; type=\"image/jls\"; transfer-syntax=1.2.840.10008.1.2.4.80".to_owned(),
            ),
            (Some("multipart/related; type=\"application/dicom\""), plain.to_owned()),
            (Some("multipart/related; type=image/jpeg; transfer-syntax=DOE"), plain.to_owned()),
        ] {
            assert_eq!(frames_accept(accept), asked, "{accept:?}");
        }
        assert_eq!(picture_accept(Some("image/png;q=0.8, text/html")).as_deref(), Some("image/png"));
        assert_eq!(picture_accept(Some("*/*")), None);
        assert!(wants_one_file(Some("application/dicom; transfer-syntax=*")));
        assert!(!wants_one_file(Some("multipart/related; type=\"application/dicom\"")));
    }
}
