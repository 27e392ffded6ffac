//! A store of its own for one journey: a file of SQLite, or a Redis. Applications that are started with it
//! share it.

use std::path::{Path, PathBuf};

use crate::redis::Redis;
use crate::state_directory;

/// Ended, and its files removed, with the test.
pub struct Store {
    state: tempfile::TempDir,
    redis: Option<Redis>,
}

/// In the URL of the Redis; must never be shown.
pub const REDIS_PASSWORD: &str = "a-password-of-redis";

impl Store {
    /// The embedded runtime's own file in its state directory.
    pub fn sqlite() -> Self {
        Self { state: state_directory(), redis: None }
    }

    /// Debian's redis-server, through the runtime configuration.
    pub fn redis() -> Self {
        let redis = Redis::start(REDIS_PASSWORD);
        let state = state_directory();
        let config = format!("[key_value_store.default]\ntype = \"redis\"\nurl = {:?}\n", redis.url());
        std::fs::write(state.path().join("runtime.toml"), config).expect("a runtime configuration");
        Self { state, redis: Some(redis) }
    }

    /// The runtime's arguments that say so.
    pub fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let mut arguments = vec!["--state-dir".to_owned(), path(self.state.path())];
        if self.redis.is_some() {
            let config = self.state.path().join("runtime.toml");
            arguments.extend(["--runtime-config-file".to_owned(), path(&config)]);
        }
        arguments
    }

    /// The Redis, which can be away.
    pub fn as_redis(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("a Redis")
    }

    /// Puts this under a key of the application, behind its back; of Redis only.
    pub fn put(&self, key: &str, value: &str) {
        let redis = self.redis.as_ref().expect("a Redis");
        let answer = redis.ask(&["SET", &format!("orthanc-share/1/{key}"), value]);
        assert!(answer.contains("OK"), "{answer}");
    }

    /// The file of SQLite.
    pub fn file(&self) -> PathBuf {
        self.state.path().join("sqlite_key_value.db")
    }

    /// All that it holds: of SQLite the bytes of the database and its journal, of Redis every key and value.
    pub fn bytes(&self) -> Vec<u8> {
        if let Some(redis) = &self.redis {
            let all = "local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do \
                       all[#all + 1] = key .. '=' .. redis.call('GET', key) end return table.concat(all, '\\n')";
            return redis.ask(&["EVAL", all, "0"]).into_bytes();
        }
        let mut all = Vec::new();
        for file in ["sqlite_key_value.db", "sqlite_key_value.db-wal"] {
            all.extend(std::fs::read(self.state.path().join(file)).unwrap_or_default());
        }
        all
    }
}
