//! What the files for running it promise: nginx takes its routes and logs no token, the compose files agree with
//! what they wire, the image's file system is all that is needed, the unit is confined. A missing tool is a loud skip.

#[path = "deployment/management.rs"]
mod management;
#[path = "deployment/nginx.rs"]
mod nginx;
#[path = "deployment/read_only.rs"]
mod read_only;

use std::collections::BTreeSet;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use journeys::http::send_json;
use journeys::{free_address, repository};
use serde_json::{Value, json};

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every document of a YAML file.
fn yaml(path: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Orthanc's JSON has comments.
fn orthanc(name: &str) -> Value {
    let path = format!("demo-setup/orthanc/{name}.json");
    serde_json::from_str(&config::without_comments(&read(&path)))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn compose() -> Value {
    yaml("demo-setup/docker-compose.yml").remove(0)
}

/// The output of a program; nothing, with a line that says so, if it is not on this machine.
fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).current_dir(repository()).stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("SKIPPED: {program} is not on this machine");
            None
        }
    }
}

fn succeeds(program: &str, arguments: &[&str]) {
    if let Some(output) = run(program, arguments) {
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}:\n{text}");
    }
}

fn is_root() -> bool {
    run("id", &["-u"]).is_some_and(|output| output.stdout == b"0\n")
}

/// Ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(address: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while std::net::TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nothing listens on {address}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

// --- Compose --------------------------------------------------------------------------------------------

