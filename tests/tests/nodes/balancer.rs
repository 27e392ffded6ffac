//! nginx that sends each request to the next of some nodes, and to another where one is gone.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use journeys::free_address;

/// Ended, and its files removed, with the test.
pub struct Balancer {
    process: Child,
    address: String,
    _directory: tempfile::TempDir,
}

impl Balancer {
    /// Between the nodes at these addresses. The answers say in `x-node` which of them was asked, the last
    /// one last.
    pub fn start(nodes: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let here = directory.path().display();
        let address = free_address();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {here}/{name}; "))
            .concat();
        // A node that was gone is asked again at once: the next request may be its.
        let nodes = nodes.iter().map(|node| format!("server {node} max_fails=0; ")).collect::<String>();
        let configuration = format!(
            "daemon off; master_process off; pid {here}/pid; error_log {here}/error.log;
             events {{}}
             http {{
                 {temporary} access_log off;
                 upstream nodes {{ {nodes} }}
                 server {{
                     listen {address};
                     location / {{ proxy_pass http://nodes; add_header X-Node $upstream_addr always; }}
                 }}
             }}"
        );
        let path = directory.path().join("nginx.conf");
        std::fs::write(&path, configuration).expect("a file");
        let process = Command::new("nginx")
            .arg("-e")
            .arg(directory.path().join("start.log"))
            .arg("-c")
            .arg(&path)
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx starts: apt-get install nginx");
        let balancer = Self { process, address, _directory: directory };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&balancer.address).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        balancer
    }

    /// `127.0.0.1:{port}`
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
