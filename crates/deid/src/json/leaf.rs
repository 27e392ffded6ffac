//! One attribute that is not walked: kept as it is, or written with a new value.
//! Every function answers false where the attribute has to go, or is not there as a whole. Otherwise the cursor
//! stands behind its value.

use dicom_core::Tag;
use std::borrow::Cow;

use super::{
    form::{Form, open_full},
    text::{Cursor, Value, quote, unescape},
};
use crate::{Action, Engine, Rule, value::New};

/// What replaces a `BulkDataURI`: none drops the attribute.
pub(super) type BulkUris = dyn FnMut(&str) -> Option<String>;

/// Writes an attribute without its key.
pub(super) fn attribute(
    engine: &Engine,
    bulk: &mut BulkUris,
    form: Form,
    tag: Tag,
    rule: Rule,
    cursor: &mut Cursor<'_>,
    out: &mut Vec<u8>,
) -> bool {
    match form {
        Form::Dicom => dicom(engine, bulk, tag, rule, cursor, out).unwrap_or(false),
        Form::Full => full(engine, tag, rule, cursor, out).unwrap_or(false),
        Form::Simple => {
            let Some((value, text)) = cursor.value() else { return false };
            orthanc(engine, Form::Simple, tag, rule, value, text, out)
        }
    }
}

