//! De-identifies one DICOM file: `deidentify in.dcm out.dcm [allow]`. With `allow`, pixels that may
//! identify somebody pass. For trying out, and for comparing with other readers.

use orthanc_share_deid::{
    Engine, Options, Profile, ShareKey,
    file::{Pixels, transform},
};
use std::{error::Error, fs, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, rest @ ..] = &args[..] else { return Err("which file, and where to?".into()) };
    let pixels = if rest.iter().any(|arg| arg == "allow") { Pixels::Allow } else { Pixels::Refuse };
    // A key of nobody: this is no share.
    let key = ShareKey::derive(b"example", "example");
    let engine = Arc::new(Engine { profile: Profile::new(Options::default()), key });
    fs::write(to, transform(engine, pixels, &fs::read(from)?)?)?;
    Ok(())
}
