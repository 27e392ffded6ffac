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
use std::pin::pin;
use std::time::Duration;

use bindings::wasi::keyvalue::{atomics, batch, store as wasi};
use futures::future::{Either, select};
use registry::{Store, StoreError};
use spin_sdk::key_value;

/// How long a store may take, if the host is more patient: Spin waits for a Redis that is gone until it is back.
const TIME_LIMIT: Duration = Duration::from_secs(6);

/// An open store.
pub struct KeyValue {
    single: key_value::Store,
    bucket: wasi::Bucket,
}

impl KeyValue {
    /// Opens the store of this label, which the manifest must give to the component.
    pub async fn open(label: &str) -> Result<Self, StoreError> {
        let single = in_time(key_value::Store::open(label)).await?;
        let bucket = wasi::open(label).map_err(wasi_failed)?;
        Ok(Self { single, bucket })
    }

    /// The functions of `wasi:keyvalue` are not async: the instance waits with them, and nothing in it ends that.
    /// So the store is first asked something that may end.
    async fn ready(&self, key: &str) -> Result<&wasi::Bucket, StoreError> {
        in_time(self.single.exists(key)).await?;
        Ok(&self.bucket)
    }
}

impl Store for KeyValue {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        in_time(self.single.get(key)).await
    }

    async fn set(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        match values.as_slice() {
            [(key, value)] => in_time(self.single.set(key, value)).await,
            [] => Ok(()),
            [(key, _), ..] => batch::set_many(self.ready(key).await?, &values).map_err(wasi_failed),
        }
    }

    async fn delete(&self, keys: Vec<String>) -> Result<(), StoreError> {
        match keys.as_slice() {
            [] => Ok(()),
            [key] => in_time(self.single.delete(key)).await,
            [key, ..] => batch::delete_many(self.ready(key).await?, &keys).map_err(wasi_failed),
        }
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        atomics::increment(self.ready(key).await?, key, delta).map_err(wasi_failed)
    }

    /// All at once: under Spin the stream of `spin:key-value` holds SQLite until its last key was read, and if
    /// this instance asks for anything else meanwhile, it never is.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let bucket = self.ready(prefix).await?;
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = bucket.list_keys(cursor.as_deref()).map_err(wasi_failed)?;
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

async fn in_time<T>(asked: impl Future<Output = Result<T, key_value::Error>>) -> Result<T, StoreError> {
    match select(pin!(asked), pin!(spin_sdk::time::sleep(TIME_LIMIT))).await {
        Either::Left((answered, _)) => answered.map_err(spin_failed),
        Either::Right(_) => Err(failed("it did not answer in time")),
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
