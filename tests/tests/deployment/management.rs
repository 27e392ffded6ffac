//! Who reaches the management page and the API of shares: people inside, by a server of nginx that is theirs alone, and
//! nobody by the public one. And the account of shares has the address of who asked nginx.

use std::path::Path;
use std::process::{Command, Stdio};

use journeys::http::{get, send, send_json};
use journeys::{App, free_address, repository};
use serde_json::json;

use super::{Process, compose, read, run, wait_for};

const USERS: &str = r#"{"admin": "page"}"#;
/// `admin:page`
const ADMIN: (&str, &str) = ("authorization", "Basic YWRtaW46cGFnZQ==");

/// deploy/nginx/management.conf on this address without TLS, for callers from `allowed`.
fn start(directory: &Path, listen: &str, allowed: &str, share: &str) -> Process {
    let here = directory.display();
    let file = read("deploy/nginx/management.conf");
    let lines = file.lines().filter(|line| !line.trim_start().starts_with("ssl_"));
    let server = lines
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .replace("listen 10.0.0.5:443 ssl;", &format!("listen {listen};"))
        .replace("allow 10.0.0.0/8;", &format!("allow {allowed};"))
        .replace("http://127.0.0.1:8000", &format!("http://{share}"))
        .replace("/var/log/nginx/", &format!("{here}/"));
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {here}/{name};\n"))
        .collect();
    let main = format!(
        "daemon off; master_process off; pid {here}/pid; error_log {here}/main.log; events {{}}\n\
         http {{ access_log {here}/access.log; {temporary} {server} }}\n"
    );
    let path = directory.join("nginx.conf");
    std::fs::write(&path, main).expect("a file");
    let mut command = Command::new("nginx");
    command.arg("-e").arg(directory.join("start.log")).arg("-c").arg(&path).stdin(Stdio::null());
    let nginx = Process(command.spawn().expect("nginx starts"));
    wait_for(listen);
    nginx
}

#[test]
fn shares_are_managed_through_a_server_for_people_inside() {
    if run("nginx", &["-v"]).is_none() {
        return;
    }
    let app = App::start(&[("share_store", "default"), ("users", USERS), ("trusted_proxies", "127.0.0.1")]);
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    let nginx = start(directory.path(), &address, "127.0.0.0/8", app.address());
    let url = |path: &str| format!("http://{address}{path}");

    let body =
        json!({"studies": [{"orthanc-id": "a-b"}], "type": "osimis-viewer-publication", "label": "zqlabel"});
    let share = send_json("PUT", &url("/shares"), &[ADMIN], &body);
    assert_eq!(share.status, 200, "{}", share.text());
    let jti = share.json()["jti"].as_str().expect("it is kept").to_owned();
    let page = get(&url("/shares/ui/"), &[ADMIN]);
    assert_eq!(page.status, 200);
    let html = page.text();
    let script = html.split('"').find(|part| part.ends_with("main.js")).expect("a script");
    for (method, path, headers, status) in [
        ("GET", "/shares/ui".to_owned(), &[ADMIN][..], 308),
        ("GET", format!("/shares/ui/{}", script.trim_start_matches("./")), &[ADMIN], 200),
        ("GET", "/shares/ui/".to_owned(), &[], 401),
        ("GET", "/shares?state=active".to_owned(), &[ADMIN], 200),
        ("GET", "/shares".to_owned(), &[], 401),
        ("GET", format!("/shares/{jti}"), &[ADMIN], 200),
        ("GET", format!("/shares/{jti}"), &[], 401),
        ("GET", format!("/shares/{jti}/events"), &[ADMIN], 200),
        ("DELETE", format!("/shares/{jti}"), &[ADMIN], 204),
        ("POST", "/shares/validate".to_owned(), &[ADMIN], 404),
        ("GET", "/shares/validate/download".to_owned(), &[ADMIN], 404),
        ("PUT", "/tokens/viewer-instant-link".to_owned(), &[ADMIN], 404),
        ("GET", "/welcome/".to_owned(), &[ADMIN], 404),
        ("GET", "/".to_owned(), &[ADMIN], 404),
    ] {
        let answer = send(method, &url(&path), headers, b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    let forged = [ADMIN, ("x-forwarded-for", "203.0.113.9")];
    assert_eq!(send_json("PUT", &url("/shares"), &forged, &body).status, 200);
    app.assert_logs(r#""address":"127.0.0.1""#);
    assert!(!app.log().contains("203.0.113.9"), "nginx overwrites what a client says of itself");
    drop(nginx);
    let logs = ["access.log", "error.log", "main.log"]
        .map(|name| std::fs::read_to_string(directory.path().join(name)).unwrap_or_default());
    assert!(!logs.concat().contains(&jti), "{logs:?}");
}

#[test]
fn strangers_do_not_come_in() {
    if run("nginx", &["-v"]).is_none() {
        return;
    }
    let app = App::start(&[("share_store", "default")]);
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    let _nginx = start(directory.path(), &address, "10.0.0.0/8", app.address());
    for path in ["/shares", "/shares/ui/", "/shares/0123456789abcdef"] {
        assert_eq!(get(&format!("http://{address}{path}"), &[]).status, 403, "{path}");
    }
}

/// Nobody is at the address of the example: that it is asked for shows that the file was read.
#[test]
fn the_example_of_a_runtime_configuration_puts_the_shares_into_a_redis() {
    let file = repository().join("deploy/runtime-config.example.toml");
    let arguments = ["--runtime-config-file", file.to_str().expect("a path in UTF-8")];
    let app = App::start_with(&[("share_store", "default")], &arguments);
    let list = get(&app.url("/shares"), &[]);
    assert_eq!(list.status, 503, "{}", list.text());
    assert!(app.log().contains("Redis") && !app.log().contains("orthanc-share:password"), "{}", app.log());
}

/// What the compose setup keeps must be where it stays.
#[test]
fn the_shares_of_the_compose_setup_are_in_a_volume_and_its_page_on_loopback() {
    let compose = compose();
    let share = &compose["services"]["orthanc-share"];
    assert_eq!(share["environment"]["SHARE_STORE"], "default");
    assert_eq!(share["volumes"], json!(["share-state:/var/lib/orthanc-share"]));
    assert!(compose["volumes"].as_object().is_some_and(|volumes| volumes.contains_key("share-state")));
    assert_eq!(share["ports"], json!(["${API_ADDRESS:-127.0.0.1:8000}:8000"]));
    let proxies = share["environment"]["TRUSTED_PROXIES"].as_str().expect("a text");
    let networks = proxies.strip_prefix("${TRUSTED_PROXIES:-").and_then(|rest| rest.strip_suffix('}'));
    assert!(config::check("trusted_proxies", networks.expect("a default")).is_ok());
    // The public nginx sends nothing to the API, but for what it asks itself.
    let nginx = read("demo-setup/nginx/default.conf");
    let routes: Vec<&str> = nginx.lines().filter(|line| line.contains("http://orthanc-share:8000")).collect();
    assert_eq!(routes.len(), 3, "the landing, the proxy, and the question before a download: {routes:?}");
}
