//! The links that open a share in each viewer, as that viewer reads them.
//! The subtle thing: VolView and OHIF's dicom-json take addresses *inside* their query, so that the
//! identifiers in these must not be able to lead anywhere else.

use model::{Level, Resource, Shape, ShareType};

use crate::{
    Link, LinkError, Root, ServiceUrl,
    encode::{encode, encode_list},
};

/// Where the viewers are, as configured; each is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewerRoots {
    /// `public_orthanc_root`: the Orthanc that serves standard shares, and its Osimis, Stone and VolView viewers.
    pub orthanc: Option<Root>,
    /// `public_anonymized_orthanc_root`: the same for anonymized shares.
    pub anonymized_orthanc: Option<Root>,
    /// `public_ohif_root`
    pub ohif: Option<Root>,
    /// `public_anonymized_ohif_root`: an OHIF that reads the anonymized server.
    pub anonymized_ohif: Option<Root>,
    /// `ohif_data_source`
    pub ohif_data_source: OhifDataSource,
    /// `public_meddream_root`
    pub meddream: Option<Root>,
    /// `meddream_token_service_url`
    pub meddream_token_service: Option<ServiceUrl>,
    /// `public_landing_root`
    pub landing: Option<Root>,
}

/// How OHIF finds its studies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OhifDataSource {
    /// By DICOMweb, with the UIDs of the studies.
    #[default]
    DicomWeb,
    /// By a document of Orthanc's OHIF plugin, with Orthanc's identifier of one study.
    DicomJson,
}

impl OhifDataSource {
    /// The value with exactly this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "dicom-web" => Some(OhifDataSource::DicomWeb),
            "dicom-json" => Some(OhifDataSource::DicomJson),
            _ => None,
        }
    }
}

/// What is shared, and how it is to be opened.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// Which API asked for the share.
    pub shape: Shape,
    /// What it opens with.
    pub share_type: ShareType,
    /// Whether it is for the anonymized server.
    pub anonymized: bool,
    /// What is opened.
    pub resources: &'a [Resource],
}

/// The link that opens the resources in the share's viewer with this token; none for types whose
/// callers build their own links. For MedDream, the token is one of MedDream's own.
pub fn viewer_link(roots: &ViewerRoots, shared: &Shared<'_>, token: &str) -> Result<Option<Link>, LinkError> {
    let Shared { shape, share_type, anonymized, resources } = *shared;
    let studies = Studies { share_type, resources };
    let missing = |variable| LinkError::NotConfigured { share_type, variable };
    let orthanc = || match (anonymized, &roots.orthanc, &roots.anonymized_orthanc) {
        (false, Some(root), _) | (true, _, Some(root)) => Ok(root),
        (false, None, _) => Err(missing("public_orthanc_root")),
        (true, _, None) => Err(missing("public_anonymized_orthanc_root")),
    };
    let standard_only = if anonymized { Err(LinkError::NotAnonymized(share_type)) } else { Ok(()) };
    let token = encode(token);

    let (root, relative) = match share_type {
        ShareType::ViewerInstantLink | ShareType::DownloadInstantLink => return Ok(None),
        ShareType::OsimisViewerPublication => {
            let root = orthanc()?;
            let ids = encode_list(studies.orthanc_ids()?);
            let query = match resources {
                [_] => format!("study={ids}"),
                _ => format!("pickableStudyIds={ids}&selectedStudyIds={ids}"),
            };
            (root, format!("osimis-viewer/app/index.html?{query}&token={token}"))
        }
        ShareType::StoneViewerPublication => {
            let root = orthanc()?;
            let uids = encode_list(studies.dicom_uids()?);
            (root, format!("stone-webviewer/index.html?study={uids}&selectedStudies={uids}&token={token}"))
        }
        ShareType::VolviewViewerPublication => {
            let root = orthanc()?;
            (root, format!("volview/index.html?{}&token={token}", volview_query(&studies.path_ids()?)))
        }
        ShareType::OhifViewerPublication => {
            let (root, variable) = match anonymized {
                false => (&roots.ohif, "public_ohif_root"),
                true => (&roots.anonymized_ohif, "public_anonymized_ohif_root"),
            };
            let root = root.as_ref().ok_or(missing(variable))?;
            let query = match roots.ohif_data_source {
                // What Orthanc's OHIF plugin writes for dicom-json is not de-identified.
                OhifDataSource::DicomJson if anonymized => {
                    return Err(LinkError::NotAnonymized(share_type));
                }
                OhifDataSource::DicomWeb => {
                    format!("StudyInstanceUIDs={}", encode_list(studies.dicom_uids()?))
                }
                // The plugin's route takes one identifier: orthanc-ohif, Sources/Plugin.cpp,
                // "/studies/([0-9a-f-]+)/ohif-dicom-json".
                OhifDataSource::DicomJson => match studies.path_ids()?.as_slice() {
                    [id] => format!("url=../studies/{id}/ohif-dicom-json"),
                    _ => return Err(LinkError::OneStudyOnly(share_type)),
                },
            };
            (root, format!("viewer?{query}&token={token}"))
        }
        ShareType::MeddreamInstantLink | ShareType::MeddreamViewerPublication => {
            standard_only?;
            if roots.meddream_token_service.is_none() {
                return Err(missing("meddream_token_service_url"));
            }
            let root = roots.meddream.as_ref().ok_or(missing("public_meddream_root"))?;
            let uids = encode_list(studies.dicom_uids()?);
            // The service of 2022 wrote the one, its successor the other; MedDream reads both.
            let query = match shape {
                Shape::Studies => format!("?token={token}"),
                Shape::Resources => format!("?study={uids}&token={token}"),
            };
            (root, query)
        }
    };
    Link::below(root, &relative).map(Some)
}

