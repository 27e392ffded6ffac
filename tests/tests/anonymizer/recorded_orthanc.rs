//! The Orthanc of the recording, played by the stand-in: the study that it had, with the names that the old service
//! took out of its answers put back, and how it misbehaved in each case.

use std::time::Duration;

use journeys::App;
use journeys::peer::Case;
use journeys::upstream::{Scripted, Upstream};
use serde_json::{Value, json};

use crate::{get, text};

/// Of the recorded study.
pub const STUDY: &str = "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd";
/// Its StudyInstanceUID.
pub const STUDY_UID: &str = "1.2.826.0.1.3680043.10.99999.65.1";
/// Its patient.
pub const PATIENT: &str = "3f9164be-521ca3c3-9ede8477-c640387a-c4a7099f";
/// Its two series.
pub const SERIES: [&str; 2] =
    ["2a92f055-7020218f-c8b52519-c9666c06-23b9df60", "44d4be10-61d2b4e3-760ea4b6-f8ef4580-7deea008"];
/// The one instance of each.
pub const INSTANCE: &str = "6ebf727f-83cd534c-4e5656c6-524d460f-bb5b3e06";
/// A study of another patient.
pub const OTHER: &str = "0769ab84-13b649c3-f2650b3c-7b812778-3071ca8a";

/// What Orthanc said, as far as the old service's answer shows it: the dummies are names again.
pub fn before(case: &Case) -> Value {
    serde_json::from_str(&case.answer.to_string().replace("Anonymized", "ZQMARK^DOE"))
        .expect("it was JSON before")
}

