//! Key-value stores in a file of SQLite, Spin's own: what every store promises ([`cases`]), and the file.
//! These are the embedded runtime's; Spin has its own.

mod cases;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cases::{Place, as_str, kv, on, text};
use journeys::http::send;
use journeys::{App, free_address, python, repository};
use serde_json::{Value, json};

on! { Place::sqlite() }

/// Asks the file with the sqlite3 of Python: another program, as Spin is one. Rows as lists.
fn sqlite(file: &Path, sql: &str) -> Value {
    let script = "import json, sqlite3, sys\n\
        connection = sqlite3.connect(json.load(sys.stdin))\n\
        rows = connection.execute(sys.argv[1]).fetchall()\n\
        connection.commit()\n\
        print(json.dumps(rows, default=bytes.hex))";
    let file = json!(file.to_str().expect("a path in UTF-8"));
    python::run(Path::new("python3"), &["-c", script, sql], &file)
}

#[test]
fn the_file_is_the_one_that_spin_makes() {
    let place = Place::sqlite();
    let file = place.path().join("sqlite_key_value.db");
    let app = place.start();
    assert!(app.log().contains(&format!("Storing default key-value data to {file:?}.")), "{}", app.log());
    // Spin prints where it would be; it is there when somebody uses it.
    assert_eq!(send("GET", &app.url("/hello"), &[], b"").status, 200);
    assert!(!file.exists());
    text(&app, "set", "a", "hello");
    text(&app, "increment", "n", "258");
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);

    let columns =
        sqlite(&file, "SELECT name, type, \"notnull\", pk FROM pragma_table_info('spin_key_value')");
    assert_eq!(columns, json!([["store", "TEXT", 1, 1], ["key", "TEXT", 1, 2], ["value", "BLOB", 1, 0]]));
    let rows = sqlite(&file, "SELECT store, key, typeof(value), hex(value) FROM spin_key_value ORDER BY key");
    let hello = ["default", "a", "blob", "68656C6C6F"];
    assert_eq!(rows, json!([hello, ["default", "n", "blob", "0201000000000000"]]));
    assert_eq!(sqlite(&file, "PRAGMA journal_mode"), json!([["wal"]]));

    // The other way round, while both have it open.
    sqlite(&file, "INSERT INTO spin_key_value VALUES ('default', 'b', x'6869')");
    assert_eq!(text(&app, "get", "b", ""), "hi");
    sqlite(&file, "INSERT INTO spin_key_value VALUES ('elsewhere', 'c', x'6869')");
    assert_eq!(kv(&app, "get", "c", "").status, 404, "of another label");
    sqlite(&file, "INSERT INTO spin_key_value VALUES ('default', 'short', x'01')");
    assert_eq!(kv(&app, "increment", "short", "1").status, 500);
}

#[test]
fn a_file_that_spin_made_is_taken_over() {
    let place = Place::sqlite();
    let file = place.path().join("sqlite_key_value.db");
    sqlite(
        &file,
        "CREATE TABLE spin_key_value (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))",
    );
    sqlite(&file, "INSERT INTO spin_key_value VALUES ('default', 'n', x'0500000000000000')");
    let app = place.start();
    assert_eq!(text(&app, "increment", "n", "1"), "6");
}

/// Another process that holds the file's write lock for so long.
fn hold(file: &Path, seconds: f32) -> Child {
    let script = format!(
        "import sqlite3, sys, time\n\
         connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
         connection.execute('BEGIN IMMEDIATE')\n\
         print('held', flush=True)\n\
         time.sleep({seconds})\n\
         connection.execute('COMMIT')"
    );
    let mut child = Command::new("python3")
        .args(["-c", &script])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut held = [0; 5];
    std::io::Read::read_exact(child.stdout.as_mut().expect("its output"), &mut held)
        .expect("it holds the file");
    child
}

#[test]
fn a_write_waits_for_another_process_and_a_read_does_not() {
    let place = Place::sqlite();
    let app = place.start();
    text(&app, "set", "a", "1");
    let file = place.path().join("sqlite_key_value.db");
    let mut holder = hold(&file, 1.5);
    std::thread::scope(|scope| {
        let write = scope.spawn(|| text(&app, "set", "a", "2"));
        let asked = Instant::now();
        assert_eq!(text(&app, "get", "a", ""), "1");
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        write.join().expect("the write succeeds");
    });
    assert_eq!(text(&app, "get", "a", ""), "2");
    holder.wait().expect("it ends");

    let mut holder = hold(&file, 20.0);
    let asked = Instant::now();
    assert_eq!(kv(&app, "set", "a", "marked-value").status, 500);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    app.assert_logs("the store failed");
    holder.kill().and_then(|()| holder.wait()).expect("it ends");
    text(&app, "set", "a", "3");
    assert!(!app.log().contains("marked-value"));
}

