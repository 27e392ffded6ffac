//! The application under test: a process of its own, on a free loopback port, ended with the test.
//! `ORTHANC_SHARE_TEST_HOST=spin` runs it under `spin up` instead of the embedded runtime.

use std::fs::{DirBuilder, File};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The key that the application under test signs with, unless the test gives another.
pub const SECRET_KEY: &str = "a-key-for-tests-only-of-43-characters-------";

/// What every journey starts from; a test overrides or removes (with an empty value) what it needs.
const VARIABLES: &[(&str, &str)] = &[
    ("secret_key", SECRET_KEY),
    ("public_orthanc_root", "http://localhost/shares/"),
    ("server_identifier", "standard-server-id"),
    ("public_anonymized_orthanc_root", "http://localhost/anon-shares/"),
    ("anonymized_server_identifier", "anonymized-server-id"),
    ("public_landing_root", "http://localhost/welcome/"),
];

/// A running application; dropping it ends the process.
pub struct App {
    process: Child,
    command: Command,
    address: String,
    state: tempfile::TempDir,
}

impl App {
    /// Starts with the standard variables, changed by these; panics with its log if it does not start.
    pub fn start(overrides: &[(&str, &str)]) -> Self {
        Self::start_with(overrides, &[])
    }

    /// The same, with further command-line arguments of the host.
    pub fn start_with(overrides: &[(&str, &str)], arguments: &[&str]) -> Self {
        Self::spawn(&[], "spin.toml", &with_variables(overrides, arguments), &[]).started()
    }

    /// With this environment (of the embedded runtime) besides the standard variables, changed by these.
    pub fn start_with_env(overrides: &[(&str, &str)], environment: &[(&str, &str)]) -> Self {
        Self::spawn(&[], "spin.toml", &with_variables(overrides, &[]), environment).started()
    }

    /// Another application than ours, with these arguments of the host.
    pub fn start_manifest(manifest: &str, arguments: &[&str]) -> Self {
        Self::start_manifest_with_env(manifest, arguments, &[])
    }

    /// The same, with this environment.
    pub fn start_manifest_with_env(manifest: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self::spawn(&[], manifest, &arguments, environment).started()
    }

    /// Ours with the standard variables, changed by these, and as this program starts it: `sh -c SCRIPT sh`, say,
    /// with `exec "$@"` at the end.
    pub fn start_by(wrapper: &[&str], overrides: &[(&str, &str)], arguments: &[&str]) -> Self {
        Self::spawn(wrapper, "spin.toml", &with_variables(overrides, arguments), &[]).started()
    }

    /// The same, where the start must be refused.
    pub fn refused_start_by(wrapper: &[&str], overrides: &[(&str, &str)], arguments: &[&str]) -> String {
        Self::spawn(wrapper, "spin.toml", &with_variables(overrides, arguments), &[]).refused()
    }

    /// Expects the start to be refused: the exit status is a failure. Returns what it said.
    pub fn refused_start(overrides: &[(&str, &str)], arguments: &[&str]) -> String {
        Self::refused_start_with_env(overrides, arguments, &[])
    }

