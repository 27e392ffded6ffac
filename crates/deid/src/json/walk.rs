//! The machine: from byte to byte through the brackets, from plan to plan through the members.

use dicom_core::VR;
use std::num::NonZeroUsize;

use super::{
    Action, Error, Frame, Key, MAX_ATTRIBUTE_BYTES, MAX_KEY_BYTES, MAX_SEQUENCES, Node, Plan, Scan, State,
    Transformer,
    form::Form,
    known::Decided,
    leaf::{Attribute, Leaf},
    needs_value, record,
    record::Field,
    text::Cursor,
    without_value,
};
use crate::{
    bytes::{append, equal, plain_until},
    marks::Marks,
    value::New,
};

impl Transformer {
    /// Goes through the input as far as it can. How much of it is done with; the rest comes again, with
    /// more behind it.
    pub(super) fn run(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        let mut at = 0;
        loop {
            if let State::Taking(scan, scanned) = &mut self.state {
                let rest = input.get(at + *scanned..).unwrap_or_default();
                let end = scan.run(rest)?;
                let keeps = !matches!(self.plan, Plan::Skip);
                let length = *scanned + end.unwrap_or(rest.len());
                if keeps && length > MAX_ATTRIBUTE_BYTES {
                    return Err(Error::TooLarge);
                }
                if end.is_none() {
                    *scanned = if keeps { length } else { 0 };
                    return Ok(if keeps { at } else { input.len() });
                }
                if keeps {
                    let raw = input.get(at..at + length).unwrap_or_default();
                    self.value(raw, |end| end == raw.len(), out);
                }
                at += length;
                self.state = State::Next;
                continue;
            }
            while let Some(b' ' | b'\t' | b'\r' | b'\n') = input.get(at) {
                at += 1;
            }
            let Some(&byte) = input.get(at) else { return Ok(at) };
            match self.state {
                State::Start => {
                    let node = self.document.node(byte).ok_or(Error::Malformed)?;
                    self.open(node, out)?;
                    at += 1;
                }
                State::First | State::Next if matches!(byte, b'}' | b']') => {
                    self.close(byte, out)?;
                    at += 1;
                }
                State::Next => {
                    if byte != b',' {
                        return Err(Error::Malformed);
                    }
                    self.state = State::Member;
                    at += 1;
                }
                State::First | State::Member => {
                    let node = self.stack.last().ok_or(Error::Malformed)?.node;
                    if node.open() == b'[' {
                        self.element(node, byte, out)?;
                        self.state = State::Value;
                        continue;
                    }
                    let rest = input.get(at..).unwrap_or_default();
                    let end = key_end(rest);
                    if byte != b'"' || end > MAX_KEY_BYTES {
                        return Err(Error::Malformed);
                    }
                    if end == rest.len() {
                        return Ok(at);
                    }
                    self.member(node, input.get(at + 1..at + end).unwrap_or_default(), out);
                    at += end + 1;
                    let is_colon = input.get(at) == Some(&b':');
                    at += usize::from(is_colon);
                    self.state = if is_colon { State::Value } else { State::Colon };
                }
                State::Colon => {
                    if byte != b':' {
                        return Err(Error::Malformed);
                    }
                    self.state = State::Value;
                    at += 1;
                }
                State::Value => match self.plan {
                    Plan::Walk(node) if node.open() == byte => {
                        self.open(node, out)?;
                        at += 1;
                    }
                    Plan::Walk(_) => {
                        self.plan = Plan::Skip;
                        self.state = State::Taking(Scan::default(), 0);
                    }
                    Plan::Skip => self.state = State::Taking(Scan::default(), 0),
                    _ => {
                        let rest = input.get(at..).unwrap_or_default();
                        match self.whole(rest, out) {
                            Some(length) => {
                                at += length.get();
                                // Mostly there is another one: at once.
                                let is_more = input.get(at) == Some(&b',');
                                at += usize::from(is_more);
                                self.state = if is_more { State::Member } else { State::Next };
                            }
                            None => self.state = State::Taking(Scan::default(), 0),
                        }
                    }
                },
                State::Taking(..) => {}
                State::End => return Err(Error::Malformed),
            }
        }
    }

