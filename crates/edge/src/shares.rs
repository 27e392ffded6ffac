//! The registry of shares, in the store that `share_store` names; opened once for each instance.

use std::cell::OnceCell;
use std::rc::Rc;

use api::Problem;
use registry::{Registry, StoreError};
use store::KeyValue;

use crate::settings::{Misconfigured, variable};

/// The shares that are kept.
pub type Shares = Registry<KeyValue>;

thread_local! {
    /// The open store, or that there is none; no data of requests.
    static SHARES: OnceCell<Option<Rc<Shares>>> = const { OnceCell::new() };
}

/// Why there is no registry.
#[derive(Clone, Copy, Debug)]
pub enum NoShares {
    /// `share_store` has a wrong value, or the manifest does not give it.
    Misconfigured(Misconfigured),
    /// The store does not open.
    Store(StoreError),
}

/// The registry; none where shares are not kept. A failure is not kept.
pub async fn registry() -> Result<Option<Rc<Shares>>, NoShares> {
    if let Some(shares) = SHARES.with(|shares| shares.get().cloned()) {
        return Ok(shares);
    }
    let value = variable("share_store").await.map_err(NoShares::Misconfigured)?;
    let label = config::share_store(&value).map_err(|error| NoShares::Misconfigured(error.into()))?;
    let opened = match label {
        Some(label) => Some(Rc::new(Registry::new(KeyValue::open(&label).await.map_err(NoShares::Store)?))),
        None => None,
    };
    Ok(SHARES.with(|shares| shares.get_or_init(|| opened).clone()))
}

impl From<NoShares> for api::ApiError {
    fn from(error: NoShares) -> Self {
        match error {
            NoShares::Misconfigured(error) => error.into(),
            NoShares::Store(error) => store_failed(error).into(),
        }
    }
}

/// 503: nothing is done without the store. 500 for what another version wrote: to ask again does not help.
pub fn store_failed(error: StoreError) -> Problem {
    match error {
        StoreError::Unavailable => Problem::new(503, "the store of shares does not answer: try again later"),
        StoreError::NotUnderstood => {
            Problem::new(500, "the store holds something that this version does not understand")
        }
    }
}
