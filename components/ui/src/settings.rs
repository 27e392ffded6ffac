//! What the page is configured with.

use std::rc::Rc;

use api::auth::Users;
use edge::settings::{Kept, Misconfigured, kept, variable, viewer_roots};
use ui_page::Offer;

/// The component's variables.
pub struct Settings {
    /// Whether there is a store, and so anything to manage.
    pub has_store: bool,
    /// Who may use the page; everyone, where it is not set.
    pub users: Option<Users>,
    /// The viewers that the form for a new share offers.
    pub offers: Vec<Offer>,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

/// This instance's settings.
pub async fn get() -> Result<Rc<Settings>, Misconfigured> {
    kept(&SETTINGS, || async {
        let anonymized = variable("anonymized_server_identifier").await?;
        let has_anonymized_server = config::anonymized_server_identifier(&anonymized)?.is_some();
        Ok(Settings {
            has_store: config::share_store(&variable("share_store").await?)?.is_some(),
            users: config::users(&variable("users").await?)?,
            offers: ui_page::offers(&viewer_roots().await?, has_anonymized_server),
        })
    })
    .await
}
