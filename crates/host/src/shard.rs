//! The cores that requests are answered on: each has a thread with an event loop of its own, and every
//! connection stays on one. A request is read, handled by an instance and answered without another thread
//! being woken, and without a lock that another thread wants.

use std::cell::Cell;
use std::num::NonZero;

thread_local! {
    static INDEX: Cell<usize> = const { Cell::new(0) };
    static ANSWERED: Cell<u32> = const { Cell::new(0) };
}

/// After so many answers others may have the core. More often, and under a machine's other load there would be
/// less for this program; less often, and who sends requests on the same machine waits for its time slice.
const ANSWERS_IN_A_ROW: u32 = 64;

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

/// This shard has answered a request. While there are more it would go on until the kernel's next tick, four
/// milliseconds in most: a reverse proxy on the same core would wait that long to read what was answered.
pub fn has_answered() {
    let answered = ANSWERED.get() + 1;
    ANSWERED.set(answered % ANSWERS_IN_A_ROW);
    if answered == ANSWERS_IN_A_ROW {
        std::thread::yield_now();
    }
}
