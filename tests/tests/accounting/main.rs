//! Who did what to a share: its history, the lines on the log, and what an audit repository is sent, also
//! when that is down, slow or failing.

mod sending;
mod writing;

use std::time::{Duration, Instant};

use journeys::http::{Answer, get, send, send_json};
use journeys::store::Store;
use journeys::{App, SECRET_KEY, token};
use serde_json::{Value, json};

const STUDY: &str = "aaaa-1111";

/// An application that keeps its shares, and one share of one study.
struct Site {
    app: App,
    _store: Store,
}

impl Site {
    fn start(store: Store, changes: &[(&str, &str)]) -> Self {
        let is_given = changes.iter().any(|(name, _)| *name == "share_store");
        let default: &[(&str, &str)] = if is_given { &[] } else { &[("share_store", "default")] };
        let variables = [default, changes].concat();
        let arguments = store.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self { app: App::start_with(&variables, &arguments), _store: store }
    }

    /// The answer to a share of the study, changed by these fields.
    fn create(&self, changes: &Value) -> Value {
        let mut body = json!({"studies": [{"orthanc-id": STUDY, "dicom-uid": "1.2.3"}],
            "type": "stone-viewer-publication"});
        for (name, value) in changes.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let answer = send_json("PUT", &self.app.url("/shares"), &[], &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// What the landing answers to the share's link.
    fn open(&self, token: &str, headers: &[(&str, &str)]) -> Answer {
        get(&self.app.url(&format!("/welcome/?token={token}")), headers)
    }

    /// Whether the plugin is told that the token opens this study.
    fn validate(&self, token: &str, study: &str) -> bool {
        let body = json!({"method": "get", "level": "study", "orthanc-id": study, "dicom-uid": null,
            "identifier": "standard-server-id", "token-key": "token", "token-value": token});
        let answer = send_json("POST", &self.app.url("/shares/validate"), &[], &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["granted"].as_bool().expect("a decision")
    }

    fn patch(&self, jti: &str, changes: &Value) {
        let answer = send_json("PATCH", &self.app.url(&format!("/shares/{jti}")), &[], changes);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    fn revoke(&self, jti: &str) {
        let answer = send("DELETE", &self.app.url(&format!("/shares/{jti}")), &[], b"");
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// The share's history, the oldest first.
    fn history(&self, jti: &str) -> Vec<Value> {
        let answer = get(&self.app.url(&format!("/shares/{jti}/events?limit=200")), &[]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut events = answer.json()["events"].as_array().expect("events").clone();
        events.reverse();
        events
    }

    /// The events on the log, in order: lines of JSON.
    fn logged(&self) -> Vec<Value> {
        let log = self.app.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line.get("action").is_some()).collect()
    }

    /// The same in brief, when there are so many: lines are written behind the answers.
    fn logged_briefly(&self, count: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.logged().len() < count && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.logged().iter().map(brief).collect()
    }

    /// Something that has nothing to do with shares, behind which what waits is sent.
    fn poke(&self) {
        self.validate("no-token", STUDY);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// `action outcome reason` of an event.
fn brief(event: &Value) -> String {
    let word = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", word("action"), word("outcome"), word("reason"))
}

/// A token of a share that the store does not know.
fn older_token() -> String {
    token::sign(
        SECRET_KEY,
        &json!({"id": "old", "studies": [{"dicom_uid": "1.2.3", "orthanc_id": STUDY}],
        "anonymized": false, "type": "stone-viewer-publication", "expiration_date": null}),
    )
}
