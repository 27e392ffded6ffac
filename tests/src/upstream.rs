//! A stand-in for the Orthanc behind the anonymizer: each path has an answer of the test's, and misbehaves
//! as the test says. It remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// Orthanc's ids of the one study that it has.
pub const STUDY: &str = "11111111-11111111-11111111-11111111-11111111";
/// Of its one series.
pub const SERIES: &str = "22222222-22222222-22222222-22222222-22222222";
/// Of the one instance of that.
pub const INSTANCE: &str = "33333333-33333333-33333333-33333333-33333333";
/// Of the patient.
pub const PATIENT: &str = "44444444-44444444-44444444-44444444-44444444";
/// The study's UID; `.1` is the series', `.1.1` the instance's.
pub const STUDY_UID: &str = "1.2.826.0.1.3680043.10.99999.78";

/// How a path is answered.
#[derive(Clone, Debug)]
pub enum Scripted {
    /// With this status, these headers and this body.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// So much later.
    After(Duration, Box<Scripted>),
    /// Not at all: the connection stays open.
    Hangs,
    /// The connection is closed instead.
    Drops,
    /// 200 with this content type and body, but more is announced than comes.
    StopsHalfway(String, Vec<u8>),
    /// 200 with this content type and an array of this element, so many times.
    Repeats(String, Vec<u8>, usize),
}

impl Scripted {
    /// 200 with JSON.
    pub fn json(body: &Value) -> Self {
        Self::of(200, "application/json", body.to_string())
    }

    /// A status with a body of this type.
    pub fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(status, vec![("Content-Type".to_owned(), content_type.to_owned())], body.into())
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET /path?query`
    pub line: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
}

impl Asked {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A running stand-in; it lives as long as the test's process.
pub struct Upstream {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By path, without the query.
    answers: HashMap<String, Scripted>,
    asked: Vec<Asked>,
}

impl Upstream {
    /// Starts on a free port, with one study of one CT image below the path `/pacs`.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        let upstream = Self { address, state };
        let study = json!({"ID": STUDY, "Type": "Study", "ParentPatient": PATIENT, "Series": [SERIES],
            "MainDicomTags": {"StudyInstanceUID": STUDY_UID, "StudyDescription": "ZQMARK"}});
        let series = json!([{"ID": SERIES, "Type": "Series", "ParentStudy": STUDY, "Instances": [INSTANCE],
            "MainDicomTags": {"SeriesInstanceUID": format!("{STUDY_UID}.1"), "Modality": "CT"}}]);
        let instances = json!([{"ID": INSTANCE, "Type": "Instance", "ParentSeries": SERIES,
            "MainDicomTags": {"SOPInstanceUID": format!("{STUDY_UID}.1.1")}}]);
        let tags = json!({
            "0008,0016": {"Name": "SOPClassUID", "Type": "String", "Value": "1.2.840.10008.5.1.4.1.1.2"},
            "0008,0060": {"Name": "Modality", "Type": "String", "Value": "CT"},
        });
        upstream.script(&format!("/studies/{STUDY}"), Scripted::json(&study));
        upstream.script(&format!("/studies/{STUDY}/series"), Scripted::json(&series));
        upstream.script(&format!("/series/{SERIES}/instances"), Scripted::json(&instances));
        upstream.script(&format!("/instances/{INSTANCE}/tags"), Scripted::json(&tags));
        upstream
    }

    /// From now on this path, below `/pacs`, is answered like this; other paths are 404.
    pub fn script(&self, path: &str, answer: Scripted) {
        let mut state = self.state.lock().expect("no thread panics with the lock");
        state.answers.insert(format!("/pacs{path}"), answer);
    }

    /// What the variable `orthanc_root` holds.
    pub fn root(&self) -> String {
        format!("http://{}/pacs/", self.address)
    }

    /// What the variable `orthanc_origin` holds.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().expect("no thread panics with the lock").asked.clone()
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let line = read_line(&mut reader)?;
    let mut headers = Vec::new();
    while let Some((name, value)) = read_line(&mut reader)?.split_once(':') {
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let scripted = {
        let mut state = state.lock().expect("no thread panics with the lock");
        state.asked.push(Asked { line: line.trim_end_matches(" HTTP/1.1").to_owned(), headers });
        state.answers.get(&path).cloned()
    };
    play(stream, scripted.unwrap_or_else(|| Scripted::of(404, "text/html", "ZQMARK: not here")))
}

fn play(mut stream: TcpStream, scripted: Scripted) -> std::io::Result<()> {
    match scripted {
        Scripted::After(time, scripted) => {
            std::thread::sleep(time);
            play(stream, *scripted)
        }
        Scripted::Answer(status, headers, body) => {
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len())?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            stream.write_all(b"Connection: close\r\n\r\n")?;
            stream.write_all(&body)
        }
        Scripted::Hangs => {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Scripted::Drops => Ok(()),
        Scripted::StopsHalfway(content_type, body) => {
            let length = body.len() + 100;
            write!(
                stream,
                "HTTP/1.1 200 X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
            )?;
            stream.write_all(&body)
        }
        Scripted::Repeats(content_type, element, count) => {
            let length = (element.len() + 1) * count + 1;
            write!(
                stream,
                "HTTP/1.1 200 X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )?;
            for number in 0..count {
                stream.write_all(if number == 0 { b"[" } else { b"," })?;
                stream.write_all(&element)?;
            }
            stream.write_all(b"]")
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
