//! Reads fields of a JSON object as pydantic 1 does: kebab-case or snake_case names, and its coercions.
//! Errors are collected, so that a caller sees all of them at once.

use std::borrow::Cow;

use model::{Level, Moment, Resource};
use serde_json::{Map, Number, Value};

use crate::errors::{FieldError, FieldErrors, Loc};

/// What is wrong with a value: the message and pydantic's type.
pub(crate) type Bad = (Cow<'static, str>, &'static str);

/// The longest caller's name of a share, in characters: it travels in the token, and that in a URL.
const LONGEST_NAME: usize = 1024;

/// The longest identifier of a resource, in characters. DICOM allows 64 for a UID and a PatientID,
/// but real archives hold longer ones.
const LONGEST_IDENTIFIER: usize = 256;

/// The longest `url` of a resource, in characters.
const LONGEST_URL: usize = 2048;

/// A JSON object that is being read, with the way to it and the errors seen so far.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: Vec<Loc>,
    errors: &'a mut FieldErrors,
}

impl<'a> Fields<'a> {
    pub(crate) fn of_body(object: &'a Map<String, Value>, errors: &'a mut FieldErrors) -> Self {
        Self { object, path: vec![Loc::Field("body")], errors }
    }

    /// The value under the name on the wire, else under its snake_case form.
    pub(crate) fn raw(&self, name: &'static str) -> Option<&'a Value> {
        self.object.get(name).or_else(|| self.object.get(&name.replace('-', "_")))
    }

    fn loc(&self, name: &'static str) -> Vec<Loc> {
        let mut loc = self.path.clone();
        loc.push(Loc::Field(name));
        loc
    }

    /// Records that the field is wrong.
    pub(crate) fn refuse(
        &mut self,
        name: &'static str,
        msg: impl Into<Cow<'static, str>>,
        kind: &'static str,
    ) {
        let error = FieldError::new(self.loc(name), msg, kind);
        self.errors.push(error);
    }

    /// A field that may be absent or null.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Bad>,
    ) -> Option<T> {
        let value = self.raw(name).filter(|value| !value.is_null())?;
        read(value).map_err(|(msg, kind)| self.refuse(name, msg, kind)).ok()
    }

    /// A field that may be absent, but not null.
    pub(crate) fn defaulted<T>(
        &mut self,
        name: &'static str,
        default: T,
        read: impl FnOnce(&Value) -> Result<T, Bad>,
    ) -> Option<T> {
        if self.raw(name).is_none() { Some(default) } else { self.required(name, read) }
    }

