//! The paths: each is prepared once, and then run as often as it is asked for.

use std::hint::black_box;
use std::sync::Arc;

use api::validate::{Question, ValidateRequest, decision_json, presented_token};
use deid::file::{self, Pixels};
use deid::json::{self, Document};
use deid::{Engine, Options, Profile, ShareKey};
use model::Moment;
use proxy::Rewriter;
use token_core::{Access, DEFAULT_VALIDITY_CAP, Decision, Key, KeyRing, Remembered, Servers};

use crate::inputs::{self, ANONYMIZED, BOUNDARY, NOW, SECRET, STANDARD};

/// One run; the number is any that depends on the result.
type Run = Box<dyn FnMut() -> usize>;

/// Bodies come in pieces of so many bytes.
const PIECE: usize = 64 << 10;
const FRAME: usize = 512 << 10;

/// A path to measure.
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// How many bytes go into one run; 0 where that says nothing.
    pub bytes: usize,
    prepare: fn() -> Run,
}

impl Case {
    /// Makes its inputs.
    pub fn prepare(&self) -> Run {
        (self.prepare)()
    }
}

/// Every path.
pub fn all() -> Vec<Case> {
    let case = |name, prepare| Case { name, bytes: 0, prepare };
    let of_bytes = |name, bytes, prepare| Case { name, bytes, prepare };
    vec![
        case("validate-1-study", || validate(1, false)),
        case("validate-100-studies", || validate(100, false)),
        case("validate-again-1-study", || remembered(1)),
        case("validate-again-100-studies", || remembered(100)),
        case("validate-refused", refused),
        case("validate-encrypted-1-study", || validate(1, true)),
        case("validate-encrypted-100-studies", || validate(100, true)),
        case("issue-1-study", || issue(1, false)),
        case("issue-100-studies", || issue(100, false)),
        case("issue-encrypted-1-study", || issue(1, true)),
        case("issue-encrypted-100-studies", || issue(100, true)),
        case("pseudonym-key", pseudonym_key),
        of_bytes("deid-dicom-json", inputs::dicom_json(50).len(), || {
            of_json(Document::DicomJson, inputs::dicom_json(50))
        }),
        of_bytes("deid-orthanc-json", inputs::instances_json(500).len(), || {
            of_json(Document::Resource, inputs::instances_json(500))
        }),
        of_bytes("deid-dicom-file-512-kib", inputs::dicom_file(FRAME).len(), || {
            of_file(inputs::dicom_file(FRAME))
        }),
        of_bytes("deid-dicom-file-headers", inputs::dicom_file(0).len(), || of_file(inputs::dicom_file(0))),
        of_bytes("frame-512-kib", inputs::frame(FRAME).len(), frame),
    ]
}

/// The path of this name.
pub fn find(name: &str) -> Option<Case> {
    all().into_iter().find(|case| case.name == name)
}

fn now() -> Moment {
    Moment::from_unix_seconds(NOW)
}

fn keys() -> KeyRing {
    KeyRing::new(Key::new(SECRET.as_bytes()).expect("it is not empty"))
}

fn token(studies: usize, encrypted: bool) -> String {
    let keys = keys();
    token_core::sign(&keys.signing, &inputs::claims(studies, encrypted), now(), [7; 12]).expect("a share")
}

fn servers() -> Servers {
    Servers { standard: Some(STANDARD.to_owned()), anonymized: Some(ANONYMIZED.to_owned()) }
}

/// From the plugin's body to the answer's.
fn decide(keys: &KeyRing, servers: &Servers, body: &[u8]) -> (bool, usize) {
    let asked = ValidateRequest::parse(Some("application/json"), body).expect("a question");
    let question = asked.question().expect("one that makes sense");
    let access =
        Access { server: question.server, method: question.method, target: question.target, download: false };
    let token = presented_token(None, &asked).unwrap_or_default();
    // Without a memory: the first question about a token.
    let claims = token_core::examine(keys, token, access.target, now()).expect("a good token");
    let decision = token_core::decide(&claims, servers, &access, now(), DEFAULT_VALIDITY_CAP);
    let (granted, validity) = match decision {
        Decision::Granted { validity } => (true, validity),
        Decision::Refused { validity, .. } => (false, validity),
    };
    (granted, decision_json(granted, validity).len())
}

fn question(token: &str, encrypted: bool) -> String {
    inputs::question(token, if encrypted { ANONYMIZED } else { STANDARD })
}

fn validate(studies: usize, encrypted: bool) -> Run {
    let (keys, servers, body) = (keys(), servers(), question(&token(studies, encrypted), encrypted));
    assert!(decide(&keys, &servers, body.as_bytes()).0, "it is granted");
    Box::new(move || decide(&keys, &servers, black_box(body.as_bytes())).1)
}

