//! Synthetic CT studies with known patient data, as DICOM files in memory: the same arguments, the same bytes.
//! The names and numbers in them belong to nobody.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use crate::phantom;

/// Rows and columns of a slice with the gradient.
pub const SIDE: u16 = 64;

/// What a study shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The gradient of [`pixels`]: every value is known.
    Gradient,
    /// Ellipses that look like a chest to a person.
    Chest,
    /// Ellipses that look like a head to a person.
    Head,
}

/// A study to make files of; every UID in it derives from `study_uid`.
#[derive(Clone, Debug)]
pub struct Study {
    /// As DICOM writes it: `Family^Given`.
    pub patient_name: String,
    /// The hospital's number of the patient; with `study_uid` it gives Orthanc's identifiers.
    pub patient_id: String,
    /// Digits and dots, at most 50 characters, so that the derived UIDs keep within 64.
    pub study_uid: String,
    /// How many slices each series has.
    pub series: Vec<u16>,
    /// StudyDescription.
    pub description: String,
    /// What its slices show.
    pub picture: Picture,
}

impl Study {
    /// A study of one series of three slices.
    pub fn new(patient_name: &str, patient_id: &str, study_uid: &str) -> Self {
        Self {
            patient_name: patient_name.to_owned(),
            patient_id: patient_id.to_owned(),
            study_uid: study_uid.to_owned(),
            series: vec![3],
            description: "CT of a synthetic patient".to_owned(),
            picture: Picture::Gradient,
        }
    }

    /// The UID of the series with this number, counted from 1.
    pub fn series_uid(&self, series: usize) -> String {
        format!("{}.{series}", self.study_uid)
    }

    /// The UID of a slice, series and slice counted from 1.
    pub fn instance_uid(&self, series: usize, slice: u16) -> String {
        format!("{}.{series}.{slice}", self.study_uid)
    }

    /// One DICOM file (explicit VR little endian) for each slice of each series.
    pub fn files(&self) -> Vec<Vec<u8>> {
        let slices = self.series.iter().enumerate().flat_map(|(index, count)| {
            let series = index + 1;
            (1..=*count).map(move |slice| (series, slice))
        });
        slices.map(|(series, slice)| self.file(series, slice)).collect()
    }

    fn file(&self, series: usize, slice: u16) -> Vec<u8> {
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .media_storage_sop_class_uid(uids::CT_IMAGE_STORAGE)
            .media_storage_sop_instance_uid(self.instance_uid(series, slice))
            .build()
            .expect("a complete file meta group");
        let mut bytes = Vec::new();
        let object = self.object(series, slice).with_exact_meta(meta);
        object.write_all(&mut bytes).expect("writing to memory");
        bytes
    }

    fn object(&self, series: usize, slice: u16) -> InMemDicomObject {
        let text = |tag, vr, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
        let number = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
        let position = format!("0\\0\\{}", f64::from(slice) * 2.5);
        let slices = self.series.get(series - 1).copied().unwrap_or(slice);
        let (side, spacing, window, values) = match self.picture {
            Picture::Gradient => (SIDE, "1\\1", ("2048", "4096"), pixels(slice)),
            Picture::Chest => (phantom::SIDE, "1.5\\1.5", ("40", "900"), phantom::chest(slice, slices)),
            Picture::Head => (phantom::SIDE, "1\\1", ("40", "160"), phantom::head(slice, slices)),
        };
        let mut object = InMemDicomObject::new_empty();
        for element in [
            text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
            text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
            text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
            text(tags::SOP_INSTANCE_UID, VR::UI, &self.instance_uid(series, slice)),
            text(tags::STUDY_DATE, VR::DA, "20240229"),
            text(tags::STUDY_TIME, VR::TM, "101500"),
            text(tags::ACCESSION_NUMBER, VR::SH, "ACC-0001"),
            text(tags::MODALITY, VR::CS, "CT"),
            text(tags::MANUFACTURER, VR::LO, "Synthetic"),
            text(tags::INSTITUTION_NAME, VR::LO, "Sanatorium of Nowhere"),
            text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, "Referrer^Rita"),
            text(tags::STUDY_DESCRIPTION, VR::LO, &self.description),
            text(tags::SERIES_DESCRIPTION, VR::LO, &format!("axial {series}")),
            text(tags::PATIENT_NAME, VR::PN, &self.patient_name),
            text(tags::PATIENT_ID, VR::LO, &self.patient_id),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, "19700101"),
            text(tags::PATIENT_SEX, VR::CS, "O"),
            text(tags::OTHER_PATIENT_NAMES, VR::PN, "Formerly^Known"),
            text(tags::PATIENT_ADDRESS, VR::LO, "1 Example Street"),
            text(tags::SLICE_THICKNESS, VR::DS, "2.5"),
            text(tags::KVP, VR::DS, "120"),
            text(tags::STUDY_INSTANCE_UID, VR::UI, &self.study_uid),
            text(tags::SERIES_INSTANCE_UID, VR::UI, &self.series_uid(series)),
            text(tags::STUDY_ID, VR::SH, "1"),
            text(tags::SERIES_NUMBER, VR::IS, &series.to_string()),
            text(tags::INSTANCE_NUMBER, VR::IS, &slice.to_string()),
            text(tags::IMAGE_POSITION_PATIENT, VR::DS, &position),
            text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
            text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &format!("{}.0", self.study_uid)),
            number(tags::SAMPLES_PER_PIXEL, 1),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            number(tags::ROWS, side),
            number(tags::COLUMNS, side),
            text(tags::PIXEL_SPACING, VR::DS, spacing),
            number(tags::BITS_ALLOCATED, 16),
            number(tags::BITS_STORED, 12),
            number(tags::HIGH_BIT, 11),
            number(tags::PIXEL_REPRESENTATION, 0),
            text(tags::WINDOW_CENTER, VR::DS, window.0),
            text(tags::WINDOW_WIDTH, VR::DS, window.1),
            text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
            text(tags::RESCALE_SLOPE, VR::DS, "1"),
        ] {
            object.put(element);
        }
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
        object
    }
}

/// A diagonal gradient of 12-bit values that moves with the slice, row by row.
pub fn pixels(slice: u16) -> Vec<u16> {
    (0..SIDE)
        .flat_map(|row| (0..SIDE).map(move |column| (row * 32 + column * 32 + slice * 16) & 0x0fff))
        .collect()
}
