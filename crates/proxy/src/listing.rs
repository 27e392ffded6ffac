//! What Orthanc says about the resources that are shared. Only from its answers are the real ids made that
//! an upstream path may hold.

use deid::PixelFacts;
use dicom_dictionary_std::tags;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use crate::ids::{OrthancId, Uid};

/// An answer of Orthanc's is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an answer of Orthanc's has an unexpected shape")]
pub struct UnexpectedShape;

/// How many studies of one share are looked for: each is a question to Orthanc. A share of more is not made.
pub const MOST_STUDIES: usize = 64;

/// A study as it lies in Orthanc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// Orthanc's id.
    pub id: OrthancId,
    /// StudyInstanceUID.
    pub uid: Uid,
    /// Orthanc's id of its patient.
    pub patient: OrthancId,
}

/// A series as it lies in Orthanc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Orthanc's id.
    pub id: OrthancId,
    /// SeriesInstanceUID; none if it is no UID, and then DICOMweb cannot name it.
    pub uid: Option<Uid>,
    /// Its instances.
    pub instances: Vec<OrthancId>,
}

/// An instance as it lies in Orthanc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Orthanc's id.
    pub id: OrthancId,
    /// SOPInstanceUID; none if it is no UID.
    pub uid: Option<Uid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default)]
    parent_patient: String,
    #[serde(default)]
    instances: Vec<String>,
    main_dicom_tags: MainDicomTags,
}

#[derive(Default, Deserialize)]
struct MainDicomTags {
    #[serde(default, rename = "StudyInstanceUID")]
    study: String,
    #[serde(default, rename = "SeriesInstanceUID")]
    series: String,
    #[serde(default, rename = "SOPInstanceUID")]
    instance: String,
}

/// Reads `/studies/{id}`.
pub fn read_study(json: &[u8]) -> Result<Study, UnexpectedShape> {
    let study: Resource = read(json)?;
    Ok(Study {
        id: id(&study.id)?,
        uid: uid(&study.main_dicom_tags.study).ok_or(UnexpectedShape)?,
        patient: id(&study.parent_patient)?,
    })
}

/// Reads `/studies/{id}/series`.
pub fn read_series(json: &[u8]) -> Result<Vec<Series>, UnexpectedShape> {
    let series = |series: Resource| {
        let instances = series.instances.iter().map(|instance| id(instance)).collect::<Result<_, _>>()?;
        Ok(Series { id: id(&series.id)?, uid: uid(&series.main_dicom_tags.series), instances })
    };
    read::<Vec<Resource>>(json)?.into_iter().map(series).collect()
}

/// Reads `/series/{id}/instances`.
pub fn read_instances(json: &[u8]) -> Result<Vec<Instance>, UnexpectedShape> {
    let instance = |instance: Resource| {
        Ok(Instance { id: id(&instance.id)?, uid: uid(&instance.main_dicom_tags.instance) })
    };
    read::<Vec<Resource>>(json)?.into_iter().map(instance).collect()
}

/// Reads the answer of `/tools/lookup` to a StudyInstanceUID: the studies that have it.
pub fn read_lookup(json: &[u8]) -> Result<Vec<OrthancId>, UnexpectedShape> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Found {
        #[serde(rename = "ID")]
        id: String,
        r#type: String,
    }
    let found: Vec<Found> = read(json)?;
    found.iter().filter(|found| found.r#type == "Study").map(|found| id(&found.id)).collect()
}

