//! The end of the process, which nothing may hold up: not a log that nobody reads, nor a file system that hangs.

use std::time::Duration;

/// Ends the process after this time, as a failure, unless it has ended by then.
pub fn not_later_than(time: Duration) {
    let end = move || {
        std::thread::sleep(time);
        std::process::exit(1);
    };
    // Without a thread for it there is the end that was asked for, and whoever sent the signal can send another.
    let _ = std::thread::Builder::new().name("end".to_owned()).spawn(end);
}
