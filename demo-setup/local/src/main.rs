//! The demo for a person: starts everything, prints the links to click, and ends everything on Ctrl-C.
//! `cargo xtask demo` installs and builds what this needs, and then runs it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use demo::{Demo, Settings, Viewer, install};

const PORT: u16 = 8080;

/// Starts Orthanc with synthetic studies, OHIF, nginx and orthanc-share on loopback.
#[derive(Parser)]
#[command(name = "cargo xtask demo", bin_name = "cargo xtask demo")]
struct Cli {
    /// The public port on 127.0.0.1; without it 8080, or a free one if that is taken.
    #[arg(long)]
    port: Option<u16>,
    /// Where everything is kept; two demos at once need two.
    #[arg(long, default_value_os_t = demo::repository().join(".orthanc-share/demo"))]
    state_dir: PathBuf,
    /// Only take the viewer from npm, and start nothing.
    #[arg(long)]
    prepare: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let (stop, stopped) = channel();
    let handler = move || {
        let _ = stop.send(());
    };
    ctrlc::set_handler(handler).context("Ctrl-C cannot be caught")?;

    std::fs::create_dir_all(&cli.state_dir).with_context(|| cli.state_dir.display().to_string())?;
    let state = cli.state_dir.canonicalize()?;
    let viewers = install::ohif(&state)?;
    if cli.prepare {
        return Ok(());
    }
    let _lock = lock(&state)?;
    let port = port(cli.port)?;
    eprintln!("==> Starting Orthanc, nginx and orthanc-share (logs in {})", state.join("run").display());
    let settings = Settings {
        directory: &state.join("run"),
        compiled: &state.join("compiled"),
        viewers: &viewers,
        secret_key: &secret_key()?,
        port,
        application: &demo::repository().join("target/release/orthanc-share").canonicalize()?,
    };
    let mut demo = Demo::start(&settings)?;
    print(&demo)?;
    loop {
        match stopped.recv_timeout(Duration::from_millis(500)) {
            Err(RecvTimeoutError::Timeout) => {
                if let Some(end) = demo.ended() {
                    bail!("{end}All the rest is ended too.");
                }
            }
            _ => {
                eprintln!("\n==> Ending all of it");
                return Ok(());
            }
        }
    }
}

/// Held as long as the demo runs; the system releases it, however the demo ends.
fn lock(state: &Path) -> Result<File> {
    let file = File::create(state.join("lock")).context("the lock file")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("a demo runs in {} already; --state-dir names another directory", state.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the lock file"),
    }
}

fn port(wanted: Option<u16>) -> Result<u16> {
    let is_free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    match wanted {
        Some(port) if is_free(port) => Ok(port),
        Some(port) => bail!("port {port} on 127.0.0.1 is taken"),
        None if is_free(PORT) => Ok(PORT),
        None => {
            let address = demo::free_address()?;
            let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
            eprintln!("==> Port {PORT} is taken: using another");
            port.context("an address has a port")
        }
    }
}

/// 32 random bytes in hexadecimal, for as long as the demo runs.
fn secret_key() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn print(demo: &Demo) -> Result<()> {
    let [shared, other, ..] = demo.studies() else { bail!("the demo has no studies") };
    println!("\nOrthanc has {} synthetic studies. One is shared until tomorrow: ", demo.studies().len());
    println!("  {}, StudyInstanceUID {}", shared.study.description, shared.study.study_uid);
    for viewer in Viewer::installed() {
        println!("\nOpen it in {}:\n  {}", viewer.name(), demo.share(shared, viewer)?);
    }
    println!("\nOpen it in OHIF without its patient:\n  {}", demo.share_anonymized(shared, Viewer::Ohif)?);
    if Viewer::installed() == [Viewer::Ohif] {
        println!(
            "\n(Stone and the Osimis viewer are shown if their plugins are installed; Debian has neither.)"
        );
    }
    println!(
        "\nA link that opens nothing:\n  {}\n\n\
         Replace the StudyInstanceUID in the viewer's address by {}\n\
         (another study of the same patient): Orthanc refuses it.\n\n\
         Make a share of your own (ids of Orthanc: {}):\n  \
         curl -X PUT {}/shares -H 'Content-Type: application/json' \\\n    \
         -d '{{\"studies\": [{{\"dicom-uid\": \"{}\"}}], \"type\": \"ohif-viewer-publication\"}}'\n\n\
         Ctrl-C ends all of it.",
        demo.url("/welcome/?token=not-a-token"),
        other.study.study_uid,
        other.orthanc_id,
        demo.application(),
        other.study.study_uid,
    );
    Ok(())
}
