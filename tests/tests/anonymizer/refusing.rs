//! What does not open: paths beside the list, other shares and studies, pixels that may hold identity.

use std::collections::BTreeSet;

use journeys::marked::{self, PIXELS};
use journeys::{App, SECRET_KEY, http, state_directory, token, upstream};
use serde_json::{Value, json};

use crate::{MOUNT, Scene, Setup, get, holds, share, text};

#[test]
fn no_trick_in_the_path_and_no_argument_gets_past_the_list() {
    let setup = Setup::start(marked::ct(1), &[]);
    let names = setup.names();
    let real = format!("/studies/{}", setup.ids.study);
    let real_web = format!("/dicom-web/studies/{}.1", marked::UID);
    let routes = [
        "/osimis-viewer/app/index.html".to_owned(),
        "/stone-webviewer/index.html".to_owned(),
        "/system".to_owned(),
        names.web.clone(),
        format!("{}/metadata", names.web),
        format!("{}/frames/1", names.web_instance()),
        real.clone(),
        "/ohif/viewer".to_owned(),
        "/volview/index.html".to_owned(),
        "/osimis-viewer/languages/en.json".to_owned(),
        "/osimis-viewer/config.js".to_owned(),
        format!("/patients/{}", setup.ids.patient),
        format!("{real}/series"),
        format!("/osimis-viewer{real}"),
        format!("/series/{}", setup.ids.series),
        format!("/series/{}/study", setup.ids.series),
        format!("/series/{}/instances", setup.ids.series),
        format!("/osimis-viewer/series/{}", setup.ids.series),
        format!("/osimis-viewer/images/{}/0/high-quality", setup.ids.instance),
        format!("/instances/{}/tags", setup.ids.instance),
        format!("/instances/{}/simplified-tags", setup.ids.instance),
        format!("/instances/{}/preview", setup.ids.instance),
        format!("/instances/{}/frames/0/rendered", setup.ids.instance),
        "/dicom-web/studies".to_owned(),
        format!("{}/series", names.web),
        format!("{}/instances", names.web_series()),
        names.web_series(),
        names.web_instance(),
        format!("{}/rendered", names.web),
        format!("{}/thumbnail", names.web_instance()),
        format!("{}/bulk/7fe00010", names.web_instance()),
    ];
    let mut tried = BTreeSet::new();
    for route in &routes {
        for path in [
            format!("{route}/..{real}"),
            format!("/osimis-viewer/app/../..{real}"),
            format!("/osimis-viewer/app/%2e%2e/%2e%2e{real}"),
            format!("/osimis-viewer/app/..%2f..%2fstudies%2f{}", setup.ids.study),
            format!("/osimis-viewer/app/%252e%252e{real}"),
            format!("{route}/%2e%2e/%2e%2e{real}"),
            format!("{route}/..%2f..{real}"),
            format!("{route}//..{real}"),
            format!("/{route}"),
            format!("{route};x"),
            format!("{route}%3bx"),
            format!("{route}%00"),
            format!("{route}%00.html"),
            format!("{route}/{}", "x/".repeat(2000)),
            format!("{route}%2f..%2f.."),
            // The dot in two bytes and in three, which UTF-8 forbids.
            format!("{route}/%c0%ae%c0%ae{real}"),
            format!("{route}/%e0%80%ae%e0%80%ae{real}"),
            format!("{route}/..%c0%af..{real}"),
            route.to_uppercase(),
        ] {
            tried.insert(path);
        }
    }
    tried.extend([real.clone(), real_web.clone(), format!("{real_web}/metadata"), "/tools/find".to_owned()]);
    tried
        .extend(["/studies", "/instances", "/patients", "/changes", "/app/explorer.html"].map(str::to_owned));
    tried.extend([format!("{real}/archive"), format!("/instances/{}/file", setup.ids.instance)]);
    for path in &tried {
        // As the bytes are: no client library tidies the path first.
        let mut connection = journeys::raw::Connection::open(setup.app.address());
        let token = &setup.token;
        connection.say(format!(
            "GET {MOUNT}{path} HTTP/1.1\r\nHost: x\r\ntoken: {token}\r\nConnection: close\r\n\r\n"
        ));
        let answer = connection.answer().unwrap_or_else(|| panic!("an answer to {path}"));
        assert!(matches!(answer.status, 400 | 404 | 414), "{path}: {} {}", answer.status, answer.text());
        setup.assert_unmarked(path, &answer);
    }
    for argument in ["full", "=", "a=b", "short", "requestedTags=PatientName", "expand", "full=true&token=x"]
    {
        for path in [names.web.clone(), format!("{}/metadata", names.web), "/system".to_owned()] {
            let answer = setup.get(&format!("{path}?{argument}"));
            assert_eq!(answer.status, 403, "{path}?{argument}");
            assert!(answer.json()["detail"].is_string());
        }
    }
    assert_eq!(setup.get("/dicom-web/studies?NoSuchAttribute=1").status, 403);
    assert_eq!(setup.get("/dicom-web/studies?limit=x").status, 400);
}

