//! Anonymized shares through the de-identifying proxy: a study full of marks in a real Orthanc is read by
//! every route, and no mark is seen; then everything that must not open, and an Orthanc that misbehaves.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use journeys::dicom::Study;
use journeys::http::{self, Answer};
use journeys::marked::{self, MARKS, PIXELS};
use journeys::orthanc::{Generation, Ids, Levels, Orthanc, Plugin, Protection};
use journeys::upstream::{self, Scripted, Upstream};
use journeys::{App, SECRET_KEY, token};
use serde_json::{Value, json};

const MOUNT: &str = "/anon-shares";
const SERVER: &str = "anonymized-server-id";

/// An application whose anonymizer reads from this Orthanc.
fn app(root: &str, origin: &str, more: &[(&str, &str)]) -> App {
    let own = [("orthanc_root", root), ("orthanc_origin", origin)];
    App::start(&[&own[..], more].concat())
}

/// Asks for an anonymized share, with changes to the request.
fn share(app: &App, uid: Option<&str>, id: Option<&str>, changes: &[(&str, Value)]) -> String {
    let mut request = json!({
        "id": "journey",
        "studies": [{"dicom-uid": uid, "orthanc-id": id}],
        "anonymized": true,
        "type": "stone-viewer-publication",
        "expiration-date": "2099-12-31T11:00:00Z",
    });
    for (name, value) in changes {
        request[*name] = value.clone();
    }
    let answer = http::send_json("PUT", &app.url("/shares"), &[], &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["token"].as_str().expect("a token").to_owned()
}

fn get(app: &App, token: &str, path: &str) -> Answer {
    http::get(&app.url(&format!("{MOUNT}{path}")), &[("token", token)])
}

/// A real Orthanc with the marked study and another one, and the application in front of it.
struct Setup {
    app: App,
    orthanc: Orthanc,
    ids: Ids,
    other: (Study, Ids),
    token: String,
}

impl Setup {
    fn start(files: Vec<Vec<u8>>, variables: &[(&str, &str)]) -> Self {
        let orthanc = Orthanc::start(Protection::Open);
        let mut ids: Vec<Ids> = files.iter().map(|file| orthanc.upload(file)).collect();
        let ids = ids.swap_remove(0);
        let other = Study::new("Other^Person", "PAT-0002", "1.2.826.0.1.3680043.10.99999.66.1");
        let other_ids = orthanc.upload_study(&other);
        let app = app(&orthanc.url("/"), &orthanc.url(""), variables);
        let token = share(&app, Some(&format!("{}.1", marked::UID)), Some(&ids.study), &[]);
        Self { app, orthanc, ids, other: (other, other_ids), token }
    }

    fn get(&self, path: &str) -> Answer {
        get(&self.app, &self.token, path)
    }

    fn ok(&self, path: &str) -> Answer {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        self.assert_unmarked(path, &answer);
        answer
    }

    fn assert_unmarked(&self, path: &str, answer: &Answer) {
        let mut seen: Vec<u8> = answer.body.to_ascii_lowercase();
        for (name, value) in &answer.headers {
            seen.extend_from_slice(format!("\n{name}: {value}").to_lowercase().as_bytes());
        }
        let Ids { patient, study, series, instance } = &self.ids;
        for mark in MARKS.iter().copied().chain([&**patient, study, series, instance]) {
            let found = seen.windows(mark.len()).position(|part| part == mark.as_bytes());
            if let Some(at) = found {
                let around = &seen[at.saturating_sub(80)..(at + 80).min(seen.len())];
                panic!("{path} shows {mark}: …{}…", String::from_utf8_lossy(around));
            }
        }
    }

    /// What a viewer of the share sees, found from the list of studies downwards.
    fn names(&self) -> Names {
        let first = |path: &str, tag: &str| text(&self.ok(path).json()[0][tag]["Value"][0]);
        let study = first("/dicom-web/studies", "0020000D");
        let series = first(&format!("/dicom-web/studies/{study}/series"), "0020000E");
        let instance = first(&format!("/dicom-web/studies/{study}/series/{series}/instances"), "00080018");
        // Orthanc's ids are the link's, which the viewer was opened with.
        let link = format!("{}{MOUNT}", self.app.url(""));
        let request = json!({"token-key": "token", "token-value": self.token});
        let decoded = http::send_json("POST", &self.app.url("/tokens/decode"), &[], &request).json();
        assert!(decoded["redirect-url"].as_str().is_some_and(|url| url.contains(&study)), "{decoded} {link}");
        let shown = deid_id(&self.app, &self.ids);
        Names { web: format!("/dicom-web/studies/{study}"), study, series, instance, id: shown }
    }
}

/// The id that a link of an Osimis share names: another share with another key, so its own token.
fn deid_id(app: &App, ids: &Ids) -> (String, String) {
    let token = share(app, None, Some(&ids.study), &[("type", json!("osimis-viewer-publication"))]);
    let request = json!({"token-key": "token", "token-value": token});
    let decoded = http::send_json("POST", &app.url("/tokens/decode"), &[], &request).json();
    let url = text(&decoded["redirect-url"]);
    let id = url.split("study=").nth(1).and_then(|rest| rest.get(..44)).expect("a study in the link");
    (token, id.to_owned())
}

struct Names {
    study: String,
    series: String,
    instance: String,
    web: String,
    /// Of an Osimis share: its token, and the study's id in it.
    id: (String, String),
}

impl Names {
    fn web_series(&self) -> String {
        format!("{}/series/{}", self.web, self.series)
    }

    fn web_instance(&self) -> String {
        format!("{}/instances/{}", self.web_series(), self.instance)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

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
        format!("{web_instance}/frames/1"),
        format!("{web_instance}/bulk/7fe00010"),
        web.clone(),
        web_series.clone(),
        web_instance.clone(),
    ] {
        setup.ok(&path);
    }
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
        assert_eq!(setup.app.log().contains("refused reason=pixels ("), !opens);
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
}

/// Where the metadata of the stand-in's study is, for Orthanc.
fn metadata_path() -> String {
    format!("/dicom-web/studies/{}/metadata", upstream::STUDY_UID)
}

/// The stand-in, and an application that reads from it with credentials.
struct Scene {
    app: App,
    upstream: Upstream,
    token: String,
    study: String,
}

impl Scene {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let upstream = Upstream::start();
        let variables = [
            ("orthanc_root", &*upstream.root()),
            ("orthanc_origin", &upstream.origin()),
            ("orthanc_username", "proxy"),
            ("orthanc_password", "p:w"),
        ];
        let app = App::start_with(&variables, arguments);
        let claims = json!({"id": "j", "anonymized": true, "type": "stone-viewer-publication",
            "studies": [{"dicom_uid": upstream::STUDY_UID, "orthanc_id": upstream::STUDY}]});
        let token = token::sign(SECRET_KEY, &claims);
        Self { app, upstream, token, study: format!("/studies/{}", upstream::STUDY) }
    }

    fn get(&self, path: &str) -> Answer {
        let answer = get(&self.app, &self.token, path);
        assert!(!answer.text().contains("ZQMARK"), "{path}: {}", answer.text());
        assert!(
            answer.headers.iter().all(|(_, value)| !value.contains("ZQMARK")),
            "{path}: {:?}",
            answer.headers
        );
        answer
    }
}

