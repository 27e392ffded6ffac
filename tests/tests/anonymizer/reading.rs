//! What the bearer of a token reads from a real Orthanc, and that no mark of the patient is in it.

use journeys::http;
use journeys::marked::{self, MARKS, PIXELS};
use journeys::orthanc::{Generation, Levels, Plugin, Protection};
use serde_json::json;

use crate::{MOUNT, SERVER, Setup, get, holds, share, text};

#[test]
fn a_study_full_of_marks_shows_none_on_any_route() {
    let setup = Setup::start(marked::ct(3), &[]);
    let names = setup.names();
    let (web, web_series, web_instance) = (&names.web, names.web_series(), names.web_instance());
    for path in [
        "/system".to_owned(),
        "/dicom-web/studies?includefield=all".to_owned(),
        "/dicom-web/series?includefield=all".to_owned(),
        "/dicom-web/instances?includefield=all".to_owned(),
        "/dicom-web/instances?limit=1&offset=1".to_owned(),
        format!("{web}/series"),
        format!("{web}/instances?includefield=PatientAddress,00101040,00091001"),
        format!("{web_series}/instances"),
        format!("{web}/metadata"),
        format!("{web_series}/metadata"),
        format!("{web_instance}/metadata"),
        format!("{web}/rendered"),
        format!("{web_series}/rendered"),
        format!("{web_instance}/rendered"),
        format!("{web_instance}/rendered?window=40,400,linear&viewport=2,2&quality=50"),
        format!("{web_instance}/rendered?window=40%2C400%2Clinear"),
        format!("{web_instance}/frames/1/rendered"),
        // Debian's DICOMweb has no thumbnails.
        format!("{web}/thumbnail"),
        format!("{web_series}/thumbnail?viewport=2,2"),
        format!("{web_instance}/thumbnail"),
        format!("{web_instance}/frames/1/thumbnail"),
        format!("{web_instance}/frames/1"),
        format!("{web_instance}/bulk/7fe00010"),
        web.clone(),
        web_series.clone(),
        web_instance.clone(),
    ] {
        setup.ok(&path);
    }
    let system = setup.ok("/system").json();
    let known = |field: &String| ["ApiVersion", "Version"].contains(&field.as_str());
    assert!(system["Version"].is_string() && system.as_object().is_some_and(|all| all.keys().all(known)));
    // What the profile removes, and what is private, has no bulk data.
    for attribute in [
        "00101010",
        "00104000",
        "00091002",
        "60003000",
        "00400275/1/00400007",
        "00186011",
        "00120063",
        "00100033",
    ] {
        assert_eq!(setup.get(&format!("{web_instance}/bulk/{attribute}")).status, 404, "{attribute}");
    }
    let thumbnail = setup.ok(&format!("{web}/thumbnail"));
    assert_eq!(thumbnail.header("content-type"), Some("image/jpeg"));
    let frame = setup.ok(&format!("{web_instance}/frames/1"));
    assert!(holds(&frame.body, &PIXELS), "the pixels are there");
    assert!(frame.header("content-type").is_some_and(|kind| kind.starts_with("multipart/related; type=")));
    let metadata = setup.ok(&format!("{web_series}/metadata")).json();
    assert_eq!(metadata.as_array().map(Vec::len), Some(3));
    assert_eq!(metadata[0]["00120062"]["Value"][0], "YES");
    assert_eq!(metadata[0]["0020000D"]["Value"][0], names.study.as_str());
    let files = setup.ok(&web_series).body;
    assert_eq!(files.windows(4).filter(|part| part == b"DICM").count(), 3);
    let one = http::get(
        &setup.app.url(&format!("{MOUNT}{web_instance}")),
        &[("token", &setup.token), ("accept", "application/dicom")],
    );
    assert_eq!((one.header("content-type"), &one.body[128..132]), (Some("application/dicom"), &b"DICM"[..]));
    setup.assert_unmarked("one file", &one);

    // The REST API, with an Osimis share: from the link's id downwards.
    let setup = Setup { token: names.id.0.clone(), ..setup };
    let study = format!("/studies/{}", names.id.1);
    let info = setup.ok(&study).json();
    assert_eq!(info["ID"], names.id.1.as_str());
    let series = text(&setup.ok(&format!("{study}/series")).json()[0]["ID"]);
    let instances = setup.ok(&format!("/series/{series}/instances")).json();
    let instance = text(&instances[0]["ID"]);
    assert_eq!(setup.ok(&format!("/series/{series}/study")).json()["ID"], names.id.1.as_str());
    let patient = setup.ok(&format!("/patients/{}", text(&info["ParentPatient"]))).json();
    assert_eq!(patient["Studies"], json!([names.id.1]));
    for path in [
        format!("/series/{series}"),
        format!("/instances/{instance}/tags"),
        format!("/instances/{instance}/simplified-tags"),
        format!("/instances/{instance}/preview"),
        format!("/instances/{instance}/rendered?window-center=10&window-width=20"),
        format!("/instances/{instance}/image-uint8"),
        format!("/instances/{instance}/image-uint16"),
        format!("/instances/{instance}/frames/0/preview"),
    ] {
        setup.ok(&path);
    }
    // HEAD has the same headers and nothing else; other methods change nothing.
    let head =
        http::send("HEAD", &setup.app.url(&format!("{MOUNT}{study}")), &[("token", &setup.token)], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer =
            http::send(method, &setup.app.url(&format!("{MOUNT}{study}")), &[("token", &setup.token)], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    assert!(!MARKS.iter().any(|mark| setup.app.log().to_lowercase().contains(mark)), "{}", setup.app.log());
    drop(setup.orthanc);
}

#[test]
fn what_ohif_asks_is_answered_and_confirms_nothing() {
    let setup = Setup::start(marked::ct(1), &[]);
    let names = setup.names();
    let (study, web) = (&names.study, &names.web);
    let fields = "00081030%2C00080060%2C00080090%2C00100010";
    let list = "limit=101&offset=0&fuzzymatching=false";
    let count = |path: &str| setup.ok(path).json().as_array().map(Vec::len);
    let of_study = format!("/dicom-web/studies?{list}&includefield={fields}&StudyInstanceUID={study}");
    assert_eq!(count(&of_study), Some(1));
    let patient_id = text(&setup.ok(&of_study).json()[0]["00100020"]["Value"][0]);
    // The priors of the patient: whoever the viewer knows them to be, and nobody by another name.
    assert_eq!(
        count(&format!("/dicom-web/studies?00100020={patient_id}&{list}&includefield={fields}")),
        Some(1)
    );
    for question in [
        "00100020=ZQMARK",
        "PatientID=ZQMARK*",
        "PatientName=ZQMARK^NAME",
        "PatientBirthDate=19450312",
        "StudyDate=19450312",
        "AccessionNumber=ZQMARK",
        "PatientID=PAT-0002",
        &format!("StudyInstanceUID={}.1", marked::UID),
        &format!("StudyInstanceUID={}", setup.other.0.study_uid),
    ] {
        let path = format!("/dicom-web/studies?{question}&{list}");
        assert_eq!(setup.get(&path).json(), json!([]), "{question}");
    }
    assert_eq!(
        count(&format!("{web}/series?includefield=00080021%2C00080031%2C0008103E%2C00200011")),
        Some(1)
    );
    assert_eq!(count(&format!("{}/metadata", names.web_series())), Some(1));
    for accept in ["*/*", "multipart/related; type=application/octet-stream; transfer-syntax=*"] {
        let url = setup.app.url(&format!("{MOUNT}{}/frames/1", names.web_instance()));
        let bearer = format!("Bearer {}", setup.token);
        let frame = http::get(&url, &[("authorization", &bearer), ("accept", accept)]);
        assert_eq!(frame.status, 200, "{accept}: {}", frame.text());
        assert!(holds(&frame.body, &PIXELS));
        setup.assert_unmarked("frame", &frame);
    }
    assert_eq!(count("/dicom-web/studies?limit=0"), Some(0));
    assert_eq!(count("/dicom-web/studies?offset=1"), Some(0));
    assert_eq!(count(&format!("/dicom-web/instances?SeriesInstanceUID={}", names.series)), Some(1));

    // A share of two studies is searched as one.
    let studies =
        json!([{"dicom-uid": format!("{}.1", marked::UID)}, {"dicom-uid": setup.other.0.study_uid}]);
    let both = share(&setup.app, None, None, &[("studies", studies)]);
    for (query, expected) in [
        ("/dicom-web/studies", 2),
        ("/dicom-web/studies?limit=1", 1),
        ("/dicom-web/studies?offset=1", 1),
        ("/dicom-web/series", 2),
        ("/dicom-web/instances", 4),
        ("/dicom-web/instances?limit=3&offset=2", 2),
        ("/dicom-web/series?Modality=CT", 2),
        ("/dicom-web/series?Modality=MR", 0),
        ("/dicom-web/studies?PatientID=Anonymized", 2),
    ] {
        let found = get(&setup.app, &both, query);
        assert_eq!(found.json().as_array().map(Vec::len), Some(expected), "{query}: {}", found.text());
        setup.assert_unmarked(query, &found);
    }
}

#[test]
fn the_options_of_the_standard_keep_what_they_say() {
    let variables = [("retain_uids", "true"), ("retain_longitudinal", "full")];
    let setup = Setup::start(marked::ct(1), &variables);
    let list = setup.get("/dicom-web/studies").json();
    let uid = format!("{}.1", marked::UID);
    assert_eq!(list[0]["0020000D"]["Value"][0], uid.as_str());
    assert_eq!(list[0]["00080020"]["Value"][0], "19450312");
    let metadata = setup.get(&format!("/dicom-web/studies/{uid}/metadata"));
    assert_eq!(metadata.status, 200, "{}", metadata.text());
    // Of texts, full dates keep what the table says: a time zone and the like.
    let marked: Vec<String> = metadata.json()[0]
        .as_object()
        .expect("a data set")
        .iter()
        .filter(|(_, attribute)| attribute.to_string().contains("ZQMARK"))
        .map(|(tag, _)| tag.clone())
        .collect();
    assert_eq!(marked, ["00080201"]);
    assert_eq!(
        setup.get("/dicom-web/studies?StudyDate=19450101-19451231").json().as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn moved_dates_move_alike_in_one_share() {
    let setup = Setup::start(marked::ct(1), &[("retain_longitudinal", "modified")]);
    let of = |path: &str, tag: &str| text(&setup.get(path).json()[0][tag]["Value"][0]);
    let date = of("/dicom-web/studies", "00080020");
    assert!(date.len() == 8 && date != "19450312", "{date}");
    let metadata = format!("/dicom-web/studies/{}/metadata", of("/dicom-web/studies", "0020000D"));
    // All dates of the study are this one, so all of them move to this one.
    for tag in ["00080020", "00080021", "00080022"] {
        assert_eq!(of(&metadata, tag), date, "{tag}");
    }
    assert_eq!(of(&metadata, "00280303"), "MODIFIED");
    let codes = setup.get(&metadata).json()[0]["00120064"]["Value"].clone();
    let codes: Vec<String> =
        codes.as_array().into_iter().flatten().map(|code| text(&code["00080100"]["Value"][0])).collect();
    assert_eq!(codes, ["113100", "113107"]);
    for (query, count) in [("StudyDate=19450312".to_owned(), 0), (format!("StudyDate={date}"), 1)] {
        let found = setup.get(&format!("/dicom-web/studies?{query}")).json();
        assert_eq!(found.as_array().map(Vec::len), Some(count), "{query}");
    }
}

#[test]
fn an_orthanc_with_the_authorization_plugin_is_asked_with_the_token() {
    let mut setup = Setup::start(marked::ct(1), &[]);
    setup.orthanc.restart(Protection::Plugin(Plugin {
        app: &setup.app,
        generation: Generation::UpTo041,
        identifier: SERVER,
        user: ("", ""),
        levels: Levels::Studies,
    }));
    let uid = format!("{}.1", marked::UID);
    let request = json!({"token-key": "token", "token-value": setup.token});
    let decoded = http::send_json("POST", &setup.app.url("/tokens/decode"), &[], &request).json();
    let url = text(&decoded["redirect-url"]);
    let shown =
        url.split("study=").nth(1).and_then(|rest| rest.split('&').next()).expect("a study").to_owned();
    assert_ne!(shown, uid);
    let answer = setup.ok(&format!("/dicom-web/studies/{shown}/metadata"));
    assert_eq!(answer.json().as_array().map(Vec::len), Some(1));
    let series =
        text(&setup.ok(&format!("/dicom-web/studies/{shown}/series")).json()[0]["0020000E"]["Value"][0]);
    setup.ok(&format!("/dicom-web/studies/{shown}/series/{series}"));
    // What the plugin refuses is refused.
    assert_eq!(setup.get("/system").status, 403);

    // A share that names the study by its UID alone: the plugin lets nobody look it up.
    let wish =
        json!({"studies": [{"dicom-uid": uid}], "type": "stone-viewer-publication", "anonymized": true});
    let share = http::send_json("PUT", &setup.app.url("/shares"), &[], &wish).json();
    setup.token = text(&share["token"]);
    let request = json!({"token-key": "token", "token-value": setup.token});
    let decoded = http::send_json("POST", &setup.app.url("/tokens/decode"), &[], &request).json();
    let url = text(&decoded["redirect-url"]);
    let shown =
        url.split("study=").nth(1).and_then(|rest| rest.split('&').next()).expect("a study").to_owned();
    let answer = setup.ok(&format!("/dicom-web/studies/{shown}/metadata"));
    assert_eq!(answer.json().as_array().map(Vec::len), Some(1));
}

#[test]
fn an_orthanc_that_only_the_proxy_may_read_is_asked_with_its_password() {
    let variables = [("orthanc_username", "anonymizer"), ("orthanc_password", "of the: proxy")];
    let mut setup = Setup::start(marked::ct(1), &variables);
    setup.orthanc.restart(Protection::Reader("anonymizer", "of the: proxy"));
    assert_eq!(http::get(&setup.orthanc.url("/system"), &[]).status, 401);
    let names = setup.names();
    for path in [
        "/system".to_owned(),
        format!("{}/metadata", names.web),
        format!("{}/frames/1", names.web_instance()),
        names.web_series(),
    ] {
        setup.ok(&path);
    }
    // By its UID alone, which Orthanc is asked for with the one POST that the script lets through.
    let uid = format!("{}.1", marked::UID);
    setup.token = share(&setup.app, Some(&uid), None, &[]);
    assert_eq!(setup.ok("/dicom-web/studies").json().as_array().map(Vec::len), Some(1));

    // With another password nothing opens, and nobody is asked for one.
    setup.orthanc.restart(Protection::Reader("anonymizer", "another"));
    let token = share(&setup.app, Some(&uid), Some(&setup.ids.study), &[]);
    let answer = get(&setup.app, &token, "/dicom-web/studies");
    assert_eq!((answer.status, answer.header("www-authenticate")), (403, None), "{}", answer.text());
}
