//! Sharing a study that lies in a real Orthanc: from `PUT /shares` to the pixels, and everything that
//! the token does not open.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::dicom::{self, Study};
use journeys::http::{self, Answer};
use journeys::orthanc::{Generation, Ids, Levels, Orthanc, Plugin, Protection};
use journeys::{App, SECRET_KEY, token};
use serde_json::{Value, json};

const STANDARD_SERVER: &str = "standard-server-id";
const ANONYMIZED_SERVER: &str = "anonymized-server-id";
const USER: (&str, &str) = ("share-user", "share-password");
const LANDING: &str = "http://localhost/welcome/";

/// A study and where it lies in Orthanc.
struct Stored {
    study: Study,
    ids: Ids,
}

/// An Orthanc with the studies of two patients, and the application that protects it.
struct Setup {
    app: App,
    orthanc: Orthanc,
    generation: Generation,
    shared: Stored,
    other: Stored,
}

impl Setup {
    fn start() -> Self {
        Self::start_with(Generation::UpTo041, STANDARD_SERVER, Levels::Studies)
    }

    fn start_with(generation: Generation, identifier: &str, levels: Levels) -> Self {
        let mut orthanc = Orthanc::start(Protection::Open);
        let store = |study: Study| Stored { ids: orthanc.upload_study(&study), study };
        let shared = store(Study::new("Known^Patient", "PAT-0001", "1.2.826.0.1.3680043.10.99999.65.1"));
        let other = store(Study::new("Other^Person", "PAT-0002", "1.2.826.0.1.3680043.10.99999.66.1"));
        let app = App::start(&[
            ("public_orthanc_root", &orthanc.url("/")),
            ("public_landing_root", LANDING),
            ("users", &json!({USER.0: USER.1}).to_string()),
        ]);
        let plugin = Plugin { app: &app, generation, identifier, user: USER, levels };
        orthanc.restart(Protection::Plugin(plugin));
        Self { app, orthanc, generation, shared, other }
    }

    /// Asks for a share with `PUT /shares`, as a hospital's script does.
    fn share(&self, stored: &Stored, changes: Value) -> Value {
        let mut request = json!({
            "id": "journey",
            "studies": [{"dicom-uid": stored.study.study_uid, "orthanc-id": stored.ids.study}],
            "type": "osimis-viewer-publication",
            "expiration-date": "2099-12-31T11:00:00Z",
        });
        for (name, value) in changes.as_object().expect("changes are an object") {
            request[name] = value.clone();
        }
        self.ask("PUT", "/shares", &request)
    }

    /// Asks the application with the password of its user.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let credentials = format!("Basic {}", STANDARD.encode(format!("{}:{}", USER.0, USER.1)));
        let answer = http::send_json(method, &self.app.url(path), &[("authorization", &credentials)], body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        answer.json()
    }

    /// The plugin takes an unreadable profile for one without permissions, so Orthanc's answers cannot show it.
    fn assert_profile_is_readable(&self, token: &str) {
        let question = json!({"server-id": STANDARD_SERVER, "token-key": "token", "token-value": token});
        let profile = self.ask("POST", "/user/get-profile", &question);
        assert!(profile["name"].is_string(), "{profile}");
        assert!(profile["permissions"].is_array() && profile["authorized-labels"].is_array(), "{profile}");
        assert!(profile["validity"].as_u64().is_some_and(|seconds| seconds > 0), "{profile}");
    }

    fn token_for(&self, stored: &Stored) -> String {
        text(&self.share(stored, json!({}))["token"])
    }

    /// A token of the shared study as the Python service with the same key writes it.
    fn python_token(&self, expiration_date: &str) -> String {
        token::sign(SECRET_KEY, &self.python_claims(&self.shared, expiration_date))
    }

    fn python_claims(&self, stored: &Stored, expiration_date: &str) -> Value {
        json!({
            "id": "journey",
            "studies": [{"dicom_uid": stored.study.study_uid, "orthanc_id": stored.ids.study}],
            "anonymized": false,
            "type": "osimis-viewer-publication",
            "expiration_date": expiration_date,
        })
    }

