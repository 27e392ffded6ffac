//! Synthetic inputs: one study of one series, as Orthanc and DICOMweb tell of it. The same arguments give the
//! same bytes, and the names in them belong to nobody.

use model::{Method, Moment, Purpose, Resource, Shape, ShareType};
use token_core::Claims;

/// Orthanc's ids of the study, its patient, its series, and the one instance that has pixels.
pub const STUDY: &str = "11111111-11111111-11111111-11111111-11111111";
/// See [`STUDY`].
pub const PATIENT: &str = "44444444-44444444-44444444-44444444-44444444";
/// See [`STUDY`].
pub const SERIES: &str = "22222222-22222222-22222222-22222222-22222222";
/// See [`STUDY`].
pub const INSTANCE: &str = "33333333-33333333-33333333-33333333-33333333";
/// The study's UID; `.1` is the series', `.1.1` the instance's.
pub const STUDY_UID: &str = "1.2.826.0.1.3680043.10.99999.78";
/// The key that everything is signed with.
pub const SECRET: &str = "a-key-for-benchmarks-only-of-48-characters------";
/// The server of standard shares.
pub const STANDARD: &str = "standard-server-id";
/// The server of anonymized shares.
pub const ANONYMIZED: &str = "anonymized-server-id";
/// When a path is measured alone: in 2027.
pub const NOW: i64 = 1_800_000_000;

/// The share of [`STUDY`] and of so many more, which end far from now.
pub fn claims(studies: usize, anonymized: bool) -> Claims {
    Claims {
        jti: Some("0123456789abcdef0123456789abcdef".to_owned()),
        id: Some("bench".to_owned()),
        shape: Shape::Studies,
        share_type: ShareType::StoneViewerPublication,
        resources: (0..studies).map(|number| study(studies - 1 - number)).collect(),
        anonymized,
        methods: vec![Method::Get],
        not_before: None,
        expires: Some(Moment::from_unix_seconds(NOW + 5 * 365 * 86_400)),
        download: true,
        purpose: Purpose::Viewing,
        registered: false,
        revoked: false,
    }
}

/// A study by its number; 0 is the one of the constants. It stands last in [`claims`].
pub fn study(number: usize) -> Resource {
    match number {
        0 => Resource::study(Some(STUDY_UID.to_owned()), Some(STUDY.to_owned())),
        _ => Resource::study(
            Some(format!("1.2.826.0.1.3680043.10.99999.1000.{number}")),
            Some(format!("9cba1037-869dc4fb-ca43d451-9f6e2f78-{number:08x}")),
        ),
    }
}

/// WADO-RS metadata of so many instances of a CT series, each of some 4 KB: kept, replaced and removed ones.
pub fn dicom_json(instances: usize) -> String {
    list((1..=instances).map(dicom_json_instance))
}

