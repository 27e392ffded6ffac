//! What the landing is configured with.

use std::rc::Rc;

use edge::settings::{Kept, Misconfigured, kept};
use edge::viewer::Viewers;

thread_local! {
    static VIEWERS: Kept<Viewers> = const { Kept::new() };
}

/// Where the viewers are.
pub async fn get() -> Result<Rc<Viewers>, Misconfigured> {
    kept(&VIEWERS, Viewers::load).await
}
