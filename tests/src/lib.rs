//! The harness of the journeys: starts the application on either host, speaks HTTP to it,
//! makes and reads tokens, and starts a real Orthanc beside it.

mod app;
pub mod http;
pub mod token;

pub use app::App;