fn dicom_json_instance(number: usize) -> String {
    let mut set = format!(
        r#"{{"00080005":{{"vr":"CS","Value":["ISO_IR 100"]}},"00080008":{{"vr":"CS","Value":["ORIGINAL","PRIMARY","AXIAL"]}},"00080016":{{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]}},"00080018":{{"vr":"UI","Value":["{STUDY_UID}.1.{number}"]}},"00080020":{{"vr":"DA","Value":["20240131"]}},"00080030":{{"vr":"TM","Value":["101500"]}},"00080050":{{"vr":"SH","Value":["A-1"]}},"00080060":{{"vr":"CS","Value":["CT"]}},"00080080":{{"vr":"LO","Value":["Sanatorium of Nowhere"]}},"0008103E":{{"vr":"LO","Value":["axial"]}},"00081140":{{"vr":"SQ","Value":[{{"00081150":{{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.2"]}},"00081155":{{"vr":"UI","Value":["{STUDY_UID}.1.2"]}}}}]}},"00100010":{{"vr":"PN","Value":[{{"Alphabetic":"DOE^JOHN"}}]}},"00100020":{{"vr":"LO","Value":["P-1"]}},"00100030":{{"vr":"DA","Value":["19700101"]}}"#
    );
    for element in 0x1000..0x1018 {
        set += &format!(r#","0009{element:04X}":{{"vr":"LO","Value":["of a vendor"]}}"#);
        set += &format!(r#","0018{element:04X}":{{"vr":"LO","Value":["some text"]}}"#);
    }
    for element in ["0018,0050", "0018,0060", "0018,0090", "0018,1100", "0018,1120", "0018,1151"] {
        let tag = element.replace(',', "");
        set += &format!(r#","{tag}":{{"vr":"DS","Value":[0.5078125,-12.25]}}"#);
    }
    set + &format!(
        r#","0020000D":{{"vr":"UI","Value":["{STUDY_UID}"]}},"0020000E":{{"vr":"UI","Value":["{STUDY_UID}.1"]}},"00200013":{{"vr":"IS","Value":[{number}]}},"00200032":{{"vr":"DS","Value":[-158.135803,-179.035797,-75.699997]}},"00200037":{{"vr":"DS","Value":[1,0,0,0,1,0]}},"00280010":{{"vr":"US","Value":[512]}},"00280011":{{"vr":"US","Value":[512]}},"00280030":{{"vr":"DS","Value":[0.661468,0.661468]}},"00091099":{{"vr":"UN","InlineBinary":"AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},"7FE00010":{{"vr":"OW","BulkDataURI":"http://127.0.0.1/dicom-web/studies/{STUDY_UID}/series/{STUDY_UID}.1/instances/{STUDY_UID}.1.{number}/bulk/7fe00010"}}}}"#
    )
}

/// What Orthanc answers at `/studies/{id}`.
pub fn study_json(study: &Resource) -> String {
    let (id, uid) = (study.orthanc_id.as_deref(), study.dicom_uid.as_deref());
    format!(
        r#"{{"ID":"{}","Type":"Study","ParentPatient":"{PATIENT}","Series":[],"MainDicomTags":{{"StudyInstanceUID":"{}","StudyDescription":"CT"}}}}"#,
        id.unwrap_or_default(),
        uid.unwrap_or_default()
    )
}

/// What Orthanc answers at `/studies/{id}/series` of a study with this one series.
pub fn series_json(series: &str) -> String {
    format!(
        r#"[{{"ID":"{series}","Type":"Series","Instances":["{INSTANCE}"],"MainDicomTags":{{"SeriesInstanceUID":"{STUDY_UID}.1","Modality":"CT"}}}}]"#
    )
}

/// What Orthanc answers at `/instances/{id}/tags`: enough for the decision on its pixels.
pub const FACTS_JSON: &str = r#"{"0008,0008":{"Name":"ImageType","Type":"String","Value":"ORIGINAL\\PRIMARY\\AXIAL"},"0008,0016":{"Name":"SOPClassUID","Type":"String","Value":"1.2.840.10008.5.1.4.1.1.2"},"0008,0060":{"Name":"Modality","Type":"String","Value":"CT"}}"#;

/// What Orthanc answers at `/series/{id}/instances`: the first is [`INSTANCE`].
pub fn instances_json(instances: usize) -> String {
    let one = |number| {
        let id = match number {
            1 => INSTANCE.to_owned(),
            _ => format!("9cba1037-869dc4fb-ca43d451-9f6e2f78-{number:08x}"),
        };
        format!(
            r#"{{"FileSize":526000,"FileUuid":"c6b06ad1-8b2a-4f4c-9d55-000000000000","ID":"{id}","IndexInSeries":{number},"MainDicomTags":{{"ImageOrientationPatient":"1\\0\\0\\0\\1\\0","ImagePositionPatient":"-120\\-130\\14","InstanceCreationDate":"20240301","InstanceNumber":"{number}","SOPInstanceUID":"{STUDY_UID}.1.{number}"}},"ParentSeries":"{SERIES}","Type":"Instance"}}"#
        )
    };
    list((1..=instances).map(one))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut text = "[".to_owned();
    for (number, item) in items.enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&item);
    }
    text.push(']');
    text
}

/// A CT image (explicit VR little endian) of some 100 attributes, with so many bytes of pixels.
pub fn dicom_file(pixels: usize) -> Vec<u8> {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    let uid = |suffix: &str| format!("{STUDY_UID}{suffix}");
    put(&mut file, 0x0002_0010, b"UI", b"1.2.840.10008.1.2.1");
    put(&mut file, 0x0008_0008, b"CS", b"ORIGINAL\\PRIMARY\\AXIAL");
    put(&mut file, 0x0008_0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2");
    put(&mut file, 0x0008_0018, b"UI", uid(".1.1").as_bytes());
    put(&mut file, 0x0008_0020, b"DA", b"20240131");
    put(&mut file, 0x0008_0060, b"CS", b"CT");
    put(&mut file, 0x0008_0080, b"LO", b"Sanatorium of Nowhere");
    for element in 0x1000..0x1020_u32 {
        put(&mut file, 0x0009_0000 | element, b"LO", b"of a vendor");
    }
    put(&mut file, 0x0010_0010, b"PN", b"DOE^JOHN");
    put(&mut file, 0x0010_0020, b"LO", b"P-1");
    for element in (0x0050..0x0090_u32).step_by(2) {
        put(&mut file, 0x0018_0000 | element, b"DS", b"0.5078125");
    }
    put(&mut file, 0x0020_000D, b"UI", STUDY_UID.as_bytes());
    put(&mut file, 0x0020_000E, b"UI", uid(".1").as_bytes());
    put(&mut file, 0x0020_0032, b"DS", b"-158.135803\\-179.035797\\-75.699997");
    put(&mut file, 0x0028_0010, b"US", &512_u16.to_le_bytes());
    put(&mut file, 0x0028_0030, b"DS", b"0.661468\\0.661468");
    put(&mut file, 0x7FE0_0010, b"OW", &vec![7; pixels]);
    file
}

/// One element, its value padded to an even length (PS3.5 §7.1.2).
fn put(file: &mut Vec<u8>, tag: u32, vr: &[u8; 2], value: &[u8]) {
    let [group, element] = [(tag >> 16) as u16, tag as u16];
    file.extend(group.to_le_bytes());
    file.extend(element.to_le_bytes());
    file.extend(vr);
    let length = value.len().next_multiple_of(2);
    if vr == b"OW" {
        file.extend([0, 0]);
        file.extend((length as u32).to_le_bytes());
    } else {
        file.extend((length as u16).to_le_bytes());
    }
    file.extend(value);
    if value.len() < length {
        file.push(if vr == b"UI" { 0 } else { b' ' });
    }
}

/// The boundary of [`frame`].
pub const BOUNDARY: &str = "c0ffee00-0000-4000-8000-000000000000";

/// What DICOMweb answers for one frame of so many bytes.
pub fn frame(pixels: usize) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\nContent-Length: {pixels}\r\nMIME-Version: 1.0\r\n\r\n"
    );
    [head.as_bytes(), &vec![7; pixels], format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

/// The question of the Authorization plugin about [`STUDY`], as plugins up to 0.4.1 write it.
pub fn question(token: &str, server: &str) -> String {
    format!(
        "{{\n\t\"dicom-uid\" : \"{STUDY_UID}\",\n\t\"identifier\" : \"{server}\",\n\t\"level\" : \"study\",\n\t\"method\" : \"get\",\n\t\"orthanc-id\" : \"{STUDY}\",\n\t\"token-key\" : \"token\",\n\t\"token-value\" : \"{token}\"\n}}\n"
    )
}
