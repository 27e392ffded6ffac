//! The key-value stores that components may open, as Spin has them: a file of SQLite, or a Redis.
//! `default` always is: Spin's own file in the state directory, so that either host can open it.
//!
//! Each is opened when a component first asks for it, and stays open as long as the process: nothing is
//! written where no component uses a store, and replacing components does not touch it.
//! No key and no value is in a log or an error: keys may say who shared what.

mod guest;
mod keys;
mod redis;
mod sqlite;
mod wasi;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use manifest::{KeyValueStore, RuntimeConfig};

pub use guest::{Guest, add_to_linker};
pub use keys::Keys;

use self::redis::Redis;
use self::sqlite::Sqlite;

/// The label of the store that is always defined, and Spin's name for its file.
pub const DEFAULT: &str = "default";
const DEFAULT_FILE: &str = "sqlite_key_value.db";

/// The stores of this process, by label.
pub struct Stores(BTreeMap<String, Store>);

/// The stores that one component may open, by label.
pub type Allowed = BTreeMap<String, Store>;

impl Stores {
    /// What the configuration defines. Its paths are relative to `base`; the default store's file is in
    /// `state_dir`.
    pub fn new(config: &RuntimeConfig, base: &Path, state_dir: &Path) -> anyhow::Result<Self> {
        // One of each file, whatever the labels: the label is a column of Spin's table.
        let mut files: BTreeMap<PathBuf, Arc<Sqlite>> = BTreeMap::new();
        let mut sqlite = |path: PathBuf| -> anyhow::Result<Backend> {
            let path = std::path::absolute(path)?;
            let file = files.entry(path.clone()).or_insert_with(|| Sqlite::new(path));
            Ok(Backend::Sqlite(file.clone()))
        };
        let mut stores = BTreeMap::new();
        for (label, store) in &config.key_value_stores {
            let backend = match store {
                KeyValueStore::Sqlite { path } => sqlite(base.join(path))?,
                KeyValueStore::Redis { url } => {
                    let redis = Redis::new(url.expose());
                    Backend::Redis(Arc::new(redis.with_context(|| format!("key_value_store.{label}.url"))?))
                }
            };
            stores.insert(label.clone(), Store { label: label.as_str().into(), backend });
        }
        if !stores.contains_key(DEFAULT) {
            let backend = sqlite(state_dir.join(DEFAULT_FILE))?;
            stores.insert(DEFAULT.to_owned(), Store { label: DEFAULT.into(), backend });
        }
        Ok(Self(stores))
    }

    /// The stores that this component's `key_value_stores` lists.
    pub fn allowed(&self, component: &manifest::Component) -> anyhow::Result<Allowed> {
        let labels = component.key_value_stores.iter();
        labels
            .map(|label| {
                let store = self.0.get(label).with_context(|| {
                    format!(
                        "unknown key_value_stores label {label:?} for component {:?}: the runtime \
                         configuration (--runtime-config-file) has no key_value_store.{label}",
                        component.id
                    )
                })?;
                Ok((label.clone(), store.clone()))
            })
            .collect()
    }

    /// Where the default store keeps its data, without a password.
    pub fn default_summary(&self) -> String {
        self.0.get(DEFAULT).map(Store::summary).unwrap_or_default()
    }
}

/// One store. Its methods mean the same for both kinds.
#[derive(Clone)]
pub struct Store {
    label: Arc<str>,
    backend: Backend,
}

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<Sqlite>),
    Redis(Arc<Redis>),
}

/// Why a store did not do what it was asked: a sentence without keys and values.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(Arc<str>);

impl StoreError {
    fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }
}

/// A change. Several are written in one transaction where that is cheaper.
pub enum Change {
    /// Sets these values.
    Set(Vec<(String, Vec<u8>)>),
    /// Removes these keys, if they are there.
    Delete(Vec<String>),
    /// Adds to a number; a key that is not there counts as 0.
    Increment(String, i64),
    /// Sets the value of a key if it still is the one that was seen, or still is not there.
    Swap {
        /// The key.
        key: String,
        /// The value that was seen.
        seen: Option<Vec<u8>>,
        /// The value to set.
        value: Vec<u8>,
    },
}

/// What became of a change. It is durable when this is known.
#[derive(Clone, Copy, Debug)]
pub enum Changed {
    /// It is made.
    Done,
    /// The number as it is now.
    Number(i64),
    /// The value is no number of 64 bits, or would be none: nothing was changed.
    NoNumber,
    /// The value is another by now: nothing was changed.
    Stale,
}

impl Store {
    fn summary(&self) -> String {
        match &self.backend {
            Backend::Sqlite(file) => format!("{:?}", file.path()),
            Backend::Redis(redis) => format!("Redis at {}", redis.address()),
        }
    }

    /// Connects, or creates the file, if nobody has yet.
    pub async fn open(&self) -> Result<(), StoreError> {
        self.said(match &self.backend {
            Backend::Sqlite(file) => file.open().map(|_| ()),
            // A server that is away now may be there for the first request.
            Backend::Redis(_) => Ok(()),
        })
    }

    /// The value of a key.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.said(match &self.backend {
            Backend::Sqlite(file) => file.get(&self.label, key),
            Backend::Redis(redis) => redis.get(key).await,
        })
    }

    /// The values of these keys, in their order.
    pub async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.said(match &self.backend {
            Backend::Sqlite(file) => file.get_many(&self.label, keys),
            Backend::Redis(redis) => redis.get_many(keys).await,
        })
    }

    /// Whether the key is there.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        self.said(match &self.backend {
            Backend::Sqlite(file) => file.exists(&self.label, key),
            Backend::Redis(redis) => redis.exists(key).await,
        })
    }

    /// Makes the change.
    pub async fn change(&self, change: Change) -> Result<Changed, StoreError> {
        self.said(match &self.backend {
            Backend::Sqlite(file) => file.change(self.label.clone(), change).await,
            Backend::Redis(redis) => redis.change(change).await,
        })
    }

    /// All keys.
    pub fn keys(&self) -> Keys {
        Keys::new(self.clone())
    }

    /// The component is told what failed, and the log as well: components may go on without.
    fn said<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.inspect_err(|error| tracing::warn!(store = %self.label, "the store failed: {error}"))
    }
}

/// What a thread that panicked has left is whole: nothing here is changed in two steps.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
