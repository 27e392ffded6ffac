//! The closed list of routes. A path is one of these, or it does not exist.

use crate::bulk::BulkPath;
use crate::ids::{FrameList, OrthancId, Uid, parse_number};
use crate::path::Path;
use crate::statics::StaticFile;

/// What is asked for. The ids in it are the client's: pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A file of a viewer.
    Static(StaticFile),
    /// `/system`, reduced.
    System,
    /// `/patients/{id}`
    Patient(OrthancId),
    /// Of a study, in the REST API.
    Study(OrthancId, StudyView),
    /// Of a series, in the REST API.
    Series(OrthancId, SeriesView),
    /// Of an instance, in the REST API.
    Instance(OrthancId, InstanceView),
    /// QIDO-RS.
    Search(SearchScope),
    /// WADO-RS.
    Wado(Place, WadoView),
}

/// What of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudyView {
    /// `/studies/{id}`
    Info,
    /// `/studies/{id}/series`
    Series,
    /// `/osimis-viewer/studies/{id}`
    Osimis,
}

/// What of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesView {
    /// `/series/{id}`
    Info,
    /// `/series/{id}/study`
    Study,
    /// `/series/{id}/instances`
    Instances,
    /// `/osimis-viewer/series/{id}`
    Osimis,
}

/// What of an instance. Frames are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceView {
    /// `/instances/{id}/tags`
    Tags,
    /// `/instances/{id}/simplified-tags`
    SimplifiedTags,
    /// `/instances/{id}/preview` and its like
    Picture(Picture),
    /// `/instances/{id}/frames/{frame}/preview` and its like
    FramePicture(u32, Picture),
    /// `/osimis-viewer/images/{id}/{frame}/{quality}`
    Osimis(u32, Quality),
}

/// How Orthanc draws an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// With the range of its values.
    Preview,
    /// With the instance's window, or the one that is asked for.
    Rendered,
    /// Cut to 8 bits.
    Uint8,
    /// Cut to 16 bits.
    Uint16,
    /// Cut to 16 bits with a sign.
    Int16,
}

/// Osimis' words for how much an image is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// A thumbnail.
    Low,
    /// JPEG of half the size.
    Medium,
    /// JPEG or PNG of the whole size.
    High,
    /// Uncompressed.
    Pixeldata,
}

/// What QIDO-RS searches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Studies.
    Study,
    /// Series.
    Series,
    /// Instances.
    Instance,
}

/// What is searched for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchScope {
    /// What is searched for.
    pub level: Level,
    /// In this study only.
    pub study: Option<Uid>,
    /// In this series of the study only.
    pub series: Option<Uid>,
}

/// A study, one of its series, or one of that one's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// StudyInstanceUID
    pub study: Uid,
    /// SeriesInstanceUID
    pub series: Option<Uid>,
    /// SOPInstanceUID; only beside a series
    pub instance: Option<Uid>,
}

/// What of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WadoView {
    /// DICOM JSON
    Metadata,
    /// DICOM files
    Retrieve,
    /// Pixels of frames of an instance
    Frames(FrameList),
    /// A value of an instance that metadata only names
    Bulk(BulkPath),
    /// An image for the eye, of these frames of an instance
    Rendered(Option<FrameList>),
    /// A small one
    Thumbnail(Option<FrameList>),
}

impl Route {
    /// Reads a path, which begins with a slash; none if there is no such route.
    pub fn parse(path: &str) -> Option<Self> {
        let path = Path::parse(path)?;
        if let Some(file) = StaticFile::parse(&path) {
            return Some(Self::Static(file));
        }
        let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
        if path.ends_with_slash {
            return None;
        }
        match segments.as_slice() {
            ["dicom-web", rest @ ..] => dicom_web(rest),
            ["osimis-viewer", rest @ ..] => osimis(rest),
            rest => rest_api(rest),
        }
    }
}

