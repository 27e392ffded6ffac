//! A real Orthanc with a CT slice whose one frame has 512 KiB, and where that is.

use anyhow::{Context, Result};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use journeys::dicom::Study;
use journeys::orthanc::{Orthanc, Protection};
use model::Resource;

use crate::request::Place;

/// 512 rows of 512 columns of 16 bits.
const SIDE: u16 = 512;

/// A running one.
pub struct Real {
    orthanc: Orthanc,
    /// Its study.
    pub study: Resource,
    /// Its slice.
    pub place: Place,
}

impl Real {
    /// Starts it and stores the slice; none where Debian's Orthanc is not installed.
    pub fn start() -> Result<Option<Self>> {
        if !Orthanc::available() {
            return Ok(None);
        }
        let orthanc = Orthanc::start(Protection::Open);
        let mut study = Study::new("Bench^Mark", "BENCH-1", "1.2.826.0.1.3680043.10.99999.79");
        study.series = vec![1];
        let file = study.files().pop().context("a slice")?;
        let stored = orthanc.upload(&enlarged(&file)?);
        Ok(Some(Self {
            orthanc,
            study: Resource::study(Some(study.study_uid.clone()), Some(stored.study)),
            place: Place {
                study: study.study_uid.clone(),
                series: study.series_uid(1),
                instance: study.instance_uid(1, 1),
            },
        }))
    }

    /// `http://127.0.0.1:{port}/`.
    pub fn root(&self) -> String {
        self.orthanc.url("/")
    }

    /// `127.0.0.1:{port}`.
    pub fn address(&self) -> String {
        self.root().trim_start_matches("http://").trim_end_matches('/').to_owned()
    }
}

/// The slice with more pixels.
fn enlarged(file: &[u8]) -> Result<Vec<u8>> {
    let mut object = dicom_object::from_reader(file)?;
    let pixels: Vec<u16> = (0..u32::from(SIDE) * u32::from(SIDE)).map(|at| (at % 4096) as u16).collect();
    for tag in [tags::ROWS, tags::COLUMNS] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(SIDE)));
    }
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let mut bytes = Vec::new();
    object.write_all(&mut bytes)?;
    Ok(bytes)
}
