//! The words of the domain: share types, resources and their levels, methods, moments.
//! Plain data without I/O; every other crate speaks in these types.

mod moment;
mod names;
mod resource;
mod wit;

pub use moment::{InvalidMoment, Moment};
pub use names::{Level, Method, Purpose, Shape, ShareType, is_jti};
pub use resource::Resource;
