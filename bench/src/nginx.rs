//! nginx, twice: as what is compared with (30 bytes, and Orthanc proxied), and as an Orthanc that holds its
//! answers in memory, so that no row waits for Orthanc's own work.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use journeys::free_address;
use model::Resource;
use paths::inputs::{self, BOUNDARY};

use crate::place::text;
use crate::process::Process;

/// Everything but what it serves. The body of an answer never goes to a file: the buffers hold a frame.
fn configuration(directory: &Path, servers: &str) -> Result<String> {
    let directory = text(directory)?;
    Ok(format!(
        "daemon off;
worker_processes auto;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  client_body_temp_path {directory}/body;
  client_body_buffer_size 1m;
  client_max_body_size 10m;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  proxy_buffers 24 32k;
  proxy_buffer_size 32k;
  proxy_busy_buffers_size 256k;
  proxy_max_temp_file_size 0;
{servers}}}
"
    ))
}

fn start(directory: &Path, address: String, servers: &str) -> Result<Process> {
    let file = directory.join("nginx.conf");
    // Workers give up root's rights, and must reach this folder then.
    let user = if is_root() { "user root;\n" } else { "" };
    std::fs::write(&file, format!("{user}{}", configuration(directory, servers)?))?;
    let program =
        ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|path| Path::new(path).exists());
    let mut command = Command::new(program.unwrap_or("nginx"));
    command.arg("-e").arg(directory.join("error.log")).arg("-p").arg(directory).arg("-c").arg(file);
    Process::start(command, address)
}

fn is_root() -> bool {
    crate::place::first_line("id", &["-u"]).is_some_and(|id| id == "0")
}

/// What is compared with: every POST gets the 30 bytes of a granted question; below `/dicom-web/` is the real
/// Orthanc, if there is one, and below `/memory/dicom-web/` the one in memory.
pub fn rival(directory: &Path, orthanc: Option<&str>, pacs: &str) -> Result<Process> {
    let address = free_address();
    let real = orthanc.map(|real| {
        (
            format!("  upstream real {{ server {real}; keepalive 64; }}\n"),
            "    location /dicom-web/ { proxy_pass http://real; }\n".to_owned(),
        )
    });
    let (upstream, location) = real.unwrap_or_default();
    let servers = format!(
        "{upstream}  upstream memory {{ server {pacs}; keepalive 64; }}
  server {{
    listen {address} backlog=1024;
    proxy_http_version 1.1;
    proxy_set_header Connection \"\";
    default_type application/json;
    location / {{ return 200 '{{\"granted\":true,\"validity\":60}}'; }}
    location /memory/ {{ proxy_pass http://memory/; }}
{location}  }}
"
    );
    start(directory, address, &servers)
}

/// The study whose metadata has about so many bytes; each has one of its own.
pub struct Large {
    /// The study.
    pub study: Resource,
    /// Bytes of its metadata.
    pub bytes: usize,
}

/// An Orthanc in memory.
pub struct Pacs {
    process: Process,
    /// The studies with large metadata, by size.
    pub large: Vec<Large>,
    /// The series with a long list of instances.
    pub long: Long,
}

/// A series with many instances.
pub struct Long {
    /// The study that it lies in.
    pub study: Resource,
    /// Orthanc's id of it.
    pub series: String,
    /// Bytes of the list of its instances.
    pub bytes: usize,
}

/// The pixels of a frame.
pub const FRAME: usize = 512 << 10;
/// The study of [`Pacs::long`].
const LONG: usize = 1;
/// About 4 MB.
const LONG_INSTANCES: usize = 8_000;

impl Pacs {
    /// With the study of the inputs (ten instances, one with a frame and a file), and with large metadata of
    /// these sizes in MB.
    pub fn start(directory: &Path, megabytes: &[usize]) -> Result<Self> {
        let files = directory.join("files");
        let put = |path: String, bytes: &[u8]| -> Result<()> {
            let file = files.join(path + ".bin");
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            Ok(std::fs::write(file, bytes)?)
        };
        let (study, series, instance) = (inputs::STUDY, inputs::SERIES, inputs::INSTANCE);
        let uid = inputs::STUDY_UID;
        put(format!("studies/{study}"), inputs::study_json(&inputs::study(0)).as_bytes())?;
        put(format!("studies/{study}/series"), inputs::series_json(series).as_bytes())?;
        put(format!("series/{series}/instances"), inputs::instances_json(10).as_bytes())?;
        put(format!("instances/{instance}/tags"), inputs::FACTS_JSON.as_bytes())?;
        put(format!("instances/{instance}/file"), &inputs::dicom_file(FRAME))?;
        put(format!("dicom-web/studies/{uid}/metadata"), inputs::dicom_json(10).as_bytes())?;
        let place = format!("dicom-web/studies/{uid}/series/{uid}.1/instances/{uid}.1.1");
        put(format!("{place}/frames/1"), &inputs::frame(FRAME))?;

        // Another study with another series: its list would be read again for each new memory of the first.
        let other = inputs::study(LONG);
        let other_series = "55555555-55555555-55555555-55555555-55555555".to_owned();
        let id = other.orthanc_id.as_deref().unwrap_or_default();
        put(format!("studies/{id}"), inputs::study_json(&other).as_bytes())?;
        put(format!("studies/{id}/series"), inputs::series_json(&other_series).as_bytes())?;
        let list = inputs::instances_json(LONG_INSTANCES);
        put(format!("series/{other_series}/instances"), list.as_bytes())?;

        let each = inputs::dicom_json(100).len() / 100;
        let mut large = Vec::new();
        for (number, megabytes) in megabytes.iter().enumerate() {
            let study = inputs::study(LONG + 1 + number);
            let (id, uid) = (study.orthanc_id.as_deref(), study.dicom_uid.as_deref());
            let json = inputs::dicom_json(megabytes * 1_000_000 / each);
            put(format!("studies/{}", id.unwrap_or_default()), inputs::study_json(&study).as_bytes())?;
            put(format!("dicom-web/studies/{}/metadata", uid.unwrap_or_default()), json.as_bytes())?;
            large.push(Large { study, bytes: json.len() });
        }

        let address = free_address();
        let root = text(&files)?;
        let servers = format!(
            "  server {{
    listen {address} backlog=1024;
    root {root};
    default_type application/json;
    try_files $uri.bin =404;
    location ~ /file$ {{ default_type application/dicom; try_files $uri.bin =404; }}
    location ~ /metadata$ {{ default_type application/dicom+json; try_files $uri.bin =404; }}
    location ~ /frames/ {{
      default_type 'multipart/related; type=\"application/octet-stream\"; boundary={BOUNDARY}';
      try_files $uri.bin =404;
    }}
  }}
"
        );
        let process = start(directory, address, &servers)?;
        let long = Long { study: other, series: other_series, bytes: list.len() };
        Ok(Self { process, large, long })
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.process.address()
    }
}
