//! A real Orthanc of Debian's: a process of its own, on a free loopback port with temporary storage,
//! with DICOMweb and with `demo-setup/orthanc/authorization.py` in front of it.
//!
//! To run the journeys against the real Authorization plugin, which Debian does not package, name its libraries:
//! `ORTHANC_AUTHORIZATION_PLUGIN_UP_TO_041` one of 0.4, `ORTHANC_AUTHORIZATION_PLUGIN_FROM_05` one of 0.5 or newer.
//! A generation without a library is asked by ours. `ORTHANC_PROGRAM` and `ORTHANC_DICOM_WEB` name a newer Orthanc and
//! its DICOMweb plugin than Debian's.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dicom::Study;
use crate::{App, free_address, http, repository};

const PROGRAMS: &[&str] = &["/usr/sbin/Orthanc", "/usr/bin/Orthanc", "/usr/local/sbin/Orthanc"];
const DICOM_WEB: &str = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";
const PYTHON: &str = "/usr/share/orthanc/plugins/libOrthancPython.so";

/// Who may ask what of an Orthanc.
#[derive(Clone, Copy)]
pub enum Protection<'a> {
    /// Anyone, everything: to fill it with studies.
    Open,
    /// Only what the application grants, asked as the Authorization plugin asks.
    Plugin(Plugin<'a>),
    /// Only reading, and only by this user: as the Orthanc of anonymized shares in `demo-setup/orthanc`.
    Reader(&'a str, &'a str),
}

/// How the Authorization plugin is configured.
#[derive(Clone, Copy)]
pub struct Plugin<'a> {
    /// The application that decides.
    pub app: &'a App,
    /// Which plugin's questions are asked.
    pub generation: Generation,
    /// `WebServiceIdentifier`: which server this is.
    pub identifier: &'a str,
    /// The user name and password of the application's `USERS`.
    pub user: (&'a str, &'a str),
    /// Which levels are asked about.
    pub levels: Levels,
}

/// The two ways in which plugins ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `WebService`: one question to `/shares/validate`.
    UpTo041,
    /// `WebServiceRootUrl`: `/user/get-profile`, then `/tokens/validate`.
    From05,
}

impl Generation {
    /// The library of the real plugin, if this run names one.
    pub fn real_plugin(self) -> Option<PathBuf> {
        let variable = match self {
            Self::UpTo041 => "ORTHANC_AUTHORIZATION_PLUGIN_UP_TO_041",
            Self::From05 => "ORTHANC_AUTHORIZATION_PLUGIN_FROM_05",
        };
        std::env::var_os(variable).map(PathBuf::from)
    }

    /// Whether a token in a GET argument counts at this path. From 1.9 on, DICOMweb hands headers on to the
    /// plugin's second question (`POST /tools/find`), and no arguments.
    pub fn reads_argument(self, path: &str) -> bool {
        let newer = self.real_plugin().is_some() && std::env::var_os("ORTHANC_DICOM_WEB").is_some();
        !(newer && self == Self::From05 && path.starts_with("/dicom-web/"))
    }

    /// Whether a GET of this path is decided by the application. The real plugins let some through unasked:
    /// 0.4 all of DICOMweb that it has no pattern for (and `Levels::Studies` opens patients), 0.11 the search
    /// for studies, which DICOMweb has to narrow from its version 1.9 on. Debian's is 1.7. Ours asks or refuses.
    pub fn decides(self, path: &str) -> bool {
        if self.real_plugin().is_none() {
            return true;
        }
        let path = path.split('?').next().unwrap_or(path);
        match (self, path.strip_prefix("/dicom-web/")) {
            (Self::From05, _) => path != "/dicom-web/studies",
            (Self::UpTo041, None) => !path.starts_with("/patients/"),
            (Self::UpTo041, Some(rest)) => {
                let names: Vec<&str> = rest.split('/').collect();
                matches!(
                    names[..],
                    ["studies", _]
                        | ["studies", _, "series"]
                        | ["studies", _, "series", _]
                        | ["studies", _, "series", _, "instances"]
                        | ["studies", _, "series", _, "instances", _]
                        | ["studies", _, "series", _, "instances", _, "frames", ..]
                )
            }
        }
    }
}

/// The levels that the plugin asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Only the study, as setups that share studies do.
    Studies,
    /// Patient, study, series and instance, as the plugin does when it is not told otherwise.
    All,
}

/// Orthanc's identifiers of an instance and of all that it lies in.
#[derive(Clone, Debug)]
pub struct Ids {
    /// The patient's.
    pub patient: String,
    /// The study's.
    pub study: String,
    /// The series'.
    pub series: String,
    /// The instance's.
    pub instance: String,
}

/// A running Orthanc; dropping it ends the process and removes its storage.
pub struct Orthanc {
    process: Child,
    address: String,
    directory: tempfile::TempDir,
}

impl Orthanc {
    /// Whether Orthanc and the plugins that the journeys need are installed.
    pub fn available() -> bool {
        program().is_some() && [Path::new(PYTHON), &dicom_web()].iter().all(|plugin| plugin.exists())
    }

