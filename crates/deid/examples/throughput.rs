//! Prints MB/s of each carrier, natively, on generated input: `cargo run --release --example throughput`.
//! Input bytes are counted; 1 MB is 1,000,000 bytes.

use orthanc_share_deid::{
    Engine, Error, Options, Profile, ShareKey,
    file::{self, Pixels},
    json::{self, Document},
};
use std::{sync::Arc, time::Instant};

const CHUNK: usize = 64 << 10;

fn main() -> Result<(), Error> {
    let key = ShareKey::derive(b"bench", "bench");
    let engine = Arc::new(Engine { profile: Profile::new(Options::default()), key });
    let sets = |one: &dyn Fn(usize) -> String| (0..4000).map(one).collect::<Vec<_>>().join(",");
    let dicom_json = format!("[{}]", sets(&dicom_json));
    let resources = format!("[{}]", sets(&resource));
    let tags = format!(
        "{{{}}}",
        sets(&|n| format!(r#""0008,{:04x}":{{"Name":"x","Type":"String","Value":"1.2.{n}"}}"#, n % 300))
    );
    for (name, document, text) in [
        ("DICOM JSON", Document::DicomJson, &dicom_json),
        ("Orthanc resources", Document::Resource, &resources),
        ("Orthanc tags", Document::Tags, &tags),
    ] {
        measure(name, text.len(), || {
            let mut transformer = json::Transformer::new(engine.clone(), document);
            let mut out = Vec::with_capacity(2 * CHUNK);
            for chunk in text.as_bytes().chunks(CHUNK) {
                out.clear();
                transformer.feed(chunk, &mut out)?;
            }
            transformer.finish()
        })?;
    }
    for (name, pixels) in [("DICOM files, 512 KB", 512 << 10), ("DICOM files, no pixels", 0)] {
        let file = dicom_file(pixels);
        measure(name, file.len(), || {
            let mut transformer = file::Transformer::new(engine.clone(), Pixels::Refuse);
            let mut out = Vec::with_capacity(2 * CHUNK);
            for chunk in file.chunks(CHUNK) {
                out.clear();
                transformer.feed(chunk, &mut out)?;
            }
            transformer.finish(&mut out)
        })?;
    }
    Ok(())
}

fn measure(name: &str, bytes: usize, mut run: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    run()?;
    let (start, mut runs) = (Instant::now(), 0u32);
    while start.elapsed().as_millis() < 1000 {
        run()?;
        runs += 1;
    }
    let rate = bytes as f64 * f64::from(runs) / start.elapsed().as_secs_f64() / 1e6;
    println!("{name:24} {rate:8.0} MB/s");
    Ok(())
}

/// An MR instance of some 60 attributes, as WADO-RS metadata.
fn dicom_json(number: usize) -> String {
    let mut set = format!(
        r#"{{"00080005":{{"vr":"CS","Value":["ISO_IR 100"]}},"00080008":{{"vr":"CS","Value":["ORIGINAL","PRIMARY"]}},"00080016":{{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.4"]}},"00080018":{{"vr":"UI","Value":["1.2.3.{number}"]}},"00080020":{{"vr":"DA","Value":["20240301"]}},"00080050":{{"vr":"SH","Value":["A1"]}},"00080060":{{"vr":"CS","Value":["MR"]}},"0008103E":{{"vr":"LO","Value":["t1"]}},"00081140":{{"vr":"SQ","Value":[{{"00081150":{{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.4"]}},"00081155":{{"vr":"UI","Value":["1.2.3.4"]}}}}]}},"00100010":{{"vr":"PN","Value":[{{"Alphabetic":"DOE^JOHN"}}]}},"00100020":{{"vr":"LO","Value":["P1"]}}"#
    );
    for element in 0..40 {
        let group = [0x0018, 0x0028][element % 2];
        let element =
            [0x0020, 0x0021, 0x0050, 0x0080, 0x0081, 0x0087, 0x0010, 0x0011, 0x0030, 0x0100][element % 10];
        set += &format!(r#","{group:04X}{element:04X}":{{"vr":"DS","Value":[0.5078125,-12.25]}}"#);
    }
    set + r#","0020000D":{"vr":"UI","Value":["1.2.3.4"]},"00200032":{"vr":"DS","Value":[-120.5,-130.25,14.0]},"00091001":{"vr":"UN","InlineBinary":"AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#
}

/// An instance, as `/series/{id}/instances` lists it.
fn resource(number: usize) -> String {
    format!(
        r#"{{"FileSize":526000,"FileUuid":"c6b06ad1-8b2a-4f4c-9d55-000000000000","ID":"9cba1037-869dc4fb-ca43d451-9f6e2f78-{number:08x}","IndexInSeries":{number},"MainDicomTags":{{"ImageOrientationPatient":"1\\0\\0\\0\\1\\0","ImagePositionPatient":"-120\\-130\\14","InstanceCreationDate":"20240301","InstanceNumber":"{number}","SOPInstanceUID":"1.2.3.{number}"}},"ParentSeries":"44d4be10-61d2b4e3-760ea4b6-f8ef4580-7deea008","Type":"Instance"}}"#
    )
}

/// A file of 2,000 small attributes, kept, replaced and removed ones, and pixels.
fn dicom_file(pixels: usize) -> Vec<u8> {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    let mut put = |group: u16, element: u16, vr: &[u8], value: &[u8]| {
        file.extend(group.to_le_bytes());
        file.extend(element.to_le_bytes());
        file.extend(vr);
        if vr == b"OW" {
            file.extend([0, 0]);
            file.extend((value.len() as u32).to_le_bytes());
        } else {
            file.extend((value.len() as u16).to_le_bytes());
        }
        file.extend(value);
    };
    put(0x0002, 0x0010, b"UI", b"1.2.840.10008.1.2.1\0");
    for _ in 0..if pixels == 0 { 500 } else { 25 } {
        put(0x0008, 0x0018, b"UI", b"1.2.3.456");
        put(0x0008, 0x0060, b"CS", b"MR");
        put(0x0010, 0x0010, b"PN", b"DOE^JOHN");
        put(0x0028, 0x0030, b"DS", b"0.5078125\\0.5078125 ");
    }
    if pixels > 0 {
        put(0x7FE0, 0x0010, b"OW", &vec![7; pixels]);
    }
    file
}
