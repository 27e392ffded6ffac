//! The wasmtime engine: what guests may use, how instances are allocated, where compiled code is kept.

use std::path::Path;

use anyhow::Context;
use wasmtime::{Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// An engine whose compiled components are kept below `state_dir`, and which has room for this many
/// instances with this much memory each.
pub fn new(state_dir: &Path, instances: u32, memory_bytes: usize) -> anyhow::Result<Engine> {
    let mut cache = CacheConfig::new();
    cache.with_directory(cache_directory(state_dir)?);
    let cache = Cache::new(cache).map_err(anyhow::Error::from).context("the cache of compiled components")?;

    let mut config = Config::new();
    config.cache(Some(cache));
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances, memory_bytes)));
    Engine::new(&config).map_err(anyhow::Error::from).or_else(|error| {
        // Pooling reserves address space up front; where that is limited (`ulimit -v`), instances
        // are allocated one by one instead: slower, the same otherwise.
        tracing::warn!("instances are allocated one by one, which is slower: {error:#}");
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config).map_err(anyhow::Error::from).context("the wasm engine")
    })
}

/// The cache holds native code that will run as this user: nobody else may write to it.
fn cache_directory(state_dir: &Path) -> anyhow::Result<std::path::PathBuf> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let directory = state_dir.join("compiled");
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .with_context(|| format!("cannot create the state directory {}", directory.display()))?;
    let metadata = directory.metadata()?;
    // Linux shows every process as owned by its effective user.
    let ours = std::fs::metadata("/proc/self").map_or(metadata.uid(), |process| process.uid());
    anyhow::ensure!(
        metadata.mode() & 0o022 == 0 && metadata.uid() == ours,
        "{} belongs to another user, or others can write to it; it holds code that this program runs: \
         give it to this user alone (chown, chmod 700)",
        directory.display()
    );
    directory.canonicalize().context("the state directory")
}

fn pool(instances: u32, memory_bytes: usize) -> PoolingAllocationConfig {
    // A composed component is some core modules (its own, its dependency's, and their adapters).
    const CORE_INSTANCES: u32 = 24;
    const MEMORIES: u32 = 4;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .total_memories(instances.saturating_mul(MEMORIES))
        .total_tables(instances.saturating_mul(CORE_INSTANCES))
        .total_stacks(instances.saturating_mul(MEMORIES))
        .max_memory_size(memory_bytes)
        .max_unused_warm_slots(64)
        .linear_memory_keep_resident(512 * 1024)
        .table_keep_resident(64 * 1024)
        .async_stack_keep_resident(64 * 1024);
    pool
}
