//! A store in memory, for tests of what is built on the registry.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::{Store, StoreError, counted};

/// A store in memory, that can be switched off.
#[derive(Debug, Default)]
pub struct Memory {
    values: RefCell<BTreeMap<String, Vec<u8>>>,
    down: std::cell::Cell<bool>,
    counts_left: std::cell::Cell<Option<u32>>,
}

impl Memory {
    /// From now on it does not answer, or does again.
    pub fn set_down(&self, down: bool) {
        self.down.set(down);
    }

    /// After so many more counts it does not answer any more.
    pub fn set_down_after(&self, counts: u32) {
        self.counts_left.set(Some(counts));
    }

    /// Every key that it has, in order.
    pub fn all_keys(&self) -> Vec<String> {
        self.values.borrow().keys().cloned().collect()
    }

    fn up(&self) -> Result<(), StoreError> {
        if self.down.get() { Err(StoreError::Unavailable) } else { Ok(()) }
    }
}

impl Store for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.up()?;
        Ok(self.values.borrow().get(key).cloned())
    }

    async fn set(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        self.up()?;
        self.values.borrow_mut().extend(values);
        Ok(())
    }

    async fn delete(&self, keys: Vec<String>) -> Result<(), StoreError> {
        self.up()?;
        self.values.borrow_mut().retain(|key, _| !keys.contains(key));
        Ok(())
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        self.up()?;
        let mut values = self.values.borrow_mut();
        let value = counted(values.get(key).map(Vec::as_slice))? + delta;
        values.insert(key.to_owned(), value.to_string().into_bytes());
        if let Some(left) = self.counts_left.take().map(|left| left.saturating_sub(1)) {
            self.counts_left.set(Some(left).filter(|left| *left > 0));
            self.set_down(left == 0);
        }
        Ok(value)
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.up()?;
        Ok(self.all_keys().into_iter().filter(|key| key.starts_with(prefix)).collect())
    }
}