    fn get(&self, path: &str, carrier: Carrier, token: &str) -> Answer {
        match carrier {
            Carrier::Header => http::get(&self.orthanc.url(path), &[("token", token)]),
            Carrier::Bearer => {
                http::get(&self.orthanc.url(path), &[("authorization", &format!("Bearer {token}"))])
            }
            Carrier::Argument => {
                let separator = if path.contains('?') { '&' } else { '?' };
                http::get(&self.orthanc.url(&format!("{path}{separator}token={token}")), &[])
            }
        }
    }

    fn assert_opens(&self, stored: &Stored, token: &str) {
        for carrier in CARRIERS {
            for path in paths(stored) {
                if matches!(carrier, Carrier::Argument) && !self.generation.reads_argument(&path) {
                    continue;
                }
                let answer = self.get(&path, carrier, token);
                assert_eq!(answer.status, 200, "{carrier:?} {path}: {}", answer.text());
            }
        }
    }

    fn assert_closed(&self, stored: &Stored, token: &str) {
        for carrier in CARRIERS {
            for path in paths(stored).iter().filter(|path| self.generation.decides(path)) {
                assert_eq!(self.get(path, carrier, token).status, 403, "{carrier:?} {path}");
            }
        }
    }

    /// No method but GET, and nothing that is no part of the study.
    fn assert_opens_nothing_else(&self, token: &str) {
        let Ids { patient, study, series, instance } = &self.shared.ids;
        for path in [
            "/",
            "/statistics",
            "/system",
            "/changes",
            "/patients",
            "/studies",
            "/series",
            "/instances",
            "/tools/create-archive",
            "/dicom-web/studies",
            "/dicom-web/studies?PatientID=PAT-0001",
            "/dicom-web/series",
            &format!("/patients/{patient}"),
        ] {
            if self.generation.decides(path) {
                assert_eq!(self.get(path, Carrier::Header, token).status, 403, "{path}");
            }
        }
        for (method, path, body) in [
            ("DELETE", format!("/studies/{study}"), ""),
            ("DELETE", format!("/series/{series}"), ""),
            ("DELETE", format!("/instances/{instance}"), ""),
            ("DELETE", format!("/studies/{study}/metadata/1025"), ""),
            ("PUT", format!("/studies/{study}/metadata/1025"), "changed"),
            ("POST", format!("/studies/{study}/anonymize"), "{}"),
            ("POST", format!("/studies/{study}/modify"), r#"{"Replace": {"PatientID": "X"}, "Force": true}"#),
            ("POST", format!("/studies/{study}"), "{}"),
            ("POST", "/tools/find".to_owned(), r#"{"Level": "Study", "Query": {}}"#),
            ("POST", "/instances".to_owned(), "DICM"),
        ] {
            let answer = http::send(method, &self.orthanc.url(&path), &[("token", token)], body.as_bytes());
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        }
        self.assert_opens(&self.shared, token);
    }
}

/// Where a viewer puts the token.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    /// `token: {token}`: the Osimis viewer.
    Header,
    /// `Authorization: Bearer {token}`: Stone and OHIF.
    Bearer,
    /// `?token={token}`: downloads.
    Argument,
}

const CARRIERS: [Carrier; 3] = [Carrier::Header, Carrier::Bearer, Carrier::Argument];

/// What viewers read of a study, over the REST API and DICOMweb.
fn paths(stored: &Stored) -> Vec<String> {
    let Ids { study, series, instance, .. } = &stored.ids;
    let web = format!("/dicom-web/studies/{}", stored.study.study_uid);
    let web_series = format!("{web}/series/{}", stored.study.series_uid(1));
    let web_instance = format!("{web_series}/instances/{}", stored.study.instance_uid(1, 1));
    vec![
        format!("/studies/{study}"),
        format!("/studies/{study}/series"),
        format!("/studies/{study}/archive"),
        format!("/series/{series}"),
        format!("/instances/{instance}"),
        format!("/instances/{instance}/tags"),
        format!("/instances/{instance}/file"),
        format!("/instances/{instance}/preview"),
        format!("/dicom-web/studies?StudyInstanceUID={}", stored.study.study_uid),
        format!("{web}/series"),
        format!("{web}/metadata"),
        format!("{web_series}/metadata"),
        format!("{web_series}/instances"),
        format!("{web_instance}/metadata"),
        format!("{web_instance}/frames/1"),
    ]
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

#[test]
fn a_person_who_opens_the_link_is_sent_to_the_viewer_with_the_token() {
    let setup = Setup::start();
    let share = setup.share(&setup.shared, json!({}));
    let (token, link) = (text(&share["token"]), text(&share["url"]));
    assert_eq!(link, format!("{LANDING}?token={token}"));

    // What a reverse proxy makes of the public address.
    let opened = http::get(&link.replace(LANDING, &setup.app.url("/welcome/")), &[]);
    assert_eq!(opened.status, 307, "{}", opened.text());
    let viewer = opened.header("location").expect("a location");
    let study = &setup.shared.ids.study;
    let page = setup.orthanc.url("/osimis-viewer/app/index.html");
    assert_eq!(viewer, format!("{page}?study={study}&token={token}"));

    // The viewer's own files need no token; that viewer is not installed here.
    assert_eq!(http::get(viewer, &[]).status, 404);
    assert_eq!(setup.get(&format!("/studies/{study}"), Carrier::Header, &token).status, 200);
}

#[test]
fn the_holder_of_the_token_reads_the_study_down_to_its_pixels() {
    let setup = Setup::start();
    let token = setup.token_for(&setup.shared);
    setup.assert_opens(&setup.shared, &token);

    let Stored { study, ids } = &setup.shared;
    let get = |path: &str| setup.get(path, Carrier::Bearer, &token);
    let tags = &get(&format!("/studies/{}", ids.study)).json()["PatientMainDicomTags"];
    assert_eq!(tags["PatientName"], "Known^Patient");
    assert_eq!(&get(&format!("/instances/{}/file", ids.instance)).body[128..132], b"DICM");
    let metadata = get(&format!("/dicom-web/studies/{}/metadata", study.study_uid)).json();
    assert_eq!(metadata.as_array().map(Vec::len), Some(3));
    assert_eq!(metadata[0]["00100020"]["Value"][0], "PAT-0001");
    let found = get(&format!("/dicom-web/studies?StudyInstanceUID={}", study.study_uid)).json();
    assert_eq!(found[0]["0020000D"]["Value"][0], study.study_uid.as_str());
    let frame = get(&paths(&setup.shared)[14]).body;
    let pixels: Vec<u8> = dicom::pixels(1).into_iter().flat_map(u16::to_le_bytes).collect();
    assert!(frame.windows(pixels.len()).any(|part| part == pixels), "the frame holds the slice's pixels");
}

#[test]
fn without_a_token_orthanc_gives_nothing() {
    let setup = Setup::start();
    let paths = paths(&setup.shared);
    let paths = paths.iter().map(String::as_str).chain(["/statistics", "/studies", "/"]);
    for path in paths.filter(|path| setup.generation.decides(path)) {
        assert_eq!(http::get(&setup.orthanc.url(path), &[]).status, 403, "{path}");
    }
    setup.assert_closed(&setup.shared, "");
    setup.assert_closed(&setup.shared, "no-token");
}

#[test]
fn a_token_of_another_study_opens_that_study_only() {
    let setup = Setup::start();
    let token = setup.token_for(&setup.other);
    setup.assert_closed(&setup.shared, &token);
    setup.assert_opens(&setup.other, &token);

    // One study's name must not open a series of another.
    let (study, series) = (&setup.other.study.study_uid, setup.shared.study.series_uid(1));
    let mixed = format!("/dicom-web/studies/{study}/series/{series}/metadata");
    // The real plugin leaves it to DICOMweb to find nothing there.
    assert!(matches!(setup.get(&mixed, Carrier::Header, &token).status, 403 | 404), "{mixed}");
    let search = format!("/dicom-web/series?StudyInstanceUID={study}&SeriesInstanceUID={series}");
    let found = setup.get(&search, Carrier::Header, &token);
    assert!(found.status == 403 || found.json() == json!([]), "{search}: {}", found.text());
}

#[test]
fn a_token_of_the_python_service_opens_the_study_until_it_expires() {
    let setup = Setup::start();
    setup.assert_opens(&setup.shared, &setup.python_token("2099-07-07T11:00:00+00:00"));
    setup.assert_closed(&setup.shared, &setup.python_token("2022-07-07T11:00:00+00:00"));
}

#[test]
fn a_share_that_ends_while_it_is_read_is_closed_at_its_end() {
    let setup = Setup::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let share = setup.share(&setup.shared, json!({"expiration-date": now + 4}));
    let (token, path) = (text(&share["token"]), format!("/studies/{}", setup.shared.ids.study));
    assert_eq!(setup.get(&path, Carrier::Header, &token).status, 200);
    // Two seconds more than the share has left: the plugin's cache must not outlive it.
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(setup.get(&path, Carrier::Header, &token).status, 403);
}

#[test]
fn a_tampered_token_opens_nothing() {
    let setup = Setup::start();
    let token = setup.token_for(&setup.other);
    let [header, payload, signature]: [&str; 3] =
        token.split('.').collect::<Vec<_>>().try_into().expect("a token has three parts");
    let claims = setup.python_claims(&setup.shared, "2099-07-07T11:00:00+00:00");
    let forged = token::sign("another-key-of-the-same-length-of-43-charact", &claims);
    let unsigned = token::sign_with_header(SECRET_KEY, &json!({"typ": "JWT", "alg": "none"}), &claims);
    let unsigned = unsigned.rsplit_once('.').expect("a signature").0;
    let forged_payload = forged.split('.').nth(1).expect("a payload");
    for tampered in [
        format!("{header}.{forged_payload}.{signature}"),
        format!("{header}.{payload}.{}", signature.chars().rev().collect::<String>()),
        format!("{header}.{payload}."),
        format!("{unsigned}."),
        format!("{unsigned}.{signature}"),
        forged,
    ] {
        setup.assert_closed(&setup.shared, &tampered);
        setup.assert_closed(&setup.other, &tampered);
    }
}

#[test]
fn a_token_opens_nothing_but_the_study_and_changes_nothing() {
    let setup = Setup::start();
    setup.assert_opens_nothing_else(&setup.token_for(&setup.shared));
}

#[test]
fn a_share_opens_only_on_the_server_that_it_is_for() {
    let mut setup = Setup::start_with(Generation::UpTo041, ANONYMIZED_SERVER, Levels::Studies);
    let standard = setup.token_for(&setup.shared);
    let anonymized = text(&setup.share(&setup.shared, json!({"anonymized": true}))["token"]);
    setup.assert_closed(&setup.shared, &standard);
    setup.assert_opens(&setup.shared, &anonymized);

    setup.orthanc.restart(Protection::Plugin(Plugin {
        app: &setup.app,
        generation: Generation::UpTo041,
        identifier: STANDARD_SERVER,
        user: USER,
        levels: Levels::Studies,
    }));
    setup.assert_opens(&setup.shared, &standard);
    setup.assert_closed(&setup.shared, &anonymized);
}

#[test]
fn an_orthanc_that_also_asks_about_patients_keeps_a_shared_study_closed() {
    // A share of a study grants nothing at the levels above and below it: see `UncheckedLevels` in the setup.
    let setup = Setup::start_with(Generation::UpTo041, STANDARD_SERVER, Levels::All);
    setup.assert_closed(&setup.shared, &setup.token_for(&setup.shared));
}

#[test]
fn a_plugin_without_the_right_password_gets_no_answer_and_opens_nothing() {
    let mut setup = Setup::start();
    let token = setup.token_for(&setup.shared);
    setup.orthanc.restart(Protection::Plugin(Plugin {
        app: &setup.app,
        generation: Generation::UpTo041,
        identifier: STANDARD_SERVER,
        user: (USER.0, "wrong"),
        levels: Levels::Studies,
    }));
    setup.assert_closed(&setup.shared, &token);
}

// Plugins from 0.5 ask `/user/get-profile` and, as no permission is granted there, `/tokens/validate`.
#[test]
fn with_the_newer_plugin() {
    let setup = Setup::start_with(Generation::From05, STANDARD_SERVER, Levels::Studies);
    let token = setup.token_for(&setup.shared);
    setup.assert_profile_is_readable(&token);
    setup.assert_opens_nothing_else(&token);
    setup.assert_closed(&setup.other, &token);
    setup.assert_closed(&setup.shared, "");
    setup.assert_closed(&setup.shared, &setup.python_token("2022-07-07T11:00:00+00:00"));
    setup.assert_opens(&setup.shared, &setup.python_token("2099-07-07T11:00:00+00:00"));
    let anonymized = text(&setup.share(&setup.shared, json!({"anonymized": true}))["token"]);
    setup.assert_closed(&setup.shared, &anonymized);
    for path in paths(&setup.shared).iter().filter(|path| setup.generation.decides(path)) {
        assert_eq!(http::get(&setup.orthanc.url(path), &[]).status, 403, "{path}");
    }
}
