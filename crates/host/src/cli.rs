//! The command line. Flags that Spin has too keep Spin's names and meaning.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Share studies of an Orthanc server through links.
#[derive(Parser)]
#[command(name = "orthanc-share", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Run the application that a Spin manifest describes.
    Up(Box<UpOptions>),
    /// Ask a running application whether it answers; ends with an error if it does not.
    Health(HealthOptions),
    /// Create, list, look at and take back the shares of a running application.
    Share(Box<::cli::ShareCommand>),
    /// Make keys.
    #[command(subcommand)]
    Keys(::cli::KeysCommand),
}

/// The flags of `health`.
#[derive(Args)]
pub struct HealthOptions {
    /// Where the application listens, as it was told.
    #[arg(long, env = "SPIN_HTTP_LISTEN_ADDR", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
}

/// The flags of `up`.
#[derive(Args)]
pub struct UpOptions {
    /// The application's manifest, or the folder with its spin.toml.
    #[arg(short = 'f', long = "from", alias = "file", value_name = "SPIN_TOML", default_value = "spin.toml")]
    pub manifest: PathBuf,

    /// IP address and port to listen on.
    #[arg(long, env = "SPIN_HTTP_LISTEN_ADDR", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,

    /// A value for a variable of the application; `NAME=@FILE` takes it from a file, and a file of JSON or TOML has
    /// several. May be given several times: the last one counts.
    #[arg(long = "variable", value_name = "NAME=VALUE | NAME=@FILE | @FILE.json | @FILE.toml")]
    pub variables: Vec<String>,

    /// Where state is kept: the default key-value store, and the compiled components. Without it, the store is
    /// in .spin beside the manifest, as Spin's is, and the compiled components are in .orthanc-share.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// Where the key-value stores are, if not all in the state directory: Spin's runtime configuration.
    #[arg(long, value_name = "FILE", env = "RUNTIME_CONFIG_FILE")]
    pub runtime_config_file: Option<PathBuf>,

    /// Log only warnings and errors, and nothing at start.
    #[arg(short, long)]
    pub quiet: bool,

    /// Replace the application when its manifest or a component changes. (SIGHUP does so in any case.)
    #[arg(long)]
    pub watch: bool,

    /// Requests that one instance of a component serves before it is dropped.
    #[arg(long, value_name = "COUNT", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_instance_reuse_count: u32,

    /// Requests that one instance of a component serves at once.
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_instance_concurrent_reuse_count: u32,

    /// How long an idle instance is kept for the next request.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_duration)]
    pub idle_instance_timeout: Duration,

    /// How long a component may take until its answer begins; after that the caller gets 504.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub request_timeout: Duration,

    /// The CPU time that a component may use for one request; after that its instance is ended.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub request_cpu_time: Duration,

    /// The linear memory that each module of an instance may use, in bytes. (A component that is composed with
    /// another is two modules.)
    #[arg(long, value_name = "BYTES", env = "SPIN_MAX_INSTANCE_MEMORY", default_value_t = 128 * 1024 * 1024, value_parser = parse_memory)]
    pub max_instance_memory: usize,

    /// How long a client may take to send the head of a request, the first 64 KiB of its body, and
    /// each further piece; after that it gets 408.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    pub client_timeout: Duration,

    /// The size of a request's body, in bytes; a larger one gets 413.
    #[arg(long, value_name = "BYTES", default_value_t = 10 * 1024 * 1024)]
    pub max_body_size: u64,

    /// The size of a request's head, in bytes; a larger one gets 431. (The header of a token for 2,000
    /// studies takes some 400 KB; an address with its query may have 64 KB in any case.)
    #[arg(long, value_name = "BYTES", default_value_t = 1024 * 1024, value_parser = parse_buffer_size)]
    pub http1_max_buf_size: usize,

    /// Connections that are served at once; further ones wait. (Fewer, if this process may not have so many
    /// open.)
    #[arg(long, value_name = "COUNT", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub max_connections: u32,

    /// How long requests that were accepted may take to end after SIGTERM or SIGINT.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    pub shutdown_timeout: Duration,

    /// Spin's flags for TLS.
    #[command(flatten)]
    pub tls: Tls,
}

/// Known so that whoever sets one is not served in the clear: each has one value at most, and that is refused.
#[derive(Args)]
pub struct Tls {
    #[arg(long = "tls-cert", env = "SPIN_TLS_CERT", hide = true, value_parser = no_tls)]
    certificate: Option<Infallible>,
    #[arg(long = "tls-key", env = "SPIN_TLS_KEY", hide = true, value_parser = no_tls)]
    key: Option<Infallible>,
}

fn no_tls(_: &str) -> Result<Infallible, String> {
    Err("this runtime speaks plain HTTP: have a reverse proxy in front of it speak TLS (or Spin)".to_owned())
}

/// Spin's form: a number with the unit `s` (or none), `ms` or `us`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let make = match &text[digits.len()..] {
        "" | "s" => Duration::from_secs,
        "ms" => Duration::from_millis,
        "us" => Duration::from_micros,
        _ => return Err(NO_DURATION.to_owned()),
    };
    let duration = digits.parse().map(make).map_err(|_| NO_DURATION)?;
    if duration.is_zero() { Err(NO_DURATION.to_owned()) } else { Ok(duration) }
}

const NO_DURATION: &str = "expected a time above 0, such as 30, 30s or 500ms";

/// hyper refuses buffers below 8192 bytes.
fn parse_buffer_size(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|size| *size >= 8192).ok_or_else(|| "expected at least 8192".to_owned())
}

/// A module of wasm has up to 4 GiB, and those of ours start with more than one MiB: whoever gives a small number has
/// counted in other units.
fn parse_memory(text: &str) -> Result<usize, String> {
    let range = 2 * 1024 * 1024..=4 * 1024 * 1024 * 1024;
    let bytes = text.parse().ok().filter(|bytes| range.contains(bytes));
    bytes.ok_or_else(|| format!("expected bytes, from {} to {}", range.start(), range.end()))
}