/// The second question about a token.
fn remembered(studies: usize) -> Run {
    let (tokens, servers, body) =
        (Remembered::new(keys()), servers(), question(&token(studies, false), false));
    let run = move || {
        let asked = ValidateRequest::parse(Some("application/json"), body.as_bytes()).expect("a question");
        let Question { server, method, target, download } = asked.question().expect("one that makes sense");
        let access = Access { server, method, target, download };
        let token = presented_token(None, &asked).unwrap_or_default();
        let decision = tokens.authorize(token, &servers, &access, now(), DEFAULT_VALIDITY_CAP);
        decision_json(matches!(decision, Decision::Granted { .. }), 60).len()
    };
    assert_eq!(run(), decision_json(true, 60).len(), "it is granted");
    Box::new(run)
}

/// A good token, and another study than it holds.
fn refused() -> Run {
    let body = question(&token(1, false), false).replace(inputs::STUDY, inputs::SERIES);
    let (keys, servers) = (keys(), servers());
    assert!(!decide(&keys, &servers, body.as_bytes()).0, "it is refused");
    Box::new(move || decide(&keys, &servers, black_box(body.as_bytes())).1)
}

fn issue(studies: usize, encrypted: bool) -> Run {
    let (keys, claims) = (keys(), inputs::claims(studies, encrypted));
    Box::new(move || {
        token_core::sign(&keys.signing, black_box(&claims), now(), [7; 12]).map_or(0, |token| token.len())
    })
}

fn pseudonym_key() -> Run {
    let (keys, token) = (keys(), token(1, true));
    Box::new(move || {
        token_core::pseudonym_key(&keys, black_box(&token), now()).map_or(0, |key| usize::from(key[0]))
    })
}

fn engine() -> Arc<Engine> {
    let key = ShareKey::derive(b"benchmark", "benchmark");
    Arc::new(Engine { profile: Profile::new(Options::default()), key })
}

fn of_json(document: Document, text: String) -> Run {
    let engine = engine();
    Box::new(move || {
        let mut transformer = json::Transformer::new(engine.clone(), document);
        let (mut out, mut length) = (Vec::with_capacity(2 * PIECE), 0);
        for piece in black_box(text.as_bytes()).chunks(PIECE) {
            transformer.feed(piece, &mut out).expect("a good document");
            length += out.len();
            out.clear();
        }
        transformer.finish().expect("a whole one");
        length
    })
}

fn of_file(file: Vec<u8>) -> Run {
    let engine = engine();
    Box::new(move || {
        let mut transformer = file::Transformer::new(engine.clone(), Pixels::Refuse);
        let (mut out, mut length) = (Vec::with_capacity(2 * PIECE), 0);
        for piece in black_box(&file).chunks(PIECE) {
            transformer.feed(piece, &mut out).expect("a good file");
            length += out.len();
            out.clear();
        }
        transformer.finish(&mut out).expect("a whole one");
        length + out.len()
    })
}

fn frame() -> Run {
    let answer = inputs::frame(FRAME);
    Box::new(move || {
        let mut rewriter = Rewriter::new(BOUNDARY);
        let (mut out, mut length) = (Vec::with_capacity(2 * PIECE), 0);
        for piece in black_box(&answer).chunks(PIECE) {
            rewriter.feed(piece, &mut out).expect("a good answer");
            length += out.len();
            out.clear();
        }
        rewriter.finish().expect("a whole one");
        length
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_path_runs_and_gives_the_same_each_time() {
        for case in all() {
            let mut run = case.prepare();
            let first = run();
            assert!(first > 0, "{}", case.name);
            assert_eq!(run(), first, "{}", case.name);
        }
    }

    #[test]
    fn every_path_has_a_committed_figure_and_no_figure_is_left_over() {
        let committed: toml::Table = include_str!("../../instructions.toml").parse().unwrap();
        let figures = committed["instructions"].as_table().unwrap();
        let names: BTreeSet<&str> = all().iter().map(|case| case.name).collect();
        assert_eq!(figures.keys().map(String::as_str).collect::<BTreeSet<_>>(), names);
    }

    #[test]
    fn de_identified_inputs_hold_no_name() {
        for (document, text) in
            [(Document::DicomJson, inputs::dicom_json(3)), (Document::Resource, inputs::instances_json(3))]
        {
            let out =
                String::from_utf8(json::transform(engine(), document, text.as_bytes()).unwrap()).unwrap();
            assert!(!out.contains("DOE") && !out.contains(inputs::STUDY_UID), "{out}");
        }
        let out = file::transform(engine(), Pixels::Refuse, &inputs::dicom_file(16)).unwrap();
        assert!(!out.windows(3).any(|bytes| bytes == b"DOE"));
        assert!(out.ends_with(&[7; 16]));
    }
}
