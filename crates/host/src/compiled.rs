//! Compiled components, kept in files: the next start compiles nothing, and maps them. So what is in memory of a
//! component's machine code is what has run of it.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine;

/// A file that nobody has used for so long is deleted.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// That a file is used is written down once in this time.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The bits of a mode that let the group and everybody write.
const BY_OTHERS: u32 = 0o022;

/// The bit of a folder's mode with which everybody may write to it.
const BY_ANYBODY: u32 = 0o002;

/// The bit of a folder's mode with which only its owner may rename or remove what is another's.
const STICKY: u32 = 0o1000;

/// Where they are kept.
pub struct Compiled {
    directory: PathBuf,
}

impl Compiled {
    /// Below `state_dir`.
    pub fn below(state_dir: &Path) -> anyhow::Result<Self> {
        let directory = state_dir.join("compiled");
        create(&directory)?;
        let compiled = Self { directory: directory.canonicalize().context("the state directory")? };
        compiled.check()?;
        Ok(compiled)
    }

    /// What is kept there will run as this user: nobody else may write to the folder, nor put another in its place.
    pub fn check(&self) -> anyhow::Result<()> {
        create(&self.directory)?;
        let (folder, shown) = (metadata(&self.directory)?, self.directory.display());
        // Linux shows every process as owned by its effective user.
        let ours = std::fs::metadata("/proc/self").map_or(folder.uid(), |process| process.uid());
        ensure!(
            folder.is_dir() && folder.mode() & BY_OTHERS == 0 && folder.uid() == ours,
            "{shown} belongs to another user, or others can write to it; it holds code that this program runs: \
             give it to this user alone (chown, chmod 700)",
        );
        let above = self.directory.parent().unwrap_or(&self.directory);
        let mode = metadata(above)?.mode();
        // A group may: on many machines it is the user's own.
        ensure!(
            mode & BY_ANYBODY == 0 || mode & STICKY != 0,
            "anybody can write to {}, and so replace the folder {shown}, which holds code that this program runs: \
             take that from them (chmod o-w), or name a folder in it (--state-dir)",
            above.display()
        );
        Ok(())
    }

    /// The component, if it was compiled before; else compiles it. `digest` is its SHA-256, in hexadecimal.
    pub fn prepare(&self, engine: &Engine, wasm: &[u8], digest: &str) -> anyhow::Result<Prepared> {
        let path = self.directory.join(name(engine, digest));
        if let Ok(component) = mapped(engine, &path) {
            keep(&path);
            return Ok(Prepared::Loaded(component));
        }
        let code = engine::compiler()?.precompile_component(wasm).map_err(anyhow::Error::from)?;
        match self.put(&path, &code) {
            Ok(()) => {
                self.forget();
                Ok(Prepared::Kept(path))
            }
            Err(error) => {
                tracing::warn!(
                    "a compiled component cannot be kept, the next start compiles again: {error:#}"
                );
                Ok(Prepared::NotKept(code))
            }
        }
    }

    /// All of it or nothing, also if the power goes.
    fn put(&self, path: &Path, code: &[u8]) -> anyhow::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
        file.write_all(code)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    /// Deletes what nobody has used for long: components of earlier versions, and what was not written to its end.
    fn forget(&self) {
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            if entry.metadata().is_ok_and(|metadata| metadata.is_file() && is_older(&metadata, KEPT)) {
                // Whoever has it mapped keeps it.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn create(directory: &Path) -> anyhow::Result<()> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.with_context(|| format!("cannot create the state directory {}", directory.display()))
}

/// Of this itself: a link is no folder.
fn metadata(directory: &Path) -> anyhow::Result<std::fs::Metadata> {
    let metadata = std::fs::symlink_metadata(directory);
    metadata.with_context(|| format!("the state directory {}", directory.display()))
}

/// A component that can be loaded. To compile takes hundreds of megabytes: what is to stay is made when they were
/// given back, and not among them.
pub enum Prepared {
    /// It was compiled before.
    Loaded(Component),
    /// In this file.
    Kept(PathBuf),
    /// Its machine code.
    NotKept(Vec<u8>),
}

impl Prepared {
    /// Loads it.
    pub fn load(self, engine: &Engine) -> anyhow::Result<Component> {
        match self {
            Self::Loaded(component) => Ok(component),
            Self::Kept(path) => mapped(engine, &path).map_err(anyhow::Error::from),
            Self::NotKept(code) => copied(engine, &code).map_err(anyhow::Error::from),
        }
    }
}

/// One file for each component, version of wasmtime and way to compile.
fn name(engine: &Engine, digest: &str) -> String {
    let mut way = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut way);
    format!("{digest}-{:016x}.cwasm", way.finish())
}

/// The component in the file, if it is there and whole.
fn mapped(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: what is in this folder was written by this program, whole, and nobody else can write there.
    #[allow(unsafe_code)]
    let component = unsafe { Component::deserialize_file(engine, path) };
    // Where files may not be mapped as code (`noexec`), a copy may run.
    component.or_else(|_| copied(engine, &std::fs::read(path)?))
}

fn copied(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: as in `mapped`, or it was compiled just now.
    #[allow(unsafe_code)]
    unsafe {
        Component::deserialize(engine, code)
    }
}

/// Writes down that the file was used, so that it is kept. If that fails, it is compiled again in a month.
fn keep(path: &Path) {
    if let Ok(file) = File::open(path)
        && file.metadata().is_ok_and(|metadata| is_older(&metadata, DAY))
    {
        let _ = file.set_modified(SystemTime::now());
    }
}

fn is_older(metadata: &std::fs::Metadata, age: Duration) -> bool {
    metadata.modified().is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age))
}
