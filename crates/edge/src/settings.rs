//! The component's variables, read and checked once for each instance.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::thread::LocalKey;

use api::Problem;
use config::ConfigError;
use links::ViewerRoots;
use spin_sdk::variables;

/// The configuration is missing or wrong; which variable, and what is expected, is in the log only.
#[derive(Clone, Copy, Debug)]
pub struct Misconfigured;

impl From<Misconfigured> for Problem {
    fn from(_: Misconfigured) -> Self {
        Problem::new(500, "the service is misconfigured: its log says which variable")
    }
}

impl From<Misconfigured> for api::ApiError {
    fn from(error: Misconfigured) -> Self {
        Problem::from(error).into()
    }
}

impl From<ConfigError> for Misconfigured {
    fn from(error: ConfigError) -> Self {
        eprintln!("misconfigured {error}");
        Misconfigured
    }
}

/// Where an instance of a component keeps its settings. It lives for a hundred requests or a second;
/// the next one reads anew.
pub type Kept<T> = OnceCell<Rc<T>>;

/// The settings that are kept, or that `load` makes. A failure is not kept.
pub async fn kept<T, F>(
    cell: &'static LocalKey<Kept<T>>,
    load: impl FnOnce() -> F,
) -> Result<Rc<T>, Misconfigured>
where
    F: Future<Output = Result<T, Misconfigured>>,
{
    if let Some(settings) = cell.with(|cell| cell.get().cloned()) {
        return Ok(settings);
    }
    let settings = Rc::new(load().await?);
    Ok(cell.with(|cell| cell.get_or_init(|| settings).clone()))
}

/// The value of a variable; empty where it is not set. That the manifest does not give it to the
/// component at all is no empty value: without `users`, say, everyone would be let in.
pub async fn variable(name: &str) -> Result<String, Misconfigured> {
    variables::get(name).await.map_err(|_| {
        eprintln!("misconfigured {name}: the manifest does not give it to this component");
        Misconfigured
    })
}

/// Where the viewers are.
pub async fn viewer_roots() -> Result<ViewerRoots, Misconfigured> {
    let mut values = HashMap::new();
    for name in config::VIEWER_VARIABLES {
        values.insert(name, variable(name).await?);
    }
    Ok(config::viewer_roots(|name| values.get(name).cloned())?)
}
