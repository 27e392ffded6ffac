//! JSON, de-identified as a stream: DICOM JSON and Orthanc's documents, by one machine.
//!
//! Why no library: those that stream JSON (struson, for one) pull from a blocking reader, and a
//! component is pushed its chunks; and they decode each value, where most are only copied.

mod form;
mod known;
mod leaf;
mod record;
mod scan;
mod text;
mod walk;

use dicom_core::{Tag, VR};
use std::sync::Arc;

use self::{
    form::Form,
    known::Known,
    leaf::{Attribute, BulkUris},
    record::{Field, Record},
    scan::Scan,
};
use crate::{Action, Engine, Error, Plain, marks::Marks, value::New};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// PS3.18 Annex F: a data set, or an array of them (metadata, QIDO-RS).
    DicomJson,
    /// `/instances/{id}/tags`.
    Tags,
    /// `/instances/{id}/tags`, to be given out as `/instances/{id}/simplified-tags`.
    SimplifiedTags,
    /// `/patients/{id}`, `/studies/{id}`, `/series/{id}`, `/instances/{id}`, Osimis' study, and lists of
    /// these (`/studies/{id}/series`, `/series/{id}/instances`).
    Resource,
    /// `/osimis-viewer/series/{id}`.
    OsimisSeries,
    /// `/system`.
    System,
}

/// What is held at most of one attribute that is not a sequence, in bytes of JSON.
pub const MAX_ATTRIBUTE_BYTES: usize = 16 << 20;

/// Open sequences in sequences; each is three frames on the stack (attribute, items, item).
const MAX_SEQUENCES: usize = 32;

/// No key that matters is longer.
const MAX_KEY_BYTES: usize = 4096;

/// What is open, or about to be opened.
#[derive(Clone, Copy)]
enum Node {
    /// A data set; one at the top gets the marks.
    Set(Form, bool),
    /// An array of these.
    Items(Form, bool),
    /// The object of a sequence's attribute, in the forms that have one.
    Sequence(Form, Tag),
    Record(&'static Record),
    Records(&'static Record),
    Keyed(&'static Record),
}

impl Node {
    /// The bracket that it opens with.
    fn open(self) -> u8 {
        match self {
            Node::Items(..) | Node::Records(_) => b'[',
            _ => b'{',
        }
    }
}

struct Frame {
    node: Node,
    /// Something was written inside, so that a comma comes first.
    any: bool,
    /// Of a data set at the top: how many marks are written.
    marks: usize,
    /// Of a sequence's attribute: its items were seen.
    items: bool,
}

/// What is done with the value that comes.
#[derive(Clone, Copy)]
enum Plan {
    Skip,
    Attribute(Attribute),
    Field(Field),
    Walk(Node),
}

/// The key of the value that comes, for when it is written.
enum Key {
    /// An element of an array has none, nor what was written already.
    None,
    /// Of an attribute: where it stands in [`Known`].
    Known(usize),
    Field(&'static str),
    Id(Vec<u8>),
}

/// What is expected.
enum State {
    /// The document.
    Start,
    /// The first member or element, or the end.
    First,
    /// A comma, or the end.
    Next,
    /// A member or element after a comma.
    Member,
    Colon,
    Value,
    /// The rest of a value that is skipped, or held until it is whole.
    Taking(Scan, usize),
    /// Nothing but white space.
    End,
}

/// Takes a document in chunks of any size and gives out the de-identified one. What it holds is at
/// most one attribute that is not a sequence ([`MAX_ATTRIBUTE_BYTES`]), never the document.
pub struct Transformer {
    engine: Arc<Engine>,
    document: Document,
    bulk: Box<BulkUris>,
    marks: Marks,
    /// The marks as they are written, as far as they were.
    marked: Vec<Box<[u8]>>,
    known: Known,
    stack: Vec<Frame>,
    state: State,
    plan: Plan,
    key: Key,
    held: Vec<u8>,
}

impl Transformer {
    /// A transformer of one document. Attributes whose value is elsewhere (`BulkDataURI`) are dropped.
    pub fn new(engine: Arc<Engine>, document: Document) -> Self {
        Self::with_bulk_uris(engine, document, |_| None)
    }

    /// As [`Transformer::new`]; `map` gives the URI that the viewer may see for one of the server's, of
    /// an attribute that the profile keeps. `None` drops the attribute.
    pub fn with_bulk_uris(
        engine: Arc<Engine>,
        document: Document,
        map: impl FnMut(&str) -> Option<String> + 'static,
    ) -> Self {
        let marks = Marks::new(&engine.profile);
        Transformer {
            engine,
            document,
            bulk: Box::new(map),
            marks,
            marked: Vec::new(),
            known: Known::default(),
            stack: Vec::new(),
            state: State::Start,
            plan: Plan::Skip,
            key: Key::None,
            held: Vec::new(),
        }
    }

    /// Takes the next chunk, and appends what can be given out to `out`.
    ///
    /// After an error the rest must not be fed: what was given out is good, but not whole.
    pub fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
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
        if self.held.len() > MAX_ATTRIBUTE_BYTES { Err(Error::TooLarge) } else { Ok(()) }
    }

    /// Says that nothing more comes: an error if the document is not whole.
    pub fn finish(self) -> Result<(), Error> {
        if matches!(self.state, State::End) { Ok(()) } else { Err(Error::Truncated) }
    }

    /// How many bytes of the input are held at the moment.
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// A whole document at once.
pub fn transform(engine: Arc<Engine>, document: Document, json: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(json.len());
    let mut transformer = Transformer::new(engine, document);
    transformer.feed(json, &mut out)?;
    transformer.finish()?;
    Ok(out)
}

impl Document {
    /// What the document is if it opens with this bracket.
    fn node(self, bracket: u8) -> Option<Node> {
        let (one, many) = match self {
            Document::DicomJson => (Node::Set(Form::Dicom, true), Some(Node::Items(Form::Dicom, true))),
            Document::Tags => (Node::Set(Form::Full, true), Some(Node::Items(Form::Full, true))),
            Document::SimplifiedTags => {
                (Node::Set(Form::Simplified, true), Some(Node::Items(Form::Simplified, true)))
            }
            Document::Resource => (Node::Record(record::RESOURCE), Some(Node::Records(record::RESOURCE))),
            Document::OsimisSeries => (Node::Record(record::OSIMIS_SERIES), None),
            Document::System => (Node::Record(record::SYSTEM), None),
        };
        [Some(one), many].into_iter().flatten().find(|node| node.open() == bracket)
    }
}

/// Whether the value of the attribute decides what replaces it.
fn needs_value(action: Action) -> bool {
    matches!(action, Action::Uid | Action::ShiftDate(_) | Action::Clean(_) | Action::Keep)
}

/// What replaces an attribute whose value does not matter.
fn without_value(action: Action, vr: VR) -> New {
    New::plain(if action == Action::Zero { Plain::Zero } else { Plain::Dummy }, vr)
}
