//! The components and the embedded runtime, in release.
//! The first build takes minutes, most of them for wasmtime, and says so; later ones take seconds.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::profile;
use crate::workspace::{
    self, HOST, TEST_GUEST, WASM_TARGET, cargo, command, components, root, run, say, timed,
};

/// Builds all that an `orthanc-share up` needs.
pub fn all() -> Result<()> {
    let components = components_only()?;
    let runtime = "Building the runtime (release). The first time, wasmtime's compiler and its link-time \
                   optimisation take most of the wait: about eight minutes on two cores";
    let ((), took) = timed(runtime, || {
        let with_profile = profile::use_profile()?;
        run(cargo().args(with_profile).args(["build", "--release", "-p", HOST]).args(TARGET_DIR))
    })?;
    let binary = root().join("target/release/orthanc-share");
    say(&format!("Built in {} (components) and {} (runtime)", seconds(components), seconds(took)));
    eprintln!("    {:>9}  target/release/orthanc-share", size(&binary)?);
    Ok(())
}

/// Builds the components alone, for a host that is installed already. Returns the time that it took.
pub fn components_only() -> Result<Duration> {
    ensure_target()?;
    let components = components()?;
    let what = "Building the components (WebAssembly, release): about a minute on two cores the first time";
    let ((), took) = timed(what, || {
        let packages = components.iter().flat_map(|it| ["-p", it.package.as_str()]);
        run(cargo().args(["build", "--release", "--target", WASM_TARGET]).args(packages).args(TARGET_DIR))
    })?;
    for component in &components {
        let path = component.wasm();
        eprintln!("    {:>9}  {}", size(&root().join(&path))?, path.display());
    }
    Ok(took)
}

/// Builds the component of the runtime's own journeys.
pub fn test_guest() -> Result<()> {
    run(cargo().args(["build", "--release", "--target", WASM_TARGET, "-p", TEST_GUEST]).args(TARGET_DIR))
}

/// spin.toml names the components below `target/`, wherever else the caller builds.
const TARGET_DIR: [&str; 2] = ["--target-dir", "target"];

fn ensure_target() -> Result<()> {
    let libraries = ["--print", "target-libdir", "--target", WASM_TARGET];
    let installed = workspace::output(command("rustc").args(libraries))
        .is_some_and(|folder| Path::new(folder.trim()).is_dir());
    if installed {
        return Ok(());
    }
    say(&format!("Adding the target {WASM_TARGET} to the toolchain: a short download"));
    run(command("rustup").args(["target", "add", WASM_TARGET])).with_context(|| {
        format!(
            "the target {WASM_TARGET} is missing; without rustup, install it with your distribution's Rust"
        )
    })
}

fn size(path: &Path) -> Result<String> {
    let bytes = std::fs::metadata(path).with_context(|| format!("not built: {}", path.display()))?.len();
    Ok(readable(bytes))
}

fn readable(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20),
    }
}

/// A time as a person says it.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        all => format!("{} min {} s", all / 60, all % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_readable() {
        for (bytes, text) in
            [(0, "0 KiB"), (1, "1 KiB"), (2048, "2 KiB"), (1 << 20, "1.0 MiB"), (1_572_864, "1.5 MiB")]
        {
            assert_eq!(readable(bytes), text);
        }
        for (millis, text) in [(250, "0.2 s"), (59_000, "59.0 s"), (61_000, "1 min 1 s")] {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
    }
}
