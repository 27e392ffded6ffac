//! The application is replaced while it runs, and nobody notices: `--watch` and SIGHUP.
//! These are the embedded runtime's; Spin has its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use journeys::http::{get, send_json};
use journeys::{App, SECRET_KEY, repository};
use serde_json::json;

const KEY: &str = "secret_key=a-key-for-tests-only-of-43-characters-------";

/// A copy of the application whose files a test may replace.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let manifest = std::fs::read_to_string(repository().join("spin.toml")).expect("the manifest");
        let manifest = manifest.replace("target/wasm32-wasip2/release/", "");
        std::fs::write(directory.path().join("spin.toml"), manifest).expect("a copy of the manifest");
        for entry in
            std::fs::read_dir(repository().join("target/wasm32-wasip2/release")).expect("the components")
        {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                std::fs::copy(&path, directory.path().join(path.file_name().expect("a name")))
                    .expect("a copy");
            }
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Replaces a file as builds do: written beside it, then renamed.
    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path("new"), bytes).expect("the new file");
        std::fs::rename(self.path("new"), self.path(name))
            .expect("the new file takes the place of the old one");
    }

    fn start(&self, arguments: &[&str]) -> App {
        let manifest = self.path("spin.toml");
        let manifest = manifest.to_str().expect("a path in UTF-8");
        App::start_manifest(manifest, &[&["--variable", KEY], arguments].concat())
    }
}

/// Another build of the same component: it differs in a custom section that nothing reads.
fn another_build(path: &Path, name: u8) -> Vec<u8> {
    let mut bytes = std::fs::read(path).expect("the component");
    bytes.extend([0, 2, 1, name]);
    bytes
}

fn builds(app: &App) -> Vec<(String, String)> {
    let info = get(&app.url("/.well-known/spin/info"), &[]).json();
    let routes = info["routes"].as_array().expect("routes").clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    routes.iter().map(|route| (text(&route["component"]), text(&route["build"]))).collect()
}

fn wait_for_other_builds(app: &App, before: &[(String, String)]) -> Vec<(String, String)> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let now = builds(app);
        if now != before {
            return now;
        }
        assert!(Instant::now() < deadline, "nothing was replaced:\n{}", app.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn twenty_replacements_of_a_component_and_of_the_one_below_all_fail_no_request() {
    let copy = Copy::new();
    let app = copy.start(&["--watch", "--quiet"]);
    let token = journeys::token::sign(
        SECRET_KEY,
        &json!({"studies": [{"dicom_uid": "1.2.3", "orthanc_id": "a-b"}], "type": "osimis-viewer-publication",
                "anonymized": false, "expiration_date": null}),
    );
    let question = json!({"level": "study", "method": "get", "dicom-uid": "1.2.3", "orthanc-id": "a-b"});
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    let answer =
                        send_json("POST", &app.url("/shares/validate"), &[("token", &token)], &question);
                    assert_eq!((answer.status, answer.json()["granted"].as_bool()), (200, Some(true)));
                    asked.fetch_add(1, Relaxed);
                }
            });
        }
        for name in ["orthanc_share_validate.wasm", "orthanc_share_token.wasm"] {
            let variants = [b'a', b'b'].map(|letter| another_build(&copy.path(name), letter));
            for round in 0..20 {
                let before = builds(&app);
                let asked_before = asked.load(Relaxed);
                copy.write(name, &variants[round % 2]);
                let after = wait_for_other_builds(&app, &before);
                let changed: Vec<&str> = after
                    .iter()
                    .zip(&before)
                    .filter(|(after, before)| after != before)
                    .map(|((component, _), _)| component.as_str())
                    .collect();
                let all = name.contains("token");
                assert_eq!(changed.iter().any(|component| *component != "validate"), all, "{changed:?}");
                assert!(asked.load(Relaxed) > asked_before, "requests stood still");
            }
        }
        done.store(true, Relaxed);
    });
    assert!(asked.load(Relaxed) > 1000, "{}", asked.load(Relaxed));
}

#[test]
fn a_build_that_is_broken_changes_nothing_and_says_so() {
    let copy = Copy::new();
    let app = copy.start(&["--watch"]);
    let before = builds(&app);
    let landing = get(&app.url("/welcome/"), &[]).status;
    for (name, wrong) in [
        ("orthanc_share_landing.wasm", &b"no wasm at all"[..]),
        ("spin.toml", b"spin_manifest_version = 2\n[application]\nname = \"broken\"\nnonsense = 1\n"),
    ] {
        let good = std::fs::read(copy.path(name)).expect("the good file");
        let said = app.log().matches("stays as it is").count();
        copy.write(name, wrong);
        let deadline = Instant::now() + Duration::from_secs(60);
        while app.log().matches("stays as it is").count() == said {
            assert!(Instant::now() < deadline, "nothing was said:\n{}", app.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(builds(&app), before);
        assert_eq!(get(&app.url("/welcome/"), &[]).status, landing);
        copy.write(name, &good);
        // The good one is taken again: said in the log as what serves.
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn a_component_that_only_the_new_manifest_names_is_waited_for() {
    let copy = Copy::new();
    let app = copy.start(&["--watch"]);
    let before = builds(&app);
    let manifest = std::fs::read_to_string(copy.path("spin.toml")).expect("the manifest");
    copy.write("spin.toml", manifest.replace("share_landing.wasm", "share_another.wasm").as_bytes());
    app.assert_logs("stays as it is");
    app.assert_logs("orthanc_share_another.wasm");
    assert_eq!(builds(&app), before);
    let other = another_build(&copy.path("orthanc_share_landing.wasm"), b'd');
    copy.write("orthanc_share_another.wasm", &other);
    wait_for_other_builds(&app, &before);
}

#[test]
fn sighup_replaces_without_watch() {
    let copy = Copy::new();
    let app = copy.start(&[]);
    let before = builds(&app);
    let other = another_build(&copy.path("orthanc_share_landing.wasm"), b'c');
    copy.write("orthanc_share_landing.wasm", &other);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(builds(&app), before, "without --watch it waits to be told");
    app.hang_up();
    let after = wait_for_other_builds(&app, &before);
    assert!(after.iter().zip(&before).all(|(after, before)| (after == before) == (after.0 != "landing")));
}
