//! Strict JSON (RFC 8259): what is kept or looked into is read by this.

use std::borrow::Cow;

use crate::bytes::{append, plain_until};

/// A position in a text that begins with a value. Each method answers `None` or false at the first thing that is
/// not JSON, or that is not there yet.
///
/// Answers are one number where they can be, and what was read is asked for afterwards: compiled from WebAssembly,
/// an answer of several goes through memory, and waits there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the value begins that was read last.
    start: usize,
}

/// What kind of value was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    String,
    /// Nothing in it is an object or an array.
    Array,
    /// Something in it is.
    Nested,
    Object,
}

/// One attribute's value is not nested deeper: a person's name is an object in an array.
const DEEPEST: u32 = 8;

impl<'a> Cursor<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Cursor { text, at: 0, start: 0 }
    }

    /// How many bytes it has passed.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What it has passed from there on.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The text of the value that was read last; a string has its quotes.
    pub fn text(&self) -> &'a [u8] {
        self.since(self.start)
    }

    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// The byte comes next, and is passed.
    pub fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        self.at += usize::from(eaten);
        eaten
    }

    /// A string: UTF-8, of which each escape is one.
    pub fn string(&mut self) -> bool {
        let is_there = self.peek() == Some(b'"');
        self.start = self.at;
        is_there && self.rest_of_string()
    }

    /// From the first quote on.
    #[inline]
    fn rest_of_string(&mut self) -> bool {
        let start = self.at + 1;
        let (mut at, mut is_ascii) = (start, true);
        loop {
            at = plain_until(self.text, at);
            match self.text.get(at) {
                Some(b'"') => break,
                Some(b'\\') => match escape(self.text.get(at + 1..).unwrap_or_default()) {
                    0 => return false,
                    length => at += 1 + length,
                },
                Some(0x20..) => {
                    is_ascii = false;
                    at += 1;
                }
                _ => return false,
            }
        }
        self.at = at + 1;
        // Outside of strings there is nothing beyond ASCII anyway.
        is_ascii || std::str::from_utf8(self.text.get(start..at).unwrap_or_default()).is_ok()
    }

    /// Any value.
    pub fn value(&mut self) -> Option<Kind> {
        self.peek();
        let start = self.at;
        let kind = self.value_at(DEEPEST)?;
        self.start = start;
        Some(kind)
    }

    fn value_at(&mut self, depth: u32) -> Option<Kind> {
        match self.peek()? {
            b'"' => self.rest_of_string().then_some(Kind::String),
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.at += 1;
                let mut kind = Kind::Array;
                if self.eat(b']') {
                    return Some(kind);
                }
                loop {
                    if matches!(self.value_at(depth)?, Kind::Object | Kind::Array | Kind::Nested) {
                        kind = Kind::Nested;
                    }
                    match self.peek()? {
                        b',' => self.at += 1,
                        b']' => break,
                        _ => return None,
                    }
                }
                self.at += 1;
                Some(kind)
            }
            b'{' => {
                let depth = depth.checked_sub(1)?;
                self.at += 1;
                if self.eat(b'}') {
                    return Some(Kind::Object);
                }
                loop {
                    if !self.string() || !self.eat(b':') {
                        return None;
                    }
                    self.value_at(depth)?;
                    match self.peek()? {
                        b',' => self.at += 1,
                        b'}' => break,
                        _ => return None,
                    }
                }
                self.at += 1;
                Some(Kind::Object)
            }
            b'n' => self.word(b"null").then_some(Kind::Null),
            b't' => self.word(b"true").then_some(Kind::Bool),
            b'f' => self.word(b"false").then_some(Kind::Bool),
            _ => self.number().then_some(Kind::Number),
        }
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.text.get(self.at) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> bool {
        let byte = |cursor: &Self| cursor.text.get(cursor.at).copied();
        self.at += usize::from(byte(self) == Some(b'-'));
        let zero = byte(self) == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (zero && whole > 1) {
            return false;
        }
        if byte(self) == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return false;
            }
        }
        if matches!(byte(self), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(byte(self), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return false;
            }
        }
        true
    }
}

