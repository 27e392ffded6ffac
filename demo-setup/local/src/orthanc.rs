//! Debian's Orthanc. Each server is configured twice: open on loopback while it is filled, then behind the
//! authorization plugin of `demo-setup/orthanc/`, which asks this application as the Authorization plugin does.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::dicom::Study;
use crate::process::Process;
use crate::repository;
use crate::studies::{self, Stored};

const PROGRAMS: &[&str] = &["/usr/sbin/Orthanc", "/usr/bin/Orthanc", "/usr/local/sbin/Orthanc"];
const FOLDER: &str = "/usr/share/orthanc/plugins";
const PLUGINS: &[&str] = &["libOrthancPython.so", "libOrthancDicomWeb.so"];

/// Where Orthanc is installed.
pub fn program() -> Option<PathBuf> {
    PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Whether Orthanc and all the plugins that the demo needs are installed.
pub fn is_installed() -> bool {
    program().is_some() && PLUGINS.iter().all(|name| has_plugin(name))
}

/// Whether this file is among Orthanc's plugins.
pub fn has_plugin(file: &str) -> bool {
    Path::new(FOLDER).join(file).exists()
}

/// One of the servers.
pub struct Server<'a> {
    /// What it is called when it ends, and its log.
    pub name: &'static str,
    /// What the application and its plugin call it.
    pub identifier: &'static str,
    /// Where it keeps its files.
    pub directory: PathBuf,
    /// `127.0.0.1:{port}`
    pub address: String,
    /// The plugins besides those that the demo needs.
    pub plugins: &'a [&'a str],
}

impl Server<'_> {
    /// Stores the studies in it, in fresh storage, while it is open; then it is ended.
    pub fn fill(&self, studies: Vec<Study>) -> Result<Vec<Stored>> {
        let _ = std::fs::remove_dir_all(self.directory.join("storage"));
        std::fs::create_dir_all(&self.directory).with_context(|| self.directory.display().to_string())?;
        let _open = self.start(None)?;
        studies::upload(&format!("http://{}", self.address), studies)
    }

    /// Starts it; `authorization` is the root of the application that decides, if any.
    pub fn start(&self, authorization: Option<&str>) -> Result<Process> {
        let directory = &self.directory;
        let configuration = configuration(self, authorization)?;
        let file = directory.join("orthanc.json");
        std::fs::write(&file, format!("{configuration:#}")).context("Orthanc's configuration")?;
        let program = program().context("Orthanc is not installed")?;
        let mut process = Process::start(self.name, &program, directory, |command| {
            // The plugin lies in the repository: Python must leave nothing beside it.
            command.arg(&file).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(directory);
        })?;
        process.wait_for_log("Orthanc has started")?;
        Ok(process)
    }
}

fn configuration(server: &Server<'_>, authorization: Option<&str>) -> Result<Value> {
    let port: u16 = server.address.rsplit(':').next().context("an address has a port")?.parse()?;
    let names = PLUGINS.iter().chain(server.plugins);
    let plugins: Vec<_> = names.map(|name| Path::new(FOLDER).join(name)).collect();
    let storage = server.directory.join("storage");
    let mut configuration = json!({
        "Name": "orthanc-share demo",
        "HttpPort": port,
        "RemoteAccessAllowed": false,
        "AuthenticationEnabled": false,
        "DicomServerEnabled": false,
        "StorageDirectory": storage,
        "IndexDirectory": storage,
        "Plugins": plugins,
        "DicomWeb": {"Enable": true},
    });
    if let Some(root) = authorization {
        let script = repository().join("demo-setup/orthanc/authorization.py").canonicalize()?;
        configuration["PythonScript"] = json!(script);
        configuration["Authorization"] = json!({
            "WebServiceRootUrl": root,
            "WebServiceIdentifier": server.identifier,
            "CheckedLevel": "studies",
            "StandardConfigurations": ["osimis-web-viewer", "stone-webviewer", "ohif"],
            "TokenHttpHeaders": ["token", "Authorization"],
            "TokenGetArguments": ["token"],
        });
    }
    Ok(configuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_is_loaded_only_when_something_decides() {
        let server = Server {
            name: "orthanc",
            identifier: "id",
            directory: PathBuf::from("/d"),
            address: "127.0.0.1:9000".to_owned(),
            plugins: &["x.so"],
        };
        let open = configuration(&server, None).unwrap();
        assert_eq!((&open["HttpPort"], &open["Authorization"]), (&json!(9000), &Value::Null));
        let closed = configuration(&server, Some("http://a/")).unwrap();
        assert_eq!(closed["Authorization"]["WebServiceIdentifier"], "id");
        assert_eq!(closed["Authorization"]["WebServiceRootUrl"], "http://a/");
        assert!(closed["PythonScript"].as_str().unwrap().ends_with("authorization.py"));
        assert_eq!(closed["Plugins"][2], "/usr/share/orthanc/plugins/x.so");
        assert_eq!(open["RemoteAccessAllowed"], false);
    }
}
