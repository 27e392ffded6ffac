//! DICOM files of any content, well formed and broken: no panic, and never an attribute that the table removes, at
//! any depth. What came out is read by dicom-rs, and where that does not read broken values, by a walker of its own.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{choices, contains, engine, vr};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use orthanc_share_deid::{
    Action, Engine,
    file::{Pixels, Transformer, transform},
    table,
};
use proptest::{collection::vec, prelude::*, sample::select};

const MARKER: &str = "ZQMARK";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const IMPLICIT: &str = "1.2.840.10008.1.2";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const SYNTAXES: [&str; 3] = [EXPLICIT, IMPLICIT, BIG_ENDIAN];

// --- Data sets --------------------------------------------------------------------------------------------

/// An element to be built once the engine is known.
#[derive(Debug, Clone)]
enum Node {
    Value(Tag, VR),
    Items(Tag, Vec<Vec<Node>>),
}

/// Attributes that the table lists; that it does not, and viewers read; that nobody knows; private ones; overlays.
fn attributes() -> impl Strategy<Value = Tag> {
    let listed = select(table::rows()).prop_map(|row| Tag((row.tag >> 16) as u16, row.tag as u16));
    prop_oneof![
        // File meta information and commands are no attributes of a data set, but for a writer that errs.
        6 => listed.prop_filter("group 2 is not written here", |tag| tag.0 > 0x0002),
        2 => select(&[0x0008_0008u32, 0x0008_0060, 0x0018_0015, 0x0028_0010, 0x0028_1050, 0x0028_0004, 0x0054_0400, 0x0018_0050][..])
            .prop_map(|tag| Tag((tag >> 16) as u16, tag as u16)),
        1 => select(&[0x0008_9999u32, 0x0009_0010, 0x0009_1001, 0x7FE1_1010, 0x5012_3000, 0x6002_3000, 0x6002_4000, 0x0008_0000][..])
            .prop_map(|tag| Tag((tag >> 16) as u16, tag as u16)),
    ]
}

fn sequences() -> impl Strategy<Value = Tag> {
    prop_oneof![
        // Kept and walked, at three places; removed; private; and what is no sequence at all.
        6 => select(&[0x0008_1115u32, 0x0008_1140, 0x0008_2218, 0x0040_A730, 0x5200_9229][..]),
        2 => select(&[0x0008_1120u32, 0x0040_0275, 0x0009_1001, 0x0400_0500][..]),
        1 => select(&[0x0008_0060u32, 0x0010_0010, 0x0018_0015][..]),
    ]
    .prop_map(|tag| Tag((tag >> 16) as u16, tag as u16))
}

fn data_sets() -> impl Strategy<Value = Vec<Node>> {
    let stated =
        prop_oneof![8 => Just(None), 1 => select(&[VR::UN, VR::LO, VR::UT, VR::OB][..]).prop_map(Some)];
    let leaf =
        (attributes(), stated).prop_map(|(tag, stated)| Node::Value(tag, stated.unwrap_or_else(|| vr(tag))));
    let node = leaf.prop_recursive(6, 40, 4, |inner| {
        (sequences(), vec(vec(inner, 0..4), 0..3)).prop_map(|(tag, items)| Node::Items(tag, items))
    });
    vec(node, 1..10)
}

/// The marker stands in every value but those that stay, and in no number.
fn element(engine: &Engine, tag: Tag, stated: VR) -> DataElement<InMemDicomObject> {
    let stays = engine.profile.action(tag) == Action::Keep && vr(tag) != VR::SQ;
    let text = if stays { "kept" } else { MARKER };
    let value = match stated {
        VR::US => PrimitiveValue::from(7_u16),
        VR::SS => PrimitiveValue::from(7_i16),
        VR::UL => PrimitiveValue::from(7_u32),
        VR::SL => PrimitiveValue::from(7_i32),
        VR::FL | VR::OF => PrimitiveValue::from(7_f32),
        VR::FD | VR::OD => PrimitiveValue::from(7_f64),
        VR::AT => PrimitiveValue::from(Tag(0x0010, 0x0010)),
        VR::OB | VR::OW | VR::UN | VR::OL | VR::OV => PrimitiveValue::from(text.as_bytes()),
        VR::SQ => {
            return DataElement::new(tag, VR::SQ, DataSetSequence::from(Vec::<InMemDicomObject>::new()));
        }
        _ => PrimitiveValue::from(text),
    };
    DataElement::new(tag, stated, value)
}

