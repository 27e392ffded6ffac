//! Chunks: the same output wherever a document or file is cut, and what is held meanwhile.
#![allow(clippy::unwrap_used)]

mod common;

use common::engine;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use orthanc_share_deid::{
    Error, Longitudinal, Options, PixelRisk, file,
    json::{self, Document},
};

const SET: &str = r#"{"00080008":{"vr":"CS","Value":["ORIGINAL","PRIMARY"]},"00080018" : {"Value":["1.2.3"],"vr":"UI"},
 "00080020":{"vr":"DA","Value":["20240301"]},"00081115":{"vr":"SQ","Value":[{"0020000E":{"vr":"UI","Value":["1.2\u002e3"]}},null,{}]},
 "00081199":{"Value":[{"00081155":{"vr":"UI","Value":["1.2.3"]}}],"vr":"SQ"},"00100010":{"vr":"PN","Value":[{"Alphabetic":"D\"O\\E"}]},
 "00091001":{"vr":"UN","InlineBinary":"AAAA"},"00280030":{"vr":"DS","Value":[0.5,-1e-3]},"00400275":{"vr":"SQ"}}"#;

#[test]
fn json_cut_anywhere_is_the_same() {
    let tags = r#"{"0008,0018":{"Name":"SOPInstanceUID","Type":"String","Value":"1.2.3"},"0010,0010":{"Name":"PatientName","Type":"String","Value":"DOE"},
      "0008,1115":{"Name":"x","Type":"Sequence","Value":[{"0028,0010":{"Name":"Rows","Type":"String","Value":"2"}}]}}"#;
    let study = r#"[{"ID":"a","MainDicomTags":{"StudyDate":"20240301","Modality":"MR"},"Series":["b","c"],"IsStable":true,"IndexInSeries":3}]"#;
    for (document, text) in [
        (Document::DicomJson, SET.to_owned()),
        (Document::DicomJson, format!("[{SET},{SET}]")),
        (Document::Tags, tags.to_owned()),
        (Document::Resource, study.to_owned()),
    ] {
        let options = Options { longitudinal: Longitudinal::ModifiedDates, ..Options::default() };
        let engine = engine(options);
        let whole = json::transform(engine.clone(), document, text.as_bytes()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&whole).unwrap();
        let in_chunks = |chunks: &[&[u8]]| {
            let mut transformer = json::Transformer::new(engine.clone(), document);
            let mut out = Vec::new();
            chunks.iter().for_each(|chunk| transformer.feed(chunk, &mut out).unwrap());
            transformer.finish().unwrap();
            out
        };
        for at in 0..text.len() {
            let (a, b) = text.as_bytes().split_at(at);
            assert_eq!(in_chunks(&[a, b]), whole, "cut at {at}");
        }
        for size in [1, 2, 3, 7] {
            assert_eq!(
                in_chunks(&text.as_bytes().chunks(size).collect::<Vec<_>>()),
                whole,
                "chunks of {size}"
            );
        }
    }
}

/// Memory does not grow with the document: what is held is less than a chunk and an attribute.
#[test]
fn a_long_document_is_not_held() {
    let engine = engine(Options::default());
    for instances in [10, 1_000, 20_000] {
        let mut transformer = json::Transformer::new(engine.clone(), Document::DicomJson);
        let (mut out, mut most) = (Vec::new(), 0);
        let mut feed = |chunk: &[u8]| {
            for chunk in chunk.chunks(1000) {
                out.clear();
                transformer.feed(chunk, &mut out).unwrap();
                most = most.max(transformer.held());
            }
        };
        feed(b"[");
        for at in 0..instances {
            feed(if at == 0 { b" " } else { b"," });
            feed(SET.as_bytes());
        }
        feed(b"]");
        // A removed value is never held, however long; neither are the items of a sequence.
        assert!(most < 1500, "{most} bytes held");
    }
    let mut transformer = json::Transformer::new(engine.clone(), Document::DicomJson);
    let mut out = Vec::new();
    transformer.feed(b"{\"00091001\":{\"vr\":\"OB\",\"InlineBinary\":\"", &mut out).unwrap();
    for _ in 0..40_000 {
        transformer.feed(&[b'A'; 1000], &mut out).unwrap();
        assert_eq!(transformer.held(), 0);
    }
    let mut transformer = json::Transformer::new(engine, Document::DicomJson);
    transformer.feed(b"{\"00280010\":{\"vr\":\"OB\",\"InlineBinary\":\"", &mut out).unwrap();
    let refused = (0..40_000).find_map(|_| transformer.feed(&[b'A'; 1000], &mut out).err());
    assert_eq!(refused, Some(Error::TooLarge));
}

