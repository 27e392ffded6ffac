//! The pure paths that the benchmark measures one by one, on inputs that are always the same: tokens issued and
//! decided on, documents and files de-identified. No network, no clock, no random numbers.

mod cases;
pub mod inputs;

pub use cases::{Case, all, find};
