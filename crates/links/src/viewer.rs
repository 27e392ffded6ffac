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
    Ok(Some(Link::below(root, &relative)))
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
mod tests {
    use super::*;
    use ShareType::*;
    use proptest::prelude::*;

    fn roots() -> ViewerRoots {
        let root = |text| Some(Root::parse(text).unwrap());
        ViewerRoots {
            orthanc: root("http://localhost/shares"),
            anonymized_orthanc: root("http://localhost/anon-shares"),
            ohif: root("http://localhost/ohif"),
            anonymized_ohif: root("http://localhost/anon-ohif"),
            ohif_data_source: OhifDataSource::DicomWeb,
            meddream: root("http://localhost/meddream"),
            meddream_token_service: ServiceUrl::parse("http://127.0.0.1:8201/v3/generate").ok(),
            landing: None,
        }
    }

    fn study(uid: &str, id: &str) -> Resource {
        let some = |text: &str| (text != "-").then(|| text.to_owned());
        Resource::study(some(uid), some(id))
    }

    fn link(roots: &ViewerRoots, share_type: ShareType, anonymized: bool, studies: &[Resource]) -> String {
        match viewer_link(
            roots,
            &Shared { shape: Shape::Resources, share_type, anonymized, resources: studies },
            "a.b-c_d",
        ) {
            Ok(Some(link)) => link.into(),
            Ok(None) => "none".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn links_have_the_form_that_each_viewer_reads() {
        let one = [study("1.2", "aa-bb")];
        let two = [study("1.2", "aa-bb"), study("1.3", "cc-dd")];
        let json = ViewerRoots { ohif_data_source: OhifDataSource::DicomJson, ..roots() };
        let web = roots();
        let cases: &[(&ViewerRoots, ShareType, bool, &[Resource], &str)] = &[
            (
                &web,
                OsimisViewerPublication,
                false,
                &one,
                "http://localhost/shares/osimis-viewer/app/index.html?study=aa-bb&token=a.b-c_d",
            ),
            (
                &web,
                OsimisViewerPublication,
                true,
                &one,
                "http://localhost/anon-shares/osimis-viewer/app/index.html?study=aa-bb&token=a.b-c_d",
            ),
            (
                &web,
                OsimisViewerPublication,
                false,
                &two,
                "http://localhost/shares/osimis-viewer/app/index.html?pickableStudyIds=aa-bb,cc-dd&selectedStudyIds=aa-bb,cc-dd&token=a.b-c_d",
            ),
            (
                &web,
                StoneViewerPublication,
                false,
                &one,
                "http://localhost/shares/stone-webviewer/index.html?study=1.2&selectedStudies=1.2&token=a.b-c_d",
            ),
            (
                &web,
                StoneViewerPublication,
                false,
                &two,
                "http://localhost/shares/stone-webviewer/index.html?study=1.2,1.3&selectedStudies=1.2,1.3&token=a.b-c_d",
            ),
            (
                &web,
                OhifViewerPublication,
                false,
                &one,
                "http://localhost/ohif/viewer?StudyInstanceUIDs=1.2&token=a.b-c_d",
            ),
            (
                &web,
                OhifViewerPublication,
                false,
                &two,
                "http://localhost/ohif/viewer?StudyInstanceUIDs=1.2,1.3&token=a.b-c_d",
            ),
            (
                &json,
                OhifViewerPublication,
                false,
                &one,
                "http://localhost/ohif/viewer?url=../studies/aa-bb/ohif-dicom-json&token=a.b-c_d",
            ),
            (
                &web,
                VolviewViewerPublication,
                false,
                &one,
                "http://localhost/shares/volview/index.html?names=[archive.zip]&urls=../studies/aa-bb/archive&token=a.b-c_d",
            ),
            (
                &web,
                VolviewViewerPublication,
                false,
                &two,
                "http://localhost/shares/volview/index.html?names=[archive-1.zip,archive-2.zip]&urls=[../studies/aa-bb/archive,../studies/cc-dd/archive]&token=a.b-c_d",
            ),
            (
                &web,
                MeddreamInstantLink,
                false,
                &two,
                "http://localhost/meddream/?study=1.2,1.3&token=a.b-c_d",
            ),
            (
                &web,
                MeddreamViewerPublication,
                false,
                &one,
                "http://localhost/meddream/?study=1.2&token=a.b-c_d",
            ),
            (&web, ViewerInstantLink, false, &one, "none"),
            (&web, DownloadInstantLink, true, &one, "none"),
        ];
        for (roots, share_type, anonymized, studies, expected) in cases {
            assert_eq!(link(roots, *share_type, *anonymized, studies), *expected);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let none = ViewerRoots::default();
        let one = [study("1.2", "aa")];
        let no_service = ViewerRoots { meddream_token_service: None, ..roots() };
        let json = ViewerRoots { ohif_data_source: OhifDataSource::DicomJson, ..roots() };
        let series = [Resource { level: Level::Series, ..study("1.2", "aa") }];
        let cases: &[(&ViewerRoots, ShareType, bool, &[Resource], &str)] = &[
            (&none, OsimisViewerPublication, false, &one, "public_orthanc_root"),
            (&none, StoneViewerPublication, true, &one, "public_anonymized_orthanc_root"),
            (&none, VolviewViewerPublication, false, &one, "public_orthanc_root"),
            (&none, OhifViewerPublication, false, &one, "public_ohif_root"),
            (&none, MeddreamInstantLink, false, &one, "meddream_token_service_url"),
            (&no_service, MeddreamViewerPublication, false, &one, "meddream_token_service_url"),
            (&none, OhifViewerPublication, true, &one, "public_anonymized_ohif_root"),
            (&json, OhifViewerPublication, true, &one, "not available for anonymized"),
            (&roots(), MeddreamInstantLink, true, &one, "not available for anonymized"),
            (
                &roots(),
                OsimisViewerPublication,
                false,
                &[study("1.2", "aa"), study("1.3", "-")],
                "needs the orthanc-id of every study, but study 1 has none",
            ),
            (
                &roots(),
                StoneViewerPublication,
                false,
                &[study("-", "aa")],
                "needs the dicom-uid of every study, but study 0 has none",
            ),
            (&roots(), StoneViewerPublication, false, &series, "resource 0 is a series"),
            (&roots(), VolviewViewerPublication, false, &[study("1.2", "../x")], "unlike that of study 0"),
            (&json, OhifViewerPublication, false, &[study("1.2", "..")], "unlike that of study 0"),
            (&json, OhifViewerPublication, false, &[study("1", "a"), study("2", "b")], "one study at a time"),
        ];
        for (roots, share_type, anonymized, studies, expected) in cases {
            let error = link(roots, *share_type, *anonymized, studies);
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_link_is_below_its_root(
            ids in proptest::collection::vec(("\\PC{0,12}", "\\PC{0,12}"), 1..4),
            plain in any::<bool>(),
            token in "\\PC*",
            share_type in proptest::sample::select(ShareType::ALL.to_vec()),
            anonymized in any::<bool>(),
            json in any::<bool>(),
        ) {
            let mut all = roots();
            if json {
                all.ohif_data_source = OhifDataSource::DicomJson;
            }
            let id = |text: &str| if plain { "0a-1b".to_owned() } else { text.to_owned() };
            let studies: Vec<Resource> =
                ids.iter().map(|(uid, oid)| Resource::study(Some(uid.clone()), Some(id(oid)))).collect();
            if let Ok(Some(link)) = viewer_link(&all, &Shared { shape: Shape::Resources, share_type, anonymized, resources: &studies }, &token) {
                let root = match share_type {
                    OhifViewerPublication if anonymized => all.anonymized_ohif,
                    OhifViewerPublication => all.ohif,
                    MeddreamInstantLink | MeddreamViewerPublication => all.meddream,
                    _ if anonymized => all.anonymized_orthanc,
                    _ => all.orthanc,
                };
                let root = root.unwrap();
                prop_assert!(link.as_str().starts_with(root.as_str()));
                prop_assert!(link.as_str().is_ascii() && !link.as_str().contains(char::is_control));
                // As a browser reads it, too.
                let url = url::Url::parse(link.as_str()).unwrap();
                prop_assert!(url.as_str().starts_with(root.as_str()));
                prop_assert_eq!(url.fragment(), None);
                let read = url.query_pairs().find(|(name, _)| name == "token").unwrap().1;
                prop_assert_eq!(read.as_ref(), token.as_str());
            }
        }
    }
}