/// An Orthanc with the recorded study, and what the viewers' plugins have of it.
pub fn fill(upstream: &Upstream, answer_of: &dyn Fn(&str) -> Value) {
    let mut study = answer_of("GET /studies/{id} with anonymized token");
    study["MainDicomTags"]["StudyInstanceUID"] = json!(STUDY_UID);
    let series = SERIES.map(|id| {
        json!({"ID": id, "Type": "Series", "ParentStudy": STUDY, "Instances": [INSTANCE],
            "MainDicomTags": {"SeriesInstanceUID": format!("{STUDY_UID}.1"), "OperatorsName": "ZQMARK"}})
    });
    let instances = json!([{"ID": INSTANCE, "Type": "Instance",
        "MainDicomTags": {"SOPInstanceUID": format!("{STUDY_UID}.1.1"), "ImageComments": "ZQMARK"}}]);
    let tags = json!({
        "0008,0016": {"Name": "SOPClassUID", "Type": "String", "Value": "1.2.840.10008.5.1.4.1.1.2"},
        "0008,0060": {"Name": "Modality", "Type": "String", "Value": "CT"},
    });
    let found = json!([{"0020000D": {"vr": "UI", "Value": [STUDY_UID]}, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE"}]}}]);
    let mut other = study.clone();
    other["ID"] = json!(OTHER);
    for (path, answer) in [
        (format!("/studies/{STUDY}"), Scripted::json(&study)),
        (format!("/studies/{OTHER}"), Scripted::json(&other)),
        (format!("/studies/{STUDY}/series"), Scripted::json(&json!(series))),
        (format!("/series/{}/instances", SERIES[0]), Scripted::json(&instances)),
        (format!("/series/{}/instances", SERIES[1]), Scripted::json(&instances)),
        (format!("/instances/{INSTANCE}/tags"), Scripted::json(&tags)),
        (format!("/patients/{PATIENT}"), Scripted::json(&answer_of("GET /patients/{id} without token"))),
        ("/dicom-web/studies".to_owned(), Scripted::of(200, "application/dicom+json", found.to_string())),
        ("/app/explorer.html".to_owned(), Scripted::of(200, "text/html", "ZQMARK")),
        ("/tools/find".to_owned(), Scripted::json(&json!(["ZQMARK"]))),
        ("/osimis-viewer/config.js".to_owned(), Scripted::of(200, "application/javascript", "window.x=1")),
    ] {
        upstream.script(&path, answer);
    }
}

/// What Orthanc did in this case.
pub fn misbehave(upstream: &Upstream, name: &str, answer_of: &dyn Fn(&str) -> Value) {
    let slow = |answer| Scripted::After(Duration::from_secs(6), Box::new(answer));
    let with = |status, kind: &str, header: (&str, &str), body: &str| {
        let headers =
            [("Content-Type", kind), header].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Scripted::Answer(status, headers.to_vec(), body.into())
    };
    let study = format!("/studies/{STUDY}");
    let (path, answer) = match name {
        "mock upstream: osimis study" => (format!("/osimis-viewer{study}"), Scripted::json(&answer_of(name))),
        "mock upstream: patient" => {
            let mut patient = answer_of(name);
            patient["ID"] = json!(PATIENT);
            (format!("/patients/{PATIENT}"), Scripted::json(&patient))
        }
        "mock upstream: patient without MainDicomTags" => {
            (format!("/patients/{PATIENT}"), Scripted::json(&json!({"ID": PATIENT, "Type": "Patient"})))
        }
        "mock upstream: series instance without TagsSubset" => {
            let series = json!({"id": SERIES[0], "contentType": "image/png", "study": answer_of("mock upstream: osimis study"),
                "instancesInfos": {INSTANCE: {"SOPInstanceUID": "ZQMARK"}}});
            (format!("/osimis-viewer/series/{}", SERIES[0]), Scripted::json(&series))
        }
        "mock upstream: 404 html" => (study, Scripted::of(404, "text/html", "ZQMARK")),
        "mock upstream: 404 json error" => {
            (study, Scripted::of(404, "application/json", r#"{"Message":"ZQMARK"}"#))
        }
        "mock upstream: slow upstream 6 s json" => {
            (study, slow(Scripted::json(&answer_of("GET /studies/{id} with anonymized token"))))
        }
        "mock upstream: slow upstream 6 s proxied" => {
            ("/osimis-viewer/app/slow".to_owned(), slow(Scripted::of(200, "text/html", "<html>")))
        }
        "mock upstream: image high quality" => (
            format!("/osimis-viewer/images/{INSTANCE}/0/high-quality"),
            with(200, "image/jpeg", ("Set-Cookie", "a=b"), "JPEGDATA"),
        ),
        "mock upstream: languages 304" => {
            ("/osimis-viewer/languages/en.json".to_owned(), Scripted::of(304, "application/json", ""))
        }
        "mock upstream: app 302" => {
            ("/osimis-viewer/app/redir".to_owned(), with(302, "application/json", ("Location", "/leak"), ""))
        }
        _ => return,
    };
    upstream.script(&path, answer);
}

/// The recorded path with the names that this share has for what is asked: the recording's stand-in had short ones.
pub fn shown_path(app: &App, bearer: &str, path: &str) -> String {
    let json = |path: String| get(app, bearer, &path).json();
    let study = json(format!("/studies/{STUDY}"));
    let series = json(format!("/studies/{STUDY}/series"));
    let instances = json(format!("/series/{}/instances", text(&series[0]["ID"])));
    let patient = text(&study["ParentPatient"]);
    let names = [
        (PATIENT, patient.clone()),
        ("p1", patient.clone()),
        ("nomain", patient),
        ("404html", STUDY.to_owned()),
        ("404json", STUDY.to_owned()),
        ("badinst", text(&series[0]["ID"])),
        (SERIES[0], text(&series[0]["ID"])),
        (SERIES[1], text(&series[1]["ID"])),
        ("i1", text(&instances[0]["ID"])),
        (INSTANCE, text(&instances[0]["ID"])),
    ];
    if path == "/studies/slow" {
        return format!("/studies/{STUDY}");
    }
    let shown = |segment: &str| {
        let name = names.iter().find(|(recorded, _)| *recorded == segment);
        name.map_or_else(|| segment.to_owned(), |(_, shown)| shown.clone())
    };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}
