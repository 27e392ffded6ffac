//! What creating shares is configured with.

use std::rc::Rc;

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
        })
    })
    .await
}
