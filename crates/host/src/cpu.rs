//! CPU time of guests, measured in ticks. A thread advances the engine's epoch every ten milliseconds; a guest
//! whose code is running when that happens is charged a tick. That costs nothing while it runs: the check
//! of the epoch is in the compiled code anyway.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use wasmtime::{Engine, Store, UpdateDeadline};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(10);

/// Starts the thread that makes time pass for this engine's guests.
pub fn start_clock(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
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
    pace: Arc<AtomicU8>,
}

/// Told when the instance waits for something: nobody is to be charged for that.
pub struct Rest {
    pace: Arc<AtomicU8>,
}

/// It waits, or no tick has come since it last waited.
const RESTED: u8 = 0;
/// A tick came while it ran, and it gave way to others; that looks like waiting, once.
const GAVE_WAY: u8 = 1;
/// It has run since a tick came.
const RUNS_ON: u8 = 2;

impl Rest {
    /// The instance has nothing to do right now.
    pub fn begin(&self) {
        let gave_way = self.pace.load(Relaxed) == GAVE_WAY;
        self.pace.store(if gave_way { RUNS_ON } else { RESTED }, Relaxed);
    }
}

impl CpuMeter {
    /// A meter that ends the instance when one request uses more than this.
    pub fn new(limit: Duration) -> Self {
        let ticks = limit.as_millis() / TICK.as_millis();
        Self { limit: u64::try_from(ticks).unwrap_or(u64::MAX).max(1), used: 0, pace: Arc::default() }
    }

    /// For who sees the instance rest.
    pub fn rest(&self) -> Rest {
        Rest { pace: self.pace.clone() }
    }

    /// A new request begins. An instance whose guest code does not return takes no new requests.
    pub fn restart(&mut self) {
        self.used = 0;
    }

    /// The guest sees that a tick has passed. Returns whether it has run since the one before: the first tick
    /// after a rest may have passed during that.
    fn tick(&mut self) -> bool {
        if self.pace.load(Relaxed) == RESTED {
            self.pace.store(RUNS_ON, Relaxed);
            return false;
        }
        self.pace.store(GAVE_WAY, Relaxed);
        self.used += 1;
        true
    }
}

/// Watches a store: `meter` finds the meter in its data.
pub fn watch<T: 'static>(store: &mut Store<T>, meter: fn(&mut T) -> &mut CpuMeter) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut store| {
        let meter = meter(store.data_mut());
        if !meter.tick() {
            // To give way looks like being busy, and may bring another instance to life.
            return Ok(UpdateDeadline::Continue(1));
        }
        if meter.used > meter.limit {
            return Err(wasmtime::format_err!(
                "the request used more CPU time than --request-cpu-time allows"
            ));
        }
        // Let the other tasks of this thread run, whatever the guest does.
        Ok(UpdateDeadline::Yield(1))
    });
}
