//! nginx in front of the whole setup: its routes, what may be sent to the Orthancs of shares, and its log.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use journeys::http::{get, send, send_json};
use journeys::upstream::{STUDY, STUDY_UID, Upstream};
use journeys::{App, SECRET_KEY, free_address, repository, token};
use serde_json::json;

use super::{Process, read, run, succeeds, wait_for};

/// Nothing listens there.
const NOTHING: &str = "127.0.0.1:1";

/// The demo's configuration below a directory of its own, on this address, with orthanc-share and Orthanc on those.
fn configuration(directory: &Path, listen: &str, share: &str, orthanc: &str) -> PathBuf {
    let demo = repository().join("demo-setup/nginx");
    let here = directory.display();
    let server = read("demo-setup/nginx/default.conf")
        .replace("listen 80;", &format!("listen {listen};"))
        .replace("http://orthanc-share:8000", &format!("http://{share}"))
        .replace("http://orthanc-for-shares:8042", &format!("http://{orthanc}"))
        .replace("/etc/nginx/proxy.conf", &demo.join("proxy.conf").display().to_string())
        .replace("/etc/nginx/routes/", &format!("{}/", demo.join("routes").display()))
        .replace("/var/log/nginx/", &format!("{here}/"));
    assert!(!server.contains("/etc/") && !server.contains("/var/"), "a path of the container is left");
    std::fs::write(directory.join("server.conf"), server).expect("a file");
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {here}/{name};\n"))
        .collect();
    let main = format!(
        "daemon off; master_process off; pid {here}/pid; error_log {here}/main.log; events {{}}\n\
         http {{ {temporary} include {here}/server.conf; }}\n"
    );
    let path = directory.join("nginx.conf");
    std::fs::write(&path, main).expect("a file");
    path
}

fn start(directory: &Path, listen: &str, share: &str, orthanc: &str) -> Process {
    let path = configuration(directory, listen, share, orthanc);
    let mut command = Command::new("nginx");
    command.arg("-e").arg(directory.join("start.log")).arg("-c").arg(&path).stdin(Stdio::null());
    let nginx = Process(command.spawn().expect("nginx starts"));
    wait_for(listen);
    nginx
}

#[test]
fn takes_its_routes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = configuration(directory.path(), NOTHING, NOTHING, NOTHING);
    let log = directory.path().join("start.log");
    succeeds("nginx", &["-t", "-q", "-e", log.to_str().unwrap(), "-c", path.to_str().unwrap()]);
}

#[test]
fn shows_the_landing_and_logs_no_token() {
    if run("nginx", &["-v"]).is_none() {
        return;
    }
    let app = App::start(&[]);
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    let nginx = start(directory.path(), &address, app.address(), NOTHING);

    let url = |path: &str| format!("http://{address}{path}");
    let landing = get(&url("/welcome/?token=qzx.qzx.qzx"), &[]);
    assert_eq!(landing.status, 403, "{}", landing.text());
    assert!(landing.header("content-type").is_some_and(|value| value.starts_with("text/html")));
    assert_eq!(landing.header("referrer-policy"), Some("no-referrer"));
    let cases = [
        ("GET", "/welcome/s/qzxqzxqzxqzxqzxqzxqzxq", 404),
        ("POST", "/welcome/s/qzxqzxqzxqzxqzxqzxqzxq", 415),
        // What is kept of shares has no route: these are Orthanc's, which is not there.
        ("GET", "/shares/ui/", 502),
        ("GET", "/shares", 301),
        ("GET", "/may-take-away?token=qzx", 404),
        // No Orthanc is there: the route is.
        ("GET", "/shares/studies/a?token=qzx", 502),
        ("DELETE", "/shares/studies/a?token=qzx", 403),
        ("PUT", "/shares/?token=qzx", 403),
        ("POST", "/shares/studies/a/anonymize?token=qzx", 403),
        ("POST", "/holds-a-share?token=qzx", 404),
        ("PUT", "/tokens/osimis-viewer-publication?token=qzx", 404),
        ("POST", "/user/get-profile?token=qzx", 404),
    ];
    for (method, path, status) in cases {
        assert_eq!(send(method, &url(path), &[], b"").status, status, "{method} {path}");
    }
    drop(nginx);

    let logs = ["access.log", "error.log", "main.log", "start.log"]
        .map(|name| std::fs::read_to_string(directory.path().join(name)).unwrap_or_default())
        .concat();
    assert!(logs.contains("\"GET /welcome/\" 403"), "{logs}");
    assert!(logs.contains("\"GET /shares/studies/a\" 502"), "{logs}");
    assert!(logs.contains("\"GET /welcome/s/-\" 404"), "{logs}");
    assert!(!logs.contains("qzx"), "a token is in a log:\n{logs}");
}

