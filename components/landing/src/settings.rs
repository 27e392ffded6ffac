//! What the landing is configured with.

use std::rc::Rc;
use std::time::Duration;

use edge::settings::{Kept, Misconfigured, kept, variable};
use edge::viewer::Viewers;

/// The component's variables.
pub struct Settings {
    /// Where the viewers are.
    pub viewers: Viewers,
    /// How long the viewer of a protected share may read once it was opened.
    pub session: Duration,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

/// This instance's settings.
pub async fn get() -> Result<Rc<Settings>, Misconfigured> {
    kept(&SETTINGS, || async {
        Ok(Settings {
            viewers: Viewers::load().await?,
            session: config::session_duration(&variable("session_duration").await?)?,
        })
    })
    .await
}
