//! `wasi:keyvalue@0.2.0-draft2`, as components see it: the same stores, with atomic operations and batches.
//! Its functions are not async: while one waits, so does the instance that called it, as under Spin.

use wasmtime::component::Resource;

use super::guest::Guest;
use super::guest::bindings::wasi::keyvalue::atomics::{self, CasError};
use super::guest::bindings::wasi::keyvalue::batch;
use super::guest::bindings::wasi::keyvalue::store::{self, Error, KeyResponse};
use super::{Change, Changed, Store, StoreError};

/// What one answer may hold, as in Spin.
const MOST_BYTES: usize = 128 << 20;

/// A value that was seen, to be replaced only if it still is the same.
pub struct Cas {
    store: Store,
    key: String,
    seen: Option<Vec<u8>>,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

impl Guest<'_> {
    fn bucket(&self, bucket: &Resource<Store>) -> Result<Store, Error> {
        self.table.get(bucket).cloned().map_err(|_| Error::NoSuchStore)
    }

    async fn see(&mut self, store: Store, key: String) -> Result<Resource<Cas>, Error> {
        let seen = store.get(&key).await?;
        self.table.push(Cas { store, key, seen }).map_err(|_| full())
    }
}

fn full() -> Error {
    Error::Other("too many stores or cas handles are open".to_owned())
}

fn within_limit(bytes: usize) -> Result<(), Error> {
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::Other(format!("the answer would be over {MOST_BYTES} bytes")))
}

impl store::Host for Guest<'_> {
    async fn open(&mut self, identifier: String) -> Result<Resource<Store>, Error> {
        let store = self.allowed.get(&identifier).cloned().ok_or(Error::AccessDenied)?;
        store.open().await?;
        self.table.push(store).map_err(|_| full())
    }

    fn convert_error(&mut self, error: Error) -> wasmtime::Result<Error> {
        Ok(error)
    }
}

impl store::HostBucket for Guest<'_> {
    async fn get(&mut self, bucket: Resource<Store>, key: String) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.bucket(&bucket)?.get(&key).await?)
    }

    async fn set(&mut self, bucket: Resource<Store>, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.bucket(&bucket)?.change(Change::Set(vec![(key, value)])).await?;
        Ok(())
    }

    async fn delete(&mut self, bucket: Resource<Store>, key: String) -> Result<(), Error> {
        self.bucket(&bucket)?.change(Change::Delete(vec![key])).await?;
        Ok(())
    }

    async fn exists(&mut self, bucket: Resource<Store>, key: String) -> Result<bool, Error> {
        Ok(self.bucket(&bucket)?.exists(&key).await?)
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Store>,
        cursor: Option<String>,
    ) -> Result<KeyResponse, Error> {
        if cursor.is_some() {
            // No answer has one, as in Spin.
            return Err(Error::Other("list_keys: cursor not supported".to_owned()));
        }
        let mut pages = self.bucket(&bucket)?.keys();
        let (mut keys, mut bytes) = (Vec::new(), 0);
        while let Some(page) = pages.next().await? {
            bytes += page.iter().map(|key| size_of::<String>() + key.len()).sum::<usize>();
            within_limit(bytes)?;
            keys.extend(page);
        }
        Ok(KeyResponse { keys, cursor: None })
    }

    async fn drop(&mut self, bucket: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl batch::Host for Guest<'_> {
    /// In the order of the keys, with `none` for those that are not there, as the interface says. (Spin leaves
    /// those out.)
    async fn get_many(
        &mut self,
        bucket: Resource<Store>,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Error> {
        let store = self.bucket(&bucket)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values = store.get_many(&keys).await?;
        within_limit(values.iter().flatten().map(Vec::len).sum())?;
        Ok(keys.into_iter().zip(values).collect())
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Store>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> Result<(), Error> {
        let store = self.bucket(&bucket)?;
        if !pairs.is_empty() {
            store.change(Change::Set(pairs)).await?;
        }
        Ok(())
    }

    async fn delete_many(&mut self, bucket: Resource<Store>, keys: Vec<String>) -> Result<(), Error> {
        let store = self.bucket(&bucket)?;
        if !keys.is_empty() {
            store.change(Change::Delete(keys)).await?;
        }
        Ok(())
    }
}

impl atomics::HostCas for Guest<'_> {
    /// The value is seen here, and again whenever `current` is asked for it.
    async fn new(&mut self, bucket: Resource<Store>, key: String) -> Result<Resource<Cas>, Error> {
        let store = self.bucket(&bucket)?;
        self.see(store, key).await
    }

    async fn current(&mut self, cas: Resource<Cas>) -> Result<Option<Vec<u8>>, Error> {
        let gone = |_| Error::Other("no such cas handle".to_owned());
        let (store, key) =
            self.table.get(&cas).map(|cas| (cas.store.clone(), cas.key.clone())).map_err(gone)?;
        let seen = store.get(&key).await?;
        self.table.get_mut(&cas).map_err(gone)?.seen.clone_from(&seen);
        Ok(seen)
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl atomics::Host for Guest<'_> {
    fn convert_cas_error(&mut self, error: CasError) -> wasmtime::Result<CasError> {
        Ok(error)
    }

    async fn increment(&mut self, bucket: Resource<Store>, key: String, delta: i64) -> Result<i64, Error> {
        match self.bucket(&bucket)?.change(Change::Increment(key, delta)).await? {
            Changed::Number(number) => Ok(number),
            _ => Err(Error::Other("the value is no number of 64 bits, or would be none".to_owned())),
        }
    }

    async fn swap(&mut self, cas: Resource<Cas>, value: Vec<u8>) -> Result<(), CasError> {
        let cas = self.table.delete(cas);
        let Cas { store, key, seen } =
            cas.map_err(|_| CasError::StoreError(Error::Other("no such cas handle".to_owned())))?;
        let swap = Change::Swap { key: key.clone(), seen, value };
        let changed = store.change(swap).await.map_err(|error| CasError::StoreError(error.into()))?;
        if let Changed::Done = changed {
            return Ok(());
        }
        Err(self.see(store, key).await.map_or_else(CasError::StoreError, CasError::CasFailed))
    }
}
