//! The demo over HTTP: one public origin, in front of Orthanc, the viewer's files and the landing page.
//! `browser.rs` opens the same in Chromium.

use std::net::TcpStream;

use demo::Viewer;
use journeys::http::get;
use journeys::whole::Whole;
use serde_json::json;

#[test]
fn one_origin_serves_the_landing_the_viewer_and_what_the_share_opens() {
    let whole = Whole::start();
    let demo = &whole.demo;
    let [shared, other, ..] = demo.studies() else { panic!("the demo has two studies of one patient") };
    let link = demo.share(shared, Viewer::Ohif).expect("a share");
    let token = link.rsplit('=').next().expect("a token");
    let bearer = [("authorization", format!("Bearer {token}"))];
    let bearer = [(bearer[0].0, bearer[0].1.as_str())];

    let opened = get(&link, &[]);
    assert_eq!(opened.status, 307, "{}", opened.text());
    let uid = &shared.study.study_uid;
    let viewer = demo.url(&format!("/ohif/viewer?StudyInstanceUIDs={uid}&token={token}"));
    assert_eq!(opened.header("location"), Some(viewer.as_str()));

    let page = get(&viewer, &[]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<title>OHIF Viewer</title>"));
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    assert_eq!(page.header("cross-origin-embedder-policy"), Some("require-corp"));
    let configuration = get(&demo.url("/ohif/app-config.js"), &[]);
    assert!(configuration.text().contains("/shares/dicom-web"), "{}", configuration.text());

    let web = |path: &str| demo.url(&format!("/shares/dicom-web/studies{path}"));
    for (url, status) in [
        (web(&format!("?StudyInstanceUID={uid}")), 200),
        (web(&format!("/{uid}/metadata")), 200),
        (demo.url(&format!("/shares/studies/{}", shared.orthanc_id)), 200),
        (web(&format!("?StudyInstanceUID={}", other.study.study_uid)), 403),
        (web(&format!("/{}/metadata", other.study.study_uid)), 403),
        (demo.url("/shares/studies"), 403),
        (demo.url("/anon-shares/studies"), 404),
        // The application's own routes are not public.
        (demo.url("/tokens/decode"), 404),
    ] {
        assert_eq!(get(&url, &bearer).status, status, "{url}");
        let without = if status == 404 { 404 } else { 403 };
        assert_eq!(get(&url, &[]).status, without, "{url} without a token");
    }
}

#[test]
fn a_search_for_other_studies_of_the_patient_finds_the_shared_one_only() {
    let whole = Whole::start();
    let demo = &whole.demo;
    let shared = &demo.studies()[0];
    let link = demo.share(shared, Viewer::Ohif).expect("a share");
    let bearer = format!("Bearer {}", link.rsplit('=').next().expect("a token"));
    let search = |query: &str| demo.url(&format!("/shares/dicom-web/studies{query}"));
    for (query, count) in [
        ("", 1),
        ("?00100020=DEMO-0001&limit=101&offset=0", 1),
        ("?PatientID=DEMO-0001", 1),
        ("?PatientID=DEMO-0002", 0),
        ("?PatientID=*", 1),
        ("?StudyInstanceUID=&limit=1", 1),
        ("?StudyInstanceUID=*", 1),
    ] {
        let answer = get(&search(query), &[("authorization", &bearer)]);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let found = answer.json();
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), count, "{query}: {found:?}");
        for study in found {
            assert_eq!(study["0020000D"]["Value"][0], shared.study.study_uid.as_str(), "{query}");
        }
        // Without a token nothing is found, nor with one that is not ours.
        assert_eq!(get(&search(query), &[]).status, 403, "{query}");
        let forged = get(&search(query), &[("authorization", "Bearer not-a-token")]);
        assert_eq!((forged.status, forged.json()), (200, json!([])), "{query}");
    }
}

#[test]
fn when_one_server_dies_it_is_named_and_in_the_end_none_is_left() {
    let mut whole = Whole::start();
    let ids = whole.demo.ids();
    assert_eq!(whole.demo.ended(), None);
    let (_, orthanc) = *ids.iter().find(|(name, _)| *name == "orthanc").expect("Orthanc runs");
    let killed = std::process::Command::new("kill").args(["-KILL", &orthanc.to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let ended = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        whole.demo.ended()
    });
    let ended = ended.expect("the end is noticed");
    assert!(ended.contains("orthanc has ended") && ended.contains("Orthanc has started"), "{ended}");

    let public = whole.demo.url("").replace("http://", "");
    drop(whole);
    assert!(TcpStream::connect(public).is_err(), "nginx still listens");
    for (name, id) in ids {
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists(), "{name} still runs");
    }
}

#[test]
fn two_demos_at_once_share_nothing() {
    let (one, two) = (Whole::start(), Whole::start());
    let link = one.demo.share(&one.demo.studies()[0], Viewer::Ohif).expect("a share");
    assert_eq!(get(&link, &[]).status, 307);
    drop(two);
    assert_eq!(get(&link, &[]).status, 307);
}
