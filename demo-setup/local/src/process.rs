//! A server as a process of its own: its log in a file, its end with ours.
//! Where util-linux's setpriv is there, it ends even if we are killed and can end nothing.

use std::fs::File;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const SETPRIV: &str = "/usr/bin/setpriv";
const START: Duration = Duration::from_secs(60);
const TAIL: usize = 20;

/// A running server; dropping it ends the process.
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program; what it writes goes to `{name}.log` in this directory.
    pub fn start(
        name: &'static str,
        program: &Path,
        directory: &Path,
        with: impl Fn(&mut Command),
    ) -> Result<Self> {
        let log = directory.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| log.display().to_string())?;
        let mut command = if Path::new(SETPRIV).exists() {
            let mut command = Command::new(SETPRIV);
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        with(&mut command);
        let child = command
            // Ctrl-C is for us alone: we end it, in our order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{name} cannot be started: {}", program.display()))?;
        Ok(Self { name, child, log })
    }

    /// Waits until something listens at the address.
    pub fn wait_for_address(&mut self, address: &str) -> Result<()> {
        self.wait_until(|_| TcpStream::connect(address).is_ok())
    }

    /// Waits until the log has this text.
    pub fn wait_for_log(&mut self, text: &str) -> Result<()> {
        self.wait_until(|log| log.contains(text))
    }

    fn wait_until(&mut self, ready: impl Fn(&str) -> bool) -> Result<()> {
        let deadline = Instant::now() + START;
        while !ready(&self.log()) {
            if let Some(end) = self.ended() {
                bail!("{end}");
            }
            if Instant::now() > deadline {
                bail!("{} did not start in {} s:\n{}", self.name, START.as_secs(), self.tail());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// If it has ended: its name, its status and the end of its log.
    pub fn ended(&mut self) -> Option<String> {
        let status = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        Some(format!(
            "{} has ended ({status}). The end of {}:\n{}",
            self.name,
            self.log.display(),
            self.tail()
        ))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn tail(&self) -> String {
        last_lines(&self.log(), TAIL)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // None of them keeps anything that a sudden end could spoil: their storage lives as long as the demo.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_is_named_with_the_end_of_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let script = "for i in $(seq 30); do echo line $i; done; exit 3";
        let mut process = Process::start("shell", Path::new("/bin/sh"), directory.path(), |command| {
            command.args(["-c", script]);
        })
        .unwrap();
        let error = process.wait_for_log("never written").unwrap_err().to_string();
        for part in ["shell has ended (exit status: 3)", "shell.log", "    line 30\n", "    line 11\n"] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("line 10\n"), "{error}");
    }

    #[test]
    fn a_dropped_process_has_ended() {
        let directory = tempfile::tempdir().unwrap();
        let process = Process::start("sleep", Path::new("/bin/sleep"), directory.path(), |command| {
            command.arg("60");
        })
        .unwrap();
        let proc = PathBuf::from(format!("/proc/{}", process.id()));
        drop(process);
        assert!(!proc.exists());
    }
}