#[test]
fn orthanc_is_asked_with_its_own_credentials_and_nothing_of_the_client() {
    let scene = Scene::start();
    let url = scene.app.url(&format!("{MOUNT}{}", scene.study));
    let sent = [
        ("authorization", &*format!("Bearer {}", scene.token)),
        ("cookie", "c=1"),
        ("x-forwarded-for", "1.2.3.4"),
        ("accept", "x/y"),
        ("accept-encoding", "gzip"),
        ("if-none-match", "\"x\""),
        ("range", "bytes=0-1"),
    ];
    assert_eq!(http::get(&url, &sent).status, 200);
    let asked = scene.upstream.asked();
    let asked = asked.last().expect("a request");
    assert_eq!(asked.line, format!("GET /pacs/studies/{}", upstream::STUDY));
    assert_eq!(asked.header("token"), Some(scene.token.as_str()));
    assert_eq!(asked.header("authorization"), Some("Basic cHJveHk6cDp3"));
    let names: Vec<&str> = asked.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().all(|name| ["host", "token", "authorization"].contains(name)), "{names:?}");

    // The names of the share are remembered: the second request asks for what it answers with only.
    let before = scene.upstream.asked().len();
    assert_eq!(scene.get(&scene.study).status, 200);
    assert_eq!(scene.upstream.asked().len(), before + 1);
}

