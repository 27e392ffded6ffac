//! What Orthanc says about the resources that are shared. Only from its answers are the real ids made that
//! an upstream path may hold.

use deid::PixelFacts;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use crate::ids::{OrthancId, Uid};

/// An answer of Orthanc's is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an answer of Orthanc's has an unexpected shape")]
pub struct UnexpectedShape;

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

/// Reads `/instances/{id}/simplified-tags`: what [`deid::pixel_risk`] decides by.
pub fn read_facts(json: &[u8]) -> Result<PixelFacts, UnexpectedShape> {
    #[derive(Deserialize)]
    struct Tags {
        #[serde(default, rename = "BurnedInAnnotation")]
        burned_in: Option<String>,
        #[serde(default, rename = "Modality")]
        modality: Option<String>,
        #[serde(default, rename = "SOPClassUID")]
        class: Option<String>,
        #[serde(default, rename = "ImageType")]
        image_type: Option<String>,
    }
    let tags: Tags = read(json)?;
    Ok(PixelFacts {
        burned_in_annotation: tags.burned_in.unwrap_or_default(),
        modality: tags.modality.unwrap_or_default(),
        sop_class_uid: tags.class.unwrap_or_default(),
        image_type: tags.image_type.unwrap_or_default(),
    })
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
