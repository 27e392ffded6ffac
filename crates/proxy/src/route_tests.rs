//! The list of routes, from outside: what is on it, what is not, and that no path of a client gets further.

use proptest::prelude::*;

use crate::{Args, Route};

const ID: &str = "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd";

/// One path of every route.
fn routes() -> Vec<String> {
    [
        "/osimis-viewer/app/",
        "/osimis-viewer/app/index.html",
        "/osimis-viewer/app/js/App.2.js",
        "/osimis-viewer/config.js",
        "/osimis-viewer/languages/en.json",
        "/stone-webviewer/index.html",
        "/ohif/viewer",
        "/volview/index.html",
        "/system",
        "/patients/ID",
        "/studies/ID",
        "/studies/ID/series",
        "/series/ID",
        "/series/ID/study",
        "/series/ID/instances",
        "/osimis-viewer/studies/ID",
        "/osimis-viewer/series/ID",
        "/osimis-viewer/images/ID/0/high-quality",
        "/instances/ID/tags",
        "/instances/ID/simplified-tags",
        "/instances/ID/preview",
        "/instances/ID/rendered",
        "/instances/ID/image-uint16",
        "/instances/ID/frames/0/preview",
        "/dicom-web/studies",
        "/dicom-web/series",
        "/dicom-web/instances",
        "/dicom-web/studies/1.2/series",
        "/dicom-web/studies/1.2/instances",
        "/dicom-web/studies/1.2/series/1.3/instances",
        "/dicom-web/studies/1.2",
        "/dicom-web/studies/1.2/metadata",
        "/dicom-web/studies/1.2/rendered",
        "/dicom-web/studies/1.2/thumbnail",
        "/dicom-web/studies/1.2/series/1.3",
        "/dicom-web/studies/1.2/series/1.3/metadata",
        "/dicom-web/studies/1.2/series/1.3/rendered",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/metadata",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/frames/1,2",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/frames/1/rendered",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/rendered",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/thumbnail",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/bulk/7fe00010",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/bulk/54000100/1/54001010",
    ]
    .iter()
    .map(|path| path.replace("ID", ID))
    .collect()
}

#[test]
fn what_is_on_the_list_is_a_route_and_what_is_beside_it_is_none() {
    for path in routes() {
        assert!(Route::parse(&path).is_some(), "{path}");
        let slash = path.strip_suffix('/').unwrap_or(&path);
        for other in [
            format!("{slash}/.."),
            format!("{slash}/../system"),
            format!("{slash}/%2e%2e/system"),
            format!("{slash}/..%2fsystem"),
            format!("/{path}"),
            format!("{slash}//x"),
            format!("{slash};x"),
            format!("{slash}%00"),
            format!("{slash}%2f"),
            format!("{slash}/{}", "x/".repeat(600)),
            path.to_uppercase(),
            format!("/osimis-viewer/app/..{path}"),
            format!("/osimis-viewer/app/../..{path}"),
            format!("/stone-webviewer/%2e%2e{path}"),
        ] {
            assert_eq!(Route::parse(&other), None, "{other}");
        }
    }
}

#[test]
fn everything_else_does_not_exist() {
    for path in [
        "",
        "/",
        "/studies",
        "/studies/",
        "/series",
        "/instances",
        "/patients",
        "/tools/find",
        "/app/explorer.html",
        "/openapi.json",
        "/studies/ID/",
        "/studies/ID/archive",
        "/studies/ID/media",
        "/studies/ID/metadata",
        "/studies/ID/shared-tags",
        "/studies/ID/instances-tags",
        "/studies/ID/ohif-dicom-json",
        "/series/ID/archive",
        "/instances/ID",
        "/instances/ID/file",
        "/instances/ID/header",
        "/instances/ID/content",
        "/instances/ID/matlab",
        "/instances/ID/frames/-1/preview",
        "/instances/ID/frames/0/raw",
        "/instances/ID/pdf",
        "/changes",
        "/exports",
        "/statistics",
        "/plugins",
        "/osimis-viewer/app",
        "/osimis-viewer/config.js/",
        "/osimis-viewer/images/ID/x/high-quality",
        "/osimis-viewer/images/ID/0/best-quality",
        "/osimis-viewer/app/x.dcm",
        "/osimis-viewer/annotations/ID",
        "/osimis-viewer/custom-command/x",
        "/dicom-web",
        "/dicom-web/",
        "/dicom-web/servers",
        "/dicom-web/info",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/frames/0",
        "/dicom-web/studies/x/metadata",
        "/dicom-web/studies/1.2/frames/1",
        "/dicom-web/studies/1.2/series/1.3/bulk/7fe00010",
        "/wado",
        "/wado-rs",
        "/dicom-web/studies/1.2/series/1.3/instances/1.4/bulk",
        "/modalities",
        "/peers",
        "/jobs",
        "/system/x",
    ] {
        let path = path.replace("ID", ID);
        assert_eq!(Route::parse(&path), None, "{path}");
    }
}

proptest! {
    #[test]
    fn no_path_and_no_query_panics(path in "(/|[a-z]{1,8}|\\.|%2e|%2F|1\\.2|studies|dicom-web|\\PC){0,30}", query in "\\PC*") {
        if let Some(route) = Route::parse(&path) {
            let _ = Args::parse(&route, &query);
        }
    }

    #[test]
    fn a_viewers_file_is_written_as_it_is_read(path in "/(ohif|volview|osimis-viewer/app)(/[%.a-z0-9;/]{0,8}){0,4}") {
        if let Some(Route::Static(file)) = Route::parse(&path) {
            let rebuilt = format!("/{file}");
            prop_assert!(!rebuilt.contains("..") && !rebuilt.contains("//") && !rebuilt.contains('%'));
            prop_assert_eq!(Route::parse(&rebuilt), Some(Route::Static(file)));
        }
    }
}
