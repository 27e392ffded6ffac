//! One attribute that is not walked: kept as it is, or written with a new value.
//! Every function answers false where the attribute has to go, or is not there as a whole. Otherwise the cursor
//! stands behind its value.

use dicom_core::{Tag, VR};
use std::borrow::Cow;

use super::{
    form::{Form, open_full},
    text::{Cursor, Kind, plain, quote, unescape, unquoted},
};
use crate::{Action, Engine, Rule, bytes::append, key::trimmed, value::New};

/// What replaces a `BulkDataURI`: none drops the attribute.
pub(super) type BulkUris = dyn FnMut(&str) -> Option<String>;

/// An attribute, as it is decided on.
#[derive(Clone, Copy)]
pub(super) struct Attribute {
    pub form: Form,
    pub tag: Tag,
    pub rule: Rule,
}

/// What writes an attribute without its key.
pub(super) struct Leaf<'t> {
    pub engine: &'t Engine,
    pub bulk: &'t mut BulkUris,
    pub attribute: Attribute,
}

impl Leaf<'_> {
    /// Reads the attribute's value, and writes what becomes of it.
    pub fn write(&mut self, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> bool {
        match self.attribute.form {
            Form::Dicom => self.dicom(cursor, out).unwrap_or(false),
            Form::Full | Form::Simplified => self.full(cursor, out).unwrap_or(false),
            Form::Simple => match cursor.value() {
                Some(kind) => self.orthanc(kind, cursor.text(), out),
                None => false,
            },
        }
    }

    fn dicom(&mut self, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Option<bool> {
        let (mut vr, mut value, mut inline, mut uri) = (None, None, None, None);
        let mut members = Members::open(cursor)?;
        let mut strange = false;
        while members.next()? {
            let text = members.cursor.text();
            match (members.name, members.kind) {
                (br#""vr""#, Kind::String) if vr.is_none() => vr = Some(unquoted(text)),
                (br#""Value""#, Kind::Array) if value.is_none() => value = Some((text, false)),
                (br#""Value""#, Kind::Nested) if value.is_none() => value = Some((text, true)),
                (br#""InlineBinary""#, Kind::String) if inline.is_none() => inline = Some(unquoted(text)),
                (br#""BulkDataURI""#, Kind::String) if uri.is_none() => uri = Some(unquoted(text)),
                _ => strange = true,
            }
        }
        let raw = members.text();
        if self.attribute.rule.action != Action::Keep {
            let texts = match value {
                Some((array, false)) => strings(array),
                None if inline.is_none() && uri.is_none() => Some(Vec::new()),
                _ => None,
            };
            let texts: Option<Vec<&str>> =
                texts.as_ref().map(|texts| texts.iter().map(|text| &**text).collect());
            return Some(self.new_value(texts.as_deref(), out));
        }
        // A sequence under the name of what is none would be copied with all that is in it.
        let vr = vr.filter(|vr| vr.len() == 2 && vr.iter().all(u8::is_ascii_uppercase) && *vr != b"SQ")?;
        if let Some((array, true)) = value
            && (vr != b"PN" || !are_names(array)?)
        {
            return None;
        }
        if inline.is_some_and(|base64| {
            !base64.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        }) {
            return None;
        }
        if uri.is_none() && !strange {
            append(raw, out);
            return Some(true);
        }
        out.extend(br#"{"vr":""#);
        out.extend_from_slice(vr);
        out.push(b'"');
        if let Some(uri) = uri {
            let uri = (self.bulk)(&unescape(uri))?;
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

    fn full(&mut self, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Option<bool> {
        let (mut kind, mut value) = (None, None);
        let mut members = Members::open(cursor)?;
        while members.next()? {
            let text = members.cursor.text();
            match (members.name, members.kind) {
                (br#""Type""#, Kind::String) => kind = Some(unquoted(text)),
                (br#""Value""#, what) => value = Some((what, text)),
                _ => {}
            }
        }
        let (what, text) = value?;
        let kind = ["String", "Null", "Binary", "TooLong"]
            .into_iter()
            .find(|known| Some(known.as_bytes()) == kind)?;
        if self.attribute.rule.action != Action::Keep {
            return Some(self.orthanc(what, text, out));
        }
        if matches!(what, Kind::Array | Kind::Nested | Kind::Object) {
            return None;
        }
        if self.attribute.form == Form::Simplified {
            append(text, out);
            return Some(true);
        }
        open_full(self.attribute.tag, kind, out);
        append(text, out);
        out.push(b'}');
        Some(true)
    }

    /// A value in one string, with backslashes between its values.
    fn orthanc(&mut self, kind: Kind, text: &[u8], out: &mut Vec<u8>) -> bool {
        if self.attribute.rule.action == Action::Keep {
            append(text, out);
            return !matches!(kind, Kind::Array | Kind::Nested | Kind::Object);
        }
        match kind {
            Kind::String => {
                let escaped = unquoted(text);
                if plain(escaped) && self.one_uid(escaped, out) {
                    return true;
                }
                match unescape(escaped) {
                    // What was not escaped has no backslash.
                    Cow::Borrowed(one) => self.new_value(Some(&[one]), out),
                    Cow::Owned(text) => self.new_value(Some(&text.split('\\').collect::<Vec<_>>()), out),
                }
            }
            Kind::Null => self.new_value(Some(&[]), out),
            _ => self.new_value(None, out),
        }
    }

    fn new_value(&mut self, values: Option<&[&str]>, out: &mut Vec<u8>) -> bool {
        let Attribute { form, tag, rule } = self.attribute;
        if let Some([uid]) = values
            && self.one_uid(uid.as_bytes(), out)
        {
            return true;
        }
        form.write(tag, rule.vr, &New::of(self.engine, rule.action, rule.vr, values), out)
    }
}

impl Leaf<'_> {
    /// Most values that are replaced are one UID: writes it without the detour. False if it is not that.
    fn one_uid(&self, uid: &[u8], out: &mut Vec<u8>) -> bool {
        let Attribute { form, tag, rule } = self.attribute;
        let is_one = rule == Rule { action: Action::Uid, vr: VR::UI } && !trimmed(uid).is_empty();
        if is_one {
            self.engine.key.with_uid(uid, |uid| form.write_uid(tag, uid, out));
        }
        is_one
    }
}

/// The strings of an array; none if something in it is neither a string nor null.
fn strings(array: &[u8]) -> Option<Vec<Cow<'_, str>>> {
    let mut strings = Vec::new();
    elements(array, |kind, text| {
        match kind {
            Kind::String => strings.push(unescape(unquoted(text))),
            Kind::Null => strings.push(Cow::Borrowed("")),
            _ => return None,
        }
        Some(())
    })?;
    Some(strings)
}

/// Whether an array holds persons' names and nothing else (PS3.18 F.2.2).
fn are_names(array: &[u8]) -> Option<bool> {
    let mut names = true;
    elements(array, |kind, text| {
        match kind {
            Kind::Null => {}
            Kind::Object => {
                let mut cursor = Cursor::new(text);
                let mut members = Members::open(&mut cursor)?;
                while members.next()? {
                    names &=
                        matches!(members.name, br#""Alphabetic""# | br#""Ideographic""# | br#""Phonetic""#)
                            && members.kind == Kind::String;
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
    mut each: impl FnMut(Kind, &'a [u8]) -> Option<()>,
) -> Option<()> {
    let mut cursor = Cursor::new(array);
    if !cursor.eat(b'[') {
        return None;
    }
    if cursor.eat(b']') {
        return Some(());
    }
    loop {
        each(cursor.value()?, cursor.text())?;
        if !cursor.eat(b',') {
            return cursor.eat(b']').then_some(());
        }
    }
}

/// The members of an object, in their order.
struct Members<'c, 'a> {
    /// Its last text is the value.
    cursor: &'c mut Cursor<'a>,
    start: usize,
    first: bool,
    /// With its quotes, still escaped.
    name: &'a [u8],
    kind: Kind,
}

impl<'c, 'a> Members<'c, 'a> {
    fn open(cursor: &'c mut Cursor<'a>) -> Option<Self> {
        let start = cursor.at();
        cursor.eat(b'{').then_some(Members { cursor, start, first: true, name: b"", kind: Kind::Null })
    }

    /// Goes to the next one; false at the end, `None` for what is no JSON.
    fn next(&mut self) -> Option<bool> {
        if self.first {
            if self.cursor.eat(b'}') {
                return Some(false);
            }
        } else if !self.cursor.eat(b',') {
            return self.cursor.eat(b'}').then_some(false);
        }
        self.first = false;
        if !self.cursor.string() {
            return None;
        }
        self.name = self.cursor.text();
        if !self.cursor.eat(b':') {
            return None;
        }
        self.kind = self.cursor.value()?;
        Some(true)
    }

    /// What was passed: at the end, the object.
    fn text(&self) -> &'a [u8] {
        self.cursor.since(self.start)
    }
}
