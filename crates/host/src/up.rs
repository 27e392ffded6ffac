//! `orthanc-share up`: from the manifest to a listening server.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use manifest::Manifest;
use tokio::net::TcpListener;

use crate::app::App;
use crate::body;
use crate::cli::UpOptions;
use crate::instance::Reuse;
use crate::service::{Limits, Service};
use crate::{cpu, engine, logging, server, variables};

/// Runs until it is told to stop.
pub fn run(options: UpOptions) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&options.manifest)
        .with_context(|| format!("cannot read the manifest {}", options.manifest.display()))?;
    let manifest =
        Manifest::parse(&text).with_context(|| format!("the manifest {}", options.manifest.display()))?;
    let (values, warnings) = variables::resolve(&manifest, &options.variables)?;

    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the async runtime")?;
    let _log = logging::start(options.quiet);
    let base = options.manifest.parent().unwrap_or(Path::new("")).to_owned();
    runtime.block_on(async {
        let memory = options.max_instance_memory as usize * 1024 * 1024;
        let engine = engine::new(&options.state_dir, instances(&options), memory)?;
        cpu::start_clock(&engine);
        let app = App::load(&engine, &manifest, &base, &values, reuse(&options))?;
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}", options.listen))?;
        if !options.quiet {
            announce(&manifest, &listener)?;
        }
        for warning in
            manifest.warnings.iter().map(ToString::to_string).chain(warnings.iter().map(ToString::to_string))
        {
            tracing::warn!("{warning}");
        }
        let limits = Limits {
            body: body::Limits { size: options.max_body_size, pause: options.client_timeout },
            head: options.http1_max_buf_size,
        };
        let service = Arc::new(Service::new(app, limits)?);
        server::run(listener, service, options.max_connections, options.shutdown_timeout).await
    })
}

fn reuse(options: &UpOptions) -> Reuse {
    Reuse {
        count: options.max_instance_reuse_count as usize,
        concurrent: options.max_instance_concurrent_reuse_count as usize,
        idle: options.idle_instance_timeout,
        request: options.request_timeout,
        cpu: options.request_cpu_time,
        memory: options.max_instance_memory as usize * 1024 * 1024,
        // wasmtime counts what fields take in memory, some times their size on the wire.
        fields: options.http1_max_buf_size.saturating_mul(4),
    }
}

/// Every connection has one request at a time, and every request at most one instance.
fn instances(options: &UpOptions) -> u32 {
    options.max_connections.saturating_add(64)
}

fn announce(manifest: &Manifest, listener: &TcpListener) -> anyhow::Result<()> {
    let base = format!("http://{}", listener.local_addr()?);
    println!("Serving {base}");
    println!("Available routes:");
    for (route, target) in manifest.router.routes() {
        println!("  {target}: {base}{route}");
    }
    Ok(())
}