#[test]
fn the_osimis_viewer_gets_its_series_and_images() {
    let scene = Scene::start();
    let series = &scene.get(&format!("{}/series", scene.study)).json()[0];
    let (series, instance) = (text(&series["ID"]), text(&series["Instances"][0]));
    let info = json!({"TagsSubset": {"Modality": "CT", "PatientName": "ZQMARK", "Rows": "4"}, "ZQMARK": 1});
    let answer = json!({
        "id": upstream::SERIES,
        "contentType": "image/png",
        "instances": [[upstream::INSTANCE, 0, 1]],
        "instancesInfos": {upstream::INSTANCE: info},
        "middleInstanceInfos": info,
        "study": {"ID": upstream::STUDY, "PatientMainDicomTags": {"PatientName": "ZQMARK"}},
        "ZQMARK": "ZQMARK",
    });
    scene.upstream.script(&format!("/osimis-viewer/series/{}", upstream::SERIES), Scripted::json(&answer));
    let shown = scene.get(&format!("/osimis-viewer/series/{series}")).json();
    assert_eq!((&shown["id"], &shown["instances"][0][0]), (&json!(series), &json!(instance)));
    assert_eq!(shown["instancesInfos"][&instance]["TagsSubset"]["Rows"], "4");

    let image = format!("/osimis-viewer/images/{}/0/high-quality", upstream::INSTANCE);
    let headers = [("Content-Type", "image/jpeg"), ("Set-Cookie", "ZQMARK"), ("Content-Location", "ZQMARK")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    scene.upstream.script(&image, Scripted::Answer(200, headers, b"JPEGDATA".to_vec()));
    let path = format!("/osimis-viewer/images/{instance}/0/high-quality");
    let shown = scene.get(&path);
    assert_eq!((shown.status, shown.text().as_str()), (200, "JPEGDATA"));
    assert_eq!(
        (shown.header("content-type"), shown.header("content-length")),
        (Some("image/jpeg"), Some("8"))
    );
    let url = scene.app.url(&format!("{MOUNT}{path}"));
    let head = http::send("HEAD", &url, &[("token", &scene.token)], b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("8"), 0));
    scene.upstream.script(&image, Scripted::of(200, "text/html", "ZQMARK"));
    assert_eq!(scene.get(&path).status, 502);
}

#[test]
fn a_viewers_own_files_need_no_token_and_bring_no_headers() {
    let scene = Scene::start();
    let headers =
        ["Content-Type: text/html; charset=utf-8", "Set-Cookie: ZQMARK=1", "ETag: ZQMARK", "Server: ZQMARK"];
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|header| header.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let page = Scripted::Answer(200, headers, b"<html>viewer</html>".to_vec());
    scene.upstream.script("/stone-webviewer/index.html", page);
    let answer = get(&scene.app, "", "/stone-webviewer/index.html?study=1.2&token=x");
    assert_eq!((answer.status, answer.text().as_str()), (200, "<html>viewer</html>"));
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.headers.iter().all(|(_, value)| !value.contains("ZQMARK")), "{:?}", answer.headers);
    let asked = scene.upstream.asked();
    let asked = asked.last().expect("a request");
    assert_eq!(asked.line, "GET /pacs/stone-webviewer/index.html");
    assert_eq!(asked.header("token"), None);
    scene.upstream.script("/stone-webviewer/x.js", Scripted::of(200, "application/dicom", "ZQMARK"));
    assert_eq!(get(&scene.app, "", "/stone-webviewer/x.js").status, 502);
}

