//! `keys new`: a new key, alone or into the ring that is there.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::output::{print, remark};
use crate::ring::Ring;
use crate::terminal::clean;
use crate::{secret, when};

/// Make keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a new random key, and print the value of the variable secret_keys with it.
    New(NewKeyOptions),
}

/// The flags of `keys new`.
#[derive(Args)]
pub struct NewKeyOptions {
    /// The present value of secret_keys, in a file (`-`: standard input): its active key becomes a previous
    /// one, and the new one the active.
    #[arg(long, value_name = "FILE", group = "present")]
    pub rotate: Option<PathBuf>,

    /// The present value of secret_key, in a file (`-`: standard input), where there is no secret_keys yet:
    /// it becomes a previous key.
    #[arg(long, value_name = "FILE", group = "present")]
    pub from_secret_key_file: Option<PathBuf>,

    /// For how many days links of the key that was active still open. Shares that end later end then.
    #[arg(
        long, value_name = "DAYS", default_value_t = 90, requires = "present",
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    pub keep_days: u32,

    /// The same as a date (the last day, in local time) or a date and time: best the end of the last share.
    #[arg(long, value_name = "TIME", requires = "present", conflicts_with = "keep_days", value_parser = when::end)]
    pub keep_until: Option<Timestamp>,

    /// Write to this file, which only you can read, instead of standard output. It must not be there yet,
    /// unless it is the file of --rotate.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Makes the key, and prints or writes the ring.
pub fn new(options: &NewKeyOptions) -> Result<(), Failure> {
    let now = Timestamp::now();
    let until = options.keep_until.unwrap_or_else(|| when::after_days(now, options.keep_days));
    let mut ring = match (&options.rotate, &options.from_secret_key_file) {
        (Some(file), _) => Ring::parse(&secret::from_file(file)?)?,
        (None, Some(file)) => Ring::of_secret_key(&secret::from_file(file)?)?,
        (None, None) => Ring::empty(),
    };
    let mut missing = None;
    ring.rotate(until, now, &mut |bytes| missing = missing.or(getrandom::fill(bytes).err()))?;
    if let Some(error) = missing {
        return Err(Failure::Random(error));
    }
    let json = ring.to_json();
    let Some(output) = &options.output else { return print(&json) };
    let replaces = options.rotate.as_deref().is_some_and(|input| is_same_file(input, output));
    let written = if replaces { replace(output, &json) } else { create(output, &json) };
    written.map_err(|error| Failure::File { path: clean(&output.display().to_string()), error })?;
    remark("Written. Nodes that read it sign with the new key.");
    Ok(())
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// A new file that only its owner can read; one that is there is not touched.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// All or nothing: whoever reads the file meanwhile finds the old ring or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    create(&beside, text)?;
    let renamed = std::fs::rename(&beside, &path);
    if renamed.is_err() {
        // The error that counts is the first one.
        let _ = std::fs::remove_file(&beside);
    }
    renamed?;
    // The name is as durable as the content.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use serde_json::Value;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        keys: KeysCommand,
    }

    fn run(flags: &[&str]) -> Result<(), Failure> {
        let line = Line::try_parse_from(["keys", "new"].iter().chain(flags)).unwrap();
        crate::keys(&line.keys)
    }

    fn ring(path: &Path) -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        for flags in [
            &["--rotate", "a", "--from-secret-key-file", "b"][..],
            &["--keep-days", "3"],
            &["--keep-until", "2030-01-01"],
            &["--rotate", "a", "--keep-days", "3", "--keep-until", "2030-01-01"],
            &["--rotate", "a", "--keep-days", "0"],
        ] {
            let line = Line::try_parse_from(["keys", "new"].iter().chain(flags));
            assert_eq!(line.err().map(|error| error.exit_code()), Some(2), "{flags:?}");
        }
        assert!(Line::try_parse_from(["keys", "new", "--rotate", "a"]).is_ok());
        assert!(Line::try_parse_from(["keys", "new", "--rotate", "a", "--keep-until", "2030-01-01"]).is_ok());
    }

    #[test]
    fn a_ring_is_made_rotated_in_place_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let file = path.to_str().unwrap();
        run(&["--output", file]).unwrap();
        let first = ring(&path);
        let (kid, entry) = first.as_object().unwrap().iter().next().unwrap();
        assert_eq!((kid.len(), entry["key"].as_str().unwrap().len()), ("2026-11-22-3f9a".len(), 43));

        assert!(matches!(run(&["--output", file]), Err(Failure::File { .. })), "a ring was overwritten");
        assert_eq!(ring(&path), first);

        run(&["--rotate", file, "--output", file, "--keep-until", "2999-01-01T00:00:00Z"]).unwrap();
        let second = ring(&path);
        assert_eq!(second.as_object().unwrap().len(), 2);
        assert_eq!(second[kid]["status"], "previous");
        assert_eq!(second[kid]["until"], "2999-01-01T00:00:00Z");
        assert_eq!(second[kid]["key"], entry["key"]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_plain_key_is_taken_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let (key, output) = (folder.path().join("key"), folder.path().join("keys.json"));
        std::fs::write(&key, "the key of before\n").unwrap();
        run(&["--from-secret-key-file", key.to_str().unwrap(), "--output", output.to_str().unwrap()])
            .unwrap();
        assert_eq!(ring(&output)["secret-key"]["key"], "the key of before");
    }
}
