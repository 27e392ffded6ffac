//! Where the values of the application's variables come from, first found first taken:
//! `--variable`, a Docker secret, `SPIN_VARIABLE_NAME`, plain `NAME`, the manifest's default.
//! What orthanc-share's own variables must be is in the crate `config`; it is checked here, at start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use manifest::{Manifest, Values};

use crate::files;

/// Where Docker puts secrets.
const SECRETS: &str = "/run/secrets";

/// The application whose variables `config` knows. Another manifest may use the same names otherwise.
const ORTHANC_SHARE: &str = "orthanc-share";

/// What `--variable` was given, in Spin's forms: `NAME=VALUE`, `NAME=@FILE`, `@FILE.json` and `@FILE.toml`.
/// A value may be a secret, and one that begins with `@` is taken for a file: an error says where it stands, not
/// what it is.
pub fn given(sources: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let nth = || format!("--variable, number {}", index + 1);
        if let Some(path) = source.strip_prefix('@') {
            found.extend(in_file(Path::new(path)).with_context(nth)?);
            continue;
        }
        let (name, value) =
            source.split_once('=').context("expected NAME=VALUE or @FILE").with_context(nth)?;
        let value = match value.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path).with_context(|| {
                format!("--variable {name}: the file that is named after @ cannot be read")
            })?,
            None => value.to_owned(),
        };
        found.push((name.to_owned(), value));
    }
    Ok(found)
}

/// Several variables. Parsers show the line that they do not understand: it may hold a secret.
fn in_file(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let shown = path.display();
    let text = || std::fs::read_to_string(path).with_context(|| format!("the file {shown} cannot be read"));
    let parsed = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str(&text()?).ok(),
        Some("toml") => toml::from_str(&text()?).ok(),
        _ => bail!("the file {shown} must end in .json or .toml"),
    };
    parsed.with_context(|| format!("the file {shown} does not hold texts by the names of variables"))
}

/// What was found for the variables of an application.
pub struct Resolved {
    /// The value of each.
    pub values: Values,
    /// The files that some came from, without those of `--variable`.
    pub files: BTreeSet<PathBuf>,
    /// What to warn about.
    pub warnings: Vec<String>,
}

/// The value of each variable. `before` are the files that values came from until now: one that is gone is an error.
pub fn resolve(
    manifest: &Manifest,
    given: &[(String, String)],
    before: &BTreeSet<PathBuf>,
) -> anyhow::Result<Resolved> {
    for (name, _) in given {
        ensure!(
            manifest.variables.contains_key(name.as_str()),
            "--variable {name}: the application has no variable of this name; it has {}",
            manifest.variables.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        );
    }
    let ours = manifest.name == ORTHANC_SHARE;
    let mut sources = Sources { given, ours, before, files: BTreeSet::new() };
    let mut found = BTreeMap::new();
    for name in manifest.variables.keys() {
        if let Some(value) = sources.find(name)? {
            found.insert(name.as_str(), value);
        }
    }
    let files = sources.files;
    if ours {
        fill_in_origins(&mut found);
    }
    let values = manifest.values(|name| found.get(name).cloned());
    if let Some(name) = manifest.missing_values(&values).next() {
        let upper = name.to_uppercase();
        bail!("the variable {name} is required: set {upper} in the environment, or --variable {name}=…");
    }
    let warnings = if ours { check(&values)? } else { Vec::new() };
    Ok(Resolved { values, files, warnings })
}

/// Every file that a value may come from, whether it is there or not.
pub fn files(manifest: &Manifest) -> impl Iterator<Item = PathBuf> {
    let ours = manifest.name == ORTHANC_SHARE;
    let names = manifest.variables.keys().flat_map(move |name| names(name, ours));
    let secrets = names.map(|name| Path::new(SECRETS).join(name.to_uppercase()));
    let texts = FILES.iter().filter(move |_| ours).map(|(name, default)| {
        let path = environment(&path_variable(name)).ok().flatten().filter(|path| !path.is_empty());
        PathBuf::from(path.unwrap_or_else(|| (*default).to_owned()))
    });
    secrets.chain(texts)
}