fn rest_api(segments: &[&str]) -> Option<Route> {
    Some(match *segments {
        ["system"] => Route::System,
        ["patients", id] => Route::Patient(OrthancId::parse(id)?),
        ["studies", id] => Route::Study(OrthancId::parse(id)?, StudyView::Info),
        ["studies", id, "series"] => Route::Study(OrthancId::parse(id)?, StudyView::Series),
        ["series", id] => Route::Series(OrthancId::parse(id)?, SeriesView::Info),
        ["series", id, "study"] => Route::Series(OrthancId::parse(id)?, SeriesView::Study),
        ["series", id, "instances"] => Route::Series(OrthancId::parse(id)?, SeriesView::Instances),
        ["instances", id, ref rest @ ..] => {
            let view = match *rest {
                ["tags"] => InstanceView::Tags,
                ["simplified-tags"] => InstanceView::SimplifiedTags,
                [picture] => InstanceView::Picture(Picture::parse(picture)?),
                ["frames", frame, picture] => {
                    InstanceView::FramePicture(parse_number(frame)?, Picture::parse(picture)?)
                }
                _ => return None,
            };
            Route::Instance(OrthancId::parse(id)?, view)
        }
        _ => return None,
    })
}

fn osimis(segments: &[&str]) -> Option<Route> {
    Some(match *segments {
        ["studies", id] => Route::Study(OrthancId::parse(id)?, StudyView::Osimis),
        ["series", id] => Route::Series(OrthancId::parse(id)?, SeriesView::Osimis),
        ["images", id, frame, quality] => {
            let view = InstanceView::Osimis(parse_number(frame)?, Quality::parse(quality)?);
            Route::Instance(OrthancId::parse(id)?, view)
        }
        _ => return None,
    })
}

fn dicom_web(segments: &[&str]) -> Option<Route> {
    let everywhere = |level| Some(Route::Search(SearchScope { level, study: None, series: None }));
    match *segments {
        ["studies"] => everywhere(Level::Study),
        ["series"] => everywhere(Level::Series),
        ["instances"] => everywhere(Level::Instance),
        ["studies", study, ref rest @ ..] => in_study(Uid::parse(study)?, rest),
        _ => None,
    }
}

fn in_study(study: Uid, segments: &[&str]) -> Option<Route> {
    let search =
        |level, series| Some(Route::Search(SearchScope { level, study: Some(study.clone()), series }));
    match *segments {
        ["series"] => search(Level::Series, None),
        ["instances"] => search(Level::Instance, None),
        ["series", series, "instances"] => search(Level::Instance, Some(Uid::parse(series)?)),
        ["series", series, "instances", instance, ref rest @ ..] => {
            let place =
                Place { study, series: Some(Uid::parse(series)?), instance: Some(Uid::parse(instance)?) };
            Some(Route::Wado(place, of_instance(rest)?))
        }
        ["series", series, ref rest @ ..] => {
            let place = Place { study, series: Some(Uid::parse(series)?), instance: None };
            Some(Route::Wado(place, of_many(rest)?))
        }
        ref rest => Some(Route::Wado(Place { study, series: None, instance: None }, of_many(rest)?)),
    }
}

/// Of a study, of a series, and of an instance too.
fn of_many(segments: &[&str]) -> Option<WadoView> {
    Some(match *segments {
        [] => WadoView::Retrieve,
        ["metadata"] => WadoView::Metadata,
        ["rendered"] => WadoView::Rendered(None),
        ["thumbnail"] => WadoView::Thumbnail(None),
        _ => return None,
    })
}

fn of_instance(segments: &[&str]) -> Option<WadoView> {
    Some(match *segments {
        ["frames", frames] => WadoView::Frames(FrameList::parse(frames)?),
        ["frames", frames, "rendered"] => WadoView::Rendered(Some(FrameList::parse(frames)?)),
        ["frames", frames, "thumbnail"] => WadoView::Thumbnail(Some(FrameList::parse(frames)?)),
        ["bulk", ref path @ ..] => WadoView::Bulk(BulkPath::parse(path)?),
        _ => return of_many(segments),
    })
}

impl Picture {
    const ALL: [Self; 5] = [Self::Preview, Self::Rendered, Self::Uint8, Self::Uint16, Self::Int16];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|picture| picture.word() == word)
    }

    /// The last segment of its path.
    pub fn word(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Rendered => "rendered",
            Self::Uint8 => "image-uint8",
            Self::Uint16 => "image-uint16",
            Self::Int16 => "image-int16",
        }
    }
}

impl Quality {
    const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Pixeldata];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.word() == word)
    }

    /// The last segment of its path.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low-quality",
            Self::Medium => "medium-quality",
            Self::High => "high-quality",
            Self::Pixeldata => "pixeldata-quality",
        }
    }
}
