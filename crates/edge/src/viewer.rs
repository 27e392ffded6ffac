//! Where a share opens right now: its viewer, with a fresh token of MedDream's where it is MedDream, and
//! with pseudonyms in place of ids where the de-identifying proxy stands before the server.

use std::borrow::Cow;

use api::Problem;
use links::{Link, LinkError, Shared, ViewerRoots};
use model::{Level, Resource, Shape, ShareType};
use proxy::MOST_STUDIES;
use registry::Share;

use crate::meddream;
use crate::settings::{Misconfigured, variable, viewer_roots};
use crate::tokens::{self, Claims, Rejection};

/// What links are made with.
pub struct Viewers {
    /// Where the viewers are.
    pub roots: ViewerRoots,
    /// None where the anonymized server is one of its own, which has ids of its own.
    proxy: Option<Proxy>,
}

/// The de-identifying proxy of this application.
struct Proxy {
    retain_uids: bool,
}

/// Why a share does not open.
#[derive(Debug)]
pub enum NoViewer {
    /// No link can be made for it.
    Link(LinkError),
    /// MedDream's token service failed (502) or is too slow (504).
    Meddream(Problem),
    /// The token is not accepted any more, or the configuration is wrong.
    Token(Rejection),
}

impl Viewers {
    /// From the component's variables.
    pub async fn load() -> Result<Self, Misconfigured> {
        let has_proxy = config::orthanc_root(&variable("orthanc_root").await?)?.is_some();
        let retain_uids = config::flag("retain_uids", &variable("retain_uids").await?)?;
        Ok(Self { roots: viewer_roots().await?, proxy: has_proxy.then_some(Proxy { retain_uids }) })
    }

    /// The viewer's address for a share and its token; none for types that have no viewer of their own.
    pub async fn link(&self, share: &Claims, token: &str) -> Result<Option<Link>, NoViewer> {
        // First whether there can be a link at all: MedDream is not asked in vain.
        self.viewer_link(&share.shared(), "")?;
        match (share.share_type, &self.roots.meddream_token_service) {
            // It is made to be opened right away by who asked for it; a token of ours never has this type.
            (ShareType::MeddreamInstantLink, _) => Ok(None),
            (ShareType::MeddreamViewerPublication, Some(service)) => {
                let fresh = meddream::fresh_token(service, share.share_type, &share.resources).await;
                self.viewer_link(&share.shared(), &fresh.map_err(NoViewer::Meddream)?)
            }
            _ => self.viewer_link(&share.shared_as(&self.shown(share, Some(token)).await?), token),
        }
    }

    /// Where that address is, as a source of a Content Security Policy. Fails where there can be no link, and
    /// asks nobody.
    pub fn policy_source(&self, share: &Claims) -> Result<Option<String>, NoViewer> {
        Ok(self.viewer_link(&share.shared(), "")?.map(|link| link.policy_source()))
    }

    /// The link to hand on: through the landing page where there is one. The share may begin later, or be
    /// kept later.
    pub async fn share_link(&self, share: &Claims, token: &str) -> Result<Option<Link>, NoViewer> {
        let is_valid_now = !share.registered && share.not_before.is_none();
        let shown = self.shown(share, is_valid_now.then_some(token)).await?;
        links::share_link(&self.roots, &share.shared_as(&shown), token).map_err(NoViewer::Link)
    }

    /// Whether all of an anonymized share is seen through the proxy: its studies, and so many of them. Else 400.
    pub fn check_scope(&self, share: &Share) -> Result<(), Problem> {
        if self.proxy.is_none() || !share.anonymized {
            return Ok(());
        }
        let field = match share.shape {
            Shape::Studies => "studies",
            Shape::Resources => "resources",
        };
        let studies = share.resources.iter().filter(|shared| shared.level == Level::Study).count();
        match studies {
            0 => Err(Problem::bad_request(format!(
                "'{field}' needs a study: of an anonymized share nothing else can be read"
            ))),
            1..=MOST_STUDIES => Ok(()),
            _ => Err(Problem::bad_request(format!(
                "'{field}' may have {MOST_STUDIES} studies in an anonymized share, not {studies}"
            ))),
        }
    }

    fn viewer_link(&self, shared: &Shared<'_>, token: &str) -> Result<Option<Link>, NoViewer> {
        links::viewer_link(&self.roots, shared, token).map_err(NoViewer::Link)
    }

    /// The resources as a viewer knows them, by a token of the share that is valid now, if there is one.
    async fn shown<'a>(
        &self,
        share: &'a Claims,
        token: Option<&str>,
    ) -> Result<Cow<'a, [Resource]>, NoViewer> {
        let Some(proxy) = self.proxy.as_ref().filter(|_| share.anonymized) else {
            return Ok(Cow::Borrowed(&share.resources));
        };
        // It loads the study's archive, which the proxy does not make.
        if share.share_type == ShareType::VolviewViewerPublication {
            return Err(NoViewer::Link(LinkError::NotAnonymized(share.share_type)));
        }
        let key = match token {
            Some(token) => tokens::pseudonym_key(token).await,
            None => tokens::pseudonym_key_of(share).await,
        };
        let key = key.map_err(NoViewer::Token)?;
        let key = proxy::share_key(&key);
        let shown = |resource: &Resource| Resource {
            level: resource.level,
            orthanc_id: resource.orthanc_id.as_deref().map(|id| key.orthanc_id(id)),
            dicom_uid: match resource.level {
                // A PatientID is no UID: nothing stands for it.
                Level::Patient => None,
                _ if proxy.retain_uids => resource.dicom_uid.clone(),
                _ => resource.dicom_uid.as_deref().map(|uid| key.uid(uid)),
            },
        };
        Ok(share.resources.iter().map(shown).collect())
    }
}
