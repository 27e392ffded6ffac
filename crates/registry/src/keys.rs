//! The keys, and what stands under them. All begin with a name of the application, since a Redis may be
//! shared, and with the version of this layout. Nothing becomes part of one as a `jti` that cannot be one
//! ([`model::is_jti`]).
//!
//! | key after `orthanc-share/1/` | value |
//! | --- | --- |
//! | `share/{jti}` | the share's terms: JSON, see `Share` |
//! | `revoked/{jti}` | that it was taken back, when and by whom: JSON, see `Revocation`; never unset |
//! | `revoking/{jti}` | counter: the first who counts takes it back |
//! | `uses/{jti}` | counter: how often it was opened |
//! | `attempts/{jti}` | counter: wrong codes, and those that are being looked at |
//! | `wrong/{jti}` | counter: those of them that were compared, and are wrong for good |
//! | `handle/{SHA-256 of the handle}` | the `jti` of a short link |
//! | `index` | counter: the shares that were ever made |
//! | `index/{n}` | the `jti` of the nth |
//! | `sweep` | counter: the entry of the index that was looked at last for what has expired |
//! | `history/{jti}` | counter: the events of a share |
//! | `history/{jti}/{n}` | the nth: JSON, see `Event` |
//! | `outbox` | counter: the messages that were ever to be sent to the audit repository |
//! | `outbox/{n}` | the nth, until it is sent: JSON, see `Message`; of older versions also notifications |
//! | `outbox/sent` | decimal: all up to this one are sent |
//! | `outbox/turn/{slot}` | counter: the first who counts sends in this slot of time |
//! | `notify`, `notify/{n}`, `notify/sent`, `notify/turn/{slot}` | the same for notifications |
//! | `seen/{hour}/{hash}` | counter: what is written down once an hour |
//! | `seen/{hour}/{hash}/opening` | counter: those who open a share by this form right now |
//! | `seen/{hour}/{hash}/opened` | decimal: when it was opened by this form, in Unix seconds |

/// What every key begins with.
pub const PREFIX: &str = "orthanc-share/1/";

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident($($part:ident: $type:ty),*) = $text:literal;)+) => { $(
        $(#[$doc])*
        pub fn $name($($part: $type),*) -> String { format!("{PREFIX}{}", format_args!($text)) }
    )+ };
}

keys! {
    /// A share's terms.
    share(jti: &str) = "share/{jti}";
    /// That it was taken back.
    revoked(jti: &str) = "revoked/{jti}";
    /// Who takes it back.
    revoking(jti: &str) = "revoking/{jti}";
    /// How often it was opened.
    uses(jti: &str) = "uses/{jti}";
    /// Wrong codes, and those that are being looked at.
    attempts(jti: &str) = "attempts/{jti}";
    /// Codes that were compared, and are wrong.
    wrong(jti: &str) = "wrong/{jti}";
    /// The share of a short link.
    handle(hash: &str) = "handle/{hash}";
    /// How many shares were ever made.
    index() = "index";
    /// The nth of them.
    index_entry(n: i64) = "index/{n}";
    /// Where the sweep is.
    sweep() = "sweep";
    /// How many events a share has.
    history(jti: &str) = "history/{jti}";
    /// The nth of them.
    history_entry(jti: &str, n: i64) = "history/{jti}/{n}";
    /// How many messages were ever in this queue, `outbox` or `notify`.
    queue(queue: &str) = "{queue}";
    /// Up to which they are sent.
    queue_sent(queue: &str) = "{queue}/sent";
    /// Whose turn it is to send.
    queue_turn(queue: &str, slot: i64) = "{queue}/turn/{slot}";
    /// The nth of them.
    queue_entry(queue: &str, n: i64) = "{queue}/{n}";
    /// What is written down once an hour.
    seen(hour: i64, hash: &str) = "seen/{hour}/{hash}";
    /// Who opens a share by this form right now.
    opening(hour: i64, hash: &str) = "seen/{hour}/{hash}/opening";
    /// When it was opened by this form.
    opened(hour: i64, hash: &str) = "seen/{hour}/{hash}/opened";
}

/// What the keys of all messages of a queue begin with, and a few others.
pub fn queue_entry_prefix(queue: &str) -> String {
    format!("{PREFIX}{queue}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_prefix() {
        assert_eq!(share("ab"), "orthanc-share/1/share/ab");
        assert_eq!(history_entry("ab", 3), format!("{PREFIX}history/ab/3"));
        assert_eq!(queue_entry("outbox", 3), format!("{}3", queue_entry_prefix("outbox")));
    }
}