/// Stands in for Orthanc with plugin 0.11: a search needs a share, `/tools/lookup` does not, the rest says what came.
fn orthanc() -> String {
    fn answer(mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut request, mut holds_a_share, mut length) = (String::new(), false, 0);
        reader.read_line(&mut request)?;
        for line in reader.by_ref().lines() {
            let line = line?.to_lowercase();
            if line.is_empty() {
                break;
            }
            holds_a_share |= line == "authorization: bearer share";
            length = line.strip_prefix("content-length: ").map_or(length, |value| value.parse().unwrap_or(0));
        }
        reader.take(length).read_to_end(&mut Vec::new())?;
        let request = request.trim_end_matches(" HTTP/1.1\r\n");
        let refused = request == "GET /dicom-web/studies?limit=1" && !holds_a_share;
        let status = if refused { "403 Forbidden" } else { "200 OK" };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{request}",
            request.len()
        )
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address").to_string();
    std::thread::spawn(move || listener.incoming().flatten().map(answer).for_each(drop));
    address
}

#[test]
fn viewers_read_and_only_who_holds_a_share_looks_up_a_study() {
    if run("nginx", &["-v"]).is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    let _nginx = start(directory.path(), &address, NOTHING, &orthanc());
    for (method, path, bearer, status) in [
        ("GET", "/dicom-web/studies?PatientID=1", "", 200),
        ("OPTIONS", "/dicom-web/studies", "", 200),
        ("POST", "/tools/lookup", "share", 200),
        ("POST", "/tools/lookup", "another", 403),
        ("POST", "/tools/lookup", "", 403),
        ("GET", "/tools/lookup", "share", 403),
        ("POST", "/tools/lookup/", "share", 403),
        ("POST", "/tools/find", "share", 403),
        ("POST", "/studies/a/merge", "share", 403),
        ("POST", "/dicom-web/studies", "share", 403),
        ("PUT", "/studies/a/metadata/1025", "share", 403),
        ("DELETE", "/studies/a", "share", 403),
    ] {
        let url = format!("http://{address}/shares{path}");
        let answer = send(method, &url, &[("authorization", &format!("Bearer {bearer}"))], b"1.2.3");
        assert_eq!(answer.status, status, "{method} {path} with {bearer}: {}", answer.text());
        if status == 200 {
            assert_eq!(answer.text(), format!("{method} {path}"));
        }
    }
}

