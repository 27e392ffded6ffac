//! All that is compared, running at once with the same settings: what waits for requests costs the others nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use journeys::redis::Redis;
use journeys::{free_address, repository};
use paths::inputs;
use serde::Serialize;

use crate::nginx::{self, Pacs};
use crate::orthanc::Real;
use crate::place::{Built, first_line};
use crate::process::Process;
use crate::request::USER;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// This application on its own runtime.
    Application,
    /// The same handlers natively.
    Native,
    /// A component that only answers, on the same runtime.
    Hello,
    /// This application under Spin.
    Spin,
    /// nginx.
    Nginx,
    /// The FastAPI service, one worker.
    Python,
    /// This application, which keeps its shares in SQLite.
    Sqlite,
    /// This application, which keeps its shares in Redis.
    Redis,
}

impl Who {
    /// Whether this application, or a component on its runtime.
    pub fn is_this(self) -> bool {
        matches!(self, Self::Application | Self::Hello | Self::Sqlite | Self::Redis)
    }

    /// In the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Application => "orthanc-share",
            Self::Native => "native",
            Self::Hello => "hello",
            Self::Spin => "Spin",
            Self::Nginx => "nginx",
            Self::Python => "Python",
            Self::Sqlite => "with SQLite",
            Self::Redis => "with Redis",
        }
    }
}

/// The running servers.
pub struct Fleet {
    /// With the Orthanc in memory behind it.
    pub application: Process,
    /// The same natively.
    pub native: Process,
    /// With the real Orthanc behind it, natively too; none where that is not installed.
    pub real: Option<(Real, Process, Process)>,
    /// A component that only answers.
    pub hello: Process,
    /// None where Spin is not on PATH.
    pub spin: Option<Process>,
    /// With 30 bytes, and as a proxy of both Orthancs.
    pub nginx: Process,
    /// None where it cannot be had.
    pub python: Option<Process>,
    /// The application with a store in a file.
    pub sqlite: Process,
    /// The same with a Redis; none where that is not installed.
    pub redis: Option<(Process, Redis)>,
    /// The Orthanc in memory.
    pub pacs: Pacs,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

impl Fleet {
    /// Starts all of them, with files in this folder.
    pub fn start(built: &Built, scratch: &Path, megabytes: &[usize]) -> Result<Self> {
        let folder = |name: &str| -> Result<PathBuf> {
            let folder = scratch.join(name);
            std::fs::create_dir_all(&folder)?;
            Ok(folder)
        };
        let mut left_out = Vec::new();
        let pacs = Pacs::start(&folder("pacs")?, megabytes)?;
        let root = format!("http://{}/", pacs.address());
        let real = match Real::start()? {
            Some(real) => {
                let (application, native) = (application(built, &real.root())?, native(built, &real.root())?);
                Some((real, application, native))
            }
            None => {
                left_out.push("frames of a real Orthanc: Debian's orthanc is not installed".to_owned());
                None
            }
        };
        let real_address = real.as_ref().map(|(real, ..)| real.address());
        let spin = spin(built, &root)?;
        if spin.is_none() {
            left_out.push("Spin: there is none on PATH".to_owned());
        }
        let python = match python(built) {
            Ok(process) => Some(process),
            Err(error) => {
                left_out.push(format!("Python: {error:#}"));
                None
            }
        };
        let redis = match packaged_redis() {
            true => {
                let redis = Redis::start("");
                let store = format!("type = \"redis\"\nurl = {:?}\n", redis.url());
                Some((keeping(built, &root, &folder("redis")?, &store)?, redis))
            }
            false => {
                left_out.push("the store in Redis: Debian's redis-server is not installed".to_owned());
                None
            }
        };
        let file = folder("sqlite")?;
        let store = format!("type = \"spin\"\npath = {:?}\n", file.join("shares.db"));
        Ok(Self {
            sqlite: keeping(built, &root, &file, &store)?,
            redis,
            application: application(built, &root)?,
            native: native(built, &root)?,
            hello: hello(built)?,
            nginx: nginx::rival(&folder("nginx")?, real_address.as_deref(), pacs.address())?,
            real,
            spin,
            python,
            pacs,
            left_out,
        })
    }