fn check(values: &Values) -> anyhow::Result<Vec<String>> {
    match config::check_all(|name| values.get(name).map(str::to_owned)) {
        Ok(warnings) => {
            let warnings = warnings.iter().map(|warning| format!("{}: {}", warning.variable, warning.text));
            Ok(warnings.chain(unserved()).collect())
        }
        Err(errors) => {
            bail!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// Variables of the successor service that are set, but mean nothing here.
fn unserved() -> impl Iterator<Item = String> {
    let is_on = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "false");
    let set = config::UNSERVED.iter().filter(move |(name, _)| is_on(&name.to_uppercase()));
    set.map(|(name, instead)| format!("{}: {instead}", name.to_uppercase()))
}

/// What Spin takes for the environment besides it.
const DOTENV: &str = ".env";

/// What to warn about at start, in any application: values that stand where only Spin looks for them.
pub fn unread() -> Option<String> {
    let text = files::read(Path::new(DOTENV)).ok()?;
    let sets = |line: &[u8]| {
        let line = line.trim_ascii_start();
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        line.trim_ascii_start().starts_with(b"SPIN_VARIABLE_")
    };
    text.split(|byte| *byte == b'\n').any(sets).then(|| {
        format!("{DOTENV}: its lines SPIN_VARIABLE_… are not read, as they are by Spin: set them in the environment")
    })
}

/// Spin needs scheme, host and port of an address as a variable of their own, because allowed hosts have no
/// path; here they follow from the address. One that cannot be read is refused by the check of its variable.
fn fill_in_origins(found: &mut BTreeMap<&str, String>) {
    for (address, origin) in config::ORIGINS {
        if !found.contains_key(origin)
            && let Some(value) = found.get(address).and_then(|value| config::origin_of(value))
        {
            found.insert(origin, value);
        }
    }
}

/// Where values are looked for.
struct Sources<'a> {
    given: &'a [(String, String)],
    ours: bool,
    before: &'a BTreeSet<PathBuf>,
    /// Those that a value was taken from.
    files: BTreeSet<PathBuf>,
}

impl Sources<'_> {
    fn find(&mut self, name: &str) -> anyhow::Result<Option<String>> {
        // As on any command line, the last one counts.
        if let Some((_, value)) = self.given.iter().rev().find(|(other, _)| other == name) {
            return Ok(Some(value.clone()));
        }
        for alias in names(name, self.ours) {
            let upper = alias.to_uppercase();
            let secret = Path::new(SECRETS).join(&upper);
            if let Some(text) = self.text_if_there(&secret).with_context(|| name.to_owned())? {
                // Editors and `echo` end files with a line break that is no part of the secret.
                let value = text.trim_end_matches(['\r', '\n']);
                ensure!(!value.is_empty(), "{}: the secret is empty", secret.display());
                return Ok(Some(value.to_owned()));
            }
            for variable in [format!("SPIN_VARIABLE_{upper}"), upper] {
                // Compose files often set what they leave empty: another name may have the value.
                if let Some(value) = environment(&variable)?.filter(|value| !(self.ours && value.is_empty()))
                {
                    return Ok(Some(value));
                }
            }
        }
        if self.ours { self.file(name) } else { Ok(None) }
    }

    fn file(&mut self, name: &str) -> anyhow::Result<Option<String>> {
        let Some((_, default)) = FILES.iter().find(|(known, _)| *known == name) else { return Ok(None) };
        let variable = path_variable(name);
        let text = match environment(&variable)?.filter(|path| !path.is_empty()) {
            Some(path) => files::text(Path::new(&path))
                .map(Some)
                .with_context(|| format!("{variable}: the file {path} cannot be read"))?,
            None => self.text_if_there(Path::new(default)).with_context(|| name.to_owned())?,
        };
        Ok(text.map(|text| config::without_comments(&text)))
    }

    /// Only of a file that never was there there is no text. One that cannot be read, or that is gone, may have said
    /// who may do what: without it everybody might.
    fn text_if_there(&mut self, path: &Path) -> anyhow::Result<Option<String>> {
        let shown = path.display();
        if files::is_absent(path).with_context(|| format!("cannot tell whether {shown} is there"))? {
            ensure!(!self.before.contains(path), "{shown} is gone; the value came from there until now");
            return Ok(None);
        }
        let text = files::text(path).with_context(|| format!("cannot read {shown}"))?;
        self.files.insert(path.to_owned());
        Ok(Some(text))
    }
}

/// The variable's name, and the one that the successor service has for it.
fn names(name: &str, ours: bool) -> impl Iterator<Item = &str> {
    let aliases = config::ALIASES.iter().filter(move |(_, known)| ours && *known == name);
    std::iter::once(name).chain(aliases.map(|(alias, _)| *alias))
}

/// The successor service reads some values from files of JSON with comments; without the variable that
/// names the file, from this place.
const FILES: [(&str, &str); 2] = [
    ("permissions", "/orthanc_auth_service/permissions.json"),
    ("anonymous_profile", "/orthanc_auth_service/anonymous-profile.json"),
];

fn path_variable(name: &str) -> String {
    format!("{}_FILE_PATH", name.to_uppercase())
}

fn environment(variable: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(variable) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{variable} is not UTF-8"),
    }
}
