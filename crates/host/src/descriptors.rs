//! How many files and connections this process may have open. A shell gives 1024 in most cases, and lets each program
//! raise that itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is not a client's connection: the stores with their readers, calls to other servers, event loops, the log.
const OTHERS: u64 = 64;

/// Raises the limit as far as this process may. How many of these connections there is room for then, and what to warn
/// about if that is not all.
pub fn make_room(connections: u32) -> (u32, Option<String>) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // What cannot be raised is counted as it is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let Some(limit) = getrlimit(Resource::Nofile).current else { return (connections, None) };
    let room = u32::try_from(limit.saturating_sub(OTHERS).max(1)).unwrap_or(u32::MAX);
    if room >= connections {
        return (connections, None);
    }
    let warning = format!(
        "--max-connections: {room} instead of {connections}, since this process may have only {limit} files open \
         (ulimit -n, LimitNOFILE=)"
    );
    (room, Some(warning))
}
