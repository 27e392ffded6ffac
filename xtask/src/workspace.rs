//! Where things lie in the repository, and how a command is run there.
//! Artefacts are always in `target/`: spin.toml names them there, so `CARGO_TARGET_DIR` does not move them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The target that components are built for.
pub const WASM_TARGET: &str = "wasm32-wasip2";
/// The package of the embedded runtime.
pub const HOST: &str = "orthanc-share-host";
/// The component that misbehaves on demand, for the journeys of the runtime's limits.
pub const TEST_GUEST: &str = "orthanc-share-test-guest";
/// The package of the journeys.
pub const JOURNEYS: &str = "orthanc-share-tests";

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A component: its package, and the name of the library that it is built into.
#[derive(Debug, PartialEq)]
pub struct Component {
    pub package: String,
    library: String,
}

impl Component {
    /// Where the build puts it, below the root.
    pub fn wasm(&self) -> PathBuf {
        PathBuf::from(format!("target/{WASM_TARGET}/release/{}.wasm", self.library))
    }

    fn parse(manifest: &str) -> Result<Self> {
        let manifest: toml::Table = manifest.parse()?;
        let name = |section: &str| manifest.get(section).and_then(|it| it.get("name")?.as_str());
        let package = name("package").context("no package.name")?;
        let library = name("lib").map_or_else(|| package.replace('-', "_"), str::to_owned);
        Ok(Self { package: package.to_owned(), library })
    }
}

/// Every component, as the folder `components/` lists them, by name.
pub fn components() -> Result<Vec<Component>> {
    let folder = root().join("components");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).context("the folder components/")? {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.is_file() {
            let text = std::fs::read_to_string(&manifest)?;
            found.push(Component::parse(&text).with_context(|| manifest.display().to_string())?);
        }
    }
    found.sort_by(|left, right| left.package.cmp(&right.package));
    Ok(found)
}

/// A cargo command in the root: the cargo that runs this program.
pub fn cargo() -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// A command in the root that reads nothing from standard input.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs a command to its end, and fails if it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    if !status.success() {
        let arguments: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        bail!("{name} {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}

/// What a command prints, if it can be started and succeeds.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|it| it.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Says what begins now; on standard error, where cargo says the same of its own work.
pub fn say(what: &str) {
    eprintln!("==> {what}");
}

/// Does it, and says how long it took.
pub fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    say(what);
    let start = Instant::now();
    let result = work()?;
    Ok((result, start.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_found_under_the_name_of_its_library() {
        let cases = [
            ("[package]\nname = \"a-b\"", "a_b"),
            ("[package]\nname = \"a-b\"\n[lib]\ncrate-type = [\"cdylib\"]", "a_b"),
            ("[package]\nname = \"a-b\"\n[lib]\nname = \"c\"", "c"),
        ];
        for (manifest, library) in cases {
            let component = Component::parse(manifest).unwrap();
            assert_eq!(component.package, "a-b");
            assert_eq!(component.wasm(), Path::new(&format!("target/wasm32-wasip2/release/{library}.wasm")));
        }
        assert!(Component::parse("[lib]\nname = \"c\"").is_err());
    }

    #[test]
    fn the_repository_has_components() {
        assert!(!components().unwrap().is_empty());
    }
}