    /// Plans for an element of an array.
    fn element(&mut self, node: Node, byte: u8, out: &mut Vec<u8>) -> Result<(), Error> {
        self.key = Key::None;
        self.plan = match (node, byte) {
            (Node::Items(form, top), b'{') => Plan::Walk(Node::Set(form, top)),
            (Node::Records(record), b'{') => Plan::Walk(Node::Record(record)),
            // An item that is empty.
            (Node::Items(..), b'n') => {
                self.separate(self.stack.len() - 1, out);
                out.extend(b"{}");
                Plan::Skip
            }
            _ => return Err(Error::Malformed),
        };
        Ok(())
    }

    /// Plans for a member, and writes what can be written without its value.
    fn member(&mut self, node: Node, key: &[u8], out: &mut Vec<u8>) {
        self.key = Key::None;
        self.plan = match node {
            Node::Set(..) => return self.attribute(key, out),
            Node::Sequence(form, _) => {
                let seen = self.stack.last().is_some_and(|frame| frame.items);
                if key == b"Value" && !seen { Plan::Walk(Node::Items(form, false)) } else { Plan::Skip }
            }
            Node::Record(fields) => {
                let Some((name, field)) = fields.iter().find(|(name, _)| equal(name.as_bytes(), key)) else {
                    self.plan = Plan::Skip;
                    return;
                };
                self.key = Key::Field(name);
                match *field {
                    Field::Tags => Plan::Walk(Node::Set(Form::Simple, false)),
                    Field::Record(record) => Plan::Walk(Node::Record(record)),
                    Field::Keyed(record) => Plan::Walk(Node::Keyed(record)),
                    field => Plan::Field(field),
                }
            }
            Node::Keyed(record) => {
                let id =
                    self.engine.key.with_orthanc_id(String::from_utf8_lossy(key).as_bytes(), <[u8]>::to_vec);
                self.key = Key::Id(id);
                Plan::Walk(Node::Record(record))
            }
            Node::Items(..) | Node::Records(_) => Plan::Skip,
        };
    }

    /// Writes the key, its quotes and the colon.
    fn write_key(&self, out: &mut Vec<u8>) {
        let name = match &self.key {
            Key::None => return,
            Key::Known(at) => return append(self.known.get(*at).map_or(&[], |known| &known.text), out),
            Key::Field(name) => name.as_bytes(),
            Key::Id(id) => id,
        };
        out.push(b'"');
        append(name, out);
        out.extend_from_slice(b"\":");
    }

    #[inline(never)] // By itself it has registers enough, in WebAssembly too.
    fn attribute(&mut self, key: &[u8], out: &mut Vec<u8>) {
        self.plan = Plan::Skip;
        let Some(&Frame { node: Node::Set(form, top), .. }) = self.stack.last() else { return };
        let profile = &self.engine.profile;
        let decide = || {
            let tag = form.tag(key)?;
            let rule = profile.rule(tag);
            let mut text = Vec::new();
            if rule.action != Action::Remove {
                form.key(tag, &mut text);
                if !needs_value(rule.action) {
                    form.write(tag, rule.vr, &without_value(rule.action, rule.vr), &mut text);
                }
            }
            Some(Decided { tag, rule, text: text.into() })
        };
        let Some(at) = self.known.find(form, key, decide) else { return };
        let Some(&Decided { tag, rule, .. }) = self.known.get(at) else { return };
        if top {
            self.marks_before(form, Some(tag), out);
            if Marks::is_mark(tag) {
                return;
            }
        }
        if rule.action == Action::Remove {
            return;
        }
        if !needs_value(rule.action) {
            self.separate(self.stack.len() - 1, out);
        }
        self.key = Key::Known(at);
        if !needs_value(rule.action) {
            // It is all of the attribute.
            return self.write_key(out);
        }
        self.plan = match (rule.vr, form) {
            (VR::SQ, Form::Simple) => Plan::Walk(Node::Items(form, false)),
            (VR::SQ, _) => Plan::Walk(Node::Sequence(form, tag)),
            _ => Plan::Attribute(Attribute { form, tag, rule }),
        };
    }

