//! Real DICOM files through the engine: pydicom's own test set (many vendors, character sets, transfer
//! syntaxes, private groups, broken ones), read back by pydicom and by dcmtk's dcmdump.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use deid::file::{Pixels, Transformer, transform};
use deid::{Engine, Options, Profile, ShareKey};
use journeys::python;
use serde_json::{Value, json};

/// The counts below are those of its files.
const RELEASE: &str = "pydicom==3.0.2";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/real_files.py");
/// Reads in pieces give what a whole file gives.
const PIECE: usize = 997;

/// What becomes of the files of that release, where pixels are allowed.
const OUTCOMES: &[(&str, usize)] = &[
    ("passes", 184),
    // Eleven that are no DICOM; four data sets without preamble and file meta information, which are no file of
    // PS3.10; and SC_rgb_jpeg.dcm, whose data set is in another encoding than it says.
    ("malformed input", 16),
    // MR_truncated.dcm, rtplan_truncated.dcm.
    ("the input ends too early", 2),
    // meta_missing_tsyntax.dcm.
    ("the transfer syntax is not supported", 1),
];
/// And where those that may identify somebody are not.
const WITHOUT_RISKY_PIXELS: &[(&str, usize)] = &[
    ("passes", 133),
    ("malformed input", 16),
    ("the input ends too early", 2),
    ("the transfer syntax is not supported", 1),
    ("pixels may identify somebody: the SOP class is of secondary capture", 46),
    ("pixels may identify somebody: the SOP class is of ultrasound", 5),
];

/// A manufacturer, which the profile keeps, that begins with the institution's name.
const KEPT: &[&str] = &["TOSHIBA_MEC"];

/// A file of the test set, and the values in it that may not come out.
struct Original {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    identity: Vec<Vec<u8>>,
}

fn originals(python: &Path) -> Vec<Original> {
    let listed = python::run(python, &[SCRIPT, "originals"], &Value::Null);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let files = listed.as_array().expect("a list").iter().map(|file| {
        let path = PathBuf::from(text(&file["path"]));
        let bytes = std::fs::read(&path).expect("a file of the package");
        let values = file["identity"].as_array().expect("values").iter().map(|value| unhex(&text(value)));
        Original { name: text(&file["name"]), path, bytes, identity: values.collect() }
    });
    files.collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits");
    (0..text.len()).step_by(2).map(digits).collect()
}

/// UIDs of the standard's own instances (palettes), and what is as if it had been replaced before.
fn may_stay(value: &[u8]) -> bool {
    value.starts_with(b"1.2.840.10008.") || value == deid::DUMMY.as_bytes()
}

fn shows(output: &[u8], value: &[u8]) -> bool {
    let places = output.windows(value.len()).enumerate().filter(|(_, window)| *window == value);
    places.into_iter().any(|(at, _)| !KEPT.iter().any(|kept| output[at..].starts_with(kept.as_bytes())))
}

/// A key of nobody, and the profile without options.
fn engine() -> Arc<Engine> {
    let key = ShareKey::derive(b"deid_real_files", "deid_real_files");
    Arc::new(Engine { profile: Profile::new(Options::default()), key })
}

fn in_pieces(bytes: &[u8]) -> Result<Vec<u8>, deid::Error> {
    let mut out = Vec::new();
    let mut transformer = Transformer::new(engine(), Pixels::Allow);
    for piece in bytes.chunks(PIECE) {
        transformer.feed(piece, &mut out)?;
    }
    transformer.finish(&mut out)?;
    Ok(out)
}

/// What dcmdump complains about, without the file's name.
fn dcmdump(path: &Path) -> BTreeSet<String> {
    let output = Command::new("dcmdump").arg(path).output().expect("dcmdump runs");
    let said = String::from_utf8_lossy(&output.stderr).replace(&*path.to_string_lossy(), "");
    said.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

fn count<'a>(outcomes: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    outcomes.for_each(|outcome| *counts.entry(outcome).or_default() += 1);
    counts
}

#[test]
fn files_of_many_vendors_come_through_without_identity_and_as_readable_as_before() {
    let has_dcmdump = Command::new("dcmdump").arg("--version").output().is_ok_and(|it| it.status.success());
    let Some(python) = python::with(RELEASE, "pydicom").filter(|_| has_dcmdump) else {
        assert!(std::env::var_os("CI").is_none(), "CI has Python, venv, a package index and dcmtk");
        eprintln!("SKIPPED: {RELEASE} or dcmdump cannot be had here");
        return;
    };
    let originals = originals(&python);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (mut wrong, mut outcomes, mut guarded, mut passed) = (vec![], vec![], vec![], vec![]);
    for (number, original) in originals.iter().enumerate() {
        let name = &original.name;
        let reason = |result: &Result<Vec<u8>, deid::Error>| {
            result.as_ref().map_or_else(ToString::to_string, |_| "passes".to_owned())
        };
        let result = transform(engine(), Pixels::Allow, &original.bytes);
        if in_pieces(&original.bytes) != result {
            wrong.push(format!("{name}: in pieces it is another"));
        }
        outcomes.push(reason(&result));
        guarded.push(reason(&transform(engine(), Pixels::Refuse, &original.bytes)));
        let Ok(output) = result else {
            eprintln!("{name}: {}", reason(&result));
            continue;
        };
        let shows = |value: &&Vec<u8>| !may_stay(value) && shows(&output, value);
        for value in original.identity.iter().filter(shows) {
            wrong.push(format!("{name} shows {}", String::from_utf8_lossy(value)));
        }
        let path = folder.path().join(format!("{number}.dcm"));
        std::fs::write(&path, output).expect("the disk has room");
        passed.push((original, path));
    }

    let pairs: Vec<Value> = passed.iter().map(|(original, path)| json!([original.path, path])).collect();
    let complaints = python::run(&python, &[SCRIPT, "compare"], &json!(pairs));
    for ((original, path), complaints) in passed.iter().zip(complaints.as_array().expect("a list")) {
        let name = &original.name;
        wrong.extend(
            complaints
                .as_array()
                .expect("a list")
                .iter()
                .map(|it| format!("{name}: pydicom: {}", it.as_str().unwrap_or("?"))),
        );
        let said = dcmdump(path);
        if !said.is_empty() {
            let before = dcmdump(&original.path);
            wrong.extend(said.difference(&before).map(|it| format!("{name}: dcmdump: {it}")));
        }
    }

    let values: usize = passed.iter().map(|(original, _)| original.identity.len()).sum();
    eprintln!("{} files, {} pass, {values} identifying values", originals.len(), passed.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(count(outcomes.iter().map(String::as_str)), BTreeMap::from_iter(OUTCOMES.iter().copied()));
    let guarded = count(guarded.iter().map(String::as_str));
    assert_eq!(guarded, BTreeMap::from_iter(WITHOUT_RISKY_PIXELS.iter().copied()));
}
