//! CPU time of guests, measured in ticks. A thread advances a counter (and the engine's epoch) every
//! ten milliseconds; a guest is charged the ticks that pass while its code runs. A single charge is
//! coarse, their sum is not: it is unbiased, and costs one load for each crossing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use wasmtime::{CallHook, Engine, Store, UpdateDeadline};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(10);

static TICKS: AtomicU64 = AtomicU64::new(0);

/// Starts the thread that makes time pass for this engine's guests.
pub fn start_clock(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            TICKS.fetch_add(1, Relaxed);
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

/// What the guest code of one instance has used since the last request came to it.
pub struct CpuMeter {
    limit: u64,
    used: u64,
    entered: u64,
}

impl CpuMeter {
    /// A meter that ends the instance when one request uses more than this.
    pub fn new(limit: Duration) -> Self {
        let ticks = limit.as_millis() / TICK.as_millis();
        Self { limit: u64::try_from(ticks).unwrap_or(u64::MAX).max(1), used: 0, entered: 0 }
    }

    /// A new request begins. An instance whose guest code does not return takes no new requests.
    pub fn restart(&mut self) {
        self.used = 0;
    }

    fn exceeded(&self) -> bool {
        self.used + (TICKS.load(Relaxed) - self.entered) > self.limit
    }
}

/// Watches a store: `meter` finds the meter in its data.
pub fn watch<T: 'static>(store: &mut Store<T>, meter: fn(&mut T) -> &mut CpuMeter) {
    store.call_hook(move |mut store, hook| {
        let meter = meter(store.data_mut());
        match hook {
            CallHook::CallingWasm | CallHook::ReturningFromHost => meter.entered = TICKS.load(Relaxed),
            CallHook::CallingHost | CallHook::ReturningFromWasm => {
                meter.used += TICKS.load(Relaxed) - meter.entered;
            }
        }
        Ok(())
    });
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut store| {
        if meter(store.data_mut()).exceeded() {
            return Err(wasmtime::format_err!(
                "the request used more CPU time than --request-cpu-time allows"
            ));
        }
        // Let the other tasks of this thread run, whatever the guest does.
        Ok(UpdateDeadline::Yield(1))
    });
}
