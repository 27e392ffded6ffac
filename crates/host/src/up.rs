//! `orthanc-share up`: from the manifest to a listening server.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use manifest::RuntimeConfig;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, Loader};
use crate::cli::UpOptions;
use crate::compiled::Compiled;
use crate::instance::Reuse;
use crate::service::{Limits, Service};
use crate::store::{self, Stores};
use crate::{body, cpu, descriptors, engine, logging, outbound, reload, server, variables};

/// Where state is kept when nothing is said: the stores in Spin's own folder, so that either host finds them;
/// what only this runtime reads apart from them.
const SPIN_STATE_DIR: &str = ".spin";
const STATE_DIR: &str = ".orthanc-share";

/// What a folder's manifest is called.
const MANIFEST: &str = "spin.toml";

/// Runs until it is told to stop.
pub fn run(mut options: UpOptions) -> anyhow::Result<()> {
    if options.manifest.is_dir() {
        options.manifest.push(MANIFEST);
    }
    // For the start, replacements and signals: requests are answered on threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("the async runtime")?;
    let _log = logging::start(options.quiet);
    let (room, warning) = descriptors::make_room(options.max_connections);
    options.max_connections = room;
    warning.into_iter().chain(variables::unread()).for_each(|warning| tracing::warn!("{warning}"));
    let result = runtime.block_on(serve(options));
    // What is being read or compiled for a replacement is of no use any more. The log has the rest of the time.
    runtime.shutdown_timeout(server::END / 2);
    result
}

async fn serve(options: UpOptions) -> anyhow::Result<()> {
    let reuse = reuse(&options);
    let state = State::of(&options)?;
    let loader = Loader {
        engine: engine::new(instances(&options), reuse.memory)?,
        compiled: Compiled::below(&state.compiled)?,
        stores: state.stores,
        path: options.manifest,
        given: variables::given(&options.variables)?,
        reuse,
        pool: outbound::pool()?,
    };
    cpu::start_clock(&loader.engine);
    // From here on SIGHUP is a wish, not the end.
    let hangup = signal(SignalKind::hangup()).context("SIGHUP")?;
    let loaded_from = SystemTime::now();
    let (app, warnings) = loader.load(None).await?;
    let listener =
        server::listen(options.listen).with_context(|| format!("cannot listen on {}", options.listen))?;
    if !options.quiet {
        announce(&app, &listener, &loader.stores)?;
    }
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    reload::announce(&app);

    let limits = Limits {
        body: body::Limits { size: options.max_body_size, pause: options.client_timeout },
        head: options.http1_max_buf_size,
    };
    let service = Arc::new(Service::new(app, limits)?);
    tokio::spawn(reload::run(loader, service.clone(), loaded_from, hangup, options.watch));
    server::run(listener, service, options.max_connections, options.shutdown_timeout).await
}

/// What the flags and the runtime configuration say of state.
struct State {
    /// The folder of the compiled components.
    compiled: PathBuf,
    stores: Stores,
}

impl State {
    fn of(options: &UpOptions) -> anyhow::Result<Self> {
        let file = options.runtime_config_file.as_deref();
        let config = file.map(read_config).transpose()?.unwrap_or_default();
        let given = options.state_dir.clone().or(config.state_dir.as_deref().map(PathBuf::from));
        let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        let default = given.clone().unwrap_or_else(|| beside(&options.manifest).join(SPIN_STATE_DIR));
        let base = file.map(beside).unwrap_or_default();
        let stores = Stores::new(&config, &base, &default)
            .with_context(|| format!("the runtime configuration {}", file.unwrap_or(&base).display()))?;
        Ok(Self { compiled: given.unwrap_or_else(|| PathBuf::from(STATE_DIR)), stores })
    }
}

fn read_config(path: &Path) -> anyhow::Result<RuntimeConfig> {
    let path_shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the runtime configuration {path_shown}"))?;
    RuntimeConfig::parse(&text).with_context(|| format!("the runtime configuration {path_shown}"))
}

fn reuse(options: &UpOptions) -> Reuse {
    Reuse {
        count: options.max_instance_reuse_count as usize,
        concurrent: options.max_instance_concurrent_reuse_count as usize,
        idle: options.idle_instance_timeout,
        request: options.request_timeout,
        cpu: options.request_cpu_time,
        memory: options.max_instance_memory,
        // wasmtime counts what fields take in memory, some times their size on the wire.
        fields: options.http1_max_buf_size.saturating_mul(4),
    }
}

/// Every connection has one request at a time, and every request at most one instance.
fn instances(options: &UpOptions) -> u32 {
    options.max_connections.saturating_add(64)
}

fn announce(app: &App, listener: &TcpListener, stores: &Stores) -> anyhow::Result<()> {
    let base = format!("http://{}", listener.local_addr()?);
    let mut text = String::new();
    if app.uses_store(store::DEFAULT) {
        text.push_str(&format!("Storing default key-value data to {}.\n", stores.default_summary()));
    }
    text.push_str(&format!("Serving {base}\nAvailable routes:\n"));
    for (route, component, _) in app.routes() {
        text.push_str(&format!("  {component}: {base}{route}\n"));
    }
    // Nobody may be reading: that is no reason not to serve.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
