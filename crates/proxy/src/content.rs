//! Content types of Orthanc's answers: which are acceptable for what, and how they are written anew.

/// What frames and values of bulk data come as (PS3.18 §8.7.3).
pub(crate) const FRAME_TYPES: [&str; 11] = [
    "application/octet-stream",
    "image/jpeg",
    "image/jp2",
    "image/jpx",
    "image/jls",
    "image/x-jls",
    "image/jphc",
    "image/x-dicom-rle",
    "image/dicom-rle",
    "video/mpeg",
    "video/mp4",
];

/// What drawn images come as; the last is Orthanc's own notation of 16 bits.
pub(crate) const PICTURE_TYPES: [&str; 4] =
    ["image/jpeg", "image/png", "image/gif", "image/x-portable-arbitrarymap"];

/// What the files of a viewer are.
const STATIC_TYPES: [&str; 21] = [
    "text/html",
    "text/css",
    "text/javascript",
    "text/plain",
    "text/xml",
    "application/javascript",
    "application/x-javascript",
    "application/json",
    "application/manifest+json",
    "application/wasm",
    "application/xml",
    "application/octet-stream",
    "application/font-woff",
    "application/x-font-ttf",
    "font/woff",
    "font/woff2",
    "font/ttf",
    "image/svg+xml",
    "image/x-icon",
    "image/vnd.microsoft.icon",
    "image/webp",
];

/// A media type with its parameters.
pub(crate) struct MediaType<'a> {
    /// In lower case, without parameters.
    pub name: String,
    parameters: Vec<(String, &'a str)>,
}

impl<'a> MediaType<'a> {
    /// Reads one; none if it is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut pieces = outside_quotes(text);
        let name = pieces.next()?.trim().to_ascii_lowercase();
        let parameters = pieces.filter_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().trim_matches('"')))
        });
        let parameters = parameters.collect();
        name.contains('/').then_some(Self { name, parameters })
    }

    /// A parameter's value, without its quotes.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
    }
}

/// The pieces between semicolons, but for those in quotes.
fn outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
}

/// A UID of a transfer syntax of the standard; none if it is none.
pub(crate) fn transfer_syntax(uid: &str) -> Option<&str> {
    let rest = uid.strip_prefix("1.2.840.10008.1.2")?;
    let plain = rest.len() <= 16 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then_some(uid)
}

/// Whether it is Orthanc's JSON.
pub fn is_json(content_type: &str) -> bool {
    is(content_type, &["application/json"])
}

/// Whether it is DICOM JSON.
pub fn is_dicom_json(content_type: &str) -> bool {
    is(content_type, &["application/dicom+json", "application/json"])
}

/// Whether it is a DICOM file.
pub fn is_dicom(content_type: &str) -> bool {
    is(content_type, &["application/dicom"])
}

/// The type of a drawn image; none if it is another.
pub fn picture(content_type: &str) -> Option<&'static str> {
    PICTURE_TYPES.into_iter().find(|known| is(content_type, &[known]))
}

/// The same for Osimis, which has a notation of its own for what is not compressed.
pub fn osimis_picture(content_type: &str) -> Option<&'static str> {
    let own = "application/octet-stream";
    picture(content_type).or_else(|| is(content_type, &[own]).then_some(own))
}

/// The type of a viewer's file; none if it is another.
pub fn static_file(content_type: &str) -> Option<String> {
    let media_type = MediaType::parse(content_type)?;
    let name = STATIC_TYPES.iter().chain(&PICTURE_TYPES).find(|known| **known == media_type.name)?;
    let utf8 = media_type.parameter("charset").is_some_and(|charset| charset.eq_ignore_ascii_case("utf-8"));
    Some(format!("{name}{}", if utf8 { "; charset=utf-8" } else { "" }))
}

/// What a multipart answer says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multipart {
    /// The header, written anew.
    pub content_type: String,
    /// What stands between the parts.
    pub boundary: String,
}

/// Reads the content type of frames and bulk data; none if it is another.
pub fn multipart(content_type: &str) -> Option<Multipart> {
    let media_type = MediaType::parse(content_type).filter(|read| read.name == "multipart/related")?;
    // RFC 2046 §5.1.1 allows more signs; no server uses them.
    let boundary = media_type.parameter("boundary").filter(|boundary| {
        (1..=70).contains(&boundary.len())
            && boundary.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    })?;
    let part = part_type(media_type.parameter("type")?)?;
    let kind = part.split(';').next().unwrap_or_default();
    Some(Multipart {
        content_type: format!("multipart/related; type=\"{kind}\"; boundary={boundary}"),
        boundary: boundary.to_owned(),
    })
}

/// The content type of a part, written anew; none if it is no frame and no bulk data.
pub(crate) fn part_type(content_type: &str) -> Option<String> {
    let part = MediaType::parse(content_type)?;
    let kind = FRAME_TYPES.iter().find(|known| **known == part.name)?;
    let syntax = part.parameter("transfer-syntax").and_then(transfer_syntax);
    Some(match syntax {
        Some(uid) => format!("{kind}; transfer-syntax={uid}"),
        None => (*kind).to_owned(),
    })
}

fn is(content_type: &str, names: &[&str]) -> bool {
    MediaType::parse(content_type).is_some_and(|read| names.contains(&read.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_anew() {
        let orthanc = "multipart/related; type=\"application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\"; boundary=a6fb-1";
        assert_eq!(
            multipart(orthanc).unwrap(),
            Multipart {
                content_type: "multipart/related; type=\"application/octet-stream\"; boundary=a6fb-1"
                    .to_owned(),
                boundary: "a6fb-1".to_owned()
            }
        );
        for bad in [
            "",
            "multipart/related",
            "multipart/related; type=\"application/dicom\"; boundary=a",
            "multipart/related; type=\"image/jpeg\"; boundary=\"a b\"",
            "multipart/mixed; type=\"image/jpeg\"; boundary=a",
        ] {
            assert_eq!(multipart(bad), None, "{bad}");
        }
        assert_eq!(picture("image/png; name=DOE"), Some("image/png"));
        assert_eq!(picture("text/html"), None);
        assert_eq!(picture("application/octet-stream"), None);
        assert_eq!(osimis_picture("application/octet-stream"), Some("application/octet-stream"));
        assert_eq!(osimis_picture("application/dicom"), None);
        assert_eq!(
            static_file("text/html; charset=UTF-8; x=DOE").as_deref(),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(static_file("application/dicom"), None);
        assert!(is_json("application/json; charset=utf-8") && !is_json("text/html"));
        assert!(is_dicom_json("application/dicom+json") && is_dicom("application/dicom"));
        assert_eq!(part_type("application/octet-stream; x=DOE").as_deref(), Some("application/octet-stream"));
    }
}