#[test]
fn the_compose_files_follow_the_specification() {
    let files = ["demo-setup/docker-compose.yml", "demo-setup/docker-compose.meddream.yml"];
    if let Some(python) = journeys::python::with("check-jsonschema==0.39.0", "check_jsonschema") {
        let schema = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"];
        succeeds(python.to_str().expect("a path in UTF-8"), &[&schema[..], &files[..]].concat());
    }

    // Compose itself reads more than a schema can say; the plugin needs no engine for that.
    if !run("docker", &["compose", "version"]).is_some_and(|output| output.status.success()) {
        return eprintln!("SKIPPED: Docker's Compose plugin is not on this machine");
    }
    let mut command = Command::new("docker");
    command.current_dir(repository()).env("MEDDREAM_ADMIN_PASSWORD", "x").arg("compose");
    for file in files {
        command.args(["-f", file]);
    }
    let output = command.args(["config", "-q"]).output().expect("it ran a moment ago");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn only_nginx_and_the_api_have_ports_and_both_on_loopback() {
    for file in ["demo-setup/docker-compose.yml", "demo-setup/docker-compose.meddream.yml"] {
        for (name, service) in yaml(file)[0]["services"].as_object().unwrap() {
            for port in service["ports"].as_array().into_iter().flatten() {
                assert!(["nginx", "orthanc-share"].contains(&name.as_str()), "{name} has a port");
                assert!(port.as_str().unwrap().contains(":-127.0.0.1:"), "{name}: {port}");
            }
            if let Some(image) = service["image"].as_str() {
                let (_, tag) = image.split_once(':').unwrap_or_else(|| panic!("{image} has no version"));
                assert_ne!(tag, "latest");
            }
        }
    }
}

#[test]
fn names_agree_wherever_they_stand() {
    let compose = compose();
    let share = &compose["services"]["orthanc-share"];
    let environment = &share["environment"];
    let identifier = |name: &str| orthanc(name)["Authorization"]["WebServiceIdentifier"].clone();
    assert_eq!(environment["SERVER_IDENTIFIER"], identifier("shares"));
    // The proxy asks as that server itself: an Orthanc of this name would open to anonymized tokens.
    for name in ["admin", "shares", "anon-shares"] {
        assert_ne!(environment["ANONYMIZED_SERVER_IDENTIFIER"], identifier(name), "{name}");
    }
    assert!(environment["ANONYMIZED_SERVER_IDENTIFIER"].is_string());

    // A variable that the application does not have would be ignored in silence.
    let known: BTreeSet<String> = config::names().map(str::to_uppercase).collect();
    let overlay = yaml("demo-setup/docker-compose.meddream.yml").remove(0);
    let more = &overlay["services"]["orthanc-share"]["environment"];
    for name in [environment, more].into_iter().flat_map(|set| set.as_object().unwrap().keys()) {
        assert!(known.contains(name), "{name}");
    }

    let services = [&compose, &overlay].map(|file| file["services"].as_object().unwrap());
    let texts = [
        "demo-setup/nginx/default.conf",
        "demo-setup/nginx/routes/meddream.conf",
        "demo-setup/orthanc/admin.json",
        "demo-setup/orthanc/shares.json",
        "demo-setup/orthanc/anon-shares.json",
        "demo-setup/meddream/viewer.properties",
    ];
    for (path, text) in texts.map(|path| (path, read(path))) {
        for host in text.split("http://").skip(1).filter_map(|rest| rest.split([':', '/', ';']).next()) {
            assert!(services.iter().any(|some| some.contains_key(host)), "{path}: no service {host}");
        }
    }
    for (variable, route) in [
        ("PUBLIC_ANONYMIZED_ORTHANC_ROOT", "/anon-shares/"),
        ("PUBLIC_ANONYMIZED_OHIF_ROOT", "/anon-shares/ohif/"),
    ] {
        assert!(environment[variable].as_str().is_some_and(|root| root.ends_with(route)), "{variable}");
    }
    assert_eq!(orthanc("anon-shares")["OHIF"]["RouterBasename"], "/anon-shares/ohif/");
}

#[test]
fn nothing_but_the_proxy_reads_the_orthanc_of_anonymized_shares() {
    const NAME: &str = "orthanc-for-anon-shares";
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    // The studies themselves, not copies of them.
    for name in ["orthanc-for-shares", NAME] {
        assert!(services[name]["volumes"].to_string().contains("\"orthanc-storage:"), "{name}");
        assert_eq!(services[name]["environment"]["ORTHANC__POSTGRESQL__HOST"], "orthanc-db", "{name}");
    }
    // No port, no route, and a password that only orthanc-share has beside it.
    assert!(services[NAME]["ports"].is_null());
    for path in ["demo-setup/nginx/default.conf", "demo-setup/nginx/routes/meddream.conf"] {
        assert!(!read(path).contains(NAME), "{path}");
    }
    let users = "ANONYMIZER_USERS";
    let configuration = orthanc("anon-shares");
    assert_eq!(configuration["AuthenticationEnabled"], true);
    assert!(configuration["RegisteredUsers"].is_null() && configuration["DicomServerEnabled"] == false);
    let secrets = |name: &str| services[name]["secrets"].clone();
    let has = |name: &str, source: &str, target: &str| {
        secrets(name).as_array().unwrap().contains(&json!({"source": source, "target": target}))
    };
    assert!(has(NAME, users, "ORTHANC__REGISTERED_USERS"));
    assert!(has("orthanc-share", "ANONYMIZER_PASSWORD", "ORTHANC_PASSWORD"));
    for name in services.keys().filter(|name| !["orthanc-share", NAME].contains(&name.as_str())) {
        assert!(!secrets(name).to_string().contains("ANONYMIZER"), "{name}");
    }
    let environment = &services["orthanc-share"]["environment"];
    assert_eq!(environment["ORTHANC_ROOT"], format!("http://{NAME}:8042/"));
    assert!(config::check("orthanc_root", environment["ORTHANC_ROOT"].as_str().unwrap()).is_ok());
    assert_eq!(environment["ORTHANC_USERNAME"], "anonymizer");
}

#[test]
fn the_application_in_compose_is_confined_and_its_secrets_are_files() {
    let compose = compose();
    let share = &compose["services"]["orthanc-share"];
    assert_eq!(share["read_only"], true);
    assert_eq!(share["cap_drop"], json!(["ALL"]));
    assert_eq!(share["security_opt"], json!(["no-new-privileges:true"]));
    let password = json!({"source": "ANONYMIZER_PASSWORD", "target": "ORTHANC_PASSWORD"});
    assert_eq!(share["secrets"], json!(["SECRET_KEY", "USERS", password]));
    assert!(share["volumes"].to_string().contains(":/var/lib/orthanc-share\""));
}

#[test]
fn the_secrets_are_made_once_and_are_what_the_variables_need() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().unwrap();
    let Some(first) = run("demo-setup/make-secrets.sh", &[path]) else { return };
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let secret = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect(name);
    assert!(config::check("secret_key", &secret("SECRET_KEY")).is_ok());
    assert!(config::check("users", &secret("USERS")).is_ok());
    let users: Value = serde_json::from_str(&secret("USERS")).unwrap();
    assert_eq!(users["orthanc"], secret("ORTHANC_PASSWORD"));
    assert_eq!(users["admin"], secret("ADMIN_PASSWORD"));
    let readers: Value = serde_json::from_str(&secret("ANONYMIZER_USERS")).unwrap();
    assert_eq!(readers, json!({"anonymizer": secret("ANONYMIZER_PASSWORD")}));
    for (name, secret) in compose()["secrets"].as_object().unwrap() {
        let file = secret["file"].as_str().unwrap();
        assert_eq!(file, format!("./secrets/{name}"));
        assert!(directory.path().join(name).is_file(), "{name}");
    }
    let key = secret("SECRET_KEY");
    succeeds("demo-setup/make-secrets.sh", &[path]);
    assert_eq!(secret("SECRET_KEY"), key);
}

