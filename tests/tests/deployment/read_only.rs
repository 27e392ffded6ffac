//! The Orthancs of shares are only read: by the script that closes their other routes, and by `DICOMWEB_FIND`, which
//! would open some of them (`POST /studies/{id}/merge`), where it is set without that script.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use journeys::http::send;
use journeys::{free_address, repository};
use serde_json::json;

use super::{Process, compose, orthanc, read, run, wait_for, yaml};

const SCRIPT: &str = "demo-setup/orthanc/read-only.lua";
const DICOM_WEB: &str = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

#[test]
fn dicomweb_find_is_set_only_where_every_orthanc_that_asks_has_the_script() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    assert_eq!(services["orthanc-share"]["environment"]["DICOMWEB_FIND"], "true");
    let mut asking = 0;
    for (name, service) in services {
        let volumes: Vec<&str> =
            service["volumes"].as_array().into_iter().flatten().flat_map(|v| v.as_str()).collect();
        let configurations = volumes.iter().filter_map(|volume| volume.strip_prefix("./orthanc/"));
        for file in configurations.filter_map(|rest| rest.split_once(".json:")).map(|(file, _)| file) {
            let configuration = orthanc(file);
            let plugin = &configuration["Authorization"];
            // Others create shares at the most, and have no reason to ask about one.
            if plugin["WebServiceRootUrl"].is_null() {
                assert!(
                    plugin["WebService"].is_null() && plugin["WebServiceTokenValidationUrl"].is_null(),
                    "{name}"
                );
                continue;
            }
            asking += 1;
            let inside = "/etc/orthanc/read-only.lua";
            assert_eq!(configuration["LuaScripts"], json!([inside]), "{name}");
            assert!(volumes.contains(&format!("./orthanc/read-only.lua:{inside}:ro").as_str()), "{name}");
            assert!(
                service["environment"].as_object().unwrap().keys().all(|key| !key.contains("LUA")),
                "{name}"
            );
        }
    }
    assert_eq!(asking, 1);
    // The one that asks nobody, because only the proxy reads it, has the script all the same.
    assert_eq!(orthanc("anon-shares")["LuaScripts"], json!(["/etc/orthanc/read-only.lua"]));
    let overlay = yaml("demo-setup/docker-compose.meddream.yml").remove(0).to_string();
    assert!(!overlay.contains("WebService") && !overlay.contains("AUTHORIZATION"), "nobody else asks");
}

#[test]
fn no_other_setup_sets_dicomweb_find() {
    let root = repository();
    let mut files = vec![root.join("Dockerfile")];
    for folder in ["demo-setup", "deploy"] {
        add_files(&root.join(folder), &mut files);
    }
    for path in files.iter().filter(|path| !path.ends_with("demo-setup/docker-compose.yml")) {
        // Documents and comments may speak of it.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let is_document = path.extension().is_some_and(|extension| extension == "md");
        let comment = |line: &&str| ["#", "//", "--"].iter().any(|mark| line.trim_start().starts_with(mark));
        let mut lines = text.lines().filter(|line| !is_document && !comment(line));
        assert!(!lines.any(|line| line.to_lowercase().contains("dicomweb_find")), "{}", path.display());
    }
}

fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => add_files(&path, files),
            path => files.push(path),
        }
    }
}

#[test]
fn with_the_script_orthanc_is_only_read() {
    if run("Orthanc", &["--version"]).is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    let port: u16 = address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let has_dicom_web = Path::new(DICOM_WEB).is_file();
    let plugins: Vec<&str> = has_dicom_web.then_some(DICOM_WEB).into_iter().collect();
    let configuration = json!({
        "HttpPort": port,
        "RemoteAccessAllowed": false,
        "AuthenticationEnabled": false,
        "DicomServerEnabled": false,
        "StorageDirectory": directory.path(),
        "IndexDirectory": directory.path(),
        "Plugins": plugins,
        "LuaScripts": [repository().join(SCRIPT).canonicalize().expect(SCRIPT)],
    });
    let file = directory.path().join("orthanc.json");
    std::fs::write(&file, configuration.to_string()).expect("a file");
    let log = File::create(directory.path().join("log")).expect("a file");
    let mut command = Command::new("Orthanc");
    command.arg(&file).stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
    let _orthanc = Process(command.spawn().expect("Orthanc starts"));
    wait_for(&address);

    let faked: &[(&str, &str)] = &[("x-http-method-override", "DELETE")];
    for (method, path, headers, status) in [
        ("GET", "/studies", &[][..], 200),
        ("GET", "/studies/a", &[], 404),
        ("POST", "/tools/lookup", &[], 200),
        ("POST", "/tools/lookup/", &[], 403),
        ("POST", "/tools/find", &[], 403),
        ("POST", "/tools/execute-script", &[], 403),
        ("POST", "/auth/tokens/decode", &[], 403),
        ("POST", "/instances", &[], 403),
        ("POST", "/studies/a/anonymize", &[], 403),
        ("POST", "/studies/a/merge", &[], 403),
        ("PUT", "/studies/a/metadata/1025", &[], 403),
        ("DELETE", "/studies/a", &[], 403),
        // What a reverse proxy takes for a GET.
        ("GET", "/studies/a?_method=DELETE", &[], 403),
        ("GET", "/studies/a", faked, 403),
        ("POST", "/tools/lookup", faked, 403),
    ] {
        let answer = send(method, &format!("http://{address}{path}"), headers, b"{}");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    // DICOMweb searches by POST /tools/find, inside, where the filter is not asked.
    if has_dicom_web {
        assert_eq!(send("GET", &format!("http://{address}/dicom-web/studies"), &[], b"").status, 200);
    }
    assert!(read(SCRIPT).contains("docs/deploy.md"));
}
