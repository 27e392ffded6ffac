//! The registry's store on Spin's key-value interface: SQLite or Redis, as the host is configured.
//! Single keys through `spin:key-value`; what several nodes do at once through the same store's face of
//! `wasi:keyvalue`, which Spin serves too: counters, and several keys in one transaction.

mod bindings {
    #![allow(missing_docs, unsafe_code)]
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit",
        world: "store-user",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

use std::fmt;

use bindings::wasi::keyvalue::{atomics, batch, store as wasi};
use registry::{Store, StoreError};
use spin_sdk::key_value;

/// An open store.
pub struct KeyValue {
    single: key_value::Store,
    bucket: wasi::Bucket,
}

impl KeyValue {
    /// Opens the store of this label, which the manifest must give to the component.
    pub async fn open(label: &str) -> Result<Self, StoreError> {
        let single = key_value::Store::open(label).await.map_err(spin_failed)?;
        let bucket = wasi::open(label).map_err(wasi_failed)?;
        Ok(Self { single, bucket })
    }
}

impl Store for KeyValue {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.single.get(key).await.map_err(spin_failed)
    }

    async fn set(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        match values.as_slice() {
            [(key, value)] => self.single.set(key, value).await.map_err(spin_failed),
            _ => batch::set_many(&self.bucket, &values).map_err(wasi_failed),
        }
    }

    async fn delete(&self, keys: Vec<String>) -> Result<(), StoreError> {
        match keys.as_slice() {
            [] => Ok(()),
            [key] => self.single.delete(key).await.map_err(spin_failed),
            _ => batch::delete_many(&self.bucket, &keys).map_err(wasi_failed),
        }
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        atomics::increment(&self.bucket, key, delta).map_err(wasi_failed)
    }

    /// All at once: under Spin the stream of `spin:key-value` holds SQLite until its last key was read, and if
    /// this instance asks for anything else meanwhile, it never is.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.bucket.list_keys(cursor.as_deref()).map_err(wasi_failed)?;
            found.extend(page.keys.into_iter().filter(|key| key.starts_with(prefix)));
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(found),
            }
        }
    }
}

impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyValue(…)")
    }
}

/// The host's own words may hold an address with a password: the host logs them itself, if it wants to.
fn spin_failed(error: key_value::Error) -> StoreError {
    failed(match error {
        key_value::Error::StoreTableFull => "too many stores are open",
        key_value::Error::NoSuchStore => "no such store",
        key_value::Error::AccessDenied => "the manifest does not give it to this component",
        key_value::Error::Other(_) => "the host failed",
    })
}

fn wasi_failed(error: wasi::Error) -> StoreError {
    failed(match error {
        wasi::Error::NoSuchStore => "no such store",
        wasi::Error::AccessDenied => "the manifest does not give it to this component",
        wasi::Error::Other(_) => "the host failed",
    })
}

fn failed(why: &str) -> StoreError {
    eprintln!("store failed reason={why}");
    StoreError::Unavailable
}
