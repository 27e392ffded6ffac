//! `spin:key-value/key-value@3.0.0`, as components see it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Accessor, Destination, FutureReader, HasData, Linker, Resource, ResourceTable, StreamProducer,
    StreamReader, StreamResult, VecBuffer,
};

use super::{Allowed, Change, Keys, Store, StoreError};

/// The host's side of the interfaces, made from `wit/deps`.
pub mod bindings {
    #![allow(missing_docs, reason = "the interfaces are documented where they are written")]

    wasmtime::component::bindgen!({
        inline: "
            package orthanc-share:host;
            world stores {
                import spin:key-value/key-value@3.0.0;
                include wasi:keyvalue/imports@0.2.0-draft2;
            }
        ",
        path: "../../wit",
        imports: { default: async | trappable },
        with: {
            "spin:key-value/key-value.store": crate::store::Store,
            "wasi:keyvalue/store.bucket": crate::store::Store,
            "wasi:keyvalue/atomics.cas": crate::store::wasi::Cas,
        },
        trappable_error_type: {
            "spin:key-value/key-value.error" => spin::key_value::key_value::Error,
            "wasi:keyvalue/store.error" => wasi::keyvalue::store::Error,
            "wasi:keyvalue/atomics.cas-error" => wasi::keyvalue::atomics::CasError,
        },
    });
}

use bindings::spin::key_value::key_value::{self, Error};
use bindings::wasi::keyvalue::{atomics, batch, store};

/// What one instance has open, and may open.
pub struct Guest<'a> {
    /// Its resources.
    pub table: &'a mut ResourceTable,
    /// Its stores.
    pub allowed: &'a Arc<Allowed>,
}

/// [`Guest`] as wasmtime borrows it.
pub struct Borrowed;

impl HasData for Borrowed {
    type Data<'a> = Guest<'a>;
}

/// Links both interfaces.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    guest: fn(&mut T) -> Guest<'_>,
) -> wasmtime::Result<()> {
    key_value::add_to_linker::<T, Borrowed>(linker, guest)?;
    store::add_to_linker::<T, Borrowed>(linker, guest)?;
    batch::add_to_linker::<T, Borrowed>(linker, guest)?;
    atomics::add_to_linker::<T, Borrowed>(linker, guest)
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

impl key_value::Host for Guest<'_> {
    fn convert_error(&mut self, error: Error) -> wasmtime::Result<Error> {
        Ok(error)
    }
}

impl key_value::HostStore for Guest<'_> {
    async fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: 'static> key_value::HostStoreWithStore<T> for Borrowed {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Result<Resource<Store>, Error> {
        let store = accessor.with(|mut access| access.get().allowed.get(&label).cloned());
        let store = store.ok_or(Error::AccessDenied)?;
        store.open().await?;
        accessor.with(|mut access| access.get().table.push(store)).map_err(|_| Error::StoreTableFull)
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> Result<Option<Vec<u8>>, Error> {
        Ok(opened(accessor, &store)?.get(&key).await?)
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), Error> {
        opened(accessor, &store)?.change(Change::Set(vec![(key, value)])).await?;
        Ok(())
    }

    async fn delete(accessor: &Accessor<T, Self>, store: Resource<Store>, key: String) -> Result<(), Error> {
        opened(accessor, &store)?.change(Change::Delete(vec![key])).await?;
        Ok(())
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> Result<bool, Error> {
        Ok(opened(accessor, &store)?.exists(&key).await?)
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let keys = opened(accessor, &store)?.keys();
        let (done, end) = oneshot::channel();
        // A reader that leaves before the end has not failed.
        let end = async { Ok::<_, wasmtime::Error>(end.await.unwrap_or(Ok(()))) };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, KeyStream { page: page(keys), done: Some(done) })?;
            Ok((keys, FutureReader::new(&mut access, end)?))
        })
    }
}

fn opened<T: 'static>(accessor: &Accessor<T, Borrowed>, store: &Resource<Store>) -> Result<Store, Error> {
    accessor.with(|mut access| access.get().table.get(store).cloned()).map_err(|_| Error::NoSuchStore)
}

/// Reads a page when the component asks for keys, none ahead.
struct KeyStream {
    page: Page,
    done: Option<oneshot::Sender<Result<(), Error>>>,
}

type Page = Pin<Box<dyn Future<Output = (Keys, Result<Option<Vec<String>>, StoreError>)> + Send>>;

fn page(mut keys: Keys) -> Page {
    Box::pin(async move {
        let page = keys.next().await;
        (keys, page)
    })
}

impl<D> StreamProducer<D> for KeyStream {
    type Item = String;
    type Buffer = VecBuffer<String>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, VecBuffer<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(&mut store) == Some(0) {
            // Only asked whether there may be more.
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let end = loop {
            let (keys, next) = match self.page.as_mut().poll(cx) {
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                poll => ready!(poll),
            };
            match next {
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.into()),
                Ok(Some(some)) => {
                    self.page = page(keys);
                    if !some.is_empty() {
                        destination.set_buffer(some.into());
                        return Poll::Ready(Ok(StreamResult::Completed));
                    }
                }
            }
        };
        if let Some(done) = self.done.take() {
            // Nobody may be asking how it ended.
            let _ = done.send(end);
        }
        Poll::Ready(Ok(StreamResult::Dropped))
    }
}
