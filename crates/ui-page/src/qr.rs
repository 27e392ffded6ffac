//! A link as a QR code (ISO/IEC 18004), drawn as SVG. The link comes in the body of a POST, because the
//! address of a request ends in logs.

use std::fmt::Write;

use api::body::{is_json, parse_object};
use api::{ApiError, FieldError, FieldErrors, Loc, Problem};
use qrcode::{Color, EcLevel, QrCode};

/// The most bytes that a QR code holds: version 40 with the least error correction.
pub const LONGEST_LINK: usize = 2953;

/// The link does not fit into a QR code, which holds [`LONGEST_LINK`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a QR code holds {LONGEST_LINK} bytes, and the link is longer: ask for a short link")]
pub struct QrError;

/// Light modules around the code, as the standard asks for (§5.3.8).
const QUIET_ZONE: usize = 4;

/// The field `link` of a JSON body: an address of the web. Other content types are refused, also none
/// at all, which other routes take: without a preflight no foreign site can send `application/json`.
pub fn read_link(content_type: Option<&str>, body: &[u8]) -> Result<String, ApiError> {
    if content_type.is_none_or(|it| it.trim().is_empty() || !is_json(Some(it))) {
        return Err(Problem::new(415, "the body must be application/json").into());
    }
    let loc = || vec![Loc::Field("body"), Loc::Field("link")];
    let mut object = parse_object(content_type, body)?;
    let link = match object.remove("link") {
        None => return Err(FieldErrors::from(FieldError::missing(loc())).into()),
        Some(serde_json::Value::String(link)) => link,
        Some(_) => {
            let error = FieldError::new(loc(), "str type expected", "type_error.str");
            return Err(FieldErrors::from(error).into());
        }
    };
    let is_web = ["http://", "https://"].iter().any(|scheme| link.starts_with(scheme));
    if !is_web || link.contains(|c: char| c.is_whitespace() || c.is_control()) {
        let error = FieldError::new(loc(), "expected an http or https URL", "value_error");
        return Err(FieldErrors::from(error).into());
    }
    Ok(link)
}

impl From<QrError> for ApiError {
    fn from(error: QrError) -> Self {
        let loc = vec![Loc::Field("body"), Loc::Field("link")];
        FieldErrors::from(FieldError::new(loc, error.to_string(), "value_error")).into()
    }
}

/// The drawing: black on white whatever the theme, because many readers see no inverted code.
pub fn svg(link: &str) -> Result<String, QrError> {
    // Long links get what correction is left: the denser the code, the harder it is to read.
    let code = [EcLevel::M, EcLevel::L].into_iter().find_map(|level| {
        let limit = if level == EcLevel::M { 1000 } else { LONGEST_LINK };
        (link.len() <= limit).then(|| QrCode::with_error_correction_level(link, level).ok()).flatten()
    });
    let code = code.ok_or(QrError)?;
    let width = code.width();
    let mut path = String::new();
    for (row, colors) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        for run in colors.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, length) = (column + QUIET_ZONE, row + QUIET_ZONE, run.len());
                // Writing to a String does not fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            column += run.len();
        }
    }
    let side = width + 2 * QUIET_ZONE;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JSON: Option<&str> = Some("application/json");

    /// What a camera sees of the drawing: which modules are dark, read from its path alone.
    fn scanned(drawing: &str) -> String {
        const MODULE: usize = 4;
        let number = |text: &str, end: &str| -> usize { text.split(end).next().unwrap().parse().unwrap() };
        let side = number(drawing.split("viewBox=\"0 0 ").nth(1).unwrap(), " ");
        let mut dark = vec![false; side * side];
        for run in drawing.split(" d=\"").nth(1).unwrap().split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let start = number(y, " ") * side + number(x, " ");
            dark[start..start + number(rest, "v")].fill(true);
        }
        let grey = |x: usize, y: usize| if dark[y / MODULE * side + x / MODULE] { 0 } else { 255 };
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * MODULE, side * MODULE, grey);
        picture.detect_grids().first().unwrap().decode().unwrap().1
    }

    #[test]
    fn a_reader_finds_the_link_in_the_drawing() {
        for length in [12, 60, 300, 900, 1100, 1800] {
            let link =
                format!("https://h/{}", "aZ0-_.".chars().cycle().take(length - 10).collect::<String>());
            let drawing = svg(&link).unwrap();
            assert!(drawing.starts_with("<svg ") && drawing.ends_with("</svg>") && !drawing.contains(&link));
            assert_eq!(scanned(&drawing), link);
        }
    }

    #[test]
    fn long_links_fit_up_to_the_standards_end() {
        let link = |length: usize| format!("https://h/{}", "a".repeat(length - 10));
        assert!(svg(&link(1000)).is_ok() && svg(&link(1001)).is_ok() && svg(&link(LONGEST_LINK)).is_ok());
        assert_eq!(svg(&link(LONGEST_LINK + 1)), Err(QrError));
    }

    #[test]
    fn bodies_without_a_link_are_refused() {
        let cases = [
            (JSON, r#"{"link":"https://h/welcome/?token=a.b.c"}"#, 200),
            (Some("application/json; charset=utf-8"), r#"{"link":"http://h/"}"#, 200),
            (None, r#"{"link":"http://h/"}"#, 415),
            (Some(""), r#"{"link":"http://h/"}"#, 415),
            (Some("text/plain"), r#"{"link":"http://h/"}"#, 415),
            (Some("application/x-www-form-urlencoded"), "link=http://h/", 415),
            (JSON, "", 422),
            (JSON, "{}", 422),
            (JSON, r#"{"link":1}"#, 422),
            (JSON, r#"{"link":""}"#, 422),
            (JSON, r#"{"link":"javascript:alert(1)"}"#, 422),
            (JSON, r#"{"link":"https://h/ x"}"#, 422),
        ];
        for (content_type, body, status) in cases {
            let answer = read_link(content_type, body.as_bytes());
            let seen = answer.as_ref().map_or_else(ApiError::status, |_| 200);
            assert_eq!(seen, status, "{content_type:?} {body}");
            if let Err(error) = answer {
                assert!(!error.to_json().contains("alert"), "the value is repeated: {body}");
            }
        }
        assert_eq!(ApiError::from(QrError).status(), 422);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_text_is_drawn_or_too_long(link in "\\PC{0,1200}") {
            prop_assert_eq!(svg(&link).is_ok(), link.len() <= LONGEST_LINK);
        }

        #[test]
        fn any_body_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC*") {
            let _ = read_link(JSON, &bytes);
            let body = serde_json::json!({ "link": text }).to_string();
            if let Ok(link) = read_link(JSON, body.as_bytes()) {
                prop_assert!(link.starts_with("http"));
            }
        }
    }
}
