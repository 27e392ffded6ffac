//! De-identification by DICOM PS3.15 Annex E: the table, the options, and three carriers.

mod error;
pub mod file;
pub mod json;
mod key;
mod marks;
mod options;
mod pixels;
mod profile;
pub mod table;
mod value;
mod words;

pub use error::Error;
pub use key::ShareKey;
pub use options::{Longitudinal, Options};
pub use pixels::{PixelFacts, PixelRisk, pixel_risk};
pub use profile::{Action, Profile, Rule};
pub use table::Plain;
pub use value::DUMMY;

/// A profile with the key of one share: all that a carrier needs.
#[derive(Debug, Clone)]
pub struct Engine {
    /// What is done with each attribute.
    pub profile: Profile,
    /// What replaces UIDs and ids, and by how much dates move.
    pub key: ShareKey,
}
