//! The paths that are asked of Orthanc: made from the typed route and real ids alone. No byte of a client's
//! path is in them.

use std::fmt;

use crate::ids::{FrameList, OrthancId};
use crate::listing::{Instance, Series, Study};
use crate::route::{InstanceView, Level, SeriesView, StudyView};
use crate::statics::StaticFile;
use crate::{BulkPath, Uid};

/// A path below the root of Orthanc, without a slash at its beginning, perhaps with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream(String);

impl Upstream {
    /// A file of a viewer.
    pub fn static_file(file: &StaticFile) -> Self {
        Self(file.to_string())
    }

    /// `/system`
    pub fn system() -> Self {
        Self("system".to_owned())
    }

    /// Finds the study of a UID; the UID is the request's body.
    pub fn lookup() -> Self {
        Self("tools/lookup".to_owned())
    }

    /// Says whose study this UID is, in a list of its series of which one is enough: an Orthanc with the
    /// Authorization plugin answers it to a token of the study, but not the lookup.
    pub fn patient_of(study: &Uid) -> Self {
        Self(format!("dicom-web/studies/{study}/series?includefield=00100020&limit=1"))
    }

    /// The study that a share names by Orthanc's id.
    pub fn shared_study(id: &OrthancId) -> Self {
        Self(format!("studies/{id}"))
    }

    /// The patient of a study.
    pub fn patient(study: &Study) -> Self {
        Self(format!("patients/{}", study.patient))
    }

    /// Of a study.
    pub fn study(study: &Study, view: StudyView) -> Self {
        let id = &study.id;
        Self(match view {
            StudyView::Info => format!("studies/{id}"),
            StudyView::Series => format!("studies/{id}/series"),
            StudyView::Osimis => format!("osimis-viewer/studies/{id}"),
        })
    }

    /// Of a series.
    pub fn series(series: &Series, view: SeriesView) -> Self {
        let id = &series.id;
        Self(match view {
            SeriesView::Info => format!("series/{id}"),
            SeriesView::Study => format!("series/{id}/study"),
            SeriesView::Instances => format!("series/{id}/instances"),
            SeriesView::Osimis => format!("osimis-viewer/series/{id}"),
        })
    }

    /// Of an instance.
    pub fn instance(id: &OrthancId, view: InstanceView) -> Self {
        Self(match view {
            // By tag: Orthanc's own simplified tags call private attributes by names of the standard.
            InstanceView::Tags | InstanceView::SimplifiedTags => format!("instances/{id}/tags"),
            InstanceView::Picture(picture) => format!("instances/{id}/{}", picture.word()),
            InstanceView::FramePicture(frame, picture) => {
                format!("instances/{id}/frames/{frame}/{}", picture.word())
            }
            InstanceView::Osimis(frame, quality) => {
                format!("osimis-viewer/images/{id}/{frame}/{}", quality.word())
            }
        })
    }

    /// The DICOM file of an instance.
    pub fn file(instance: &Instance) -> Self {
        Self(format!("instances/{}/file", instance.id))
    }

    /// QIDO-RS in a study: for the study itself, for its series, or for its instances, all or of one series.
    /// None if DICOMweb cannot name the series.
    pub fn search(study: &Study, series: Option<&Series>, level: Level) -> Option<Self> {
        let uid = &study.uid;
        Some(Self(match (level, series) {
            (Level::Study, _) => format!("dicom-web/studies?0020000D={uid}"),
            (Level::Series, None) => format!("dicom-web/studies/{uid}/series"),
            (Level::Instance, None) => format!("dicom-web/studies/{uid}/instances"),
            (Level::Series, Some(series)) => {
                format!("dicom-web/studies/{uid}/series?0020000E={}", series.uid.as_ref()?)
            }
            (Level::Instance, Some(series)) => {
                format!("dicom-web/studies/{uid}/series/{}/instances", series.uid.as_ref()?)
            }
        }))
    }

    /// WADO-RS metadata of a study, a series or an instance. None if DICOMweb cannot name it.
    pub fn metadata(study: &Study, series: Option<&Series>, instance: Option<&Instance>) -> Option<Self> {
        Some(Self(format!("{}/metadata", place(study, series, instance)?)))
    }

    /// Pixels of frames.
    pub fn frames(study: &Study, series: &Series, instance: &Instance, frames: &FrameList) -> Option<Self> {
        Some(Self(format!("{}/frames/{frames}", place(study, Some(series), Some(instance))?)))
    }

    /// A value.
    pub fn bulk(study: &Study, series: &Series, instance: &Instance, path: &BulkPath) -> Option<Self> {
        Some(Self(format!("{}/bulk/{path}", place(study, Some(series), Some(instance))?)))
    }

    /// An image for the eye.
    pub fn drawn(
        study: &Study,
        series: &Series,
        instance: &Instance,
        frames: Option<&FrameList>,
    ) -> Option<Self> {
        let place = place(study, Some(series), Some(instance))?;
        Some(Self(match frames {
            Some(frames) => format!("{place}/frames/{frames}/rendered"),
            None => format!("{place}/rendered"),
        }))
    }

    /// With these arguments. Commas stay as they are: Orthanc's DICOMweb does not decode them.
    pub fn with_arguments(self, arguments: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let mut path = self.0;
        for (name, value) in arguments {
            let separator = if path.contains('?') { '&' } else { '?' };
            path.push_str(&format!("{separator}{name}="));
            for byte in value.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b',' | b'-' | b'_' => {
                        path.push(char::from(byte));
                    }
                    _ => path.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        Self(path)
    }
}

fn place(study: &Study, series: Option<&Series>, instance: Option<&Instance>) -> Option<String> {
    let mut path = format!("dicom-web/studies/{}", study.uid);
    let mut add = |word: &str, uid: &Option<Uid>| {
        path.push_str(&format!("/{word}/{}", uid.as_ref()?));
        Some(())
    };
    if let Some(series) = series {
        add("series", &series.uid)?;
        if let Some(instance) = instance {
            add("instances", &instance.uid)?;
        }
    }
    Some(path)
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_cannot_add_to_the_query() {
        let arguments =
            [("window", "40,400,linear".to_owned()), ("viewport", "1&full=/?#%\r\n é".to_owned())];
        assert_eq!(
            Upstream::system().with_arguments(arguments).to_string(),
            "system?window=40,400,linear&viewport=1%26full%3D%2F%3F%23%25%0D%0A%20%C3%A9"
        );
        assert_eq!(Upstream::system().with_arguments([]), Upstream::system());
    }
}
