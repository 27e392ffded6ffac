//! The memory of one request for metadata does not grow with the study: peak memory of the whole server
//! (runtime and components) for 1, 10 and 100 MB of DICOM JSON through the de-identifying proxy.

use std::io::Read;
use std::time::{Duration, Instant};

use journeys::upstream::{self, Scripted, Upstream};
use journeys::{App, SECRET_KEY, token};
use serde_json::json;

const MEGABYTES: [usize; 3] = [1, 10, 100];
/// How much more, in MB, the largest may need than the smallest: room for buffers and the allocator, where an
/// answer that is held whole, once, takes a hundred.
const MOST_MORE: u64 = 40;
const MARK: &[u8] = b"ZQMARK";
/// Instance Number: each instance has it once, and the profile keeps it.
const INSTANCE_NUMBER: &[u8] = b"\"00200013\"";

/// The metadata of one CT image, as Orthanc writes it: some 4 KB of kept, replaced and removed attributes.
fn instance() -> String {
    let code = json!({"vr": "SQ", "Value": [{
        "00080100": {"vr": "SH", "Value": ["T-D3000"]},
        "00080102": {"vr": "SH", "Value": ["SRT"]},
        "00080104": {"vr": "LO", "Value": ["Chest"]},
    }]});
    let mut attributes = json!({
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]},
        "00080018": {"vr": "UI", "Value": [format!("{}.1.1", upstream::STUDY_UID)]},
        "00080020": {"vr": "DA", "Value": ["20200131"]},
        "00080060": {"vr": "CS", "Value": ["CT"]},
        "00080080": {"vr": "LO", "Value": ["ZQMARK hospital"]},
        "00081030": {"vr": "LO", "Value": ["CHEST of ZQMARK"]},
        "00081140": {"vr": "SQ", "Value": [{
            "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]},
            "00081155": {"vr": "UI", "Value": [format!("{}.1.2", upstream::STUDY_UID)]},
        }]},
        "00082218": code,
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "ZQMARK^NAME"}]},
        "00100020": {"vr": "LO", "Value": ["ZQMARK"]},
        "0020000D": {"vr": "UI", "Value": [upstream::STUDY_UID]},
        "0020000E": {"vr": "UI", "Value": [format!("{}.1", upstream::STUDY_UID)]},
        "00200013": {"vr": "IS", "Value": [7]},
        "00200032": {"vr": "DS", "Value": [-158.135803, -179.035797, -75.699997]},
        "00200037": {"vr": "DS", "Value": [1, 0, 0, 0, 1, 0]},
        "00280010": {"vr": "US", "Value": [512]},
        "00280030": {"vr": "DS", "Value": [0.661468, 0.661468]},
    });
    for element in 0x1000..0x1020 {
        attributes[format!("0009{element:04X}")] = json!({"vr": "LO", "Value": ["ZQMARK of a vendor"]});
        attributes[format!("0018{element:04X}")] = json!({"vr": "LO", "Value": ["some text"]});
    }
    attributes.to_string()
}

/// What came, without holding it: bytes, instances and marks.
#[derive(Default)]
struct Seen {
    bytes: usize,
    instances: usize,
    marks: usize,
    /// The last bytes, for what lies across two reads.
    tail: Vec<u8>,
}

impl Seen {
    fn read(mut body: impl Read) -> Self {
        let mut seen = Self::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = body.read(&mut buffer).expect("the whole body");
            if count == 0 {
                return seen;
            }
            seen.bytes += count;
            let held = seen.tail.len();
            seen.tail.extend_from_slice(&buffer[..count]);
            // A pattern that ends in the old tail was counted with it.
            let found = |pattern: &[u8]| {
                let from = (held + 1).saturating_sub(pattern.len());
                seen.tail[from..].windows(pattern.len()).filter(|it| *it == pattern).count()
            };
            let (instances, marks) = (found(INSTANCE_NUMBER), found(MARK));
            seen.instances += instances;
            seen.marks += marks;
            let keep = seen.tail.len().saturating_sub(INSTANCE_NUMBER.len());
            seen.tail.drain(..keep);
        }
    }
}

struct Figures {
    /// Resident memory of the server before the request, in kB.
    idle: u64,
    /// Its peak with the request, in kB.
    peak: u64,
    took: Duration,
}

/// Reads so much metadata through an application of its own.
fn measure(upstream: &Upstream, megabytes: usize) -> Figures {
    let app = App::start(&[("orthanc_root", &upstream.root()), ("orthanc_origin", &upstream.origin())]);
    // Several instances are written at once: it is the proxy's speed that is measured, not the stand-in's.
    let instances_of_piece = 16;
    let piece = vec![instance(); instances_of_piece].join(",").into_bytes();
    let pieces = megabytes * 1_000_000 / piece.len();
    let path = format!("/dicom-web/studies/{}/metadata", upstream::STUDY_UID);
    upstream.script(&path, Scripted::Repeats("application/dicom+json".to_owned(), piece, pieces));
    let claims = json!({"id": "j", "anonymized": true, "type": "stone-viewer-publication",
        "studies": [{"dicom_uid": upstream::STUDY_UID, "orthanc_id": upstream::STUDY}]});
    // The start's own peak is forgotten, where the system allows it: it would hide what a request needs.
    let _ = std::fs::write(format!("/proc/{}/clear_refs", app.pid()), "5");
    let idle = peak(app.pid());
    let begin = Instant::now();
    let answer = ureq::get(app.url(&format!("/anon-shares{path}")))
        .header("token", token::sign(SECRET_KEY, &claims))
        .call()
        .unwrap_or_else(|error| panic!("{megabytes} MB: {error}\n{}", app.log()));
    let seen = Seen::read(answer.into_body().into_reader());
    let took = begin.elapsed();
    assert_eq!(seen.instances, pieces * instances_of_piece, "{megabytes} MB: {} bytes", seen.bytes);
    assert!(seen.tail.ends_with(b"}]"), "{megabytes} MB end as they should");
    assert_eq!(seen.marks, 0, "{megabytes} MB");
    Figures { idle, peak: peak(app.pid()), took }
}

/// `VmHWM` of proc(5).
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server is running");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number of kB")
}

#[test]
fn a_hundred_megabytes_of_metadata_need_as_much_memory_as_one() {
    if !cfg!(target_os = "linux") || journeys::is_spin() {
        eprintln!("SKIPPED: it is the embedded runtime's process that is measured, as Linux tells");
        return;
    }
    let upstream = Upstream::start();
    // Compiling the components, which the first start may have to, takes more memory than any request.
    drop(App::start(&[]));
    let figures = MEGABYTES.map(|megabytes| {
        let figures = measure(&upstream, megabytes);
        let speed = megabytes as f64 / figures.took.as_secs_f64();
        let [idle, peak] = [figures.idle, figures.peak].map(|kb| kb as f64 / 1024.0);
        eprintln!("{megabytes:>3} MB: from {idle:.1} MB to a peak of {peak:.1} MB, {speed:.1} MB/s");
        figures
    });
    let [smallest, .., largest] = figures;
    assert!(
        largest.peak <= smallest.peak + MOST_MORE * 1024,
        "100 MB need {} kB, 1 MB {} kB",
        largest.peak,
        smallest.peak
    );
}
