//! Where the link of each type leads: straight to its viewer, or there through the landing.
//! The helpers are in `main.rs`.

use journeys::App;
use journeys::http::get;
use journeys::meddream::{self, Behaviour};
use journeys::secrecy::assert_log_keeps_secrets;
use serde_json::{Value, json};

use crate::{
    FAR, MEDDREAM, OHIF, ORTHANC, TYPES, asked, before_token, given, one, put, start, token_of, two,
};

#[test]
fn links_lead_straight_to_each_viewer_where_there_is_no_landing() {
    let (app, _meddream) = start(&[("public_landing_root", "")]);
    let (json_app, _other) = start(&[("public_landing_root", ""), ("ohif_data_source", "dicom-json")]);
    let osimis = format!("{ORTHANC}osimis-viewer/app/index.html");
    let stone = format!("{ORTHANC}stone-webviewer/index.html");
    let volview = format!("{ORTHANC}volview/index.html");
    let archive = |id: &str| format!("../studies/{id}/archive");
    let cases = [
        (&app, "osimis-viewer-publication", one(), format!("{osimis}?study=aaaa-1111&token=")),
        (
            &app,
            "osimis-viewer-publication",
            two(),
            format!(
                "{osimis}?pickableStudyIds=aaaa-1111,bbbb-2222&selectedStudyIds=aaaa-1111,bbbb-2222&token="
            ),
        ),
        (
            &app,
            "stone-viewer-publication",
            one(),
            format!("{stone}?study=1.2.3&selectedStudies=1.2.3&token="),
        ),
        (
            &app,
            "stone-viewer-publication",
            two(),
            format!("{stone}?study=1.2.3,4.5.6&selectedStudies=1.2.3,4.5.6&token="),
        ),
        (&app, "ohif-viewer-publication", one(), format!("{OHIF}viewer?StudyInstanceUIDs=1.2.3&token=")),
        (
            &app,
            "ohif-viewer-publication",
            two(),
            format!("{OHIF}viewer?StudyInstanceUIDs=1.2.3,4.5.6&token="),
        ),
        (
            &json_app,
            "ohif-viewer-publication",
            one(),
            format!("{OHIF}viewer?url=../studies/aaaa-1111/ohif-dicom-json&token="),
        ),
        (
            &app,
            "volview-viewer-publication",
            one(),
            format!("{volview}?names=[archive.zip]&urls={}&token=", archive("aaaa-1111")),
        ),
    ];
    for (app, token_type, resources, link) in cases {
        let answer = given(app, token_type, &asked(&resources, &json!({})));
        let found = before_token(&answer["url"], token_of(&answer));
        assert_eq!(found, link, "{token_type} {resources}");
    }
    // Several archives make a list, as VolView reads it; their form is its own.
    let answer = given(&app, "volview-viewer-publication", &asked(&two(), &json!({})));
    let link = before_token(&answer["url"], token_of(&answer));
    for part in [archive("aaaa-1111"), archive("bbbb-2222")] {
        assert!(link.starts_with(&volview) && link.contains(&part), "{link}");
    }
    // The caller builds these itself.
    for token_type in ["viewer-instant-link", "download-instant-link"] {
        let answer = given(&app, token_type, &asked(&one(), &json!({})));
        assert_eq!(answer.get("url"), Some(&Value::Null), "{answer}");
    }
    // Only the landing can fetch MedDream's token when the link is opened.
    let refused = put(&app, "meddream-viewer-publication", &asked(&one(), &json!({})));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("public_landing_root"), "{}", refused.text());
}

#[test]
fn links_go_through_the_landing_where_there_is_one_and_it_leads_to_the_viewer() {
    let (app, meddream) = start(&[]);
    let (json_app, _other) = start(&[("ohif_data_source", "dicom-json")]);
    let cases = [
        (&app, "osimis-viewer-publication", "shares/osimis-viewer/app/index.html?study=aaaa-1111&token="),
        (
            &app,
            "stone-viewer-publication",
            "shares/stone-webviewer/index.html?study=1.2.3&selectedStudies=1.2.3&token=",
        ),
        (&app, "ohif-viewer-publication", "ohif/viewer?StudyInstanceUIDs=1.2.3&token="),
        (&json_app, "ohif-viewer-publication", "ohif/viewer?url=../studies/aaaa-1111/ohif-dicom-json&token="),
        (
            &app,
            "volview-viewer-publication",
            "shares/volview/index.html?names=[archive.zip]&urls=../studies/aaaa-1111/archive&token=",
        ),
        (&app, "meddream-viewer-publication", "meddream/?study=1.2.3&token="),
    ];
    for (app, token_type, viewer) in cases {
        let answer = given(app, token_type, &asked(&one(), &json!({"expiration-date": FAR})));
        let token = token_of(&answer);
        assert_eq!(before_token(&answer["url"], token), "http://localhost/welcome/?token=", "{token_type}");
        for path in ["/welcome/", "/share-landing/"] {
            let opened = get(&app.url(&format!("{path}?token={token}")), &[]);
            assert_eq!(opened.status, 307, "{token_type}: {}", opened.text());
            let location = opened.header("location").expect("a location");
            let token = if token_type.starts_with("meddream") { meddream::TOKEN } else { token };
            assert_eq!(
                before_token(&json!(location), token),
                format!("http://localhost/{viewer}"),
                "{token_type}"
            );
        }
    }
    assert_eq!(meddream.asked().len(), 2, "MedDream is asked when its link is opened, and only then");
    for token_type in ["viewer-instant-link", "download-instant-link"] {
        let answer = given(&app, token_type, &asked(&one(), &json!({})));
        assert_eq!(answer["url"], Value::Null, "{token_type}");
        let opened = get(&app.url(&format!("/welcome/?token={}", token_of(&answer))), &[]);
        assert!(
            opened.status >= 400 && opened.header("location").is_none(),
            "no viewer of its own: {token_type}"
        );
    }
    assert_log_keeps_secrets(&app, &["of-mr-doe", meddream::TOKEN]);
}

