//! From the bytes of a request body to a JSON object, or to the error that FastAPI would give.
//! The depth of nesting is bounded by serde_json (128), so that no body overflows the stack, and the number
//! of values is bounded here, so that none fills the memory: `0,` is two bytes of text, and 24 and more as a value.

use serde_json::{Map, Value};

use crate::errors::{FieldError, FieldErrors, Loc};

/// The most values that a body may have. The largest request has [`MOST_RESOURCES`] resources of four
/// fields. (The worst case, an object around each value, takes some 30 MiB in a component.)
///
/// [`MOST_RESOURCES`]: crate::shares::MOST_RESOURCES
const MOST_VALUES: usize = 1 << 16;

/// Whether a body of this content type is read as JSON: `application/json`, `application/*+json`,
/// with or without parameters, or no content type at all.
pub fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type.map(str::trim).filter(|text| !text.is_empty()) else {
        return true;
    };
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let Some((main, sub)) = essence.split_once('/') else { return false };
    let has_json_suffix = sub
        .len()
        .checked_sub(5)
        .and_then(|at| sub.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case("+json"));
    main.eq_ignore_ascii_case("application") && (sub.eq_ignore_ascii_case("json") || has_json_suffix)
}

/// The body without a UTF-8 byte order mark.
pub fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// The object in the body. Of a key that is given twice, the last counts.
pub fn parse_object(content_type: Option<&str>, body: &[u8]) -> Result<Map<String, Value>, FieldErrors> {
    let root = || vec![Loc::Field("body")];
    let not_an_object = || FieldError::new(root(), "value is not a valid dict", "type_error.dict");
    if body.is_empty() {
        return Err(FieldError::missing(root()).into());
    }
    if !is_json(content_type) {
        return Err(not_an_object().into());
    }
    let text = without_bom(body);
    if has_too_many_values(text) {
        let msg = format!("there may be at most {MOST_VALUES} values");
        return Err(FieldError::new(root(), msg, "value_error").into());
    }
    match serde_json::from_slice(text).map_err(|error| not_json(text, &error))? {
        Value::Object(object) => Ok(object),
        Value::Null => Err(FieldError::missing(root()).into()),
        // Recorded: an empty list passes for an object without fields.
        Value::Array(list) if list.is_empty() => Ok(Map::new()),
        _ => Err(not_an_object().into()),
    }
}

/// Every value but the first comes right behind a `[`, `{` or `,`, with a key and a `:` before it in an object.
fn has_too_many_values(text: &[u8]) -> bool {
    let (mut values, mut in_string, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' | b',' if !in_string => values += 1,
            _ => {}
        }
    }
    values > MOST_VALUES
}

/// Says where the text stops being JSON: at the character with this number, from 0.
fn not_json(text: &[u8], error: &serde_json::Error) -> FieldErrors {
    let position = match std::str::from_utf8(text) {
        Err(invalid) => count_chars(&text[..invalid.valid_up_to()]),
        Ok(_) if error.is_eof() => count_chars(text),
        Ok(_) => {
            let line_start: usize = text
                .split_inclusive(|byte| *byte == b'\n')
                .take(error.line().saturating_sub(1))
                .map(<[u8]>::len)
                .sum();
            let offset = line_start + error.column().saturating_sub(1);
            count_chars(&text[..offset.min(text.len())])
        }
    };
    let loc = vec![Loc::Field("body"), Loc::Index(position)];
    FieldError::new(loc, format!("not JSON at character {position}"), "value_error.jsondecode").into()
}

/// Characters that begin in these bytes of UTF-8.
fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind_and_loc(content_type: Option<&str>, body: &[u8]) -> String {
        match parse_object(content_type, body) {
            Ok(object) => format!("object of {}", object.len()),
            Err(errors) => {
                let error = &errors.detail[0];
                format!("{} {}", error.kind, crate::to_json(&error.loc))
            }
        }
    }

    #[test]
    fn bodies_are_read_as_recorded() {
        let json = Some("application/json");
        let cases: &[(Option<&str>, &[u8], &str)] = &[
            (json, b"{", r#"value_error.jsondecode ["body",1]"#),
            (json, b"{not json", r#"value_error.jsondecode ["body",1]"#),
            (json, b"{\n \"a\": x}", r#"value_error.jsondecode ["body",8]"#),
            (json, "{\"é\": x}".as_bytes(), r#"value_error.jsondecode ["body",6]"#),
            (json, b"{\"a\": \"\xFF\"}", r#"value_error.jsondecode ["body",7]"#),
            (json, b"{\"a\": NaN}", r#"value_error.jsondecode ["body",6]"#),
            (json, b"", r#"value_error.missing ["body"]"#),
            (json, b"null", r#"value_error.missing ["body"]"#),
            (json, b"[]", "object of 0"),
            (json, b"[1]", r#"type_error.dict ["body"]"#),
            (json, b"\"abc\"", r#"type_error.dict ["body"]"#),
            (json, b"\xEF\xBB\xBF{\"a\":1}", "object of 1"),
            (None, b"{}", "object of 0"),
            (Some(""), b"{}", "object of 0"),
            (Some("Application/JSON; charset=utf-8"), b"{}", "object of 0"),
            (Some("application/problem+json"), b"{}", "object of 0"),
            (Some("text/plain"), b"{}", r#"type_error.dict ["body"]"#),
            (Some("text/json"), b"{}", r#"type_error.dict ["body"]"#),
            (Some("application/x-www-form-urlencoded"), b"type=a", r#"type_error.dict ["body"]"#),
        ];
        for (content_type, body, expected) in cases {
            let body_text = String::from_utf8_lossy(body);
            assert_eq!(kind_and_loc(*content_type, body), *expected, "{content_type:?} {body_text}");
        }
    }

    #[test]
    fn depth_is_an_error_and_not_a_crash() {
        for open in ["[", "{\"a\":"] {
            let bomb = open.repeat(50_000);
            assert!(kind_and_loc(None, bomb.as_bytes()).starts_with("value_error.jsondecode"));
            let bomb = open.repeat(500_000);
            assert_eq!(kind_and_loc(None, bomb.as_bytes()), r#"value_error ["body"]"#);
        }
    }

    #[test]
    fn more_values_than_any_request_has_are_not_built() {
        let body = |value: &str, count: usize| format!("{{\"studies\":[{}]}}", vec![value; count].join(","));
        for value in ["0", "[]", "{}", "[[0]]", "{\"a\":{\"b\":1}}", "\"a\\\\\",\"b\""] {
            let error = kind_and_loc(None, body(value, MOST_VALUES).as_bytes());
            assert_eq!(error, r#"value_error ["body"]"#, "{value}");
        }
        // As many resources as a request may have, and texts that only look like values.
        let resource = r#"{"dicom-uid":"1.2","orthanc-id":"a,b[\",{","level":"study","url":"\\"}"#;
        for (value, count) in [(resource, crate::shares::MOST_RESOURCES), ("\"[,{\\\",,,\"", MOST_VALUES - 3)]
        {
            assert_eq!(kind_and_loc(None, body(value, count).as_bytes()), "object of 1", "{value}");
        }
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        assert_eq!(parse_object(None, br#"{"a":1,"a":2}"#).unwrap()["a"], 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            content_type in proptest::option::of("\\PC*"),
        ) {
            let _ = parse_object(None, &bytes);
            let _ = parse_object(content_type.as_deref(), &bytes);
        }
    }
}
