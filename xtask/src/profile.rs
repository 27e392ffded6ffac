//! The runtime's profile: which of its code runs under load, and which way it branches there. The compiler reads it
//! (`crates/host/runtime.profdata`) and lays the code out for that. `cargo xtask profile` writes a new one: after a
//! new version of wasmtime or of the compiler, or when much of the runtime has changed. Code that the profile does
//! not know, and all of it under another compiler, is compiled as without one.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::workspace::{HOST, cargo, command, output, root, run, say, timed};
use crate::{bench, build, packages};

/// Below the root.
const PROFILE: &str = "crates/host/runtime.profdata";
/// Below the root: the runtime that counts, and its counts.
const FOLDER: &str = "target/profile";

/// A new profile.
#[derive(Args)]
pub struct Options {
    /// Load the runtime of the last time, which counts, once more.
    #[arg(long)]
    no_build: bool,
}

/// Arguments of cargo that build the runtime with the profile.
pub fn use_profile() -> Result<[String; 2]> {
    let profile = root().join(PROFILE).canonicalize().context(PROFILE)?;
    // What has changed since is no news to whoever builds it.
    rustc_flags(&[&format!("-Cprofile-use={}", text(&profile)?), "-Cllvm-args=-no-pgo-warn-mismatch"])
}

/// Builds a runtime that counts, loads it with the rows of the benchmark, and writes what it counted.
pub fn write(options: &Options) -> Result<()> {
    packages::ensure(bench::FULL).map_err(|reason| anyhow!(reason))?;
    let tool = profdata()?;
    let folder = std::path::absolute(root().join(FOLDER))?;
    let counts = folder.join("counts");
    if !options.no_build {
        build::components_only()?;
        build::test_guest()?;
        bench::natives()?;
        let generate = rustc_flags(&[&format!("-Cprofile-generate={}", text(&counts)?)])?;
        let what = "Building a runtime that counts what it does: some twelve minutes on two cores";
        let mut build = cargo();
        build.args(generate).args(["build", "--release", "-p", HOST, "--target-dir", FOLDER]);
        // Build scripts and macros count, too: for nobody.
        timed(what, || run(build.env("LLVM_PROFILE_FILE", "/dev/null")))?;
    }
    // Of an earlier load, perhaps.
    let _ = std::fs::remove_dir_all(&counts);
    say("Loading it with the rows of the benchmark: about a minute");
    let mut load = bench::program()?;
    load.arg("--profile").env("LLVM_PROFILE_FILE", counts.join("%p.profraw"));
    run(load.env("ORTHANC_SHARE_BIN", folder.join("release/orthanc-share")))?;
    run(command(text(&tool)?).args(["merge", "--sparse", "-o", PROFILE]).arg(&counts))?;
    say(&format!("Written: {PROFILE}"));
    Ok(())
}

fn rustc_flags(flags: &[&str]) -> Result<[String; 2]> {
    let flags = toml::Value::from(flags.iter().map(ToString::to_string).collect::<Vec<_>>());
    Ok(["--config".to_owned(), format!("build.rustflags={flags}")])
}

/// The tool that belongs to this compiler.
fn profdata() -> Result<PathBuf> {
    let print = |what: &str| output(command("rustc").args(["--print", what]));
    let libraries = print("target-libdir").context("rustc does not say where its libraries are")?;
    let tool = Path::new(libraries.trim()).with_file_name("bin").join("llvm-profdata");
    if !tool.is_file() {
        say("Adding llvm-tools to the toolchain: a short download");
        run(Command::new("rustup").args(["component", "add", "llvm-tools"]).current_dir(root()))?;
    }
    Ok(tool)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the path of the repository is no UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_there_and_given_to_the_compiler() {
        let [option, flags] = use_profile().unwrap();
        assert_eq!(option, "--config");
        let config: toml::Table = flags.parse().unwrap();
        let first = config["build"]["rustflags"][0].as_str().unwrap();
        let path = first.strip_prefix("-Cprofile-use=").unwrap();
        // An indexed profile of LLVM begins with these bytes.
        assert!(std::fs::read(path).unwrap().starts_with(b"\xfflprofi\x81"));
    }
}
