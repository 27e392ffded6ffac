//! Where a share opens right now: its viewer, with a fresh token of MedDream's where it is MedDream.

use api::Problem;
use links::{Link, LinkError, ViewerRoots};
use model::ShareType;

use crate::meddream;
use crate::tokens::Claims;

/// Why a share does not open.
#[derive(Debug)]
pub enum NoViewer {
    /// No link can be made for it.
    Link(LinkError),
    /// MedDream's token service failed (502) or is too slow (504).
    Meddream(Problem),
}

/// The viewer's address for a share and its token; none for types that have no viewer of their own.
pub async fn link(roots: &ViewerRoots, share: &Claims, token: &str) -> Result<Option<Link>, NoViewer> {
    let link = |token: &str| links::viewer_link(roots, &share.shared(), token).map_err(NoViewer::Link);
    match (share.share_type, &roots.meddream_token_service) {
        // It is made to be opened right away by who asked for it; a token of ours never has this type.
        (ShareType::MeddreamInstantLink, _) => Ok(None),
        (ShareType::MeddreamViewerPublication, Some(service)) => {
            // First whether there can be a link at all: MedDream is not asked in vain.
            link("")?;
            let fresh = meddream::fresh_token(service, share.share_type, &share.resources).await;
            link(&fresh.map_err(NoViewer::Meddream)?)
        }
        _ => link(token),
    }
}
