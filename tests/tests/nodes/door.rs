//! Where requests go: to one node, or to what balances between nodes.

use std::collections::BTreeMap;
use std::sync::Barrier;

use journeys::http::{Answer, get, send, send_json, try_send};
use serde_json::{Value, json};

/// The study that shares are of, unless the test says another: DICOM's identifier and Orthanc's.
pub const STUDY: (&str, &str) = ("1.2.3", "aaaa-1111");

/// An address that answers HTTP.
#[derive(Clone, Debug)]
pub struct Door(String);

/// A share that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub jti: String,
    pub token: String,
}

impl Door {
    pub fn new(address: &str) -> Self {
        Self(address.to_owned())
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0)
    }

    /// The answer to a Stone share of the study with these fields besides.
    pub fn put(&self, fields: &Value) -> Answer {
        send_json("PUT", &self.url("/shares"), &[], &share(fields))
    }

    /// A share, which must be made.
    pub fn create(&self, fields: &Value) -> Made {
        let answer = self.put(fields);
        assert_eq!(answer.status, 200, "{}", answer.text());
        Made::from(&answer)
    }

    /// The same, where the node or the store may be gone: none if the share was not acknowledged.
    pub fn try_create(&self, fields: &Value) -> Option<Made> {
        let json = [("content-type", "application/json")];
        let body = share(fields).to_string();
        acknowledged(try_send("PUT", &self.url("/shares"), &json, body.as_bytes()), 200)
            .map(|answer| Made::from(&answer))
    }

    pub fn revoke(&self, jti: &str) -> u16 {
        send("DELETE", &self.url(&format!("/shares/{jti}")), &[], b"").status
    }

    /// Whether it was acknowledged, where the node or the store may be gone.
    pub fn try_revoke(&self, jti: &str) -> bool {
        acknowledged(try_send("DELETE", &self.url(&format!("/shares/{jti}")), &[], b""), 204).is_some()
    }

    pub fn patch(&self, jti: &str, changes: &Value) -> u16 {
        send_json("PATCH", &self.url(&format!("/shares/{jti}")), &[], changes).status
    }

    pub fn get(&self, path: &str) -> Answer {
        get(&self.url(path), &[])
    }

    /// What the landing page answers to this token's link.
    pub fn look(&self, token: &str) -> Answer {
        self.get(&format!("/welcome/?token={token}"))
    }

    /// The answer to the form of a protected share.
    pub fn open(&self, token: &str, code: Option<&str>) -> Answer {
        let code = code.map(|code| format!("&code={code}")).unwrap_or_default();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        send("POST", &self.url("/welcome/"), &form, format!("token={token}{code}").as_bytes())
    }

    /// So many times the form, all at once: the statuses, and how many each node answered.
    pub fn open_at_once(
        &self,
        token: &str,
        code: Option<&str>,
        times: usize,
    ) -> [BTreeMap<String, usize>; 2] {
        let barrier = Barrier::new(times);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                self.open(token, code)
            };
            let threads: Vec<_> = (0..times).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        let mut counted = [BTreeMap::new(), BTreeMap::new()];
        for answer in answers {
            *counted[0].entry(answer.status.to_string()).or_default() += 1;
            *counted[1].entry(answer.header("x-node").unwrap_or_default().to_owned()).or_default() += 1;
        }
        counted
    }

    /// Whether the plugin's question for this study is granted, and for how long the answer holds.
    pub fn validate(&self, token: &str, study: (&str, &str)) -> (bool, u64) {
        let question = json!({"level": "study", "method": "get", "dicom-uid": study.0, "orthanc-id": study.1,
            "server-id": "standard-server-id", "token-key": "token", "token-value": token});
        let answer = send_json("POST", &self.url("/tokens/validate"), &[], &question);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        (answer["granted"].as_bool().expect("a decision"), answer["validity"].as_u64().expect("seconds"))
    }

    /// `GET /shares/{jti}`, which must be good.
    pub fn show(&self, jti: &str) -> Value {
        let answer = self.get(&format!("/shares/{jti}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The states of all shares, by name.
    pub fn list(&self) -> BTreeMap<String, String> {
        let mut states = BTreeMap::new();
        let mut path = "/shares?limit=200".to_owned();
        loop {
            let answer = self.get(&path);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page = answer.json();
            let shares = page["shares"].as_array().expect("shares");
            states.extend(shares.iter().map(|share| (text(&share["jti"]), text(&share["state"]))));
            match &page["next"] {
                Value::Null => return states,
                next => path = format!("/shares?limit=200&after={}", text(next)),
            }
        }
    }
}

impl Made {
    fn from(answer: &Answer) -> Self {
        let made = answer.json();
        Self { jti: text(&made["jti"]), token: text(&made["token"]) }
    }
}

/// What a node says when it is there, or nothing. That the store or the node is gone is no other error than
/// 502 or 503.
fn acknowledged<E>(answer: Result<Answer, E>, status: u16) -> Option<Answer> {
    let answer = answer.ok()?;
    if answer.status == status {
        return Some(answer);
    }
    assert!(matches!(answer.status, 502 | 503), "{}: {}", answer.status, answer.text());
    None
}

fn share(fields: &Value) -> Value {
    let study = json!({"dicom-uid": STUDY.0, "orthanc-id": STUDY.1});
    let mut share = json!({"studies": [study], "type": "stone-viewer-publication"});
    for (name, value) in fields.as_object().expect("fields") {
        share[name] = value.clone();
    }
    share
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