    /// Writes the value at the start of `rest` in one go, as most are there from their beginning to their end.
    /// How long it is; none if that is not so, or if it has to go: then its end has to be looked for.
    fn whole(&mut self, rest: &[u8], out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        let rest = rest.get(..MAX_ATTRIBUTE_BYTES).unwrap_or(rest);
        let is_closed = matches!(rest, [b'{' | b'[' | b'"', ..]);
        // A number or a word has no end of its own.
        let ends = |end| {
            is_closed || matches!(rest.get(end), Some(b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n'))
        };
        self.value(rest, ends, out)
    }

    /// Writes the value at the start of `text` if it may end where it does, or leaves it out. How long it is.
    fn value(
        &mut self,
        text: &[u8],
        may_end: impl Fn(usize) -> bool,
        out: &mut Vec<u8>,
    ) -> Option<NonZeroUsize> {
        let (any, before) = (self.stack.last()?.any, out.len());
        self.separate(self.stack.len() - 1, out);
        self.write_key(out);
        let mut cursor = Cursor::new(text);
        let written = match self.plan {
            Plan::Attribute(attribute) => {
                Leaf { engine: &self.engine, bulk: &mut *self.bulk, attribute }.write(&mut cursor, out)
            }
            Plan::Field(field) => record::field(&self.engine, field, &mut cursor, out),
            _ => false,
        };
        if written && may_end(cursor.at()) {
            return NonZeroUsize::new(cursor.at());
        }
        out.truncate(before);
        self.stack.last_mut()?.any = any;
        None
    }

    /// Writes a comma if something stands before.
    fn separate(&mut self, at: usize, out: &mut Vec<u8>) {
        let Some(frame) = self.stack.get_mut(at) else { return };
        if frame.any {
            out.push(b',');
        }
        frame.any = true;
    }

    fn open(&mut self, node: Node, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.stack.len() > 3 * MAX_SEQUENCES + 4 {
            return Err(Error::TooDeep);
        }
        match (node, self.stack.last().map(|frame| frame.node)) {
            // Not before its items are there.
            (Node::Sequence(..), _) => {}
            (_, Some(Node::Sequence(form, tag))) => {
                self.separate(self.stack.len().saturating_sub(2), out);
                form.key(tag, out);
                form.open_sequence(tag, out);
                out.push(node.open());
                if let Some(frame) = self.stack.last_mut() {
                    frame.items = true;
                }
            }
            _ => {
                self.separate(self.stack.len().saturating_sub(1), out);
                self.write_key(out);
                out.push(node.open());
            }
        }
        self.key = Key::None;
        self.stack.push(Frame { node, any: false, marks: 0, items: false });
        self.state = State::First;
        Ok(())
    }

    fn close(&mut self, bracket: u8, out: &mut Vec<u8>) -> Result<(), Error> {
        let node = self.stack.last().ok_or(Error::Malformed)?.node;
        if (node.open() == b'[') != (bracket == b']') {
            return Err(Error::Malformed);
        }
        if let Node::Set(form, true) = node {
            self.marks_before(form, None, out);
        }
        let frame = self.stack.pop().ok_or(Error::Malformed)?;
        match node {
            Node::Sequence(form, _) if frame.items => form.close_sequence(out),
            Node::Sequence(form, tag) => {
                // No items: an empty sequence.
                self.separate(self.stack.len().saturating_sub(1), out);
                form.key(tag, out);
                form.write(tag, VR::SQ, &New::Empty, out);
            }
            _ => out.push(bracket),
        }
        self.state = if self.stack.is_empty() { State::End } else { State::Next };
        Ok(())
    }

    /// Writes the marks that come before this attribute, or all that are left: PS3.18 F.2.2 wants the
    /// attributes of a data set in ascending order.
    fn marks_before(&mut self, form: Form, tag: Option<dicom_core::Tag>, out: &mut Vec<u8>) {
        let at = self.stack.len() - 1;
        while let Some(frame) = self.stack.get_mut(at)
            && let Some((mark, _)) = Marks::TAGS.get(frame.marks)
            && tag.is_none_or(|tag| *mark < tag)
        {
            let number = frame.marks;
            frame.marks += 1;
            self.separate(at, out);
            if self.marked.len() == number {
                let mut text = Vec::new();
                form.mark(&self.marks, number, &mut text);
                self.marked.push(text.into());
            }
            out.extend_from_slice(self.marked.get(number).map_or(&[], |text| text));
        }
    }
}

/// Where the string at the start of `input` has its second quote; the end of the input if that is not there yet, and
/// more than [`MAX_KEY_BYTES`] if it is not among so many.
#[inline(never)] // By itself it has registers enough, in WebAssembly too.
fn key_end(input: &[u8]) -> usize {
    let within = input.get(..=MAX_KEY_BYTES).unwrap_or(input);
    let mut at = plain_until(within, 1);
    loop {
        at = match within.get(at) {
            None => return within.len(),
            Some(b'"') => return at,
            Some(b'\\') => plain_until(within, at + 2),
            Some(_) => plain_until(within, at + 1),
        };
    }
}