#[test]
fn only_a_live_token_of_an_anonymized_share_opens_it_and_nothing_else() {
    let setup = Setup::start(marked::ct(1), &[]);
    let names = setup.names();
    let uid = format!("{}.1", marked::UID);
    let id = setup.ids.study.as_str();
    let claims = |anonymized: bool, end: &str| {
        let studies = json!([{"dicom_uid": uid, "orthanc_id": id}]);
        json!({"id": "j", "studies": studies, "anonymized": anonymized, "type": "stone-viewer-publication",
            "expiration_date": end})
    };
    let end = "2099-07-07T11:00:00+00:00";
    let standard = share(&setup.app, Some(&uid), Some(id), &[("anonymized", json!(false))]);
    let [expired, foreign, readable] = [
        token::sign(SECRET_KEY, &claims(true, "2022-07-07T11:00:00+00:00")),
        token::sign("another-key-of-the-same-length-of-43-charact", &claims(true, end)),
        token::sign(SECRET_KEY, &claims(true, end)),
    ];
    let paths = ["/dicom-web/studies".to_owned(), names.web.clone(), "/system".to_owned()];
    for token in ["", "no-token", &standard, &expired, &foreign, &setup.token[..setup.token.len() - 2]] {
        for path in &paths {
            assert_eq!(get(&setup.app, token, path).status, 403, "{path} {token}");
        }
    }
    assert_eq!(http::get(&setup.app.url(&format!("{MOUNT}/system")), &[]).status, 403);

    // Another study of the same server, by its real names and by those of its own share.
    let (other, other_ids) = &setup.other;
    let other_token = share(&setup.app, Some(&other.study_uid), Some(&other_ids.study), &[]);
    let list = get(&setup.app, &other_token, "/dicom-web/studies").json();
    let other_shown = text(&list[0]["0020000D"]["Value"][0]);
    for study in [&other.study_uid, &other_shown] {
        for path in ["", "/metadata", "/series", "/instances", "/rendered"] {
            let answer = setup.get(&format!("/dicom-web/studies/{study}{path}"));
            assert_eq!(answer.status, 404, "{study}{path}");
        }
    }
    let mixed = format!("/dicom-web/studies/{other_shown}/series/{}/metadata", names.series);
    assert_eq!((setup.get(&mixed).status, get(&setup.app, &other_token, &mixed).status), (404, 404));
    for path in [
        format!("/studies/{}", other_ids.study),
        format!("/series/{}", other_ids.series),
        format!("/instances/{}/tags", other_ids.instance),
        format!("/patients/{}", other_ids.patient),
        // Its own real names are not confirmed either.
        format!("/studies/{id}"),
        format!("/series/{}", setup.ids.series),
        format!("/instances/{}/preview", setup.ids.instance),
        format!("/patients/{}", setup.ids.patient),
        format!("/dicom-web/studies/{uid}/metadata"),
    ] {
        assert_eq!(setup.get(&path).status, 404, "{path}");
    }
    // An older, signed token names the study to whoever reads it: such a link goes on working.
    for path in [format!("/studies/{id}"), format!("/dicom-web/studies/{uid}/metadata")] {
        let answer = get(&setup.app, &readable, &path);
        assert_eq!(answer.status, 200, "{path}");
        setup.assert_unmarked(&path, &answer);
    }
    // Two shares of one study cannot be linked, and one share that names it by one id only works too.
    for (uid, id) in [(None, Some(id)), (Some(uid.as_str()), None)] {
        let kind = if uid.is_some() { "stone-viewer-publication" } else { "osimis-viewer-publication" };
        let token = share(&setup.app, uid, id, &[("type", json!(kind))]);
        let list = get(&setup.app, &token, "/dicom-web/studies").json();
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{uid:?} {id:?}");
        assert_ne!(list[0]["0020000D"]["Value"][0], names.study.as_str());
    }
    // Ids of two different studies contradict each other: nothing is shared.
    let token = share(&setup.app, Some(&uid), Some(&other_ids.study), &[]);
    assert_eq!(get(&setup.app, &token, "/dicom-web/studies").json(), json!([]));
    let log = setup.app.log();
    assert!(log.contains("refused reason=expired") && log.contains("reason=not-anonymized"), "{log}");
}

