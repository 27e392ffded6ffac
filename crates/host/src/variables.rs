//! Where the values of the application's variables come from, first found first taken:
//! `--variable`, a Docker secret, `SPIN_VARIABLE_NAME`, plain `NAME`, the manifest's default.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use manifest::{Manifest, Values};

/// Where Docker puts secrets.
const SECRETS: &str = "/run/secrets";

/// The value of each variable that has one.
pub fn resolve(manifest: &Manifest, given: &[(String, String)]) -> anyhow::Result<Values> {
    for (name, _) in given {
        ensure!(
            manifest.variables.contains_key(name.as_str()),
            "--variable {name}: the application has no variable of this name; it has {}",
            manifest.variables.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        );
    }
    let mut found = HashMap::new();
    for name in manifest.variables.keys() {
        if let Some(value) = find(name, given)? {
            found.insert(name.as_str(), value);
        }
    }
    let values = manifest.values(|name| found.get(name).cloned());
    if let Some(name) = manifest.missing_values(&values).next() {
        let upper = name.to_uppercase();
        bail!("the variable {name} is required: set {upper} in the environment, or --variable {name}=…");
    }
    Ok(values)
}

fn find(name: &str, given: &[(String, String)]) -> anyhow::Result<Option<String>> {
    // As on any command line, the last one counts.
    if let Some((_, value)) = given.iter().rev().find(|(other, _)| other == name) {
        return Ok(Some(value.clone()));
    }
    let upper = name.to_uppercase();
    let secret = Path::new(SECRETS).join(&upper);
    if secret.is_file() {
        let value =
            std::fs::read_to_string(&secret).with_context(|| format!("cannot read {}", secret.display()))?;
        // Editors and `echo` end files with a line break that is no part of the secret.
        return Ok(Some(value.trim_end_matches(['\r', '\n']).to_owned()));
    }
    for variable in [format!("SPIN_VARIABLE_{upper}"), upper] {
        match std::env::var(&variable) {
            Ok(value) => return Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => {}
            Err(std::env::VarError::NotUnicode(_)) => bail!("{variable} is not UTF-8"),
        }
    }
    Ok(None)
}