/// In implicit VR a reader takes the dictionary's: another one cannot be stated.
fn build(engine: &Engine, nodes: &[Node], implicit: bool) -> InMemDicomObject {
    let mut set = InMemDicomObject::new_empty();
    for node in nodes {
        match node {
            Node::Value(tag, stated) => {
                set.put(element(engine, *tag, if implicit { vr(*tag) } else { *stated }))
            }
            Node::Items(tag, _) if implicit && vr(*tag) != VR::SQ => set.put(element(engine, *tag, vr(*tag))),
            Node::Items(tag, items) => {
                let items: Vec<_> = items.iter().map(|item| build(engine, item, implicit)).collect();
                set.put(DataElement::new(*tag, VR::SQ, DataSetSequence::from(items)))
            }
        };
    }
    set
}

fn file(set: InMemDicomObject, syntax: &str) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.4")
        .media_storage_sop_instance_uid("1.2.3")
        .transfer_syntax(syntax);
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// Where the data set begins.
fn data_set_at(file: &[u8]) -> usize {
    let length = file.get(140..144).unwrap();
    144 + u32::from_le_bytes(length.try_into().unwrap()) as usize
}

// --- What may come out --------------------------------------------------------------------------------------

/// The first attribute, at any depth, that the profile removes.
fn removed_in(engine: &Engine, set: &InMemDicomObject) -> Option<Tag> {
    set.iter().find_map(|element| {
        let tag = element.header().tag;
        if engine.profile.action(tag) == Action::Remove {
            return Some(tag);
        }
        element.items().into_iter().flatten().find_map(|item| removed_in(engine, item))
    })
}

/// A reader of what the engine writes, which has nothing in common with its own: what is in sequences and items has no length.
struct Walker<'a> {
    bytes: &'a [u8],
    explicit: bool,
    big_endian: bool,
    tags: Vec<Tag>,
}