fn dicom(
    engine: &Engine,
    bulk: &mut BulkUris,
    tag: Tag,
    rule: Rule,
    cursor: &mut Cursor<'_>,
    out: &mut Vec<u8>,
) -> Option<bool> {
    let (mut vr, mut value, mut inline, mut uri) = (None, None, None, None);
    let mut members = Members::open(cursor)?;
    let mut strange = false;
    while let Some((name, kind, text)) = members.next()? {
        match (name, kind) {
            (b"vr", Value::String(name)) if vr.is_none() => vr = Some(name),
            (b"Value", Value::Array { nested }) if value.is_none() => value = Some((text, nested)),
            (b"InlineBinary", Value::String(base64)) if inline.is_none() => inline = Some(base64),
            (b"BulkDataURI", Value::String(text)) if uri.is_none() => uri = Some(text),
            _ => strange = true,
        }
    }
    let raw = members.text();
    if rule.action != Action::Keep {
        let texts = match value {
            Some((array, false)) => strings(array),
            None if inline.is_none() && uri.is_none() => Some(Vec::new()),
            _ => None,
        };
        let texts: Option<Vec<&str>> = texts.as_ref().map(|texts| texts.iter().map(|text| &**text).collect());
        return Some(form_new(engine, Form::Dicom, tag, rule, texts.as_deref(), out));
    }
    // A sequence under the name of what is none would be copied with all that is in it.
    let vr = vr.filter(|vr| vr.len() == 2 && vr.iter().all(u8::is_ascii_uppercase) && *vr != b"SQ")?;
    if let Some((array, true)) = value
        && (vr != b"PN" || !are_names(array)?)
    {
        return None;
    }
    if inline.is_some_and(|base64| !base64.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))) {
        return None;
    }
    if uri.is_none() && !strange {
        out.extend_from_slice(raw);
        return Some(true);
    }
    out.extend(br#"{"vr":""#);
    out.extend_from_slice(vr);
    out.push(b'"');
    if let Some(uri) = uri {
        let uri = bulk(&unescape(uri))?;
        out.extend(br#","BulkDataURI":"#);
        quote(&uri, out);
    } else if let Some((array, _)) = value {
        out.extend(br#","Value":"#);
        out.extend_from_slice(array);
    } else if let Some(base64) = inline {
        out.extend(br#","InlineBinary":""#);
        out.extend_from_slice(base64);
        out.push(b'"');
    }
    out.push(b'}');
    Some(true)
}

fn full(engine: &Engine, tag: Tag, rule: Rule, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Option<bool> {
    let (mut kind, mut value) = (None, None);
    let mut members = Members::open(cursor)?;
    while let Some((name, what, text)) = members.next()? {
        match (name, what) {
            (b"Type", Value::String(name)) => kind = Some(name),
            (b"Value", what) => value = Some((what, text)),
            _ => {}
        }
    }
    let (what, text) = value?;
    let kind =
        ["String", "Null", "Binary", "TooLong"].into_iter().find(|known| Some(known.as_bytes()) == kind)?;
    if rule.action != Action::Keep {
        return Some(orthanc(engine, Form::Full, tag, rule, what, text, out));
    }
    if matches!(what, Value::Array { .. } | Value::Object) {
        return None;
    }
    open_full(tag, kind, out);
    out.extend_from_slice(text);
    out.push(b'}');
    Some(true)
}

/// A value in one string, with backslashes between its values.
fn orthanc(
    engine: &Engine,
    form: Form,
    tag: Tag,
    rule: Rule,
    value: Value<'_>,
    text: &[u8],
    out: &mut Vec<u8>,
) -> bool {
    if rule.action == Action::Keep {
        out.extend_from_slice(text);
        return !matches!(value, Value::Array { .. } | Value::Object);
    }
    match value {
        Value::String(escaped) => {
            let text = unescape(escaped);
            let values: Vec<&str> = text.split('\\').collect();
            form_new(engine, form, tag, rule, Some(&values), out)
        }
        Value::Null => form_new(engine, form, tag, rule, Some(&[]), out),
        _ => form_new(engine, form, tag, rule, None, out),
    }
}

fn form_new(
    engine: &Engine,
    form: Form,
    tag: Tag,
    rule: Rule,
    values: Option<&[&str]>,
    out: &mut Vec<u8>,
) -> bool {
    form.write(tag, rule.vr, &New::of(engine, rule.action, rule.vr, values), out)
}

/// The strings of an array; none if something in it is neither a string nor null.
fn strings(array: &[u8]) -> Option<Vec<Cow<'_, str>>> {
    let mut strings = Vec::new();
    elements(array, |value, _| {
        match value {
            Value::String(escaped) => strings.push(unescape(escaped)),
            Value::Null => strings.push(Cow::Borrowed("")),
            _ => return None,
        }
        Some(())
    })?;
    Some(strings)
}

/// Whether an array holds persons' names and nothing else (PS3.18 F.2.2).
fn are_names(array: &[u8]) -> Option<bool> {
    let mut names = true;
    elements(array, |value, text| {
        match value {
            Value::Null => {}
            Value::Object => {
                let mut cursor = Cursor::new(text);
                let mut members = Members::open(&mut cursor)?;
                while let Some((name, value, _)) = members.next()? {
                    names &= matches!(name, b"Alphabetic" | b"Ideographic" | b"Phonetic")
                        && matches!(value, Value::String(_));
                }
            }
            _ => names = false,
        }
        Some(())
    })?;
    Some(names)
}

/// Each element of an array that was read before, to its end.
pub(super) fn elements<'a>(
    array: &'a [u8],
    mut each: impl FnMut(Value<'a>, &'a [u8]) -> Option<()>,
) -> Option<()> {
    let mut cursor = Cursor::new(array);
    if !cursor.eat(b'[') {
        return None;
    }
    if cursor.eat(b']') {
        return Some(());
    }
    loop {
        let (value, text) = cursor.value()?;
        each(value, text)?;
        if !cursor.eat(b',') {
            return cursor.eat(b']').then_some(());
        }
    }
}

/// The members of an object, in their order.
struct Members<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    start: usize,
    first: bool,
}

impl<'c, 'a> Members<'c, 'a> {
    fn open(cursor: &'c mut Cursor<'a>) -> Option<Self> {
        let start = cursor.at();
        cursor.eat(b'{').then_some(Members { cursor, start, first: true })
    }

    /// The next one; `None` outside for what is no JSON, inside for the end.
    #[allow(clippy::type_complexity)] // Name, kind and text: a struct would say it no better.
    fn next(&mut self) -> Option<Option<(&'a [u8], Value<'a>, &'a [u8])>> {
        if self.first {
            if self.cursor.eat(b'}') {
                return Some(None);
            }
        } else if !self.cursor.eat(b',') {
            return self.cursor.eat(b'}').then_some(None);
        }
        self.first = false;
        let name = self.cursor.string()?;
        if !self.cursor.eat(b':') {
            return None;
        }
        let (value, text) = self.cursor.value()?;
        Some(Some((name, value, text)))
    }

    /// What was passed: at the end, the object.
    fn text(&self) -> &'a [u8] {
        self.cursor.since(self.start)
    }
}
