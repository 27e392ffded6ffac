//! The wasmtime engine: what guests may use, how instances are allocated.

use anyhow::Context;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// An engine that compiles what the other runs. It keeps tens of megabytes to compile with for as long as it lives.
pub fn compiler() -> anyhow::Result<Engine> {
    Engine::new(&config()).map_err(anyhow::Error::from).context("the wasm compiler")
}

/// An engine which has room for this many instances with this much memory each.
pub fn new(instances: u32, memory_bytes: usize) -> anyhow::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances, memory_bytes)));
    Engine::new(&config).map_err(anyhow::Error::from).or_else(|error| {
        // Pooling reserves address space up front; where that is limited (`ulimit -v`), instances
        // are allocated one by one instead: slower, the same otherwise.
        tracing::warn!("instances are allocated one by one, which is slower: {error:#}");
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config).map_err(anyhow::Error::from).context("the wasm engine")
    })
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config
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
        .linear_memory_keep_resident(128 * 1024)
        .table_keep_resident(64 * 1024)
        .async_stack_keep_resident(64 * 1024);
    pool
}