/// DICOMweb cannot tell them apart: after a correction of a PatientID, say.
#[test]
fn a_study_of_the_same_uid_and_another_patient_is_not_found() {
    let file = marked::ct(1).remove(0);
    let other = marked::of_another_patient(&file);
    let setup = Setup::start(vec![file.clone()], &[]);
    let found = setup.names();
    let searches = [
        "/dicom-web/studies".to_owned(),
        format!("{}/series", found.web),
        format!("{}/instances", found.web),
    ];
    let both = {
        setup.orthanc.upload(&other);
        share(&setup.app, Some(&format!("{}.1", marked::UID)), None, &[])
    };
    let token = share(&setup.app, Some(&format!("{}.1", marked::UID)), Some(&setup.ids.study), &[]);
    let one = Setup { token, ..setup };
    assert_eq!(one.ok(&searches[0]).json(), json!([]));
    assert!(one.app.log().contains("reason=two-studies-of-one-uid"));
    // A share of the UID alone is of both, each of which is found once.
    let both = Setup { token: both, ..one };
    let studies = both.ok(&searches[0]).json();
    assert_eq!(studies.as_array().map(Vec::len), Some(2), "{studies}");
}

/// Orthanc 1.10 does not survive an image of 65536 by 65536.
#[test]
fn no_image_is_drawn_of_any_size_that_somebody_likes() {
    let scene = Scene::start();
    let image = format!("/instances/{}/rendered", upstream::INSTANCE);
    let web = "/dicom-web/studies/1/series/2/instances/3/rendered".to_owned();
    for (path, query) in [
        (&image, "width=65536&height=65536"),
        (&web, "viewport=65536,65536"),
        (&web, "viewport=1,1e9"),
        (&web, "viewport=-1,1"),
    ] {
        let answer = scene.get(&format!("{path}?{query}"));
        assert_eq!(answer.status, 400, "{path}?{query}: {}", answer.text());
    }
}

#[test]
fn pixels_that_may_identify_somebody_are_refused_unless_the_site_allows_them() {
    let ultrasound = "1.2.840.10008.5.1.4.1.1.6.1";
    let ct = "1.2.840.10008.5.1.4.1.1.2";
    for (files, variables, opens) in [
        (marked::files(1, "US", ultrasound, "NO"), &[][..], false),
        (marked::files(1, "CT", ct, "YES"), &[], false),
        (marked::files(1, "DX", ct, "NO"), &[("anonymize_pixels_modalities", "DX, MG")], false),
        (marked::files(1, "US", ultrasound, "YES"), &[("anonymize_pixels", "allow")], true),
    ] {
        let setup = Setup::start(files, variables);
        let names = setup.names();
        let instance = names.web_instance();
        setup.ok(&format!("{instance}/metadata"));
        for path in [
            format!("{instance}/frames/1"),
            format!("{instance}/rendered"),
            format!("{instance}/bulk/7fe00010"),
            format!("{}/rendered", names.web),
            instance.clone(),
            names.web_series(),
            names.web.clone(),
        ] {
            let answer = setup.get(&path);
            assert_eq!(answer.status, if opens { 200 } else { 403 }, "{path}: {}", answer.text());
            assert_eq!(holds(&answer.body, &PIXELS), opens && !path.ends_with("rendered"), "{path}");
            setup.assert_unmarked(&path, &answer);
        }
        // The same over the REST API; Debian has no Osimis viewer, which is refused before it is asked.
        let setup = Setup { token: names.id.0.clone(), ..setup };
        let series = text(&setup.ok(&format!("/studies/{}/series", names.id.1)).json()[0]["ID"]);
        let instance = text(&setup.ok(&format!("/series/{series}/instances")).json()[0]["ID"]);
        setup.ok(&format!("/instances/{instance}/tags"));
        for (path, status) in [
            (format!("/instances/{instance}/preview"), 200),
            (format!("/instances/{instance}/rendered"), 200),
            (format!("/instances/{instance}/image-uint16"), 200),
            (format!("/instances/{instance}/frames/0/preview"), 200),
            (format!("/osimis-viewer/images/{instance}/0/high-quality"), 404),
        ] {
            assert_eq!(setup.get(&path).status, if opens { status } else { 403 }, "{path}");
        }
        assert_eq!(setup.app.log().contains("refused reason=pixels ("), !opens);
    }
}

