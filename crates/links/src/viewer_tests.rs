//! Each viewer's link, what is missing for one, and that no link leaves its root.
//! The unit tests of `viewer.rs`.

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
        (&web, MeddreamInstantLink, false, &two, "http://localhost/meddream/?study=1.2,1.3&token=a.b-c_d"),
        (&web, MeddreamViewerPublication, false, &one, "http://localhost/meddream/?study=1.2&token=a.b-c_d"),
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