fn sample(modality: &str) -> Vec<u8> {
    let mut item = InMemDicomObject::new_empty();
    item.put(DataElement::new(Tag(0x0020, 0x000E), VR::UI, "1.2.3"));
    item.put(DataElement::new(Tag(0x0010, 0x0010), VR::PN, "DOE"));
    let mut set = InMemDicomObject::new_empty();
    set.put(DataElement::new(Tag(0x0008, 0x0018), VR::UI, "1.2.3"));
    set.put(DataElement::new(Tag(0x0008, 0x0020), VR::DA, "20240301"));
    set.put(DataElement::new(Tag(0x0008, 0x0060), VR::CS, modality));
    set.put(DataElement::new(Tag(0x0008, 0x1115), VR::SQ, DataSetSequence::from(vec![item])));
    set.put(DataElement::new(Tag(0x0009, 0x0010), VR::LO, "VENDOR"));
    set.put(DataElement::new(Tag(0x0010, 0x0010), VR::PN, "DOE"));
    set.put(DataElement::new(Tag(0x7FE0, 0x0010), VR::OW, PrimitiveValue::from(vec![7u8; 5000])));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.4")
        .media_storage_sop_instance_uid("1.2.3")
        .transfer_syntax("1.2.840.10008.1.2.1");
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

fn file_in_chunks(file: &[u8], size: usize) -> (Vec<u8>, usize) {
    let mut transformer = file::Transformer::new(engine(Options::default()), file::Pixels::Refuse);
    let (mut out, mut most) = (Vec::new(), 0);
    for chunk in file.chunks(size) {
        transformer.feed(chunk, &mut out).unwrap();
        most = most.max(transformer.held());
    }
    transformer.finish(&mut out).unwrap();
    (out, most)
}

#[test]
fn a_file_cut_anywhere_is_the_same() {
    let file = sample("MR");
    let (whole, _) = file_in_chunks(&file, file.len());
    for size in (1..400).chain([1000, 5000]) {
        let (out, most) = file_in_chunks(&file, size);
        assert_eq!(out, whole, "chunks of {size}");
        assert!(most < 500 + size, "{most} bytes held");
    }
    let read = OpenFileOptions::new().from_reader(&whole[..]).unwrap();
    assert_eq!(read.element(Tag(0x0012, 0x0062)).unwrap().to_str().unwrap(), "YES");
    assert_eq!(read.element(Tag(0x7FE0, 0x0010)).unwrap().to_bytes().unwrap().len(), 5000);
    let (uid, meta) =
        (read.element(Tag(0x0008, 0x0018)).unwrap(), read.meta().media_storage_sop_instance_uid());
    assert_eq!(uid.to_str().unwrap().trim_end_matches('\0'), meta);
    assert_eq!(whole[..128], [0; 128]);
}

#[test]
fn a_deflated_file_comes_out_inflated() {
    use std::io::Write;
    let plain = sample("MR");
    let (whole, _) = file_in_chunks(&plain, plain.len());
    // The syntax is the one element of the meta information whose length changes, and the data set follows it.
    let set = plain.windows(4).position(|w| w == [8, 0, 0x18, 0]).unwrap();
    let mut file = vec![0; 128];
    file.extend(
        b"DICM\x02\x00\x02\x00UI\x1a\x001.2.840.10008.5.1.4.1.1.4\0\x02\x00\x03\x00UI\x06\x001.2.3\0",
    );
    file.extend(b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99");
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(&plain[set..]).unwrap();
    file.extend(deflate.finish().unwrap());
    for size in [1, 7, file.len()] {
        assert_eq!(file_in_chunks(&file, size).0, whole);
    }
    let short = file::transform(engine(Options::default()), file::Pixels::Refuse, &file[..file.len() - 9]);
    assert_eq!(short, Err(Error::Truncated));
}

#[test]
fn files_that_devices_write_are_read_too() {
    let file = sample("MR");
    let engine = engine(Options::default());
    let transform = |file: &[u8]| file::transform(engine.clone(), file::Pixels::Refuse, file);
    let whole = transform(&file).unwrap();
    // No preamble; zeros behind the data set; both.
    let padded = [&file[..], &[0; 513]].concat();
    for file in [&file[132..], &padded, &padded[132..]] {
        assert_eq!(transform(file).as_ref(), Ok(&whole));
    }
    assert_eq!(transform(&[&file[..], &[0, 0, 0, 0, 1]].concat()), Err(Error::Malformed));
    assert_eq!(transform(&[&[0; 132], &file[132..]].concat()), Err(Error::Malformed));
}

/// In explicit VR little endian.
fn element(tag: Tag, vr: &str, value: &[u8]) -> Vec<u8> {
    let tag = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    [&tag, vr.as_bytes(), &(value.len() as u16).to_le_bytes(), value].concat()
}

#[test]
fn pixels_are_refused_by_whatever_says_so() {
    let file = sample("MR");
    let engine = engine(Options::default());
    let modality = element(Tag(0x0008, 0x0060), "CS", b"MR");
    let at = file.windows(modality.len()).position(|part| part == modality).unwrap();
    let with = |more: &[u8]| {
        let file = [&file[..at + modality.len()], more, &file[at + modality.len()..]].concat();
        file::transform(engine.clone(), file::Pixels::Refuse, &file).map(drop)
    };
    assert_eq!(with(&[]), Ok(()));
    let burned_in = |value: &[u8]| element(Tag(0x0028, 0x0301), "CS", value);
    let long = [b"YES".to_vec(), vec![b' '; 1101]].concat();
    assert_eq!(with(&burned_in(b"NO")), Ok(()));
    assert_eq!(with(&burned_in(b"YES\n")), Err(Error::Pixels(PixelRisk::BurnedIn)));
    assert_eq!(
        with(&[burned_in(b"YES "), burned_in(b"NO")].concat()),
        Err(Error::Pixels(PixelRisk::BurnedIn))
    );
    assert_eq!(with(&burned_in(&long)), Err(Error::Pixels(PixelRisk::Unreadable)));
    // The file meta information names the class of MR.
    let class = element(Tag(0x0008, 0x0016), "UI", b"1.2.840.10008.5.1.4.1.1.7\0");
    let capture = PixelRisk::SopClass("secondary capture");
    assert_eq!(with(&class), Err(Error::Pixels(capture)));
    let variable = [burned_in(b"YES "), element(Tag(0x7F02, 0x0010), "LO", b"pixels")].concat();
    assert_eq!(with(&variable), Err(Error::Pixels(PixelRisk::BurnedIn)));
}

#[test]
fn a_file_cut_short_is_an_error() {
    let file = sample("MR");
    let engine = engine(Options::default());
    let whole = file::transform(engine.clone(), file::Pixels::Refuse, &file).unwrap();
    for at in 0..file.len() {
        // Between two elements a cut cannot be seen; what comes out is then the start of the whole, and the marks.
        match file::transform(engine.clone(), file::Pixels::Refuse, &file[..at]) {
            Ok(out) => assert!(out.len() < whole.len()),
            Err(error) => assert!(matches!(error, Error::Truncated | Error::Malformed), "{error} at {at}"),
        }
    }
}

#[test]
fn pixels_that_may_identify_are_refused_before_the_first_byte() {
    let file = sample("US");
    let mut out = Vec::new();
    let mut transformer = file::Transformer::new(engine(Options::default()), file::Pixels::Refuse);
    let refused = transformer.feed(&file, &mut out);
    assert_eq!(refused, Err(Error::Pixels(PixelRisk::Modality("US"))));
    assert!(!common::contains(&out, &[7; 8]));
    assert!(file::transform(engine(Options::default()), file::Pixels::Allow, &file).is_ok());
}
