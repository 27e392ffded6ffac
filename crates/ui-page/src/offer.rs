//! Which viewers the form for a new share offers: those for which a link can be made.
//! It asks the crate `links` itself, so that the form never offers what the API would refuse.

use links::{Shared, ViewerRoots, share_link};
use model::{Resource, Shape, ShareType};

/// A viewer of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its type of share.
    pub share_type: ShareType,
    /// What it is called.
    pub name: &'static str,
    /// The identifier that it needs of every study (`dicom-uid`, `orthanc-id`), or either.
    pub needs: &'static str,
    /// Whether it also opens anonymized shares.
    pub anonymized: bool,
}

/// In the order of the form; types without a viewer of their own are for programs.
const VIEWERS: [(ShareType, &str); 6] = [
    (ShareType::OhifViewerPublication, "OHIF"),
    (ShareType::StoneViewerPublication, "Stone Web Viewer"),
    (ShareType::OsimisViewerPublication, "Osimis Web Viewer"),
    (ShareType::VolviewViewerPublication, "VolView"),
    (ShareType::MeddreamViewerPublication, "MedDream"),
    (ShareType::MeddreamInstantLink, "MedDream"),
];

/// The viewers that these roots have; anonymized shares only where their server has a name.
pub fn offers(roots: &ViewerRoots, has_anonymized_server: bool) -> Vec<Offer> {
    let uid = || Some("1.2.3".into());
    let id = || Some("00000000-00000000-00000000-00000000-00000000".into());
    let opens = |share_type, anonymized, study: Resource| {
        let shared = Shared { shape: Shape::Studies, share_type, anonymized, resources: &[study] };
        matches!(share_link(roots, &shared, ""), Ok(Some(_)))
    };
    let offer = |(share_type, name)| {
        let by_uid = opens(share_type, false, Resource::study(uid(), None));
        let by_id = opens(share_type, false, Resource::study(None, id()));
        let needs = match (by_uid, by_id) {
            (true, true) => "either",
            (true, false) => "dicom-uid",
            (false, true) => "orthanc-id",
            (false, false) => return None,
        };
        let anonymized = has_anonymized_server && opens(share_type, true, Resource::study(uid(), id()));
        Some(Offer { share_type, name, needs, anonymized })
    };
    VIEWERS.into_iter().filter_map(offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use links::{Root, ServiceUrl};

    fn seen(roots: &ViewerRoots, has_anonymized_server: bool) -> Vec<String> {
        let offers = offers(roots, has_anonymized_server);
        let line = |it: Offer| format!("{} {} {}", it.share_type.name(), it.needs, it.anonymized);
        offers.into_iter().map(line).collect()
    }

    #[test]
    fn only_what_is_configured_is_offered() {
        let root = |text| Root::parse(text).ok();
        assert!(seen(&ViewerRoots::default(), true).is_empty());

        let orthanc = ViewerRoots { orthanc: root("http://h/shares/"), ..ViewerRoots::default() };
        assert_eq!(
            seen(&orthanc, true),
            [
                "stone-viewer-publication dicom-uid false",
                "osimis-viewer-publication orthanc-id false",
                "volview-viewer-publication orthanc-id false",
            ]
        );
        let both = ViewerRoots { anonymized_orthanc: root("http://h/anon-shares/"), ..orthanc.clone() };
        assert!(seen(&both, true).iter().all(|line| line.ends_with(" true")));
        assert!(seen(&both, false).iter().all(|line| line.ends_with(" false")));

        let ohif = ViewerRoots { ohif: root("http://h/ohif/"), ..ViewerRoots::default() };
        assert_eq!(seen(&ohif, true), ["ohif-viewer-publication dicom-uid false"]);

        let meddream = ViewerRoots {
            meddream: root("http://h/meddream/"),
            meddream_token_service: ServiceUrl::parse("http://h/v3/generate").ok(),
            ..ViewerRoots::default()
        };
        assert_eq!(seen(&meddream, true), ["meddream-instant-link dicom-uid false"]);
        let landing = ViewerRoots { landing: root("http://h/welcome/"), ..meddream };
        assert_eq!(
            seen(&landing, true),
            ["meddream-viewer-publication dicom-uid false", "meddream-instant-link dicom-uid false"]
        );
    }
}
