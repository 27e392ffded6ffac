//! One header of the data set after the other: what is opened, closed, copied, replaced or passed over.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    Error, Frame, Kind, MAX_SEQUENCES, MAX_VALUE_BYTES, Pixels, Rule, State, Transformer,
    header::{Encoding, Header, IMPLICIT, UNDEFINED},
    value,
};
use crate::{Action, PixelFacts, Plain, marks::Marks, pixel_risk, value::New};

/// Values that [`crate::PixelFacts`] are made of are short.
const MAX_FACT_BYTES: u32 = 1024;

impl Transformer {
    /// Nothing is given out of what is open here.
    fn mute(&self) -> bool {
        self.stack.last().is_some_and(|frame| frame.mute)
    }

    fn encoding(&self) -> Encoding {
        self.stack.last().map_or(self.encoding, |frame| frame.encoding)
    }

    pub(super) fn header(&mut self, header: Header, out: &mut Vec<u8>) -> Result<(), Error> {
        // What is inside of something with a length cannot be longer.
        if let Some(end) = self.stack.iter().rev().find_map(|frame| frame.end)
            && (self.position > end
                || (header.length != UNDEFINED && self.position + u64::from(header.length) > end))
        {
            return Err(Error::Malformed);
        }
        match self.stack.last().map(|frame| frame.kind) {
            Some(Kind::Sequence) => self.in_sequence(header, out),
            Some(Kind::Fragments) => self.in_fragments(header, out),
            Some(Kind::Item) | None => self.in_data_set(header, out),
        }
    }

    fn in_sequence(&mut self, header: Header, out: &mut Vec<u8>) -> Result<(), Error> {
        match (header.tag.0, header.tag.1) {
            (0xFFFE, 0xE000) => {
                self.push(Kind::Item, header.length, self.encoding(), self.mute())?;
                if !self.mute() {
                    value::open_item(self.encoding(), out);
                }
                Ok(())
            }
            (0xFFFE, 0xE0DD) => self.close(out),
            _ => Err(Error::Malformed),
        }
    }

    fn in_fragments(&mut self, header: Header, out: &mut Vec<u8>) -> Result<(), Error> {
        match (header.tag.0, header.tag.1) {
            (0xFFFE, 0xE000) if header.length != UNDEFINED => {
                self.state = if self.mute() {
                    State::Skip(header.length.into())
                } else {
                    self.encoding().write(header.tag, VR::UN, header.length, out);
                    State::Copy(header.length.into())
                };
                Ok(())
            }
            (0xFFFE, 0xE0DD) => self.close(out),
            _ => Err(Error::Malformed),
        }
    }

    fn in_data_set(&mut self, header: Header, out: &mut Vec<u8>) -> Result<(), Error> {
        if header.tag == Tag(0xFFFE, 0xE00D) && self.stack.last().is_some_and(|frame| frame.end.is_none()) {
            return self.close(out);
        }
        if header.tag.0 == 0xFFFE {
            return Err(Error::Malformed);
        }
        if self.mute() {
            return self.pass_over(header);
        }
        let top = self.stack.is_empty();
        if top {
            self.marks_before(Some(header.tag), out);
            if Marks::is_mark(header.tag) {
                return self.pass_over(header);
            }
        }
        let rule = self.engine.profile.rule(header.tag);
        let encoding = self.encoding();
        match rule.action {
            Action::Remove => return self.pass_over(header),
            Action::Zero | Action::Dummy => {
                let plain = if rule.action == Action::Zero { Plain::Zero } else { Plain::Dummy };
                value::write(encoding, header.tag, rule.vr, &New::plain(plain, rule.vr), out);
                return self.pass_over(header);
            }
            Action::Keep | Action::Uid | Action::ShiftDate(_) | Action::Clean(_) => {}
        }
        let is_fact = top && PixelFacts::TAGS.contains(&header.tag);
        let is_short_fact = is_fact && header.length <= MAX_FACT_BYTES && header.vr != VR::SQ;
        if is_fact && !is_short_fact {
            self.facts.tell(header.tag, None);
        }
        // One says sequence and the other does not: what is in it cannot be trusted to be walked.
        if (rule.vr == VR::SQ) != (header.vr == VR::SQ) {
            return self.pass_over(header);
        }
        if rule.vr == VR::SQ {
            value::open_sequence(encoding, header.tag, out);
            return self.push(Kind::Sequence, header.length, encoding, false);
        }
        // Pixel data, and Variable Pixel Data of older files.
        if header.tag.0 & 0xFF00 == 0x7F00 {
            self.refuse_pixels()?;
        }
        if header.length == UNDEFINED {
            if !matches!(header.tag, tags::PIXEL_DATA) {
                return self.pass_over(header);
            }
            encoding.write(header.tag, header.vr, UNDEFINED, out);
            return self.push(Kind::Fragments, UNDEFINED, encoding, false);
        }
        if rule.action == Action::Keep && !is_short_fact {
            encoding.write(header.tag, header.vr, header.length, out);
            self.state = State::Copy(header.length.into());
            return Ok(());
        }
        if header.length > MAX_VALUE_BYTES {
            return Err(Error::TooLarge);
        }
        self.state = State::Hold(header, rule);
        Ok(())
    }