    /// A field that must be there; `None` once its error is recorded.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Bad>,
    ) -> Option<T> {
        match self.raw(name) {
            None => self.errors.push(FieldError::missing(self.loc(name))),
            Some(Value::Null) => self.errors.push(FieldError::null(self.loc(name))),
            Some(_) => return self.optional(name, read),
        }
        None
    }

    /// One word of a closed list.
    pub(crate) fn word<T>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T>
    where
        T: Copy,
    {
        let value = self.required(name, |value| Ok(value.clone()))?;
        let known = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if known.is_none() {
            let permitted = words.iter().map(|(word, _)| *word).collect();
            self.errors.push(FieldError::not_one_of(self.loc(name), permitted));
        }
        known.map(|(_, value)| *value)
    }

    /// A list of such words, where it is given; it has at least one.
    pub(crate) fn words<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<Vec<T>> {
        let list = match self.raw(name)? {
            Value::Null => return None,
            Value::Array(list) => list,
            _ => {
                self.refuse(name, "value is not a valid list", "type_error.list");
                return None;
            }
        };
        if list.is_empty() {
            self.refuse(name, "there must be at least one", "value_error");
        }
        for (index, value) in list.iter().enumerate() {
            if !words.iter().any(|(word, _)| value.as_str() == Some(word)) {
                let mut loc = self.loc(name);
                loc.push(Loc::Index(index));
                let permitted = words.iter().map(|(word, _)| *word).collect();
                self.errors.push(FieldError::not_one_of(loc, permitted));
                return None;
            }
        }
        let known = |value: &Value| words.iter().find(|(word, _)| value.as_str() == Some(word));
        Some(list.iter().filter_map(known).map(|(_, value)| *value).collect())
    }

    /// Records every field that is not one of these: for requests in which a slip of the pen would change
    /// what they mean. Only the first few are named.
    pub(crate) fn refuse_others(&mut self, known: &[&'static str]) {
        const NAMED: usize = 10;
        const LONGEST: usize = 64;
        let is_known = |name: &str| known.iter().any(|it| *it == name || it.replace('-', "_") == name);
        for name in self.object.keys().filter(|name| !is_known(name)).take(NAMED) {
            let mut loc = self.path.clone();
            loc.push(Loc::Name(name.chars().take(LONGEST).collect()));
            self.errors.push(FieldError::new(loc, "extra fields not permitted", "value_error.extra"));
        }
    }

    /// A list of objects that must be there, have at least one element and at most this many.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        at_most: usize,
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        let list = match self.required(name, |_| Ok(())).and_then(|()| self.raw(name)) {
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.refuse(name, "value is not a valid list", "type_error.list");
                return Vec::new();
            }
            None => return Vec::new(),
        };
        if list.is_empty() {
            self.refuse(name, "there must be at least one", "value_error");
        }
        if list.len() > at_most {
            self.refuse(name, format!("there may be at most {at_most}"), "value_error");
            return Vec::new();
        }
        let mut items = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let mut path = self.loc(name);
            path.push(Loc::Index(index));
            match value {
                Value::Object(object) => {
                    items.extend(read(&mut Fields { object, path, errors: self.errors }));
                }
                Value::Null => self.errors.push(FieldError::null(path)),
                _ => self.errors.push(FieldError::new(path, "value is not a valid dict", "type_error.dict")),
            }
        }
        items
    }

    /// The identifiers of a resource: one of the two at least.
    pub(crate) fn resource(&mut self, level: Level) -> Option<Resource> {
        // A PatientID is no UID: it may have spaces (PS3.5, LO).
        let may_have_spaces = level == Level::Patient;
        let before = self.errors.detail.len();
        let dicom_uid = self.optional("dicom-uid", |value| identifier(value, may_have_spaces)).flatten();
        let orthanc_id = self.optional("orthanc-id", |value| identifier(value, false)).flatten();
        if self.errors.detail.len() > before {
            return None;
        }
        if dicom_uid.is_none() && orthanc_id.is_none() {
            let msg = "dicom-uid or orthanc-id must be given";
            self.errors.push(FieldError::new(self.path.clone(), msg, "value_error"));
            return None;
        }
        Some(Resource { level, dicom_uid, orthanc_id })
    }
}

/// Text; numbers and booleans become what Python's `str` makes of them.
pub(crate) fn text(value: &Value) -> Result<String, Bad> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(python_number(number)),
        Value::Bool(true) => Ok("True".to_owned()),
        Value::Bool(false) => Ok("False".to_owned()),
        _ => Err(("str type expected".into(), "type_error.str")),
    }
}

/// The caller's name of a share: any text that is not absurdly long.
pub(crate) fn name(value: &Value) -> Result<String, Bad> {
    text(value).and_then(|text| at_most(text, LONGEST_NAME))
}

/// The `url` of a resource: kept for the caller, never followed.
pub(crate) fn resource_url(value: &Value) -> Result<String, Bad> {
    let text = text(value).and_then(|text| at_most(text, LONGEST_URL))?;
    if text.chars().any(char::is_control) {
        return Err(("there may be no control characters".into(), "value_error"));
    }
    Ok(text)
}

/// An identifier of a resource; an empty one counts as not given. It is laxer than DICOM's UID,
/// because real UIDs are, but it cannot hold what would break a header, a log line or a link.
fn identifier(value: &Value, may_have_spaces: bool) -> Result<Option<String>, Bad> {
    let text = text(value).and_then(|text| at_most(text, LONGEST_IDENTIFIER))?;
    let is_bad = |c: char| c.is_control() || (c.is_whitespace() && !(may_have_spaces && c == ' '));
    if text.chars().any(is_bad) {
        return Err(("an identifier has no spaces or control characters".into(), "value_error"));
    }
    Ok((!text.trim().is_empty()).then_some(text))
}

pub(crate) fn at_most(text: String, limit: usize) -> Result<String, Bad> {
    // No character is shorter than a byte: the common case needs no counting.
    if text.len() > limit && text.chars().count() > limit {
        return Err((format!("there may be at most {limit} characters").into(), "value_error"));
    }
    Ok(text)
}

