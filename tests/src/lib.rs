//! The harness of the journeys: starts the application on either host, speaks HTTP to it,
//! makes and reads tokens, and starts a real Orthanc beside it.

mod app;
pub mod browser;
mod devtools;
pub mod endpoint;
pub mod http;
pub mod marked;
pub mod meddream;
pub mod orthanc;
pub mod peer;
pub mod python;
pub mod raw;
pub mod redis;
pub mod secrecy;
pub mod store;
pub mod token;
pub mod upstream;
pub mod whole;
pub mod wire;

pub use demo::dicom;

pub use app::{App, SECRET_KEY, free_address, is_spin, repository, skipped_under_spin, state_directory};