impl Walker<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        let bytes = self.take()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// All attributes up to the end of this data set; none if the bytes end before it does.
    fn data_set(&mut self, depth: usize) -> Option<()> {
        loop {
            if depth == 0 && self.bytes.is_empty() {
                return Some(());
            }
            let tag = Tag(self.u16()?, self.u16()?);
            if tag == Tag(0xFFFE, 0xE00D) {
                assert!(depth > 0, "the end of an item outside of one");
                return (self.u32()? == 0).then_some(());
            }
            assert_ne!(tag.0, 0xFFFE, "an item outside of a sequence");
            self.tags.push(tag);
            let (is_sequence, length) = if self.explicit {
                let vr = self.take::<2>()?;
                match &vr {
                    b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR"
                    | b"UT" | b"UV" => {
                        assert_eq!(self.u16()?, 0, "{tag}");
                        (vr == *b"SQ", self.u32()?)
                    }
                    _ => (false, self.u16()?.into()),
                }
            } else {
                let length = self.u32()?;
                (vr(tag) == VR::SQ, length)
            };
            match (is_sequence, length) {
                (true, u32::MAX) => self.items(depth)?,
                (false, u32::MAX) => self.fragments()?,
                // An empty sequence, in place of one that the profile empties.
                (true, 0) => {}
                (true, length) => panic!("{tag} is a sequence of {length} bytes"),
                (false, length) => self.skip(length)?,
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<()> {
        loop {
            let tag = Tag(self.u16()?, self.u16()?);
            let length = self.u32()?;
            match (tag.0, tag.1) {
                (0xFFFE, 0xE000) => assert_eq!(length, u32::MAX),
                (0xFFFE, 0xE0DD) => return Some(()),
                _ => panic!("{tag} in a sequence"),
            }
            self.data_set(depth + 1)?;
        }
    }

    fn fragments(&mut self) -> Option<()> {
        loop {
            let tag = Tag(self.u16()?, self.u16()?);
            let length = self.u32()?;
            match (tag.0, tag.1) {
                (0xFFFE, 0xE000) => self.skip(length)?,
                (0xFFFE, 0xE0DD) => return Some(()),
                _ => panic!("{tag} in fragments"),
            }
        }
    }

    fn skip(&mut self, length: u32) -> Option<()> {
        self.bytes = self.bytes.get(length as usize..)?;
        Some(())
    }
}

/// Checks what was given out; `whole` says that the engine saw no error.
fn assert_clean(engine: &Engine, out: &[u8], syntax: &str, whole: bool) {
    if out.is_empty() {
        return assert!(!whole, "a whole file of nothing");
    }
    let bytes = &out[data_set_at(out)..];
    let (explicit, big_endian) = (syntax != IMPLICIT, syntax == BIG_ENDIAN);
    let mut walker = Walker { bytes, explicit, big_endian, tags: Vec::new() };
    let ended = walker.data_set(0).is_some();
    assert!(ended || !whole, "the output ends early");
    for tag in &walker.tags {
        assert_ne!(engine.profile.action(*tag), Action::Remove, "{tag} came through");
    }
    if whole && let Ok(read) = OpenFileOptions::new().from_reader(out) {
        assert_eq!(removed_in(engine, &read), None);
    }
}

/// In chunks, as the proxy gets it: what was given out, and whether that is all.
fn in_chunks(engine: &Arc<Engine>, file: &[u8], size: usize) -> (Vec<u8>, bool) {
    let mut transformer = Transformer::new(engine.clone(), Pixels::Allow);
    let mut out = Vec::new();
    for chunk in file.chunks(size) {
        if transformer.feed(chunk, &mut out).is_err() {
            return (out, false);
        }
    }
    let whole = transformer.finish(&mut out).is_ok();
    (out, whole)
}

// --- Changes ------------------------------------------------------------------------------------------------

/// What happens to bytes; places are parts of the whole, in 65,536ths.
#[derive(Debug, Clone)]
enum Change {
    Set(u16, u8),
    Insert(u16, Vec<u8>),
    Delete(u16, u8),
    Copy(u16, u16, u8),
    Cut(u16),
}

/// Parts of headers, which are likelier to be understood than any bytes.
const PIECES: [&[u8]; 11] = [
    b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF",
    b"\xFE\xFF\x0D\xE0\x00\x00\x00\x00",
    b"\xFE\xFF\xDD\xE0\x00\x00\x00\x00",
    b"\x10\x00\x10\x00PN\x06\x00ZQMARK",
    b"\x10\x00\x10\x00\x06\x00\x00\x00ZQMARK",
    b"\x08\x00\x15\x11SQ\x00\x00\xFF\xFF\xFF\xFF",
    b"\x08\x00\x60\x00UN\x00\x00\xFF\xFF\xFF\xFF",
    b"\xE0\x7F\x10\x00OB\x00\x00\xFF\xFF\xFF\xFF",
    b"\xFF\xFF\xFF\xFF",
    b"SQ",
    b"UN",
];

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let pieces = select(&PIECES[..]).prop_map(<[u8]>::to_vec);
    let change = prop_oneof![
        4 => (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (any::<u16>(), pieces).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (any::<u16>(), vec(any::<u8>(), 0..20)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, count)| Change::Delete(at, count)),
        1 => (any::<u16>(), any::<u16>(), any::<u8>()).prop_map(|(from, to, count)| Change::Copy(from, to, count)),
        1 => any::<u16>().prop_map(Change::Cut),
    ];
    vec(change, 1..6)
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let length = bytes.len();
    let place = |part: u16| length * usize::from(part) / 65_536;
    let end = |at: usize, count: u8| (at + usize::from(count)).min(length);
    match change {
        Change::Set(at, byte) => {
            if let Some(old) = bytes.get_mut(place(*at)) {
                *old = *byte;
            }
        }
        Change::Insert(at, more) => drop(bytes.splice(place(*at)..place(*at), more.iter().copied())),
        Change::Delete(at, count) => drop(bytes.drain(place(*at)..end(place(*at), *count))),
        Change::Copy(from, to, count) => {
            let piece = bytes[place(*from)..end(place(*from), *count)].to_vec();
            bytes.splice(place(*to)..place(*to), piece);
        }
        Change::Cut(at) => bytes.truncate(place(*at)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn data_sets_of_any_content(nodes in data_sets(), syntax in select(&SYNTAXES[..]), choice in 0..10usize) {
        let engine = engine(choices()[choice]);
        let before = file(build(&engine, &nodes, syntax == IMPLICIT), syntax);
        let out = transform(engine.clone(), Pixels::Allow, &before).unwrap();
        assert_clean(&engine, &out, syntax, true);
        let read = OpenFileOptions::new().from_reader(&out[..]).unwrap();
        prop_assert_eq!(removed_in(&engine, &read), None);
        let mark = read.element(Tag(0x0012, 0x0062)).unwrap().to_str().unwrap();
        prop_assert_eq!(mark.trim_end(), "YES");
        prop_assert!(!contains(&out, MARKER.as_bytes()), "{:?}", nodes);
    }

    #[test]
    fn valid_files_with_changes(
        nodes in data_sets(), changes in changes(), syntax in select(&SYNTAXES[..]), choice in 0..10usize, size in 1..600usize,
    ) {
        let engine = engine(choices()[choice]);
        let mut bytes = file(build(&engine, &nodes, syntax == IMPLICIT), syntax);
        // The transfer syntax stays what it is, so that what comes out can be judged.
        let mut data_set = bytes.split_off(data_set_at(&bytes));
        for change in &changes {
            apply(&mut data_set, change);
        }
        bytes.extend(data_set);
        let (out, whole) = in_chunks(&engine, &bytes, size);
        assert_clean(&engine, &out, syntax, whole);
        // Chunks change nothing.
        let (at_once, same) = in_chunks(&engine, &bytes, usize::MAX);
        prop_assert_eq!(whole, same);
        prop_assert!(!whole || out == at_once);
    }

    #[test]
    fn valid_files_with_changes_anywhere(nodes in data_sets(), changes in changes(), syntax in select(&SYNTAXES[..]), size in 1..600usize) {
        let engine = engine(choices()[0]);
        let mut bytes = file(build(&engine, &nodes, syntax == IMPLICIT), syntax);
        for change in &changes {
            apply(&mut bytes, change);
        }
        let (out, _) = in_chunks(&engine, &bytes, size);
        prop_assert!(out.is_empty() || out.starts_with(&[0; 128]) && out[128..132] == *b"DICM");
    }

    /// Names in attributes that the table removes, and then anything: nothing of them comes out.
    #[test]
    fn removed_names_before_garbage(
        tags in vec(select(&[(0x0008_0080u32, "LO"), (0x0008_0090, "PN"), (0x0010_0010, "PN"), (0x0010_0020, "LO"), (0x0009_1001, "UN"), (0x0010_1040, "LO")][..]), 1..4),
        garbage in vec(any::<u8>(), 0..200), size in 1..300usize,
    ) {
        let engine = engine(choices()[0]);
        let mut bytes = file(InMemDicomObject::new_empty(), EXPLICIT);
        for (tag, vr) in tags {
            bytes.extend(((tag >> 16) as u16).to_le_bytes());
            bytes.extend((tag as u16).to_le_bytes());
            bytes.extend(vr.bytes());
            bytes.extend(if vr == "UN" { &[0, 0, 6, 0, 0, 0][..] } else { &[6, 0] });
            bytes.extend(MARKER.bytes());
        }
        bytes.extend(garbage);
        let (out, _) = in_chunks(&engine, &bytes, size);
        prop_assert!(!contains(&out, MARKER.as_bytes()));
    }

    /// What is no DICOM file is an error, and nothing of it comes out.
    #[test]
    fn no_file_at_all(mut bytes in vec(any::<u8>(), 0..400), at in any::<prop::sample::Index>(), size in 1..300usize) {
        bytes.splice(at.index(bytes.len() + 1)..at.index(bytes.len() + 1), MARKER.bytes());
        prop_assume!(bytes.get(128..132) != Some(b"DICM"));
        let (out, whole) = in_chunks(&engine(choices()[0]), &bytes, size);
        prop_assert!(out.is_empty() && !whole);
    }
}