/// Reads the answer to [`crate::Upstream::patient_of`]: Orthanc's id of the study, which it makes of the
/// patient's and the study's identifiers (the SHA-1 of both, with a bar between them). None if there is no
/// series.
pub fn read_study_id(json: &[u8], study: &Uid) -> Result<Option<OrthancId>, UnexpectedShape> {
    #[derive(Deserialize)]
    struct Series {
        #[serde(default, rename = "00100020")]
        patient_id: Option<Attribute>,
    }
    #[derive(Deserialize)]
    struct Attribute {
        #[serde(default, rename = "Value")]
        values: Vec<String>,
    }
    let series: Vec<Series> = read(json)?;
    let Some(series) = series.into_iter().next() else { return Ok(None) };
    let patient =
        series.patient_id.and_then(|attribute| attribute.values.into_iter().next()).unwrap_or_default();
    let digest = Sha1::digest(format!("{}|{study}", patient.trim()));
    let words =
        digest.chunks(4).map(|word| word.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    id(&words.collect::<Vec<_>>().join("-")).map(Some)
}

/// Reads `/instances/{id}/tags`: what [`deid::pixel_risk`] decides by. What is there and has no text (too long,
/// binary) may say anything.
pub fn read_facts(json: &[u8]) -> Result<PixelFacts, UnexpectedShape> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Attribute {
        r#type: String,
        #[serde(default)]
        value: serde_json::Value,
    }
    #[derive(Deserialize)]
    struct Told {
        #[serde(rename = "0008,0008")]
        image_type: Option<Attribute>,
        #[serde(rename = "0008,0016")]
        sop_class_uid: Option<Attribute>,
        #[serde(rename = "0008,0060")]
        modality: Option<Attribute>,
        #[serde(rename = "0028,0301")]
        burned_in_annotation: Option<Attribute>,
        #[serde(rename = "0028,0302")]
        recognizable_visual_features: Option<Attribute>,
        #[serde(rename = "0048,0010")]
        specimen_label_in_image: Option<Attribute>,
    }
    let told: Told = read(json)?;
    let mut facts = PixelFacts::default();
    for (tag, attribute) in [
        (tags::IMAGE_TYPE, told.image_type),
        (tags::SOP_CLASS_UID, told.sop_class_uid),
        (tags::MODALITY, told.modality),
        (tags::BURNED_IN_ANNOTATION, told.burned_in_annotation),
        (tags::RECOGNIZABLE_VISUAL_FEATURES, told.recognizable_visual_features),
        (tags::SPECIMEN_LABEL_IN_IMAGE, told.specimen_label_in_image),
    ] {
        if let Some(Attribute { r#type, value }) = attribute {
            facts.tell(tag, value.as_str().filter(|_| r#type == "String"));
        }
    }
    Ok(facts)
}

/// `/patients/{id}` with these of its studies only: how many others there are is nobody's business.
pub fn only_studies(json: &[u8], shared: &[&OrthancId]) -> Result<Vec<u8>, UnexpectedShape> {
    let mut patient: serde_json::Map<String, serde_json::Value> = read(json)?;
    patient.insert("Studies".to_owned(), shared.iter().map(|id| id.as_str()).collect());
    serde_json::to_vec(&patient).map_err(|_| UnexpectedShape)
}

fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, UnexpectedShape> {
    serde_json::from_slice(json).map_err(|_| UnexpectedShape)
}

fn id(text: &str) -> Result<OrthancId, UnexpectedShape> {
    OrthancId::parse(text).ok_or(UnexpectedShape)
}

fn uid(text: &str) -> Option<Uid> {
    Uid::parse(text.trim_end_matches([' ', '\0']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_by_tag() {
        let risk = |json: &str| deid::pixel_risk(&read_facts(json.as_bytes()).unwrap(), &[]);
        let modality = r#""0008,0060":{"Name":"Modality","Type":"String","Value":"CT"}"#;
        let private = r#""0019,1011":{"Name":"ImageType","Type":"String","Value":"SCREEN SAVE"}"#;
        assert_eq!(risk(&format!("{{{modality},{private}}}")), None);
        let screen = r#""0008,0008":{"Name":"ImageType","Type":"String","Value":"DERIVED\\SCREEN SAVE"}"#;
        assert_eq!(risk(&format!("{{{modality},{screen}}}")), Some(deid::PixelRisk::ScreenSave));
        for kind in ["TooLong", "Binary", "Null"] {
            let unread = format!(r#""0028,0301":{{"Name":"x","Type":"{kind}","Value":null}}"#);
            let found = risk(&format!("{{{modality},{unread}}}"));
            assert_eq!(found, Some(deid::PixelRisk::Unreadable), "{kind}");
        }
        assert!(read_facts(br#"{"0008,0060":"CT"}"#).is_err());
    }

    #[test]
    fn orthancs_id_follows_from_patient_and_study() {
        let study = Uid::parse("1.2.840.113704.1.111.5692.1127828999.2").unwrap();
        let json = br#"[{"00100020": {"vr": "LO", "Value": ["12345678 "]}, "0020000E": {"vr": "UI"}}]"#;
        let id = read_study_id(json, &study).unwrap().unwrap();
        // printf '12345678|1.2.840.113704.1.111.5692.1127828999.2' | sha1sum
        assert_eq!(id.as_str(), "cab2a45d-4a991329-3c6aeeaf-6987d348-67714a8b");
        assert_eq!(read_study_id(b"[]", &study).unwrap(), None);
        assert!(read_study_id(b"{}", &study).is_err());
    }
}
