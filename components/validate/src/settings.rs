//! What answering the plugin is configured with.

use std::rc::Rc;

use api::auth::Users;
use api::profile::{UserProfile, UserProfiles};
use api::roles::Roles;
use edge::settings::{Kept, Misconfigured, kept, variable};
use edge::viewer::Viewers;

/// The component's variables.
pub struct Settings {
    /// Who may ask; everyone, where it is not set.
    pub users: Option<Users>,
    /// Where the viewers are, for `redirect-url`.
    pub viewers: Viewers,
    /// What everyone may do.
    pub anonymous_profile: UserProfile,
    /// What the bearers of certain tokens may do.
    pub user_profiles: UserProfiles,
    /// Whether a `post` to a study is DICOMweb's way of reading; see [`crate::questions::validate`].
    pub dicomweb_find: bool,
    /// What `GET /settings/roles` answers.
    pub roles: Roles,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

/// This instance's settings.
pub async fn get() -> Result<Rc<Settings>, Misconfigured> {
    kept(&SETTINGS, || async {
        Ok(Settings {
            users: config::users(&variable("users").await?)?,
            viewers: Viewers::load().await?,
            anonymous_profile: config::anonymous_profile(&variable("anonymous_profile").await?)?,
            user_profiles: config::user_profiles(&variable("user_profiles").await?)?,
            dicomweb_find: config::dicomweb_find(&variable("dicomweb_find").await?)?,
            roles: config::permissions(&variable("permissions").await?)?,
        })
    })
    .await
}