#[test]
fn without_an_orthanc_there_is_no_anonymizer() {
    let app = App::start(&[]);
    let token = share(&app, Some("1.2.3"), None, &[]);
    for path in ["/system", "/osimis-viewer/app/index.html", "/dicom-web/studies"] {
        assert_eq!(get(&app, &token, path).status, 404, "{path}");
    }
}

/// So many studies, in the words of both APIs.
fn studies(count: usize) -> Value {
    (0..count).map(|n| json!({"dicom-uid": format!("1.2.{n}"), "level": "study"})).collect()
}

fn series_and(level: &str) -> Value {
    json!([{"dicom-uid": "1.2.3", "level": "series"}, {"dicom-uid": "1.2", "level": level}])
}

/// What the proxy would never show is refused when the share is made, and when it is changed.
#[test]
fn no_share_is_made_of_what_the_anonymizer_does_not_show() {
    let store = ("share_store", "default");
    let app = App::start(&[("orthanc_root", "http://localhost:1/"), store]);
    let shares = |studies, anonymized: bool| {
        let body = json!({"studies": studies, "type": "stone-viewer-publication", "anonymized": anonymized});
        http::send_json("PUT", &app.url("/shares"), &[], &body)
    };
    let tokens = |app: &App, resources, anonymized: bool| {
        let body = json!({"resources": resources, "anonymized": anonymized});
        http::send_json("PUT", &app.url("/tokens/viewer-instant-link"), &[], &body)
    };
    let refused = |answer: &http::Answer, field: &str| {
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(text(&answer.json()["detail"]).starts_with(&format!("'{field}' ")), "{}", answer.text());
    };
    refused(&shares(studies(65), true), "studies");
    refused(&tokens(&app, studies(65), true), "resources");
    refused(&tokens(&app, series_and("patient"), true), "resources");
    for answer in [
        shares(studies(65), false),
        tokens(&app, studies(64), true),
        tokens(&app, series_and("study"), true),
        tokens(&app, series_and("patient"), false),
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    let made = shares(studies(64), true).json();
    let patch = |changes| {
        let address = app.url(&format!("/shares/{}", text(&made["jti"])));
        http::send_json("PATCH", &address, &[], &changes)
    };
    refused(&patch(json!({"studies": studies(65)})), "studies");
    assert_eq!(patch(json!({"studies": studies(63)})).status, 200);

    // An anonymized server of its own shows what it likes.
    let other = App::start(&[]);
    assert_eq!(tokens(&other, studies(65), true).status, 200);
    assert_eq!(tokens(&other, series_and("patient"), true).status, 200);
}

/// One that was made before the proxy was there is not lost: it can be ended.
#[test]
fn a_share_that_the_anonymizer_does_not_show_whole_can_still_be_changed() {
    let state = state_directory();
    let arguments = ["--state-dir", state.path().to_str().expect("a path in UTF-8")];
    let store = ("share_store", "default");
    let app = App::start_with(&[store], &arguments);
    let body = json!({"studies": studies(65), "type": "stone-viewer-publication", "anonymized": true});
    let made = http::send_json("PUT", &app.url("/shares"), &[], &body);
    let jti = text(&made.json()["jti"]);
    drop(app);
    let app = App::start_with(&[store, ("orthanc_root", "http://localhost:1/")], &arguments);
    let patch = |changes| http::send_json("PATCH", &app.url(&format!("/shares/{jti}")), &[], &changes).status;
    assert_eq!(patch(json!({"expiration-date": "2098-01-01T00:00:00Z"})), 200);
    assert_eq!(patch(json!({"studies": studies(66)})), 400);
}

/// VolView loads the study as an archive, which the proxy does not make: the share is refused when it is
/// made, not when it is opened.
#[test]
fn no_share_is_made_that_its_viewer_could_not_open() {
    let app = App::start(&[("orthanc_root", "http://localhost:1/")]);
    let share = |anonymized: bool| {
        let body = json!({"studies": [{"dicom-uid": "1.2", "orthanc-id": "aaaa-1111"}],
            "type": "volview-viewer-publication", "anonymized": anonymized});
        http::send_json("PUT", &app.url("/shares"), &[], &body)
    };
    assert_eq!(share(false).status, 200);
    let refused = share(true);
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("not available for anonymized shares"), "{}", refused.text());
}
