//! The secret keys and the servers' names, read once for each instance of the component.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use config::{ConfigError, SecretKey};
use spin_sdk::variables;
use token_core::{Key, KeyRing, Rejection, Remembered, Servers};

/// What signing and deciding needs.
pub struct Setup {
    /// The keys, and the tokens of theirs that were asked about a moment ago.
    pub tokens: Remembered,
    pub servers: Servers,
    /// The label of the store of shares, if there is one.
    pub share_store: Option<String>,
    /// What to warn about, until it was said.
    warnings: Cell<Vec<config::Warning>>,
}

thread_local! {
    /// Configuration, no data of requests: an instance lives for a hundred requests or a second, then
    /// the next one reads anew.
    static SETUP: OnceCell<Rc<Setup>> = const { OnceCell::new() };
}

/// The setup; without a good one nothing is signed and nothing is granted. Why is logged.
pub async fn get() -> Result<Rc<Setup>, Rejection> {
    if let Some(setup) = known() {
        return Ok(setup);
    }
    match load().await {
        Ok(setup) => Ok(SETUP.with(|cell| cell.get_or_init(|| Rc::new(setup)).clone())),
        Err(error) => {
            eprintln!("token misconfigured {error}");
            Err(Rejection::Misconfigured)
        }
    }
}

/// The setup, if this instance has it already.
pub fn known() -> Option<Rc<Setup>> {
    SETUP.with(|setup| setup.get().cloned())
}

/// The same for somebody who makes a share: there is somebody to read what the log warns about. Once for
/// each instance; an answer to the Authorization plugin says nothing, of which there are very many.
pub async fn to_issue() -> Result<Rc<Setup>, Rejection> {
    let setup = get().await?;
    for warning in setup.warnings.take() {
        eprintln!("token warns {}: {}", warning.variable, warning.text);
    }
    Ok(setup)
}

async fn load() -> Result<Setup, String> {
    let text = |error: ConfigError| error.to_string();
    let [single, ring, previous] = ["secret_key", "secret_keys", "previous_secret_keys"];
    let values = [
        (single, variable(single).await?),
        (ring, variable(ring).await?),
        (previous, variable(previous).await?),
    ];
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let keys = config::keys(value).map_err(text)?;
    let verifying = keys.verifying.iter().map(key).collect::<Result<_, _>>()?;
    let standard = variable("server_identifier").await?;
    let anonymized = variable("anonymized_server_identifier").await?;
    let share_store = config::share_store(&variable("share_store").await?).map_err(text)?;
    Ok(Setup {
        tokens: Remembered::new(KeyRing { signing: key(&keys.signing)?, verifying }),
        warnings: Cell::new(keys.verifying.iter().filter_map(SecretKey::warning).collect()),
        servers: Servers {
            standard: config::server_identifier(&standard).map_err(text)?.map(str::to_owned),
            anonymized: config::anonymized_server_identifier(&anonymized).map_err(text)?.map(str::to_owned),
        },
        share_store,
    })
}

fn key(key: &SecretKey) -> Result<Key, String> {
    let made = Key::new(key.secret.as_bytes()).map_err(|error| error.to_string())?;
    let made = key.kid.iter().fold(made, |made, kid| made.named(kid));
    Ok(key.until.iter().fold(made, |made, end| made.until(*end)))
}

/// One that the manifest does not give to this component is a mistake in the manifest, not an empty value.
async fn variable(name: &str) -> Result<String, String> {
    variables::get(name).await.map_err(|_| format!("{name}: the manifest does not give it to this component"))
}