/// true, false, 1, 0 and the words that pydantic knows for them, in any case.
pub(crate) fn boolean(value: &Value) -> Result<bool, Bad> {
    let known = match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    };
    known.ok_or(("value could not be parsed to a boolean".into(), "type_error.bool"))
}

/// A date and time, in the spellings of [`Moment`].
pub(crate) fn moment(value: &Value) -> Result<Moment, Bad> {
    let read = match value {
        Value::String(text) => Moment::parse(text),
        Value::Number(number) => Moment::from_number(number.as_f64().unwrap_or(f64::NAN)),
        _ => return Err(("expected a date and time, as text or a number".into(), "type_error")),
    };
    read.map_err(|_| ("invalid datetime format".into(), "value_error.datetime"))
}

/// A number of seconds from 0 up; above what 64 bits hold it is the largest that they hold.
pub(crate) fn seconds(value: &Value) -> Result<u64, Bad> {
    let number = match value {
        Value::Number(number) if number.is_u64() => return Ok(number.as_u64().unwrap_or(u64::MAX)),
        Value::Number(number) => number.as_f64(),
        // Not f64's own grammar, which knows `inf` and `nan`.
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    };
    match number {
        // `as` saturates.
        Some(number) if number >= 0.0 => Ok(number as u64),
        Some(_) => Err(("a duration must not be negative".into(), "value_error")),
        None => Err(("value is not a valid integer".into(), "type_error.integer")),
    }
}

/// As Python writes it: `1e+30` where Rust writes `1e30`.
fn python_number(number: &Number) -> String {
    let text = number.to_string();
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(rest) => ('-', rest),
                None => ('+', exponent.trim_start_matches('+')),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_coerced_as_pydantic_does() {
        let cases = [
            (json!("a"), "a"),
            (json!(1.5), "1.5"),
            (json!(3), "3"),
            (json!(-7), "-7"),
            (json!(1e30), "1e+30"),
            (json!(1e-7), "1e-07"),
            (json!(true), "True"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&value).unwrap(), expected);
        }
        for value in [json!({}), json!([])] {
            assert_eq!(text(&value).unwrap_err().1, "type_error.str");
        }
    }

    #[test]
    fn booleans_are_coerced_as_pydantic_does() {
        for value in [json!(true), json!(1), json!(1.0), json!("1"), json!("ON"), json!("t"), json!("yes")] {
            assert_eq!(boolean(&value), Ok(true), "{value}");
        }
        for value in [json!(false), json!(0), json!("0"), json!("off"), json!("F"), json!("no")] {
            assert_eq!(boolean(&value), Ok(false), "{value}");
        }
        for value in [json!(""), json!(" true"), json!(2), json!("oui"), json!([]), json!({})] {
            assert_eq!(boolean(&value).unwrap_err().1, "type_error.bool", "{value}");
        }
    }

    #[test]
    fn durations_saturate() {
        assert_eq!(seconds(&json!(94685692401184_u64)), Ok(94685692401184));
        assert_eq!(seconds(&json!(u64::MAX)), Ok(u64::MAX));
        assert_eq!(seconds(&json!(1e300)), Ok(u64::MAX));
        assert_eq!(seconds(&json!("3600")), Ok(3600));
        assert_eq!(seconds(&json!("9".repeat(400))), Ok(u64::MAX));
        for value in [json!(-1), json!(-1.5), json!("-1"), json!("inf"), json!(""), json!([]), json!(true)] {
            assert!(seconds(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn identifiers_are_lenient_but_harmless() {
        assert_eq!(identifier(&json!("1.2.0840"), false), Ok(Some("1.2.0840".to_owned())));
        assert_eq!(identifier(&json!(""), false), Ok(None));
        assert_eq!(identifier(&json!("PAT 1"), true), Ok(Some("PAT 1".to_owned())));
        for bad in ["1.2 3", "1.2\n", "1\u{0}", "a\u{a0}b"] {
            assert!(identifier(&json!(bad), false).is_err(), "{bad:?}");
        }
        assert!(identifier(&json!("a\tb"), true).is_err());
        assert!(identifier(&json!("é".repeat(256)), false).is_ok());
        assert!(identifier(&json!("1".repeat(257)), false).is_err());
    }
}
