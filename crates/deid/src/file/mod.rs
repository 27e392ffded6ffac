//! DICOM files (PS3.10), de-identified as a stream. Values that stay are copied as bytes: character
//! sets, odd lengths and pixels come through as they were, and a file of any size needs the memory of
//! one small attribute.
//!
//! Why dicom-rs is used for the dictionary and not for reading: `dicom-object` holds the whole file,
//! decodes and encodes its texts again (a character set that it does not know costs the file), and
//! brings tables of all character sets into the component. It is the judge in the tests.

mod header;
mod inflate;
mod meta;
mod value;
mod walk;

use std::sync::Arc;

use dicom_dictionary_std::tags;

use self::{header::Encoding, inflate::Inflate, meta::Meta};
use crate::{Engine, Error, Options, PixelFacts, Rule, marks::Marks};

/// An attribute whose new value depends on the old one is held up to this size.
pub const MAX_VALUE_BYTES: u32 = 1 << 20;

/// Sequences in sequences.
const MAX_SEQUENCES: usize = 32;

/// Whether pixels may pass that may identify somebody ([`crate::pixel_risk`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pixels {
    /// Such a file is refused with [`Error::Pixels`], before the first byte of a pixel is given out.
    #[default]
    Refuse,
    /// They pass.
    Allow,
}

/// What is open in the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequence,
    Item,
    /// Pixel data in fragments (PS3.5 §A.4): copied, or skipped.
    Fragments,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: Kind,
    /// Where it ends in the data set, if its length was given.
    end: Option<u64>,
    /// How its content is written.
    encoding: Encoding,
    /// Nothing of it is given out.
    mute: bool,
}

enum State {
    /// Preamble and file meta information.
    Meta,
    /// The header of an element, item or delimiter.
    Header,
    /// A value is passed over, or copied.
    Skip(u64),
    Copy(u64),
    /// A value is held until it is whole.
    Hold(header::Header, Rule),
    /// Zeros behind the data set, as some devices write them: nothing else may come.
    Padding,
}

/// Takes a file in chunks of any size and gives out the de-identified one.
pub struct Transformer {
    engine: Arc<Engine>,
    options: Options,
    pixels: Pixels,
    marks: Marks,
    marked: usize,
    facts: PixelFacts,
    encoding: Encoding,
    stack: Vec<Frame>,
    state: State,
    /// Bytes of the data set that are done with.
    position: u64,
    held: Vec<u8>,
    inflate: Option<Inflate>,
}

impl Transformer {
    /// A transformer of one file.
    pub fn new(engine: Arc<Engine>, pixels: Pixels) -> Self {
        let marks = Marks::new(&engine.profile);
        Transformer {
            options: engine.profile.options(),
            engine,
            pixels,
            marks,
            marked: 0,
            facts: PixelFacts::default(),
            encoding: header::EXPLICIT,
            stack: Vec::new(),
            state: State::Meta,
            position: 0,
            held: Vec::new(),
            inflate: None,
        }
    }

    /// Takes the next chunk, and appends what can be given out to `out`. After an error the rest must
    /// not be fed: what was given out is good, but not whole.
    pub fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(mut inflate) = self.inflate.take() else { return self.plain(chunk, out) };
        inflate.feed(chunk, |inflated| self.plain(inflated, out))?;
        self.inflate = Some(inflate);
        Ok(())
    }

    fn plain(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if self.held.is_empty() {
            let used = self.run(chunk, out)?;
            self.held.extend_from_slice(chunk.get(used..).unwrap_or_default());
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(chunk);
            let used = self.run(&held, out)?;
            held.drain(..used.min(held.len()));
            self.held = held;
        }
        // What follows the file meta information turned out to be deflated.
        if self.inflate.as_ref().is_some_and(Inflate::is_new) {
            let deflated = std::mem::take(&mut self.held);
            return self.feed(&deflated, out);
        }
        Ok(())
    }

    /// Says that nothing more comes; gives out what is still due. An error if the file is not whole.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.close_ended(out);
        if self.inflate.as_ref().is_some_and(|inflate| !inflate.ended()) {
            return Err(Error::Truncated);
        }
        if !matches!(self.state, State::Header | State::Padding)
            || !self.held.is_empty()
            || !self.stack.is_empty()
        {
            return Err(Error::Truncated);
        }
        self.marks_before(None, out);
        Ok(())
    }

    /// How many bytes of the input are held at the moment.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    fn run(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or_default();
            match self.state {
                State::Meta => {
                    let Some((meta, used)) = Meta::read(rest)? else { return Ok(at) };
                    meta.write(&self.engine.key, self.options.retain_uids, out);
                    self.encoding = meta.encoding;
                    self.facts.tell(tags::SOP_CLASS_UID, Some(&meta.sop_class));
                    self.state = State::Header;
                    at += used;
                    if meta.deflated {
                        self.inflate = Some(Inflate::new());
                        return Ok(at);
                    }
                }
                State::Skip(0) | State::Copy(0) => self.state = State::Header,
                State::Skip(left) | State::Copy(left) => {
                    if rest.is_empty() {
                        return Ok(at);
                    }
                    let now = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    let left = left - now as u64;
                    if let State::Copy(_) = self.state {
                        out.extend_from_slice(rest.get(..now).unwrap_or_default());
                        self.state = State::Copy(left);
                    } else {
                        self.state = State::Skip(left);
                    }
                    at += now;
                    self.position += now as u64;
                }
                State::Hold(header, rule) => {
                    let Some(value) = rest.get(..header.length as usize) else { return Ok(at) };
                    self.state = State::Header;
                    self.value(header, rule, value, out);
                    at += value.len();
                    self.position += value.len() as u64;
                }
                State::Padding => {
                    if rest.iter().any(|byte| *byte != 0) {
                        return Err(Error::Malformed);
                    }
                    return Ok(input.len());
                }
                State::Header => {
                    self.close_ended(out);
                    if self.stack.is_empty() && rest.starts_with(&[0; 4]) {
                        self.state = State::Padding;
                        continue;
                    }
                    let encoding = self.stack.last().map_or(self.encoding, |frame| frame.encoding);
                    let Some(header) = encoding.read(rest)? else { return Ok(at) };
                    at += header.size;
                    self.position += header.size as u64;
                    self.header(header, out)?;
                }
            }
        }
    }
}

/// A whole file at once.
pub fn transform(engine: Arc<Engine>, pixels: Pixels, file: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(file.len());
    let mut transformer = Transformer::new(engine, pixels);
    transformer.feed(file, &mut out)?;
    transformer.finish(&mut out)?;
    Ok(out)
}