    /// Who answers from the Orthanc in memory, or needs none.
    pub fn process(&self, who: Who) -> Option<&Process> {
        match who {
            Who::Application => Some(&self.application),
            Who::Native => Some(&self.native),
            Who::Hello => Some(&self.hello),
            Who::Spin => self.spin.as_ref(),
            Who::Nginx => Some(&self.nginx),
            Who::Python => self.python.as_ref(),
            Who::Sqlite => Some(&self.sqlite),
            Who::Redis => self.redis.as_ref().map(|(process, _)| process),
        }
    }
}

/// The variables that all have.
fn variables(orthanc: &str) -> Vec<(&'static str, String)> {
    let (name, password) = USER;
    vec![
        ("secret_key", inputs::SECRET.to_owned()),
        ("users", format!(r#"{{"{name}": "{password}"}}"#)),
        ("server_identifier", inputs::STANDARD.to_owned()),
        ("anonymized_server_identifier", inputs::ANONYMIZED.to_owned()),
        ("public_orthanc_root", "http://localhost/shares/".to_owned()),
        ("public_anonymized_orthanc_root", "http://localhost/anon-shares/".to_owned()),
        ("public_landing_root", "http://localhost/welcome/".to_owned()),
        ("orthanc_root", orthanc.to_owned()),
    ]
}

/// How the application is started, and where it will listen.
pub fn application_command(built: &Built, orthanc: &str) -> (Command, String) {
    let address = free_address();
    let mut command = runtime(built, "spin.toml", &address);
    for (name, value) in variables(orthanc) {
        command.arg("--variable").arg(format!("{name}={value}"));
    }
    (command, address)
}

/// The application with a store, of which the runtime configuration says this.
fn keeping(built: &Built, orthanc: &str, folder: &Path, store: &str) -> Result<Process> {
    let config = folder.join("runtime.toml");
    std::fs::write(&config, format!("[key_value_store.default]\n{store}"))?;
    let (mut command, address) = application_command(built, orthanc);
    command.args(["--variable", "share_store=default", "--runtime-config-file"]).arg(config);
    Process::start(command, address)
}

fn packaged_redis() -> bool {
    Command::new("redis-server").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The application with this Orthanc behind it.
pub fn application(built: &Built, orthanc: &str) -> Result<Process> {
    let (command, address) = application_command(built, orthanc);
    Process::start(command, address)
}

fn runtime(built: &Built, manifest: &str, address: &str) -> Command {
    let mut command = Command::new(&built.application);
    // Nothing that it is compared with writes a line for each request, and Spin does not either.
    command
        .args(["up", "--quiet", "-f", manifest, "--listen", address, "--state-dir"])
        .arg(built.kept.join("state"));
    command.current_dir(repository());
    command
}

/// The handlers natively, with this Orthanc behind them.
pub fn native(built: &Built, orthanc: &str) -> Result<Process> {
    let address = free_address();
    let mut command = Command::new(&built.native);
    command.arg(&address);
    command.args(variables(orthanc).iter().map(|(name, value)| format!("{name}={value}")));
    Process::start(command, address)
}

fn hello(built: &Built) -> Result<Process> {
    let address = free_address();
    let mut command = runtime(built, "tests/guest/spin.toml", &address);
    command.args(["--variable", "secret=nothing"]);
    Process::start(command, address)
}

/// Debian also has a `spin`, the model checker: only Fermyon's answers with its name and a number.
pub fn spin_version() -> Option<String> {
    let version = first_line("spin", &["--version"])?;
    let number = version.strip_prefix("spin ")?;
    number.starts_with(|first: char| first.is_ascii_digit()).then(|| version.clone())
}

fn spin(built: &Built, orthanc: &str) -> Result<Option<Process>> {
    if spin_version().is_none() {
        return Ok(None);
    }
    let address = free_address();
    let mut command = Command::new("spin");
    command.args(["up", "-f", "spin.toml", "--listen", &address]).current_dir(repository());
    command.arg("--quiet").arg("--state-dir").arg(built.kept.join("spin"));
    for (name, value) in variables(orthanc) {
        command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
    command.env("SPIN_VARIABLE_ORTHANC_ORIGIN", orthanc.trim_end_matches('/'));
    Process::start(command, address).map(Some)
}

/// In a virtual environment that is made once.
fn python(built: &Built) -> Result<Process> {
    let folder = repository().join("bench/python");
    let environment = built.kept.join("python");
    let python = environment.join("bin/python");
    let requirements = folder.join("requirements.txt");
    let stamp = environment.join("requirements.txt");
    if std::fs::read(&stamp).ok() != Some(std::fs::read(&requirements)?) {
        eprintln!("==> Making a virtual environment for the Python service: a download of some megabytes");
        succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        succeed(Command::new(&python).args(pip).arg(&requirements))?;
        std::fs::copy(&requirements, &stamp)?;
    }
    let address = free_address();
    let port = address.rsplit(':').next().context("a port")?;
    let mut command = Command::new(&python);
    command.args(["-m", "uvicorn", "service:app", "--workers", "1", "--host", "127.0.0.1", "--port", port]);
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    for (name, value) in variables("") {
        command.env(name.to_uppercase(), value);
    }
    Process::start(command, address)
}

fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}