    /// The same, with this environment.
    pub fn refused_start_with_env(
        overrides: &[(&str, &str)],
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> String {
        Self::spawn(&[], "spin.toml", &with_variables(overrides, arguments), environment).refused()
    }

    fn refused(mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.process.try_wait().expect("the host's process can be asked") {
                assert!(
                    !status.success(),
                    "it ended well, but should have refused to start:\n{}",
                    self.log()
                );
                return self.log();
            }
            assert!(Instant::now() < deadline, "it started, but should have refused:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn started(mut self) -> Self {
        self.wait_until_it_listens();
        self
    }

    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&self.address).is_err() {
            if let Some(status) = self.process.try_wait().expect("the host's process can be asked") {
                panic!("the application ended at start ({status}):\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "the application did not start:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn spawn(wrapper: &[&str], manifest: &str, arguments: &[String], environment: &[(&str, &str)]) -> Self {
        let state = tempfile::tempdir().expect("a temporary directory");
        let address = free_address();
        let log = File::create(state.path().join("log")).expect("a log file");
        let mut command = host_command(wrapper);
        command.arg("-f").arg(repository().join(manifest)).args(["--listen", &address]);
        // Its own, so that no two tests share a store.
        if !arguments.iter().any(|argument| argument == STATE_DIR) {
            command.arg(STATE_DIR).arg(prepare_state(state.path().join("state")));
        }
        command
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(repository())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log file, twice"))
            .stderr(log);
        let process = command.spawn().expect("the host starts: run `cargo xtask build` first");
        Self { process, command, address, state }
    }

    /// `http://127.0.0.1:{port}` followed by the path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `127.0.0.1:{port}`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process id of the host.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Tells the host by SIGHUP to read again what it is made from.
    pub fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.pid().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "kill runs");
    }

    /// Ends the host at once, as a crash or the kernel would.
    pub fn kill(&mut self) {
        // One that has ended may have left its number to another.
        if let Ok(None) = self.process.try_wait() {
            // Spin is two processes: its `up` starts what serves.
            let id = self.process.id();
            let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
            let _ = self.process.kill();
            for child in children.unwrap_or_default().split_whitespace() {
                let _ = Command::new("kill").args(["-KILL", child]).status();
            }
        }
        let _ = self.process.wait();
    }

    /// Ends the host at once and starts it again as it was, on the same address; its log goes on.
    pub fn crash_and_restart(&mut self) {
        self.kill();
        self.process = self.command.spawn().expect("the host starts again");
        self.wait_until_it_listens();
    }

    /// Waits for the host to end by itself, and says whether it ended well.
    pub fn wait(&mut self) -> bool {
        self.process.wait().expect("the host's process can be waited for").success()
    }

    /// All that the host has written to its standard output and error so far.
    pub fn log(&self) -> String {
        let mut text = String::new();
        let read =
            File::open(self.state.path().join("log")).and_then(|mut file| file.read_to_string(&mut text));
        read.map(|_| text).unwrap_or_default()
    }

    /// Panics unless the log has this text, now or soon: it is written behind the answers.
    pub fn assert_logs(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "the log does not say `{text}`:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// A loopback address that nothing listens on.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

const STATE_DIR: &str = "--state-dir";

/// A state directory for several applications of one test, or for one that is started again: for `--state-dir`.
pub fn state_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    prepare_state(directory.path().to_owned());
    directory
}

/// All journeys share the compiled components: the first start compiles, the others do not wait for it.
fn prepare_state(directory: PathBuf) -> PathBuf {
    let shared = repository().join("target/journeys/state/compiled");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&shared);
    made.and_then(|()| std::fs::create_dir_all(&directory))
        .and_then(|()| std::os::unix::fs::symlink(&shared, directory.join("compiled")))
        .expect("a state directory");
    directory
}

/// Whether the application runs under Spin, and not on the embedded runtime.
pub fn is_spin() -> bool {
    std::env::var("ORTHANC_SHARE_TEST_HOST").is_ok_and(|host| host == "spin")
}

/// For journeys that are about the embedded runtime: whether there is nothing to do for them, and they say so.
pub fn skipped_under_spin() -> bool {
    if is_spin() {
        eprintln!("SKIPPED: this journey is about the embedded runtime, and another host is tested");
    }
    is_spin()
}

/// `up`, by way of this wrapper if there is one.
fn host_command(wrapper: &[&str]) -> Command {
    let binary = if is_spin() {
        PathBuf::from("spin")
    } else {
        std::env::var_os("ORTHANC_SHARE_BIN")
            .map_or_else(|| repository().join("target/release/orthanc-share"), PathBuf::from)
    };
    let mut command = match wrapper {
        [] => Command::new(binary),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(binary);
            command
        }
    };
    command.arg("up");
    command
}

/// The standard variables, changed by these (an empty value takes one away), before the other arguments.
fn with_variables(overrides: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
    let standard = VARIABLES.iter().filter(|(name, _)| !overrides.iter().any(|(other, _)| other == name));
    let values = standard.chain(overrides.iter().filter(|(_, value)| !value.is_empty()));
    let variables = values.flat_map(|(name, value)| ["--variable".to_owned(), format!("{name}={value}")]);
    variables.chain(arguments.iter().map(|argument| (*argument).to_owned())).collect()
}