// --- The image ------------------------------------------------------------------------------------------

#[test]
fn the_last_stage_of_the_image_has_no_root_and_no_shell() {
    let text = read("Dockerfile");
    let (_, last) = text.rsplit_once("\nFROM ").expect("two stages");
    assert!(last.starts_with("scratch\n"));
    for line in ["USER 65532:65532", "VOLUME /var/lib/orthanc-share", "EXPOSE 8000"] {
        assert!(last.lines().any(|other| other == line), "{line}");
    }
    assert!(last.contains("SPIN_HTTP_LISTEN_ADDR=0.0.0.0:8000"));
    assert!(last.contains(r#"CMD ["/app/orthanc-share", "health"]"#));
}

/// Without Docker: the tree that the Dockerfile lays out, as the root of a process of the image's user.
#[test]
fn the_file_system_of_the_image_is_all_that_it_needs() {
    if !is_root() || !repository().join("target/release/orthanc-share").is_file() {
        return eprintln!("SKIPPED: this needs root, for chroot, and the release build");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("rootfs");
    succeeds("deploy/docker/rootfs.sh", &[root.to_str().unwrap()]);
    let state = root.join("var/lib/orthanc-share");
    std::os::unix::fs::chown(&state, Some(65532), Some(65532)).expect("root may");

    let address = free_address();
    let image = |arguments: &[&str]| {
        let mut command = Command::new("chroot");
        command.arg("--userspec=65532:65532").arg(&root).args(["/app/orthanc-share"]).args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("SPIN_HTTP_LISTEN_ADDR", &address).env("SECRET_KEY", journeys::SECRET_KEY);
        command.env("PUBLIC_ORTHANC_ROOT", "http://localhost/shares/").stdin(Stdio::null());
        command
    };
    // chroot(1) starts in /, the image in /app.
    let up = ["up", "--quiet", "-f", "/app/spin.toml", "--state-dir", "/var/lib/orthanc-share"];
    let _running = Process(image(&up).spawn().expect("chroot starts"));
    wait_for(&address);

    let body = json!({"studies": [{"orthanc-id": "a"}], "type": "osimis-viewer-publication"});
    let share = send_json("PUT", &format!("http://{address}/shares"), &[], &body);
    assert_eq!(share.status, 200, "{}", share.text());

    assert!(image(&["health"]).status().expect("it runs").success());
}

// --- systemd and SpinKube -------------------------------------------------------------------------------

#[test]
fn the_unit_is_valid_and_confined() {
    let directory = tempfile::tempdir().expect("a directory");
    let unit = directory.path().join("orthanc-share.service");
    // What systemd looks for must be on this machine: the program is not, yet.
    let text = read("deploy/systemd/orthanc-share.service")
        .replace("/opt/orthanc-share/orthanc-share up", "/bin/true");
    std::fs::write(&unit, text).expect("a file");
    let unit = unit.to_str().unwrap();
    succeeds("systemd-analyze", &["verify", "--man=no", unit]);
    // Tenths: 1.2 when this was written, 9.6 without any limit.
    succeeds("systemd-analyze", &["security", "--no-pager", "--offline=true", "--threshold=15", unit]);
}

#[test]
fn spinkube_sets_variables_that_exist_from_keys_that_exist() {
    let app = yaml("deploy/spinkube/spinapp.yaml").remove(0);
    let secret = yaml("deploy/spinkube/secret.example.yaml").remove(0);
    let ingress = yaml("deploy/spinkube/ingress.yaml").remove(0);
    let keys = secret["stringData"].as_object().unwrap();
    let spec = &app["spec"];
    let known: BTreeSet<&str> = config::names().collect();
    let store = spec["runtimeConfig"]["keyValueStores"][0]["options"].as_array().unwrap();
    for variable in spec["variables"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        assert!(known.contains(name), "{name}");
        let is_secret = config::VARIABLES.iter().any(|other| other.name == name && other.secret);
        assert_eq!(variable["value"].is_null(), is_secret, "{name}: a secret comes from the secret");
        if !is_secret {
            let value = variable["value"].as_str().unwrap();
            assert!(config::check(name, value).is_ok(), "{name}");
        }
    }
    for reference in spec["variables"].as_array().unwrap().iter().chain(store) {
        if let Some(reference) = reference["valueFrom"]["secretKeyRef"].as_object() {
            assert_eq!(reference["name"], secret["metadata"]["name"]);
            assert!(keys.contains_key(reference["key"].as_str().unwrap()), "{reference:?}");
        }
    }
    let paths = ingress["spec"]["rules"][0]["http"]["paths"].as_array().unwrap();
    assert_eq!(paths.len(), 1, "only the landing page is public");
    assert_eq!(paths[0]["path"], "/welcome/");
    assert_eq!(paths[0]["backend"]["service"]["name"], app["metadata"]["name"]);
}

/// What stands in comments is for a site to take in: it has to be as good.
#[test]
fn examples_that_are_commented_out_are_variables_too() {
    let spinkube = read("deploy/spinkube/spinapp.yaml");
    let lines: Vec<&str> = spinkube.lines().filter_map(|line| line.trim().strip_prefix("# ")).collect();
    let mut examples: Vec<(String, String)> = lines
        .windows(2)
        .filter_map(|pair| Some((pair[0].strip_prefix("- name: ")?, pair[1].strip_prefix("  value")?)))
        // Else it comes from the secret.
        .map(|(name, value)| (name.to_owned(), value.strip_prefix(": ").unwrap_or_default().to_owned()))
        .collect();
    let unit = read("deploy/systemd/environment.example");
    let assigned = unit.lines().filter_map(|line| line.trim_start_matches("# ").split_once('='));
    // The runtime's own, which is no variable of the application.
    let assigned = assigned.filter(|(name, _)| *name != "RUNTIME_CONFIG_FILE");
    examples.extend(assigned.map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    assert!(examples.iter().filter(|(name, _)| name == "orthanc_root").count() == 2, "{examples:?}");
    for (name, value) in examples {
        let variable = config::VARIABLES.iter().find(|other| other.name == name);
        let variable = variable.unwrap_or_else(|| panic!("{name} is no variable"));
        assert_eq!(variable.secret, value.is_empty(), "{name}: a secret has no value here");
        assert!(value.is_empty() || config::check(&name, &value).is_ok(), "{name}");
    }
    let secret = read("deploy/spinkube/secret.example.yaml");
    for name in ["orthanc_password", "audit_authorization", "notify_endpoint", "meddream_token_service_url"] {
        assert!(secret.contains(&format!("  # {name}:")), "{name}");
        assert!(spinkube.contains(&format!("key: {name}")), "{name}");
    }
}

// --- MedDream and the documents -------------------------------------------------------------------------

#[test]
fn meddream_is_wired_to_this_setup() {
    let system: Value = serde_json::from_str(&read("demo-setup/meddream/system.json")).expect("JSON");
    assert!(system["features"].is_object());
    let overlay = yaml("demo-setup/docker-compose.meddream.yml").remove(0);
    let url =
        overlay["services"]["orthanc-share"]["environment"]["MEDDREAM_TOKEN_SERVICE_URL"].as_str().unwrap();
    let (origin, _) = url.split_once("/v3/generate").expect("the path that generates");
    let viewer = read("demo-setup/meddream/viewer.properties");
    assert!(viewer.contains(&format!("token-service-address={origin}/v3/validate\n")));
    assert!(read("demo-setup/meddream/token-service.properties").contains("\nserver.port=8088\n"));
    for service in overlay["services"].as_object().unwrap().values() {
        for volume in service["volumes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if let Some(path) = volume.strip_prefix("./").and_then(|rest| rest.split(':').next()) {
                assert!(repository().join("demo-setup").join(path).is_file(), "{path}");
            }
        }
    }
}

#[test]
fn moving_in_names_every_variable_of_the_successor() {
    let text = read("docs/migrate.md");
    let aliases = config::ALIASES.iter().map(|(theirs, _)| theirs.to_uppercase());
    let unserved = config::UNSERVED.iter().map(|(theirs, _)| (*theirs).to_owned());
    for name in aliases.chain(unserved).filter(|name| !name.starts_with("EMAILS_")) {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
    for block in text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        assert!(serde_json::from_str::<Value>(block).is_ok(), "{block}");
    }
}
