//! The application does what `docs/openapi.yaml` says, and nothing that it does not say: every operation is
//! called with its example, every promised refusal is provoked, and every other method is refused.

mod document;

use std::collections::{BTreeMap, BTreeSet};

use document::{Document, METHODS, Operation};
use journeys::http::{Answer, send};
use journeys::{App, is_spin, repository, token};
use serde_json::{Value, json};

const USERS: (&str, &str) = ("users", r#"{"alice": "wonderland"}"#);
const ALICE: (&str, &str) = ("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==");
const NOBODY: &str = "0123456789abcdef0123456789abcdef";

/// What the operations need: an application with a store and users, and shares in it.
struct Setup {
    app: App,
    jti: String,
    token: String,
    handle: String,
    coded: String,
    /// Of the management page's files.
    version: String,
}

impl Setup {
    fn start() -> Self {
        let nothing = [("orthanc_root", "http://127.0.0.1:9/"), ("orthanc_origin", "http://127.0.0.1:9")];
        let app = App::start(&[&[("share_store", "default"), USERS], &nothing[..]].concat());
        let create = |more: Value| {
            let mut share = json!({"studies": [{"dicom-uid": "1.2.840.113619.2.1"}], "id": "second-opinion",
                "type": "stone-viewer-publication"});
            share.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            let answer = json_request(&app, "PUT", "/shares", &share);
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()
        };
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let plain = create(json!({}));
        let short = create(json!({"short-link": true, "max-uses": 20, "password": "1234"}));
        let page = send("GET", &app.url("/shares/ui/"), &[ALICE], b"").text();
        let version =
            page.split("assets/").nth(1).and_then(|rest| rest.split('/').next()).expect("a version");
        Self {
            version: version.to_owned(),
            jti: text(&plain["jti"]),
            token: text(&plain["token"]),
            handle: text(&short["short-url"]).split("/s/").nth(1).expect("a handle").to_owned(),
            coded: text(&short["token"]),
            app,
        }
    }

    fn values(&self) -> [(&str, &str); 4] {
        [("jti", &self.jti), ("handle", &self.handle), ("token", &self.token), ("version", &self.version)]
    }

    fn call(&self, operation: &Operation<'_>, values: &[(&str, &str)], body: &[u8], user: bool) -> Answer {
        let mut headers = operation.headers();
        if user && operation.has_users() {
            headers.push(ALICE);
        }
        let answer = send(&operation.method, &self.app.url(&operation.address(values)), &headers, body);
        operation.check(&answer);
        answer
    }
}

fn json_request(app: &App, method: &str, path: &str, body: &Value) -> Answer {
    send(method, &app.url(path), &[ALICE, ("content-type", "application/json")], body.to_string().as_bytes())
}

/// What the example of an operation is answered with, where that is not 200.
fn expected(operation: &Operation<'_>) -> u16 {
    match operation.name() {
        "revokeShare" => 204,
        "openShare" | "headOpenShare" | "openShareLanding" | "headShareLanding" => 307,
        // The example's token is nobody's.
        "validateDownload" | "openProtectedShare" => 403,
        "openProtectedShareLanding" => 400,
        "openProtectedShortLink" => 303,
        "getPageWithoutSlash" | "headPageWithoutSlash" => 308,
        // No token is sent.
        "readAnonymized" | "headAnonymized" => 403,
        _ => 200,
    }
}

#[test]
fn every_operation_answers_its_example_as_promised() {
    let document = Document::read();
    let setup = Setup::start();
    let mut operations = document.operations();
    // The share is needed until the end.
    operations.sort_by_key(|operation| operation.method == "DELETE");
    let mut names = BTreeSet::new();
    for operation in &operations {
        assert!(names.insert(operation.name().to_owned()), "two are called {}", operation.name());
        if is_spin() && operation.path.starts_with("/.well-known/") {
            // These are the host's, and Spin's say less.
            continue;
        }
        let is_anonymized = operation.path.starts_with("/anon-shares/");
        let values = setup.values();
        let values = if is_anonymized { &[][..] } else { &values[..] };
        let answer = setup.call(operation, values, &operation.body(), true);
        assert_eq!(answer.status, expected(operation), "{}: {}", operation.name(), answer.text());
    }
    assert!(names.len() > 30, "{}", names.len());
}

#[test]
fn every_refusal_is_as_promised() {
    let document = Document::read();
    let setup = Setup::start();
    let mut seen: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    for operation in &document.operations() {
        let name = operation.name().to_owned();
        let values = setup.values();
        let (mut calls, mut others): (Vec<Answer>, Vec<Answer>) = Default::default();
        let mut call = |values: &[(&str, &str)], body: &[u8], user| {
            calls.push(setup.call(operation, values, body, user))
        };
        let large = || vec![b' '; 3 << 20];
        if operation.has_users() {
            call(&values, &operation.body(), false);
        }
        if operation.path.contains("{jti}") {
            call(&[("jti", NOBODY)], &operation.body(), true);
        }
        if operation.statuses().contains(&413) {
            call(&values, &large(), true);
        }
        if operation.statuses().contains(&415) {
            let mut headers = vec![("content-type", "text/plain")];
            headers.extend(operation.has_users().then_some(ALICE));
            let url = setup.app.url(&operation.address(&values));
            let answer = send(&operation.method, &url, &headers, &operation.body());
            operation.check(&answer);
            others.push(answer);
        }
        if operation.path.contains("{version}") {
            call(&[("version", "0123456789abcdef")], b"", true);
        }
        if operation.statuses().contains(&422) && !["GET", "HEAD"].contains(&&*operation.method) {
            call(&values, b"{", true);
        }
        match name.as_str() {
            "createShare" => {
                call(&values, br#"{"studies": [], "type": "x", "label": "a\nb", "methods": ["x"]}"#, true);
                call(
                    &values,
                    br#"{"studies": [{"orthanc-id": "a"}], "type": "stone-viewer-publication"}"#,
                    true,
                );
            }
            "createToken" => {
                call(&[("type", "x")], b"{}", true);
                call(&values, br#"{"type": "stone-viewer-publication"}"#, true);
            }
            "listShares" => call(&[("state", "open")], b"", true),
            "headShares" => {
                let url = setup.app.url("/shares?state=open");
                let answer = send("HEAD", &url, &[ALICE], b"");
                operation.check(&answer);
                others.push(answer);
            }
            "listEvents" => call(&[("jti", &setup.jti), ("limit", "0")], b"", true),
            "changeShare" => {
                call(&values, br#"{"lable": "x"}"#, true);
                call(&values, br#"{"studies": [{"orthanc-id": "a"}]}"#, true);
                let made = json_request(
                    &setup.app,
                    "PUT",
                    "/shares",
                    &json!({"studies": [{"dicom-uid": "1.2"}], "type": "stone-viewer-publication"}),
                )
                .json();
                let gone = made["jti"].as_str().expect("a share");
                json_request(&setup.app, "DELETE", &format!("/shares/{gone}"), &Value::Null);
                call(&[("jti", gone)], b"{}", true);
            }
            "openShare" | "openShareLanding" => {
                call(&[("token", "")], b"", true);
                call(&[("token", "x.y.z")], b"", true);
                call(&[("token", &setup.coded)], b"", true);
                let past = json!({"studies": [{"dicom_uid": "1.2"}], "type": "stone-viewer-publication", "jti": "x",
                    "anonymized": false, "expiration_date": "2020-01-01T00:00:00Z", "exp": 1_577_836_800});
                call(&[("token", &token::sign(journeys::SECRET_KEY, &past))], b"", true);
            }
            "openShortLink" | "openProtectedShortLink" => {
                call(&[("handle", "AAAAAAAAAAAAAAAAAAAAAA")], b"code=1234", true);
                call(&values, b"code=0000", true);
            }
            "openProtectedShare" | "openProtectedShareLanding" => {
                call(&values, b"code=1234", true);
                call(&values, format!("token={}&code=0000", setup.coded).as_bytes(), true);
                call(&values, format!("token={}&code=1234", setup.coded).as_bytes(), true);
            }
            "readAnonymized" => call(&[("path", "studies")], b"", true),
            _ => {}
        }
        seen.entry(name).or_default().extend(calls.iter().chain(&others).map(|answer| answer.status));
    }
    // What is promised is provoked here, in the examples above, or where the other side fails (opening,
    // life_of_a_share, creating_shares, anonymizer).
    for operation in &document.operations() {
        let elsewhere = [200, 204, 303, 307, 308, 403, 410, 423, 500, 502, 503, 504];
        let left: Vec<u16> =
            operation.statuses().into_iter().filter(|status| !elsewhere.contains(status)).collect();
        let of_orthanc = operation.path.starts_with("/anon-shares/");
        for status in left.iter().filter(|status| !(of_orthanc && [400, 404, 406].contains(status))) {
            // The answers of the landing page stand once for all its paths.
            let is_of_token = operation.path.contains("{handle}") && *status == 400;
            let is_of_handle = operation.name().starts_with("open") && *status == 404;
            // Where there is no store.
            let is_without_store = operation.path.starts_with("/shares/ui") && *status == 404;
            assert!(
                seen[operation.name()].contains(status) || is_of_token || is_of_handle || is_without_store,
                "{} never answers {status}: {:?}",
                operation.name(),
                seen[operation.name()]
            );
        }
    }
}

#[test]
fn what_is_not_described_does_not_exist() {
    let document = Document::read();
    let setup = Setup::start();
    let operations = document.operations();
    // Every route of the manifest has a path.
    let manifest = std::fs::read_to_string(repository().join("spin.toml")).expect("spin.toml");
    let routes: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("route = \"")?.strip_suffix("/...\""))
        .filter(|route| !route.is_empty())
        .collect();
    assert!(routes.len() > 8, "{routes:?}");
    for route in routes {
        let is_below = |path: &&str| {
            path.strip_prefix(route).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        assert!(document.paths().iter().any(is_below), "{route} is not described");
    }
    // Every method of a path is described, and no other one is there.
    for path in document.paths().iter().filter(|path| !path.starts_with("/.well-known/")) {
        let of_path: Vec<_> = operations.iter().filter(|operation| operation.path == *path).collect();
        for method in METHODS {
            let method = method.to_uppercase();
            let described = of_path.iter().any(|operation| operation.method == method);
            let url = setup.app.url(&of_path[0].address(&setup.values()));
            let answer = send(&method, &url, &[ALICE], b"");
            let is_there = ![404, 405].contains(&answer.status);
            assert!(
                described == is_there || answer.status == 404 && described,
                "{method} {path}: {}",
                answer.status
            );
            assert!(described || answer.status == 405, "{method} {path}: {}", answer.status);
        }
    }
}

#[test]
fn every_schema_is_one_and_refuses_something() {
    let document = Document::read();
    for name in document.schemas() {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let nothing =
            [json!([]), json!({"detail": 3}), json!("2020"), json!({"jti": 1}), json!({"studies": 1})];
        assert!(
            nothing.iter().any(|value| !document.faults(&schema, value).is_empty()),
            "{name} lets all pass"
        );
    }
}
