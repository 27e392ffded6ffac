//! The cores that requests are answered on: each has a thread with an event loop of its own, and every
//! connection stays on one. A request is read, handled by an instance and answered without another thread
//! being woken, and without a lock that another thread wants.

use std::cell::Cell;
use std::num::NonZero;

thread_local! {
    static INDEX: Cell<usize> = const { Cell::new(0) };
}

/// How many there are.
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Which one this thread is; the first on every other thread.
pub fn index() -> usize {
    INDEX.get()
}

/// Makes this thread the one of this number, until it ends.
pub fn enter(index: usize) {
    INDEX.set(index);
}
