//! The studies of the demo: two of one patient, so that sharing one shows that the other stays closed,
//! and one of somebody else. The people and numbers in them belong to nobody.

use anyhow::{Context, Result};

use crate::api::ask;
use crate::dicom::{Picture, Study};

/// A study and where Orthanc put it.
pub struct Stored {
    /// What it is made of.
    pub study: Study,
    /// Orthanc's identifier of it.
    pub orthanc_id: String,
}

/// The first is the one that is shared.
pub fn all() -> Vec<Study> {
    let root = "1.2.826.0.1.3680043.10.99999.90";
    let study = |patient: (&str, &str), number: u8, description: &str, picture, series: &[u16]| Study {
        description: description.to_owned(),
        picture,
        series: series.to_vec(),
        ..Study::new(patient.0, patient.1, &format!("{root}.{number}"))
    };
    let (sample, example) = (("Sample^Charlie", "DEMO-0001"), ("Example^Alex", "DEMO-0002"));
    vec![
        study(sample, 1, "CT chest", Picture::Chest, &[24, 12]),
        study(sample, 2, "CT head, an earlier one", Picture::Head, &[20]),
        study(example, 3, "Test pattern", Picture::Gradient, &[5]),
    ]
}

/// Stores them in an open Orthanc.
pub fn upload(root: &str, studies: Vec<Study>) -> Result<Vec<Stored>> {
    studies.into_iter().map(|study| upload_one(root, study)).collect()
}

fn upload_one(root: &str, study: Study) -> Result<Stored> {
    let mut orthanc_id = None;
    for file in study.files() {
        let answer = ask("POST", &format!("{root}/instances"), &file)?;
        orthanc_id = answer["ParentStudy"].as_str().map(str::to_owned);
    }
    let orthanc_id = orthanc_id.context("Orthanc did not say where it put a study")?;
    Ok(Stored { study, orthanc_id })
}
