//! De-identifies one file: `deidentify in out [kind]`. The kind is `file` (DICOM; the default), `allow` (the
//! same, and pixels that may identify somebody pass), `dicom-json`, `tags`, `simplified-tags`, `resource`,
//! `osimis-series` or `system`. For trying out, and for comparing with other readers.

use orthanc_share_deid::{
    Engine, Options, Profile, ShareKey,
    file::{self, Pixels},
    json::{self, Document},
};
use std::{error::Error, fs, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, rest @ ..] = &args[..] else { return Err("which file, and where to?".into()) };
    // A key of nobody: this is no share.
    let key = ShareKey::derive(b"example", "example");
    let engine = Arc::new(Engine { profile: Profile::new(Options::default()), key });
    let input = fs::read(from)?;
    let json = |document| json::transform(engine.clone(), document, &input);
    let output = match rest.first().map_or("file", String::as_str) {
        "file" => file::transform(engine.clone(), Pixels::Refuse, &input),
        "allow" => file::transform(engine.clone(), Pixels::Allow, &input),
        "dicom-json" => json(Document::DicomJson),
        "tags" => json(Document::Tags),
        "simplified-tags" => json(Document::SimplifiedTags),
        "resource" => json(Document::Resource),
        "osimis-series" => json(Document::OsimisSeries),
        "system" => json(Document::System),
        other => return Err(format!("no kind is called {other}").into()),
    };
    Ok(fs::write(to, output?)?)
}