    /// Writes an element whose value was held.
    pub(super) fn value(&mut self, header: Header, rule: Rule, bytes: &[u8], out: &mut Vec<u8>) {
        let encoding = self.encoding();
        if rule.action != Action::Keep {
            let new = value::replacement(&self.engine, rule, bytes);
            return value::write(encoding, header.tag, rule.vr, &new, out);
        }
        self.facts.tell(header.tag, Some(&String::from_utf8_lossy(bytes)));
        encoding.write(header.tag, header.vr, header.length, out);
        out.extend_from_slice(bytes);
    }

    /// Gives nothing out of an element, however it is built.
    fn pass_over(&mut self, header: Header) -> Result<(), Error> {
        if header.length != UNDEFINED {
            self.state = State::Skip(header.length.into());
            return Ok(());
        }
        let encoding = self.encoding();
        match header.vr {
            VR::SQ => self.push(Kind::Sequence, UNDEFINED, encoding, true),
            // Of an unknown VR and undefined length: a sequence in implicit VR (PS3.5 §6.2.2).
            VR::UN if encoding.explicit => self.push(Kind::Sequence, UNDEFINED, IMPLICIT, true),
            VR::UN => self.push(Kind::Sequence, UNDEFINED, encoding, true),
            _ => self.push(Kind::Fragments, UNDEFINED, encoding, true),
        }
    }

    fn refuse_pixels(&self) -> Result<(), Error> {
        match pixel_risk(&self.facts, &[]) {
            Some(risk) if self.pixels == Pixels::Refuse => Err(Error::Pixels(risk)),
            _ => Ok(()),
        }
    }

    fn push(&mut self, kind: Kind, length: u32, encoding: Encoding, mute: bool) -> Result<(), Error> {
        if self.stack.len() >= 2 * MAX_SEQUENCES {
            return Err(Error::TooDeep);
        }
        let end = (length != UNDEFINED).then(|| self.position + u64::from(length));
        self.stack.push(Frame { kind, end, encoding, mute });
        self.state = State::Header;
        Ok(())
    }

    /// Closes what is innermost.
    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let frame = self.stack.pop().ok_or(Error::Malformed)?;
        if !frame.mute {
            match frame.kind {
                Kind::Item => value::close_item(frame.encoding, out),
                Kind::Sequence | Kind::Fragments => value::close_sequence(frame.encoding, out),
            }
        }
        Ok(())
    }

    /// Closes what ends here by its length.
    pub(super) fn close_ended(&mut self, out: &mut Vec<u8>) {
        while self.stack.last().is_some_and(|frame| frame.end.is_some_and(|end| self.position >= end)) {
            // There is one to close: it was just looked at.
            let _ = self.close(out);
        }
    }

    /// Writes the marks that come before this attribute, or all that are left.
    pub(super) fn marks_before(&mut self, tag: Option<Tag>, out: &mut Vec<u8>) {
        while let Some((mark, _)) = Marks::TAGS.get(self.marked)
            && tag.is_none_or(|tag| *mark < tag)
        {
            value::mark(self.encoding, &self.marks, self.marked, out);
            self.marked += 1;
        }
    }
}
