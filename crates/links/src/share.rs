//! The link that a share's creator hands on: through the landing page where there is one.

use model::ShareType;

use crate::{Link, LinkError, Root, Shared, ViewerRoots, encode::encode, viewer_link};

/// `{root}?token={token}`: the page that checks the token and sends the browser on.
fn landing_link(root: &Root, token: &str) -> Result<Link, LinkError> {
    Link::below(root, &format!("?token={}", encode(token)))
}

/// `{root}s/{handle}`: the same page finds the share by its handle, which is of letters, digits, `-` and `_`.
pub fn short_link(landing: &Root, handle: &str) -> Result<Link, LinkError> {
    Link::below(landing, &format!("s/{}", encode(handle)))
}

/// The link to hand on. A share whose viewer could not be opened later has none either: its
/// creator learns now what the person with the link would learn then.
///
/// For `meddream-instant-link` the token is one of MedDream's own, else the share's.
pub fn share_link(roots: &ViewerRoots, shared: &Shared<'_>, token: &str) -> Result<Option<Link>, LinkError> {
    let share_type = shared.share_type;
    let Some(direct) = viewer_link(roots, shared, token)? else {
        return Ok(None);
    };
    match (share_type, &roots.landing) {
        // It is opened right away, and no share of ours stands behind it.
        (ShareType::MeddreamInstantLink, _) => Ok(Some(direct)),
        (_, Some(landing)) => landing_link(landing, token).map(Some),
        // Only the landing page can fetch a fresh MedDream token when the link is opened.
        (ShareType::MeddreamViewerPublication, None) => {
            Err(LinkError::NotConfigured { share_type, variable: "public_landing_root" })
        }
        (_, None) => Ok(Some(direct)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LONGEST_LINK, ServiceUrl};
    use model::{Resource, Shape};

    fn link(roots: &ViewerRoots, share_type: ShareType) -> Result<Option<String>, String> {
        let studies = [Resource::study(Some("1.2".into()), Some("aa".into()))];
        let shared = Shared { shape: Shape::Resources, share_type, anonymized: false, resources: &studies };
        let link = share_link(roots, &shared, "a.b.c");
        link.map(|link| link.map(String::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn links_go_through_the_landing_page_where_there_is_one() {
        let root = |text| Some(Root::parse(text).unwrap());
        let without = ViewerRoots {
            orthanc: root("http://h/shares"),
            meddream: root("http://h/meddream"),
            meddream_token_service: ServiceUrl::parse("http://h/v3").ok(),
            ..ViewerRoots::default()
        };
        let with = ViewerRoots { landing: root("http://h/welcome"), ..without.clone() };
        let landing = Ok(Some("http://h/welcome/?token=a.b.c".to_owned()));

        assert_eq!(link(&with, ShareType::StoneViewerPublication), landing);
        assert_eq!(link(&with, ShareType::MeddreamViewerPublication), landing);
        let instant = "http://h/meddream/?study=1.2&token=a.b.c".to_owned();
        assert_eq!(link(&with, ShareType::MeddreamInstantLink), Ok(Some(instant)));
        assert_eq!(link(&with, ShareType::DownloadInstantLink), Ok(None));
        let osimis = "http://h/shares/osimis-viewer/app/index.html?study=aa&token=a.b.c".to_owned();
        assert_eq!(link(&without, ShareType::OsimisViewerPublication), Ok(Some(osimis)));
        let error = link(&without, ShareType::MeddreamViewerPublication).unwrap_err();
        assert!(error.contains("public_landing_root"), "{error}");
        let short = short_link(with.landing.as_ref().unwrap(), "D_-a").map(String::from);
        assert_eq!(short, Ok("http://h/welcome/s/D_-a".to_owned()));
        // Even with a landing page, a share that no viewer could open is refused now.
        assert!(link(&with, ShareType::OhifViewerPublication).unwrap_err().contains("public_ohif_root"));
    }

    #[test]
    fn a_link_that_no_server_would_read_is_none() {
        let root = |text| Some(Root::parse(text).unwrap());
        let direct = ViewerRoots { orthanc: root("http://h/shares"), ..ViewerRoots::default() };
        let landing = ViewerRoots { landing: root("http://h/welcome"), ..direct.clone() };
        let studies = |count| vec![Resource::study(Some("1.2".into()), Some("a".repeat(44))); count];
        let link = |roots, share_type, studies: &[Resource], token: &str| {
            let shared = Shared { shape: Shape::Studies, share_type, anonymized: false, resources: studies };
            share_link(roots, &shared, token)
        };
        let osimis = ShareType::OsimisViewerPublication;
        for roots in [&direct, &landing] {
            assert_eq!(link(roots, osimis, &studies(1), &"t".repeat(LONGEST_LINK)), Err(LinkError::TooLong));
            assert!(link(roots, osimis, &studies(1), &"t".repeat(LONGEST_LINK - 200)).is_ok());
            // The landing page would send the browser on to an address that is too long.
            assert_eq!(link(roots, osimis, &studies(700), "t"), Err(LinkError::TooLong));
            assert!(link(roots, osimis, &studies(600), "t").is_ok());
            let instant = link(roots, ShareType::ViewerInstantLink, &studies(10_000), &"t".repeat(1 << 20));
            assert_eq!(instant, Ok(None));
        }
    }
}
