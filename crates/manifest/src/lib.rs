//! Reads a Spin application manifest (`spin.toml`, `spin_manifest_version = 2`) for the embedded runtime.
//! In goes TOML text; out comes a [`Manifest`] with its [`Router`], or an error that names the key.
//!
//! [`RuntimeConfig`] is what Spin reads besides, from `--runtime-config-file`.
//!
//! The rules are Spin 4.1's, for the part of Spin that the runtime covers; every other key is refused by its
//! full name, so that nothing in a manifest is silently without effect. The subtle thing is time: templates
//! (`{{ name }}`) are checked when the manifest is read, and resolved later, when the [`Values`] are known.

mod capability;
mod component;
mod dependency;
mod error;
mod headers;
mod hosts;
mod manifest;
mod name;
mod route;
mod router;
mod runtime_config;
mod section;
mod template;
mod trigger;
mod variables;

pub use capability::{Capability, Inherit};
pub use component::{Component, HostsError};
pub use dependency::{Dependency, DependencyName};
pub use error::ManifestError;
pub use headers::spin_headers;
pub use hosts::{AllowedHosts, HostError};
pub use manifest::{Manifest, Warning};
pub use route::{RouteMatch, Target};
pub use router::{Router, WELL_KNOWN_PREFIX};
pub use runtime_config::{KeyValueStore, RedisUrl, RuntimeConfig};
pub use template::{Template, UnmatchedBraces};
pub use trigger::{HttpTrigger, Route, StaticResponse};
pub use variables::{ComponentVariables, Values, Variable, VariableError};
