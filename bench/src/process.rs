//! A server in processes of its own, ended with this value; and what proc(5) says of its time and memory.

use std::fs::File;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A running server.
pub struct Process {
    child: Child,
    address: String,
    log: PathBuf,
    /// The log lies in it.
    _directory: tempfile::TempDir,
}

impl Process {
    /// Starts a server that will listen on the address, and waits until it does.
    ///
    /// # Errors
    /// If it ends, or does not listen within a minute; with its log.
    pub fn start(mut command: Command, address: String) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("log");
        let file = File::create(&log)?;
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let mut process = Self { child, address, log, _directory: directory };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&process.address).is_err() {
            if let Some(status) = process.child.try_wait()? {
                bail!("{name} ended at start ({status}):\n{}", process.log());
            }
            if Instant::now() > deadline {
                bail!("{name} does not listen:\n{}", process.log());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(process)
    }

    /// `127.0.0.1:{port}`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The CPU time that it has used, user and system, with its children's.
    pub fn cpu(&self) -> Duration {
        let ticks: u64 = self.family().iter().filter_map(|pid| cpu_ticks(&stat(*pid)?)).sum();
        // USER_HZ is 100 on every Linux that Rust's standard library knows (proc(5), sysconf(3)).
        Duration::from_millis(ticks * 10)
    }

    /// Forgets the peak so far, so that the next one is that of what is measured.
    pub fn forget_peak(&self) {
        for pid in self.family() {
            // Where the system does not allow it, the peak stays that since the start: too much, never too little.
            let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
    }

    /// The most memory that was resident, in MB of 1,000,000 bytes, with its children's.
    pub fn peak(&self) -> f64 {
        let read = |pid: &u32| peak_kib(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?);
        self.family().iter().filter_map(read).sum::<u64>() as f64 * 1024.0 / 1e6
    }

    /// Its process and all below it.
    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.child.id()];
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut others: Vec<(u32, u32)> = all
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid| Some((pid, parent(&stat(pid)?)?)))
            .collect();
        loop {
            let before = family.len();
            others.retain(|(pid, parent)| {
                let is_child = family.contains(parent);
                if is_child {
                    family.push(*pid);
                }
                !is_child
            });
            if family.len() == before {
                return family;
            }
        }
    }
}

/// How long a server may take to end by itself.
const END: Duration = Duration::from_secs(3);

impl Drop for Process {
    fn drop(&mut self) {
        // Asked, nginx and Spin end their children too; killed, they would leave them behind.
        let family = self.family();
        signal("-TERM", self.child.id());
        let deadline = Instant::now() + END;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Whoever of them is still there has lost its parent.
        let is_orphan =
            |pid: &&u32| stat(**pid).and_then(|stat| parent(&stat)).is_some_and(|parent| parent == 1);
        family.iter().skip(1).filter(is_orphan).for_each(|pid| signal("-KILL", *pid));
    }
}

fn signal(name: &str, pid: u32) {
    // One that has ended already needs none.
    let _ = Command::new("kill").args([name, &pid.to_string()]).stderr(Stdio::null()).status();
}

fn stat(pid: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()
}

/// The fields of `/proc/{pid}/stat` behind the name, which may hold anything but is in parentheses.
fn fields(stat: &str) -> Option<Vec<&str>> {
    Some(stat.rsplit_once(") ")?.1.split(' ').collect())
}

fn parent(stat: &str) -> Option<u32> {
    fields(stat)?.get(1)?.parse().ok()
}

/// `utime` and `stime`.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let fields = fields(stat)?;
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(number(11)? + number(12)?)
}

/// `VmHWM`.
fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read() {
        let stat = "12 (a) b) S 7 12 12 0 -1 4194560 1 2 3 4 250 50 6 7 20 0 1 0 100 1 1";
        assert_eq!((parent(stat), cpu_ticks(stat)), (Some(7), Some(300)));
        assert_eq!((parent(""), cpu_ticks("1 (x) S 1")), (None, None));
        assert_eq!(peak_kib("Name:\tx\nVmHWM:\t   12345 kB\nVmRSS:\t 1 kB"), Some(12345));
        assert_eq!(peak_kib("Name:\tx"), None);
    }
}
