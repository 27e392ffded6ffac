//! Anonymized shares through the de-identifying proxy: a study full of marks in a real Orthanc is read by
//! every route, and no mark is seen; then everything that must not open, and an Orthanc that misbehaves.

mod behind;
mod reading;
mod recorded;
mod recorded_orthanc;
mod refusing;

use journeys::dicom::Study;
use journeys::http::{self, Answer};
use journeys::marked::{self, MARKS};
use journeys::orthanc::{Ids, Orthanc, Protection};
use journeys::upstream::{self, Upstream};
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
