//! What a dependency may use of its parent's rights.
//! Nothing is inherited unless the manifest says so; the host denies the rest at composition.

use std::collections::BTreeSet;

use toml::Value;

use crate::error::ManifestError;

/// A set of host interfaces that a dependency can inherit, by the name it has in the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// `ai_models`
    AiModels,
    /// `allowed_outbound_hosts`: every way out to the network
    AllowedOutboundHosts,
    /// `environment`
    Environment,
    /// `files`
    Files,
    /// `key_value_stores`
    KeyValueStores,
    /// `sqlite_databases`
    SqliteDatabases,
    /// `variables`
    Variables,
}

impl Capability {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ai_models" => Self::AiModels,
            "allowed_outbound_hosts" => Self::AllowedOutboundHosts,
            "environment" => Self::Environment,
            "files" => Self::Files,
            "key_value_stores" => Self::KeyValueStores,
            "sqlite_databases" => Self::SqliteDatabases,
            "variables" => Self::Variables,
            _ => return None,
        })
    }
}

/// `inherit_configuration` of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inherit {
    /// Everything its parent has.
    All,
    /// Only these; the empty set when the manifest says nothing.
    Only(BTreeSet<Capability>),
}

impl Inherit {
    /// Whether the dependency may use this of its parent.
    pub fn allows(&self, capability: Capability) -> bool {
        match self {
            Self::All => true,
            Self::Only(some) => some.contains(&capability),
        }
    }

    pub(crate) fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// `true`, `false`, or a list of names.
    pub(crate) fn parse(key: String, value: Value) -> Result<Self, ManifestError> {
        let expected = "true, false or a list of configuration keys";
        match value {
            Value::Boolean(true) => Ok(Self::All),
            Value::Boolean(false) => Ok(Self::none()),
            Value::Array(values) => values
                .iter()
                .enumerate()
                .map(|(i, value)| {
                    let name = value.as_str().ok_or(ManifestError::Type { key: key.clone(), expected })?;
                    // Spin ignores a name that it does not know; a right that is silently not given is a riddle.
                    let unknown = || ManifestError::invalid(format!("{key}[{i}]"), "not a configuration key");
                    Capability::parse(name).ok_or_else(unknown)
                })
                .collect::<Result<_, _>>()
                .map(Self::Only),
            _ => Err(ManifestError::Type { key, expected }),
        }
    }
}