#[test]
fn meddream_is_opened_right_away_by_its_own_token() {
    let (app, meddream) = start(&[]);
    let answer = given(&app, "meddream-instant-link", &asked(&two(), &json!({})));
    assert_eq!(answer["token"], meddream::TOKEN);
    assert_eq!(before_token(&answer["url"], meddream::TOKEN), format!("{MEDDREAM}?study=1.2.3,4.5.6&token="));
    assert_eq!(meddream.asked().len(), 1);
    for behaviour in [Behaviour::Fails, Behaviour::AnswersAPage, Behaviour::Drops] {
        meddream.behave(behaviour);
        let answer = put(&app, "meddream-instant-link", &asked(&one(), &json!({})));
        assert_eq!(answer.status, 502, "{behaviour:?}: {}", answer.text());
    }
}

#[test]
fn viewers_open_studies_only_and_say_so() {
    let (app, _meddream) = start(&[]);
    let viewers =
        TYPES.iter().filter(|name| name.ends_with("-publication")).chain(&["meddream-instant-link"]);
    for token_type in viewers {
        for level in ["patient", "series", "instance"] {
            let resources = json!([{"dicom-uid": "1.2.3", "orthanc-id": "aaaa", "level": level}]);
            let answer = put(&app, token_type, &asked(&resources, &json!({})));
            assert_eq!(answer.status, 400, "{token_type} {level}: {}", answer.text());
            let detail = answer.json()["detail"].to_string();
            assert!(detail.contains(level) && detail.contains(token_type), "{detail}");
        }
    }
    // What a viewer finds studies by must be there.
    let cases = [
        ("stone-viewer-publication", json!([{"orthanc-id": "aaaa", "level": "study"}]), "dicom-uid"),
        ("ohif-viewer-publication", json!([{"orthanc-id": "aaaa", "level": "study"}]), "dicom-uid"),
        ("meddream-viewer-publication", json!([{"orthanc-id": "aaaa", "level": "study"}]), "dicom-uid"),
        ("osimis-viewer-publication", json!([{"dicom-uid": "1.2.3", "level": "study"}]), "orthanc-id"),
        ("volview-viewer-publication", json!([{"dicom-uid": "1.2.3", "level": "study"}]), "orthanc-id"),
        // An address inside VolView's address: it leads nowhere but to the study.
        ("volview-viewer-publication", json!([{"orthanc-id": "../../x", "level": "study"}]), "orthanc-id"),
        ("volview-viewer-publication", json!([{"orthanc-id": "a]&urls=[b", "level": "study"}]), "orthanc-id"),
    ];
    for (token_type, resources, word) in cases {
        let answer = put(&app, token_type, &asked(&resources, &json!({})));
        assert_eq!(answer.status, 400, "{token_type} {resources}: {}", answer.text());
        assert!(answer.json()["detail"].to_string().contains(word), "{}", answer.text());
    }
    let bare = App::start(&[("public_orthanc_root", ""), ("public_anonymized_orthanc_root", "")]);
    let missing = [
        ("osimis-viewer-publication", "public_orthanc_root"),
        ("stone-viewer-publication", "public_orthanc_root"),
        ("volview-viewer-publication", "public_orthanc_root"),
        ("ohif-viewer-publication", "public_ohif_root"),
        ("meddream-viewer-publication", "meddream_token_service_url"),
        ("meddream-instant-link", "meddream_token_service_url"),
    ];
    for (token_type, variable) in missing {
        let answer = put(&bare, token_type, &asked(&one(), &json!({})));
        assert_eq!(answer.status, 400, "{token_type}: {}", answer.text());
        assert!(answer.text().contains(variable), "{token_type}: {}", answer.text());
    }
    given(&bare, "download-instant-link", &asked(&one(), &json!({})));
}
