//! The secret key and the servers' names, read once for each instance of the component.

use std::cell::OnceCell;
use std::rc::Rc;

use config::ConfigError;
use spin_sdk::variables;
use token_core::{Key, KeyRing, Rejection, Servers};

/// What signing and deciding needs.
pub struct Setup {
    pub keys: KeyRing,
    pub servers: Servers,
    /// The label of the store of shares, if there is one.
    pub share_store: Option<String>,
}

thread_local! {
    /// Configuration, no data of requests: an instance lives for a hundred requests or a second, then
    /// the next one reads anew.
    static SETUP: OnceCell<Rc<Setup>> = const { OnceCell::new() };
}

/// The setup; without a good one nothing is signed and nothing is granted. Why is logged.
pub async fn get() -> Result<Rc<Setup>, Rejection> {
    if let Some(setup) = SETUP.with(|setup| setup.get().cloned()) {
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

async fn load() -> Result<Setup, String> {
    let text = |error: ConfigError| error.to_string();
    let secret = variable("secret_key").await?;
    let signing = key(config::secret_key(&secret).map_err(text)?)?;
    let previous = config::previous_secret_keys(&variable("previous_secret_keys").await?).map_err(text)?;
    let verifying = previous.iter().map(|secret| key(secret.as_bytes())).collect::<Result<_, _>>()?;
    let standard = variable("server_identifier").await?;
    let anonymized = variable("anonymized_server_identifier").await?;
    let share_store = config::share_store(&variable("share_store").await?).map_err(text)?;
    Ok(Setup {
        keys: KeyRing { signing, verifying },
        servers: Servers {
            standard: config::server_identifier(&standard).map_err(text)?.map(str::to_owned),
            anonymized: config::anonymized_server_identifier(&anonymized).map_err(text)?.map(str::to_owned),
        },
        share_store,
    })
}

fn key(secret: &[u8]) -> Result<Key, String> {
    Key::new(secret).map_err(|error| error.to_string())
}

/// One that the manifest does not give to this component is a mistake in the manifest, not an empty value.
async fn variable(name: &str) -> Result<String, String> {
    variables::get(name).await.map_err(|_| format!("{name}: the manifest does not give it to this component"))
}
