//! Reads Spin's runtime configuration (`--runtime-config-file`): which key-value stores there are.
//! In goes TOML text; what only Spin covers is refused by its full name, as in a manifest.

use std::collections::BTreeMap;
use std::fmt;

use toml::Value;

use crate::error::{ManifestError, USE_SPIN, parse_table};
use crate::name::check_label;
use crate::section::Section;

/// What a runtime configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// `state_dir`: where state is kept, relative to the working directory.
    pub state_dir: Option<String>,
    /// `[key_value_store.LABEL]`, by label.
    pub key_value_stores: BTreeMap<String, KeyValueStore>,
}

/// Where a key-value store keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyValueStore {
    /// `type = "spin"`: a file of SQLite, relative to the configuration's folder.
    Sqlite {
        /// `path`
        path: String,
    },
    /// `type = "redis"`
    Redis {
        /// `url`, which may hold a password.
        url: RedisUrl,
    },
}

/// The URL of a Redis server. It may hold a password: only its owner shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

impl RedisUrl {
    /// The whole URL.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl")
    }
}

impl RuntimeConfig {
    /// Parses the text of a file.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut root = Section::root(parse_table(text)?);
        let state_dir = root.string("state_dir")?.filter(|path| !path.is_empty());
        let stores = root.section("key_value_store")?;
        // Whatever else there is: another part of Spin, or a typing error, which Spin refuses too.
        if let Some((key, _, _)) = root.entries().next() {
            return Err(ManifestError::unsupported(key, USE_SPIN));
        }
        let mut key_value_stores = BTreeMap::new();
        for (key, label, value) in stores.into_iter().flat_map(Section::entries) {
            check_label(&label).map_err(|problem| ManifestError::invalid(&key, problem))?;
            key_value_stores.insert(label, store(key, value)?);
        }
        Ok(Self { state_dir, key_value_stores })
    }
}

fn store(key: String, value: Value) -> Result<KeyValueStore, ManifestError> {
    let mut section = Section::of(key, value)?;
    let store = match section.required_string("type")?.as_str() {
        // Spin keeps a store without a path in memory: what is acknowledged would not be kept.
        "spin" => KeyValueStore::Sqlite { path: filled(&mut section, "path")? },
        "redis" => KeyValueStore::Redis { url: RedisUrl(filled(&mut section, "url")?) },
        "azure_cosmos" | "aws_dynamo" => {
            return Err(ManifestError::unsupported(section.key("type"), USE_SPIN));
        }
        _ => return Err(ManifestError::invalid(section.key("type"), "is spin (SQLite) or redis")),
    };
    match section.entries().next() {
        Some((key, _, _)) => Err(ManifestError::invalid(key, "is not a key of a store of this type")),
        None => Ok(store),
    }
}

fn filled(section: &mut Section, name: &str) -> Result<String, ManifestError> {
    let text = section.required_string(name)?;
    if text.is_empty() { Err(ManifestError::invalid(section.key(name), "is empty")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: &str = r#"
        state_dir = "/var/lib/orthanc-share"
        [key_value_store.default]
        type = "redis"
        url = "redis://:password@localhost:6379/0"
        [key_value_store.a_file]
        type = "spin"
        path = "a.db"
    "#;

    #[test]
    fn stores_are_of_sqlite_or_redis() {
        let config = RuntimeConfig::parse(WHOLE).unwrap();
        assert_eq!(config.state_dir.as_deref(), Some("/var/lib/orthanc-share"));
        let stores: Vec<_> = config.key_value_stores.iter().collect();
        assert_eq!(stores[0].0, "a_file");
        assert_eq!(stores[0].1, &KeyValueStore::Sqlite { path: "a.db".to_owned() });
        let KeyValueStore::Redis { url } = stores[1].1 else { panic!("{stores:?}") };
        assert_eq!(url.expose(), "redis://:password@localhost:6379/0");
        assert!(!format!("{config:?}").contains("password"));
        assert_eq!(RuntimeConfig::parse("").unwrap(), RuntimeConfig::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("[[config_provider]]\ntype = 'vault'", "config_provider is not covered"),
            ("[sqlite_database.default]\ntype = 'spin'", "sqlite_database is not covered"),
            ("log_dir = '/tmp'", "log_dir is not covered"),
            ("key_value_store = 1", "key_value_store must be a table"),
            ("[key_value_store.a]\npath = 'a'", "key_value_store.a.type is missing"),
            ("[key_value_store.a]\ntype = 'spin'", "key_value_store.a.path is missing"),
            ("[key_value_store.a]\ntype = 'spin'\npath = ''", "key_value_store.a.path: is empty"),
            ("[key_value_store.a]\ntype = 'redis'", "key_value_store.a.url is missing"),
            ("[key_value_store.a]\ntype = 'redis'\nurl = 1", "key_value_store.a.url must be a string"),
            ("[key_value_store.a]\ntype = 'azure_cosmos'", "key_value_store.a.type is not covered"),
            ("[key_value_store.a]\ntype = 'etcd'", "key_value_store.a.type: is spin (SQLite) or redis"),
            (
                "[key_value_store.a]\ntype = 'redis'\nurl = 'redis://x'\npath = 'a'",
                "key_value_store.a.path: is not a key",
            ),
            ("[key_value_store.'a b']\ntype = 'spin'\npath = 'a'", "key_value_store.\"a b\": must be"),
            ("state_dir = 1", "state_dir must be a string"),
            ("a b", "line 1: "),
        ] {
            let error = RuntimeConfig::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}\n{error}");
        }
    }

    #[test]
    fn no_error_shows_the_password() {
        for text in [
            "[key_value_store.a]\ntype = 'redis'\nurl = 'redis://:password@h'\nx = 1",
            "[key_value_store.a]\nurl = 'redis://:password@h",
        ] {
            assert!(!RuntimeConfig::parse(text).unwrap_err().to_string().contains("password"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}", cut in 0..WHOLE.len(), insert in "[\\[\\]=\"'a-z.\\n]{0,9}") {
            let _ = RuntimeConfig::parse(&text);
            let _ = RuntimeConfig::parse(&format!("{}{insert}{}", &WHOLE[..cut], &WHOLE[cut..]));
        }
    }
}