/// Several archives make a list in brackets, with a name for each: VolView splits at commas only
/// there (src/utils/urlParams.ts), and takes a file for an archive by its name.
fn volview_query(ids: &[&str]) -> String {
    match ids {
        [id] => format!("names=[archive.zip]&urls=../studies/{id}/archive"),
        _ => {
            let names: Vec<String> = (1..=ids.len()).map(|n| format!("archive-{n}.zip")).collect();
            let urls: Vec<String> = ids.iter().map(|id| format!("../studies/{id}/archive")).collect();
            format!("names=[{}]&urls=[{}]", names.join(","), urls.join(","))
        }
    }
}

/// What a viewer is to open.
pub(crate) struct Studies<'a> {
    pub(crate) share_type: ShareType,
    pub(crate) resources: &'a [Resource],
}

impl<'a> Studies<'a> {
    pub(crate) fn dicom_uids(&self) -> Result<Vec<&'a str>, LinkError> {
        self.identifiers("dicom-uid", |study| study.dicom_uid.as_deref())
    }

    fn orthanc_ids(&self) -> Result<Vec<&'a str>, LinkError> {
        self.identifiers("orthanc-id", |study| study.orthanc_id.as_deref())
    }

    /// Orthanc's identifiers that can stand in a path inside a query: they are decoded there, so that
    /// encoding `..` or `/` would not help.
    fn path_ids(&self) -> Result<Vec<&'a str>, LinkError> {
        let ids = self.orthanc_ids()?;
        let is_odd = |id: &&str| !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match ids.iter().position(is_odd) {
            Some(index) => Err(LinkError::OddIdentifier { share_type: self.share_type, index }),
            None => Ok(ids),
        }
    }

    fn identifiers(
        &self,
        identifier: &'static str,
        of: impl Fn(&'a Resource) -> Option<&'a str>,
    ) -> Result<Vec<&'a str>, LinkError> {
        let share_type = self.share_type;
        let found = self.resources.iter().enumerate().map(|(index, resource)| {
            if resource.level != Level::Study {
                return Err(LinkError::NotAStudy { share_type, index, level: resource.level });
            }
            of(resource).filter(|id| !id.is_empty()).ok_or(LinkError::MissingIdentifier {
                share_type,
                identifier,
                index,
            })
        });
        found.collect()
    }
}

#[cfg(test)]
#[path = "viewer_tests.rs"]
mod tests;
