//! What the HTTP components have in common at their edge: requests in, answers out, settings, the log,
//! the token component, MedDream. Everything that needs a decision is in the pure crates.

pub mod audit;
pub mod clock;
pub mod log;
pub mod meddream;
pub mod post;
pub mod reading;
pub mod request;
pub mod response;
pub mod settings;
pub mod shares;
pub mod tokens;
pub mod viewer;