#[test]
fn what_orthanc_answers_wrongly_is_an_error_with_nothing_of_it() {
    let scene = Scene::start();
    // The names are remembered before the path misbehaves.
    assert_eq!(scene.get(&scene.study).status, 200);
    let path = format!("/studies/{}/series", upstream::STUDY);
    let osimis = format!("/osimis-viewer/studies/{}", upstream::STUDY);
    for (scripted, status) in [
        (Scripted::of(401, "text/html", "ZQMARK"), 403),
        (Scripted::of(403, "application/json", "{\"ZQMARK\":1}"), 403),
        (Scripted::of(404, "text/html", "ZQMARK"), 404),
        (Scripted::of(503, "text/html", "ZQMARK"), 503),
        (Scripted::of(500, "text/html", "ZQMARK"), 502),
        (Scripted::of(302, "text/html", "ZQMARK"), 502),
        (Scripted::of(206, "application/json", "{}"), 502),
        (Scripted::of(200, "text/html", "ZQMARK"), 502),
        (Scripted::of(200, "", "{\"ID\":\"ZQMARK\"}"), 502),
        (Scripted::of(200, "application/json", "ZQMARK"), 502),
        (Scripted::of(200, "application/json", "{\"PatientName\":\"ZQMARK\""), 502),
        (Scripted::of(200, "application/json", ""), 502),
        (Scripted::of(200, "application/json", "\"ZQMARK\""), 502),
        (Scripted::StopsHalfway("application/json".to_owned(), b"{\"ID\":\"ZQMARK\"".to_vec()), 502),
        (Scripted::Drops, 502),
    ] {
        scene.upstream.script(&osimis, scripted.clone());
        let answer = scene.get(&osimis);
        assert_eq!(answer.status, status, "{scripted:?}: {}", answer.text());
        assert!(answer.json()["detail"].is_string(), "{scripted:?}");
    }
    // What a name is looked up in, too.
    let scene = Scene::start();
    scene.upstream.script(&path, Scripted::json(&json!([{"ID": "ZQMARK"}])));
    assert_eq!(scene.get(&format!("/series/{}", upstream::SERIES)).status, 502);
    // Fields that nobody knows do not pass, whatever the shape.
    let odd = json!({"ID": upstream::STUDY, "ZQMARK": "ZQMARK", "MainDicomTags": {"Unknown": "ZQMARK", "StudyDescription": "ZQMARK"}});
    scene.upstream.script(&osimis, Scripted::json(&odd));
    assert_eq!(scene.get(&osimis).status, 200);
}

#[test]
fn a_long_answer_needs_no_more_memory_than_a_short_one() {
    // In MiB: an instance of the component with room for its code's data and a few answers.
    let scene = Scene::start_with(&["--max-instance-memory", "16"]);
    let attribute = |number: u32| format!(r#""0018{number:04X}":{{"vr":"LO","Value":["some text"]}}"#);
    let attributes: Vec<String> = (0x1000..0x1040).map(attribute).collect();
    let number = r#""00200013":{"vr":"IS","Value":[7]}"#;
    let element = format!("{{{},{number}}}", attributes.join(",")).into_bytes();
    let path = metadata_path();
    for megabytes in [1, 40] {
        let count = megabytes * 1_000_000 / element.len();
        let answer = Scripted::Repeats("application/dicom+json".to_owned(), element.clone(), count);
        scene.upstream.script(&path, answer);
        let answer = get(&scene.app, &scene.token, &path).text();
        assert_eq!(answer.matches(number).count(), count, "{megabytes} MB");
        assert!(answer.ends_with("}]"), "{megabytes} MB");
    }
}

#[test]
fn an_answer_that_breaks_off_does_not_look_whole() {
    let scene = Scene::start();
    let path = metadata_path();
    let element = r#"{"00200013":{"vr":"IS","Value":[7]}},"#;
    for (count, ends_in) in [(10_000, ""), (10_000, "ZQMARK")] {
        let body = format!("[{}{ends_in}", element.repeat(count)).into_bytes();
        scene.upstream.script(
            &path,
            match ends_in {
                "" => Scripted::StopsHalfway("application/dicom+json".to_owned(), body),
                _ => Scripted::of(200, "application/dicom+json", body),
            },
        );
        let mut connection = journeys::raw::Connection::open(scene.app.address());
        let token = &scene.token;
        connection.say(format!("GET {MOUNT}{path} HTTP/1.1\r\nHost: x\r\ntoken: {token}\r\n\r\n"));
        assert!(connection.answer().is_none(), "it looks whole: {ends_in}");
    }
}

#[test]
fn a_slow_orthanc_is_given_up_after_ten_seconds_and_delays_nobody_else() {
    let scene = Scene::start();
    scene.upstream.script("/system", Scripted::Hangs);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| scene.get("/system").status);
        while begun.elapsed() < Duration::from_secs(2) {
            assert_eq!(scene.get(&scene.study).status, 200);
        }
        assert_eq!(slow.join().expect("the thread of the request"), 504);
    });
    assert!((9..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let nobody = app("http://127.0.0.1:1/", "http://127.0.0.1:1", &[]);
    let dead = get(&nobody, &scene.token, "/system");
    assert_eq!(dead.status, 502, "{}", dead.text());
}

#[test]
fn without_an_orthanc_there_is_no_anonymizer() {
    let app = App::start(&[]);
    let token = share(&app, Some("1.2.3"), None, &[]);
    for path in ["/system", "/osimis-viewer/app/index.html", "/dicom-web/studies"] {
        assert_eq!(get(&app, &token, path).status, 404, "{path}");
    }
}
