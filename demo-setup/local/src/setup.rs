//! Starting everything in its order, and sharing a study.
//! What runs is ended in the reverse order when a [`Demo`] is dropped.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::orthanc::Server;
use crate::process::Process;
use crate::studies::{self, Stored};
use crate::{Viewer, ask, free_address, nginx, orthanc, repository};

/// What the application and the plugin call the server of standard shares, and the one of anonymized shares.
const SERVERS: [&str; 2] = ["demo-server-id", "demo-anonymized-server-id"];

/// What a caller decides.
pub struct Settings<'a> {
    /// Where everything that runs puts its files. No other demo may use it at the same time.
    pub directory: &'a Path,
    /// Where the application keeps compiled components; demos may share it.
    pub compiled: &'a Path,
    /// The folder that [`crate::install::ohif`] gave.
    pub viewers: &'a Path,
    /// The key that signs the shares.
    pub secret_key: &'a str,
    /// The public port on 127.0.0.1.
    pub port: u16,
    /// The binary `orthanc-share`.
    pub application: &'a Path,
}

/// A running setup.
pub struct Demo {
    // Fields are dropped in order: what is public closes first.
    nginx: Process,
    orthanc: Process,
    anonymized: Process,
    application: Process,
    application_address: String,
    port: u16,
    studies: Vec<Stored>,
}

impl Demo {
    /// Why it could not start here: the Debian packages that are missing.
    pub fn missing_packages() -> Vec<&'static str> {
        let mut missing = Vec::new();
        if !orthanc::is_installed() {
            missing.extend(["orthanc", "orthanc-dicomweb", "orthanc-python"]);
        }
        if nginx::program().is_none() {
            missing.push("nginx");
        }
        missing
    }

    /// Starts everything with fresh storage, and waits until it answers.
    ///
    /// # Errors
    /// If something is not installed, or does not start: then its name and the end of its log.
    pub fn start(settings: &Settings<'_>) -> Result<Self> {
        let missing = Self::missing_packages();
        if !missing.is_empty() {
            bail!("not installed: {}", missing.join(" "));
        }
        let directory = settings.directory;
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let directory = &directory.canonicalize()?;
        let plugins: Vec<_> = Viewer::installed().into_iter().filter_map(Viewer::plugin).collect();
        let server = |name, identifier, directory: PathBuf| {
            free_address().map(|address| Server { name, identifier, directory, address, plugins: &plugins })
        };
        let standard = server("orthanc", SERVERS[0], directory.clone())?;
        // The same studies, with the people's names: it is the proxy before it that removes them.
        let anonymized = server("orthanc-anonymized", SERVERS[1], directory.join("anonymized"))?;
        let application_address = free_address()?;

        // The application starts while the servers are filled.
        let mut application =
            start_application(directory, &application_address, &anonymized.address, settings)?;
        let studies = standard.fill(studies::all())?;
        anonymized.fill(studies::all())?;

        application.wait_for_address(&application_address)?;
        let decides = format!("http://{application_address}/");
        let orthanc = standard.start(Some(&decides))?;
        let anonymized = anonymized.start(Some(&decides))?;
        let behind = nginx::Behind {
            port: settings.port,
            application: &application_address,
            orthanc: &standard.address,
            viewers: &settings.viewers.canonicalize()?,
        };
        let nginx = nginx::start(directory, &behind)?;
        let port = settings.port;
        Ok(Self { nginx, orthanc, anonymized, application, application_address, port, studies })
    }

    /// The studies in Orthanc; the first is meant to be shared.
    pub fn studies(&self) -> &[Stored] {
        &self.studies
    }

    /// What a browser opens: `http://127.0.0.1:{port}` followed by the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Where the application itself listens, which nginx does not show: `http://127.0.0.1:{port}`.
    pub fn application(&self) -> String {
        format!("http://{}", self.application_address)
    }

    /// Creates a share of this study for tomorrow and returns its link.
    ///
    /// # Errors
    /// If the application refuses.
    pub fn share(&self, stored: &Stored, viewer: Viewer) -> Result<String> {
        self.ask_for_share(stored, viewer, false)
    }

    /// The same, of what is left of the study without its patient.
    ///
    /// # Errors
    /// If the application refuses.
    pub fn share_anonymized(&self, stored: &Stored, viewer: Viewer) -> Result<String> {
        self.ask_for_share(stored, viewer, true)
    }

    fn ask_for_share(&self, stored: &Stored, viewer: Viewer, anonymized: bool) -> Result<String> {
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        let request = json!({
            "id": format!("demo-{}", viewer.share_type()),
            "studies": [{"dicom-uid": stored.study.study_uid, "orthanc-id": stored.orthanc_id}],
            "anonymized": anonymized,
            "type": viewer.share_type(),
            "expiration-date": format!("{tomorrow:.0}"),
        });
        let url = format!("{}/shares", self.application());
        let share = ask("PUT", &url, request.to_string().as_bytes())?;
        share["url"].as_str().map(str::to_owned).context("the share has no link")
    }

    /// If one of the servers has ended: which, and the end of its log.
    pub fn ended(&mut self) -> Option<String> {
        self.processes().into_iter().find_map(Process::ended)
    }

    /// The names and process ids of what runs.
    pub fn ids(&mut self) -> Vec<(&'static str, u32)> {
        self.processes().into_iter().map(|process| (process.name(), process.id())).collect()
    }

    fn processes(&mut self) -> [&mut Process; 4] {
        [&mut self.nginx, &mut self.orthanc, &mut self.anonymized, &mut self.application]
    }
}

fn start_application(
    directory: &Path,
    address: &str,
    anonymized: &str,
    settings: &Settings<'_>,
) -> Result<Process> {
    let public = format!("http://127.0.0.1:{}", settings.port);
    let variables = [
        ("SECRET_KEY", settings.secret_key.to_owned()),
        ("SERVER_IDENTIFIER", SERVERS[0].to_owned()),
        ("ANONYMIZED_SERVER_IDENTIFIER", SERVERS[1].to_owned()),
        // What the proxy reads. It passes the token on, which is checked there once more.
        ("ORTHANC_ROOT", format!("http://{anonymized}/")),
        ("PUBLIC_ORTHANC_ROOT", format!("{public}/shares/")),
        ("PUBLIC_OHIF_ROOT", format!("{public}/ohif/")),
        ("PUBLIC_ANONYMIZED_ORTHANC_ROOT", format!("{public}/anon-shares/")),
        ("PUBLIC_ANONYMIZED_OHIF_ROOT", format!("{public}/anon-ohif/")),
        ("PUBLIC_LANDING_ROOT", format!("{public}/welcome/")),
    ];
    let root: PathBuf = repository().canonicalize()?;
    // The application runs none of it from where others can write, and a umask may let a group do so.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(settings.compiled);
    made.context("the folder for compiled components")?;
    let compiled = settings.compiled.canonicalize()?;
    let start = |command: &mut Command| {
        command.args(["up", "-f", "spin.toml", "--listen", address, "--state-dir"]);
        command.arg(&compiled).current_dir(&root);
        // In the environment, not among the arguments: those are shown to every user of the machine.
        for (name, value) in &variables {
            command.env(format!("SPIN_VARIABLE_{name}"), value);
        }
    };
    Process::start("orthanc-share", settings.application, directory, start)
}