    /// Starts an empty Orthanc; panics with its log if it does not start.
    pub fn start(protection: Protection<'_>) -> Self {
        assert!(Self::available(), "Debian's orthanc is needed: cargo xtask test installs it");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let address = free_address();
        let process = spawn(directory.path(), &address, protection);
        let mut orthanc = Self { process, address, directory };
        orthanc.wait_until_it_listens();
        orthanc
    }

    /// Ends it and starts it again at the same address with the same studies.
    pub fn restart(&mut self, protection: Protection<'_>) {
        self.stop();
        self.process = spawn(self.directory.path(), &self.address, protection);
        self.wait_until_it_listens();
    }

    /// Stores one DICOM file; the Orthanc must be open.
    pub fn upload(&self, file: &[u8]) -> Ids {
        let answer = http::send("POST", &self.url("/instances"), &[], file);
        assert_eq!(answer.status, 200, "upload: {}", answer.text());
        let stored = answer.json();
        let id = |key: &str| stored[key].as_str().expect("an identifier").to_owned();
        Ids {
            patient: id("ParentPatient"),
            study: id("ParentStudy"),
            series: id("ParentSeries"),
            instance: id("ID"),
        }
    }

    /// Stores a whole study; the identifiers are those of its first instance.
    pub fn upload_study(&self, study: &Study) -> Ids {
        let mut ids = study.files().into_iter().map(|file| self.upload(&file)).collect::<Vec<_>>();
        ids.swap_remove(0)
    }

    /// `http://127.0.0.1:{port}` followed by the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All that it has written since it last started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        // The log and not the port is asked: another test's process may have taken the port in between.
        while !self.log().contains("Orthanc has started") {
            if let Some(status) = self.process.try_wait().expect("Orthanc's process can be asked") {
                panic!("Orthanc ended at start ({status}):\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "Orthanc did not start:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            eprintln!("--- Orthanc's log\n{}", self.log());
        }
    }
}

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("ORTHANC_PROGRAM").map(PathBuf::from);
    named.into_iter().chain(PROGRAMS.iter().map(PathBuf::from)).find(|path| path.exists())
}

fn dicom_web() -> PathBuf {
    std::env::var_os("ORTHANC_DICOM_WEB").map_or_else(|| PathBuf::from(DICOM_WEB), PathBuf::from)
}

fn spawn(directory: &Path, address: &str, protection: Protection<'_>) -> Child {
    let file = directory.join("orthanc.json");
    std::fs::write(&file, configuration(directory, address, protection).to_string())
        .expect("a configuration");
    let log = File::create(directory.join("log")).expect("a log file");
    Command::new(program().expect("Orthanc is installed"))
        .arg(file)
        // The plugin lies in the repository: Python must leave nothing beside it.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the log file, twice"))
        .stderr(log)
        .spawn()
        .expect("Orthanc starts")
}

fn configuration(directory: &Path, address: &str, protection: Protection<'_>) -> Value {
    let port: u16 =
        address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("an address with a port");
    let storage = directory.join("storage");
    let mut configuration = json!({
        "Name": "journeys",
        "HttpPort": port,
        "RemoteAccessAllowed": false,
        "AuthenticationEnabled": false,
        "DicomServerEnabled": false,
        "StorageDirectory": storage,
        "IndexDirectory": storage,
        "Plugins": [dicom_web()],
        "DicomWeb": {"Enable": true},
    });
    if let Protection::Reader(name, password) = protection {
        configuration["AuthenticationEnabled"] = json!(true);
        configuration["RegisteredUsers"] = json!({name: password});
        configuration["LuaScripts"] = json!([repository().join("demo-setup/orthanc/read-only.lua")]);
    }
    if let Protection::Plugin(plugin) = protection {
        configuration["Authorization"] = authorization(plugin);
        if let Some(library) = plugin.generation.real_plugin() {
            configuration["Plugins"] = json!([dicom_web(), library]);
        } else {
            configuration["Plugins"] = json!([dicom_web().as_path(), Path::new(PYTHON)]);
            configuration["PythonScript"] = json!(repository().join("demo-setup/orthanc/authorization.py"));
        }
    }
    configuration
}

/// The options as a site would write them for the real plugin of that generation.
fn authorization(plugin: Plugin<'_>) -> Value {
    let mut options = json!({
        "WebServiceUsername": plugin.user.0,
        "WebServicePassword": plugin.user.1,
        "WebServiceIdentifier": plugin.identifier,
        "TokenHttpHeaders": ["token", "Authorization"],
        "TokenGetArguments": ["token"],
        "UncheckedFolders": ["/osimis-viewer/app/"],
    });
    match plugin.generation {
        Generation::UpTo041 => options["WebService"] = json!(plugin.app.url("/shares/validate")),
        Generation::From05 => options["WebServiceRootUrl"] = json!(plugin.app.url("/")),
    }
    match (plugin.levels, plugin.generation) {
        (Levels::All, _) => {}
        // Up to 0.4.1 the system level is then still asked about; later it is refused without a question.
        (Levels::Studies, Generation::UpTo041) => {
            options["UncheckedLevels"] = json!(["patient", "series", "instance"]);
        }
        (Levels::Studies, Generation::From05) => options["CheckedLevel"] = json!("studies"),
    }
    options
}