/// How long the escape is whose backslash stands before this; 0 if it is none.
#[inline(never)]
fn escape(rest: &[u8]) -> usize {
    match rest {
        [b'u', digits @ ..] if digits.iter().take(4).filter(|b| b.is_ascii_hexdigit()).count() == 4 => 5,
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 1,
        _ => 0,
    }
}

/// A string without its quotes, still escaped.
pub(super) fn unquoted(string: &[u8]) -> &[u8] {
    string.get(1..string.len().saturating_sub(1)).unwrap_or_default()
}

/// The text of a string without its quotes, that [`Cursor::string`] accepted. A lone surrogate becomes U+FFFD.
pub(super) fn unescape(escaped: &[u8]) -> Cow<'_, str> {
    let is_plain = plain(escaped);
    // It is UTF-8: there is nothing that would have to be replaced.
    let escaped = std::str::from_utf8(escaped).unwrap_or_default();
    if is_plain || !escaped.contains('\\') {
        return Cow::Borrowed(escaped);
    }
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('u') => {
                let unit = |hex: &str| u16::from_str_radix(hex.get(..4).unwrap_or_default(), 16).ok();
                let first = unit(chars.as_str()).unwrap_or(0xFFFD);
                rest = chars.as_str().get(4..).unwrap_or_default();
                let second = rest.strip_prefix("\\u").and_then(unit);
                match (char::decode_utf16([first].into_iter().chain(second)).next(), second) {
                    (Some(Ok(c)), Some(_)) if c as u32 > 0xFFFF => {
                        text.push(c);
                        rest = rest.get(6..).unwrap_or_default();
                    }
                    (Some(Ok(c)), _) => text.push(c),
                    _ => text.push('\u{FFFD}'),
                }
                continue;
            }
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(other) => text.push(other),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Whether the string is ASCII without an escape: its text as it stands.
pub(super) fn plain(escaped: &[u8]) -> bool {
    plain_until(escaped, 0) == escaped.len()
}

/// Writes a string in which nothing has to be escaped, with its quotes.
pub(super) fn quote_plain(text: &[u8], out: &mut Vec<u8>) {
    debug_assert!(plain(text));
    out.push(b'"');
    append(text, out);
    out.push(b'"');
}

/// Writes a string with its quotes.
pub(super) fn quote(text: impl AsRef<[u8]>, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_ref();
    while let Some((plain, [special, after @ ..])) = rest.split_at_checked(plain_until(rest, 0)) {
        append(plain, out);
        match special {
            b'"' | b'\\' => out.extend([b'\\', *special]),
            0..0x20 => out.extend(format!("\\u{special:04x}").bytes()),
            _ => out.push(*special),
        }
        rest = after;
    }
    append(rest, out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_serde_json_reads(text in r#"[\[\]{}",:\\u0-9a-f.eE+-]{0,24}"#) {
            let mut cursor = Cursor::new(text.as_bytes());
            let ours = cursor.value().is_some() && cursor.peek().is_none();
            // serde_json also refuses lone surrogates, and numbers beyond a float.
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(ours, "{text}");
            }
            let skip = text.contains("\\u") || text.contains(['e', 'E']);
            prop_assert!(skip || ours == serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        }

        #[test]
        fn a_string_survives(text in any::<String>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            let mut cursor = Cursor::new(quoted.as_bytes());
            prop_assert!(cursor.string());
            prop_assert_eq!(unescape(unquoted(cursor.text())), text.as_str());
            let mut out = Vec::new();
            quote(&text, &mut out);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn escapes() {
        for (escaped, text) in [
            (r"\ud83d\ude00", "😀"),
            (r"\ud83dx", "\u{FFFD}x"),
            (r"\u0041\u00e9", "Aé"),
            (r"\ud83d\u0041", "\u{FFFD}A"),
        ] {
            assert_eq!(unescape(escaped.as_bytes()), text);
        }
    }
}
