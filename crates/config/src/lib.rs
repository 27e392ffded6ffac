//! Every variable of the application: its name, what is expected of it, and its typed reading.
//! Pure: values come in as text, and an empty one counts as not set. The subtle thing: an error
//! names the variable and what is expected, never the value, which may be a secret.

mod accounting;
mod anonymizer;
mod check;
mod comments;
mod error;
mod key_ring;
mod keys;
mod lifecycle;
mod origins;
mod read;
mod successor;
mod table;

pub use accounting::*;
pub use anonymizer::*;
pub use check::{Warning, check_all};
pub use comments::without_comments;
pub use error::ConfigError;
pub use key_ring::secret_keys;
pub use keys::{Keys, SecretKey, keys};
pub use lifecycle::*;
pub use origins::{ORIGINS, origin_of};
pub use read::*;
pub use successor::{ALIASES, UNSERVED};
pub use table::{VARIABLES, Variable, check, names};