#[test]
fn the_default_file_is_beside_the_manifest() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let wasm = repository().join("target/wasm32-wasip2/release/");
    let manifest = std::fs::read_to_string(repository().join("tests/guest/spin.toml")).expect("a manifest");
    let manifest = manifest.replace("../../target/wasm32-wasip2/release/", &format!("{}/", wasm.display()));
    std::fs::create_dir(directory.path().join("app")).expect("a folder");
    std::fs::write(directory.path().join("app/spin.toml"), manifest).expect("a copy of the manifest");
    let address = free_address();
    let binary = std::env::var_os("ORTHANC_SHARE_BIN")
        .unwrap_or_else(|| repository().join("target/release/orthanc-share").into_os_string());
    let mut process = Command::new(binary)
        .args(["up", "--quiet", "-f", "app/spin.toml", "--variable", "secret=x", "--listen", &address])
        .current_dir(directory.path())
        .spawn()
        .expect("the host starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while std::net::TcpStream::connect(&address).is_err() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    let answer = send("POST", &format!("http://{address}/kv/set/default/a"), &[], b"1");
    process.kill().and_then(|()| process.wait()).expect("it ends");
    assert_eq!(answer.status, 200);
    assert!(directory.path().join("app/.spin/sqlite_key_value.db").exists());
    assert!(directory.path().join(".orthanc-share/compiled").exists());
}

#[test]
fn other_stores_are_files_that_the_runtime_configuration_names() {
    let place = Place::sqlite();
    place.configure("[key_value_store.default]\ntype = \"spin\"\npath = \"sub/other.db\"\n");
    let app = place.start();
    text(&app, "set", "a", "1");
    drop(app);
    // Relative to the configuration, and there for the next start.
    assert!(place.path().join("sub/other.db").exists());
    assert!(!place.path().join("sqlite_key_value.db").exists());
    assert_eq!(text(&place.start(), "get", "a", ""), "1");
}

#[test]
fn what_the_configuration_cannot_mean_stops_the_start() {
    let place = Place::sqlite();
    let refused = |manifest: &Path| {
        let mut arguments = place.arguments();
        arguments.extend(["-f".to_owned(), manifest.to_str().expect("UTF-8").to_owned()]);
        let binary = std::env::var_os("ORTHANC_SHARE_BIN")
            .unwrap_or_else(|| repository().join("target/release/orthanc-share").into_os_string());
        let mut command = Command::new(binary);
        let output = command
            .args(["up", "--listen", &free_address()])
            .args(as_str(&arguments))
            .output()
            .expect("it runs");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let guest = repository().join("tests/guest/spin.toml");
    for (config, expected) in [
        ("[[config_provider]]\ntype = \"vault\"", "config_provider is not covered"),
        ("[key_value_store.default]\ntype = \"etcd\"", "key_value_store.default.type"),
        ("[key_value_store.default]\ntype = \"redis\"\nurl = \"a-password\"", "key_value_store.default.url"),
    ] {
        place.configure(config);
        let said = refused(&guest);
        assert!(said.contains(expected) && !said.contains("a-password"), "{said}");
    }
    place.configure("");
    let manifest = std::fs::read_to_string(&guest).expect("the manifest");
    let manifest = manifest
        .replace("[\"default\"]", "[\"default\", \"ledger\"]")
        .replace("../../target", repository().join("target").to_str().expect("UTF-8"));
    let path = place.path().join("spin.toml");
    std::fs::write(&path, manifest).expect("a manifest");
    let said = refused(&path);
    assert!(said.contains("unknown key_value_stores label \"ledger\" for component \"guest\""), "{said}");
}

#[test]
fn every_test_application_has_a_store_of_its_own() {
    let guest = || App::start_manifest("tests/guest/spin.toml", &["--variable", "secret=x"]);
    let (one, other) = (guest(), guest());
    text(&one, "set", "a", "1");
    assert_eq!(kv(&other, "get", "a", "").status, 404);
}
