//! What creating and keeping shares is configured with.

use std::rc::Rc;
use std::time::Duration;

use api::auth::Users;
use edge::settings::{Kept, Misconfigured, kept, variable};
use edge::viewer::Viewers;

/// The component's variables.
pub struct Settings {
    /// Who may create shares; everyone, where it is not set.
    pub users: Option<Users>,
    /// Where the viewers are.
    pub viewers: Viewers,
    /// Whether an anonymized server has a name: without it no anonymized share would ever open.
    pub has_anonymized_server: bool,
    /// Whether shares are kept.
    pub has_store: bool,
    /// How many wrong codes a new share looks at.
    pub code_attempts: u32,
    /// How long a share is kept after its end.
    pub share_retention: Duration,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

/// This instance's settings.
pub async fn get() -> Result<Rc<Settings>, Misconfigured> {
    kept(&SETTINGS, || async {
        let anonymized = variable("anonymized_server_identifier").await?;
        Ok(Settings {
            users: config::users(&variable("users").await?)?,
            viewers: Viewers::load().await?,
            has_anonymized_server: config::anonymized_server_identifier(&anonymized)?.is_some(),
            has_store: config::share_store(&variable("share_store").await?)?.is_some(),
            code_attempts: config::code_attempts(&variable("code_attempts").await?)?,
            share_retention: config::share_retention(&variable("share_retention").await?)?,
        })
    })
    .await
}
