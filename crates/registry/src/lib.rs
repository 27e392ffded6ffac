//! What is remembered of a share beside its token: its terms, whether it was taken back, how often it was
//! opened, what happened to it. Pure rules over a key-value store that the caller brings ([`Store`]).
//!
//! Any number of nodes work on one store at once, and a node may end at any moment. So what must never be
//! lost or passed has a key of its own that is only ever set ([`Revocation`]) or counted (openings, wrong
//! codes), and a share, its place in the index and the account of what was done to it are set in one step
//! ([`Account`]). Nothing in the store opens anything:
//! there is no token in it, a code is kept as a keyed hash, a short link's handle as a hash. [`keys`] has
//! the layout.

mod account;
mod entry;
mod event;
mod form;
mod handle;
mod hash;
pub mod keys;
mod memory;
mod outbox;
mod registry;
mod share;
mod store;
mod times;

pub use account::Account;
pub use entry::{Entry, State};
pub use event::{Action, Event, Outcome};
pub use form::{FormId, Posting, Turn};
pub use handle::Handle;
pub use hash::hash_of;
pub use memory::Memory;
pub use outbox::{Destination, Message};
pub use registry::{Attempt, Filter, Opening, Page, Registry};
pub use share::{Code, Revocation, Share};
pub use store::{Store, StoreError, counted};
