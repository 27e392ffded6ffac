//! What the landing is configured with.

use std::rc::Rc;

use edge::settings::{Kept, Misconfigured, kept, viewer_roots};
use links::ViewerRoots;

thread_local! {
    static ROOTS: Kept<ViewerRoots> = const { Kept::new() };
}

/// Where the viewers are.
pub async fn get() -> Result<Rc<ViewerRoots>, Misconfigured> {
    kept(&ROOTS, viewer_roots).await
}
