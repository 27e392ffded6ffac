//! Whole documents of Orthanc and of DICOMweb: what passes, what is replaced, and that no marker does.
#![allow(clippy::unwrap_used)]

mod common;

use common::engine;
use orthanc_share_deid::{
    Error, Options,
    json::{Document, Transformer, transform},
};
use serde_json::{Value, json};

const ID: &str = "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd";

fn basic(document: Document, value: &Value) -> Value {
    let out = transform(engine(Options::default()), document, value.to_string().as_bytes()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains("MARK") && !text.contains(ID) && !text.contains("1.2.3"), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn id() -> String {
    engine(Options::default()).key.orthanc_id(ID)
}

fn uid() -> String {
    engine(Options::default()).key.uid("1.2.3")
}

#[test]
fn a_study_keeps_a_closed_list_of_fields() {
    let study = json!({
        "ID": ID, "IsStable": true, "LastUpdate": "20261121MARK", "Labels": ["MARK"], "Type": "Study",
        "MainDicomTags": {"StudyDescription": "MARK", "AccessionNumber": "MARK", "StudyInstanceUID": "1.2.3",
            "StudyDate": "MARK", "Unknown Tag & Data": "MARK", "0009,1001": "MARK", "InstanceNumber": "7"},
        "PatientMainDicomTags": {"PatientName": "MARK", "PatientID": "MARK", "PatientSex": "MARK", "OtherPatientIDs": "MARK"},
        "RequestedTags": {"ReferencedSeriesSequence": [{"PatientName": "MARK", "SeriesInstanceUID": "1.2.3"}]},
        "ParentPatient": ID, "Series": [ID], "Metadata": {"RemoteAET": "MARK"}, "Nobody": {"knows": "MARK"},
        "Status": "MARK", "ModifiedFrom": ID, "ExpectedNumberOfInstances": null,
    });
    let expected = json!({
        "ID": id(), "IsStable": true, "Type": "Study",
        "MainDicomTags": {"AccessionNumber": "", "StudyInstanceUID": uid(), "StudyDate": "", "InstanceNumber": "7"},
        "PatientMainDicomTags": {"PatientName": "Anonymized", "PatientID": "Anonymized", "PatientSex": ""},
        "RequestedTags": {"ReferencedSeriesSequence": [{"PatientName": "Anonymized", "SeriesInstanceUID": uid()}]},
        "ParentPatient": id(), "Series": [id()], "ExpectedNumberOfInstances": null,
    });
    assert_eq!(basic(Document::Resource, &study), expected);
    assert_eq!(basic(Document::Resource, &json!([study, study])), json!([expected, expected]));
}

#[test]
fn osimis_series() {
    let info = json!({"TagsSubset": {"PatientName": "MARK", "Rows": "2"}, "TransferSyntax": "1.2.840.10008.1.2.1", "X": "MARK"});
    let clean = json!({"TagsSubset": {"PatientName": "Anonymized", "Rows": "2"}, "TransferSyntax": "1.2.840.10008.1.2.1"});
    let series = json!({
        "id": ID, "contentType": "image", "skipped": 0, "availableQualities": ["low", "pixeldata"],
        "instances": [[ID, 0, 1], [ID, "1.2.3", 2]], "instancesInfos": {ID: info}, "middleInstanceInfos": info,
        "study": {"ID": ID, "MainDicomTags": {"StudyID": "MARK"}}, "tags": "MARK",
    });
    let expected = json!({
        "id": id(), "contentType": "image", "skipped": 0, "availableQualities": ["low", "pixeldata"],
        "instances": [[id(), 0, 1], [id(), null, 2]], "instancesInfos": {id(): clean}, "middleInstanceInfos": clean,
        "study": {"ID": id(), "MainDicomTags": {"StudyID": ""}},
    });
    assert_eq!(basic(Document::OsimisSeries, &series), expected);
}

#[test]
fn system() {
    let system = json!({"ApiVersion": 17, "Version": "1.10.1", "Name": "MARK", "DicomAet": "MARK", "PluginsEnabled": true});
    assert_eq!(basic(Document::System, &system), json!({"ApiVersion": 17, "Version": "1.10.1"}));
}

#[test]
fn dicom_json_is_marked_in_order() {
    let set = json!({
        "00080018": {"vr": "UI", "Value": ["1.2.3"]},
        "00120063": {"vr": "LO", "Value": ["MARK"]},
        "00280010": {"vr": "US", "Value": [2]},
        "7FE00010": {"vr": "OW", "BulkDataURI": "http://host/1.2.3/bulk"},
    });
    let out = basic(Document::DicomJson, &json!([set]));
    assert_eq!(out[0]["00080018"]["Value"][0], uid());
    assert_eq!(out[0]["00120062"], json!({"vr": "CS", "Value": ["YES"]}));
    let code = &out[0]["00120064"]["Value"][0];
    assert_eq!(code["00080100"]["Value"][0], "113100");
    assert_eq!(out[0]["00280303"]["Value"][0], "REMOVED");
    assert_eq!(out[0].get("7FE00010"), None, "nobody rewrote the URI");
    let text =
        transform(engine(Options::default()), Document::DicomJson, set.to_string().as_bytes()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let at: Vec<usize> = ["00080018", "00120062", "00120063", "00120064", "00280010", "00280303"]
        .map(|key| text.find(key).unwrap())
        .into();
    assert!(at.is_sorted(), "{text}");
}

#[test]
fn bulk_data_uris_are_rewritten_by_the_caller() {
    let set = json!({
        "00282000": {"vr": "OB", "BulkDataURI": "http://host/1.2.3/b\"ulk"},
        "00420011": {"vr": "OB", "BulkDataURI": "http://host/MARK"},
    });
    let mut transformer =
        Transformer::with_bulk_uris(engine(Options::default()), Document::DicomJson, |uri| {
            assert_eq!(uri, "http://host/1.2.3/b\"ulk");
            Some("../b\"ulk".to_owned())
        });
    let mut out = Vec::new();
    transformer.feed(set.to_string().as_bytes(), &mut out).unwrap();
    transformer.finish().unwrap();
    let out: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(out["00282000"], json!({"vr": "OB", "BulkDataURI": "../b\"ulk"}));
    assert_eq!(out["00420011"]["InlineBinary"], "AAA=");
}

#[test]
fn what_hides_behind_a_wrong_form_goes() {
    let hidden = json!({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "MARK"}]}});
    for attribute in [
        // A kept attribute that holds what is none of its kind.
        json!({"00280010": {"vr": "US", "Value": [hidden]}}),
        json!({"00280010": {"vr": "SQ", "Value": [hidden]}}),
        json!({"00280010": {"vr": "PN", "Value": [hidden]}}),
        json!({"00280010": {"vr": "US", "Other": "MARK"}}),
        json!({"00280010": {"vr": "MARK"}}),
        json!({"00280010": {"vr": "OB", "InlineBinary": "<MARK>"}}),
        json!({"00280010": "MARK"}),
        json!({"00280010": {"Value": ["MARK"]}}),
        // A sequence that is none, with its items elsewhere.
        json!({"00081115": {"vr": "UN", "InlineBinary": "TUFSSw=="}}),
        json!({"00081115": {"vr": "SQ", "BulkDataURI": "MARK"}}),
        json!({"00081115": {"vr": "SQ", "Value": "MARK"}}),
        json!({"00081115": {"vr": "SQ", "Value": [hidden], "Value2": [hidden]}}),
        // Names that are not known, or badly written.
        json!({"0010001": {"vr": "PN", "Value": ["MARK"]}, "001000100": "MARK", "PatientName": "MARK", "": "MARK"}),
        json!({"00080002": {"vr": "LO", "Value": ["MARK"]}, "00091001": {"vr": "LO", "Value": ["MARK"]}}),
    ] {
        basic(Document::DicomJson, &attribute);
    }
    for tags in [
        json!({"0028,0010": {"Name": "MARK", "Type": "String", "Value": {"0010,0010": "MARK"}}}),
        json!({"0028,0010": {"Name": "MARK", "Type": "MARK", "Value": "2"}}),
        json!({"0028,0010": {"Name": "MARK", "PrivateCreator": "MARK", "Type": "String", "Value": "2"}}),
        json!({"0009,0010": {"Name": "PrivateCreator", "Type": "String", "Value": "MARK"}}),
        json!({"00100010": "MARK", "0010-0010": "MARK", "0008,1115": "MARK"}),
    ] {
        basic(Document::Tags, &tags);
    }
    for tags in [
        json!({"Rows": {"PatientName": "MARK"}, "Columns": [{"PatientName": "MARK"}], "patientname": "MARK"}),
        json!({"ReferencedSeriesSequence": "MARK", "PrivateCreator": "MARK", "GenericGroupLength": "MARK"}),
    ] {
        basic(Document::Resource, &json!({"MainDicomTags": tags}));
        basic(Document::SimplifiedTags, &tags);
    }
    // Orthanc has names of vendors' attributes, too, and some are those of the standard.
    basic(
        Document::SimplifiedTags,
        &json!({
            "0019,1011": {"Name": "ImageType", "Type": "String", "Value": "MARK", "PrivateCreator": "SIEMENS DLR.01"},
            "0029,1004": {"Name": "PhotometricInterpretation", "Type": "String", "Value": "MARK"},
        }),
    );
}

#[test]
fn what_is_no_such_document_is_an_error() {
    let engine = engine(Options::default());
    for (text, error) in [
        ("", Error::Truncated),
        ("[", Error::Truncated),
        ("null", Error::Malformed),
        ("\"MARK\"", Error::Malformed),
        ("[1]", Error::Malformed),
        ("{}{}", Error::Malformed),
        ("{]", Error::Malformed),
        ("{\"00100010\":[}", Error::Malformed),
        ("{\"00100010\"", Error::Truncated),
        ("<html>", Error::Malformed),
    ] {
        assert_eq!(transform(engine.clone(), Document::DicomJson, text.as_bytes()), Err(error), "{text}");
    }
    let deep = |levels: usize| {
        let open = r#"{"00081115":{"vr":"SQ","Value":["#.repeat(levels);
        let close = "]}}".repeat(levels);
        transform(engine.clone(), Document::DicomJson, format!("{open}{close}").as_bytes())
    };
    assert!(deep(20).is_ok());
    assert_eq!(deep(200), Err(Error::TooDeep));
    let removed = format!("{{\"00091001\":{}", "[".repeat(100_000));
    assert_eq!(transform(engine.clone(), Document::DicomJson, removed.as_bytes()), Err(Error::TooDeep));
}