/// The plugin's question says nothing of the path, so that it would grant an archive like any other reading.
#[test]
fn files_are_taken_away_only_where_the_share_says_so() {
    if run("nginx", &["-v"]).is_none() {
        return;
    }
    let app = App::start(&[("server_identifier", "")]);
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    let _nginx = start(directory.path(), &address, app.address(), &orthanc());
    let share = |download: bool| {
        let body = json!({"studies": [{"orthanc-id": "a"}], "type": "osimis-viewer-publication", "download": download});
        let answer = send_json("PUT", &app.url("/shares"), &[], &body);
        answer.json()["token"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
    };
    let (all, looking) = (share(true), share(false));
    let ask = |path: &str, headers: &[(&str, &str)]| {
        send("GET", &format!("http://{address}/shares{path}"), headers, b"")
    };
    for path in [
        "/studies/a/archive",
        "/studies/a/media",
        "/instances/a/file",
        "/studies/a/archive/",
        "/studies/a//archive",
        "/studies/a/%61rchive",
        "/studies/a/x/../archive",
        "/studies/a%2farchive",
        "/archive",
    ] {
        let bearer = format!("Bearer {looking}");
        assert_eq!(ask(&format!("{path}?token={looking}"), &[]).status, 403, "{path}");
        assert_eq!(ask(&format!("{path}?a=b&token={looking}"), &[]).status, 403, "{path}");
        assert_eq!(ask(path, &[("token", &looking)]).status, 403, "{path}");
        assert_eq!(ask(path, &[("authorization", &bearer)]).status, 403, "{path}");
        assert_eq!(ask(path, &[]).status, 403, "{path} without a token");
        // The client does not say what the question is.
        let forged = [("token", looking.as_str()), ("x-original-uri", "/studies/a")];
        assert_eq!(ask(path, &forged).status, 403, "{path}");
        let taken = ask(&format!("{path}?token={all}"), &[]);
        assert_eq!(taken.status, 200, "{path}: {}", taken.text());
    }
    let taken = ask(&format!("/studies/a/archive?token={all}"), &[]);
    assert_eq!(taken.text(), format!("GET /studies/a/archive?token={all}"), "Orthanc is asked as before");
    for path in ["/studies/a", "/archives/a", "/dicom-web/studies/1.2", "/studies/a/archive-not"] {
        assert_eq!(ask(&format!("{path}?token={looking}"), &[]).status, 200, "{path}");
    }
    let post = format!("http://{address}/shares/studies/a/archive?token={all}");
    assert_eq!(send("POST", &post, &[], b"{}").status, 403);
}

#[test]
fn anonymized_shares_are_read_from_the_proxy_alone() {
    if run("nginx", &["-v"]).is_none() {
        return;
    }
    let upstream = Upstream::start();
    let variables = [("orthanc_root", &*upstream.root()), ("orthanc_origin", &upstream.origin())];
    let app = App::start(&variables);
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    // Whatever went to the Orthanc of standard shares would be answered by it.
    let _nginx = start(directory.path(), &address, app.address(), &orthanc());

    let studies = json!([{"dicom_uid": STUDY_UID, "orthanc_id": STUDY}]);
    let claims =
        json!({"id": "j", "anonymized": true, "type": "stone-viewer-publication", "studies": studies});
    let token = token::sign(SECRET_KEY, &claims);
    let ask = |method: &str, path: &str| {
        let url = format!("http://{address}/anon-shares{path}");
        let answer = send(method, &url, &[("token", &token)], b"");
        assert!(!answer.text().contains("ZQMARK") && !answer.text().contains(STUDY_UID), "{}", answer.text());
        answer
    };
    let study = ask("GET", &format!("/studies/{STUDY}"));
    assert_eq!((study.status, &study.json()["Type"]), (200, &json!("Study")), "{}", study.text());
    for (method, path, status) in [
        ("HEAD", format!("/studies/{STUDY}"), 200),
        ("GET", "/no-such-route".to_owned(), 404),
        // The path comes as it is: what was encoded is not decoded on the way.
        ("GET", format!("/studies%2f{STUDY}"), 404),
        ("GET", format!("/osimis-viewer/app/%2e%2e/%2e%2e/studies/{STUDY}"), 404),
        ("GET", "/tools/lookup".to_owned(), 404),
        ("POST", "/tools/lookup".to_owned(), 403),
        ("DELETE", format!("/studies/{STUDY}"), 403),
        ("PUT", format!("/studies/{STUDY}/metadata/1025"), 403),
    ] {
        assert_eq!(ask(method, &path).status, status, "{method} {path}");
    }
}
