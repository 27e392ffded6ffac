//! Whether the pixels of an instance may pass: not if its headers say that they usually hold identity.

use api::Problem;
use edge::log;
use futures::StreamExt;
use proxy::{InstanceView, OrthancId, Upstream};

use crate::memory;
use crate::orthanc::unexpected;
use crate::share::Share;

/// So many instances of a series are asked about at once.
const AT_ONCE: usize = 8;

/// 403 if the pixels of the instance may identify somebody, with the reason in the log.
pub async fn must_be_safe(share: &Share, instance: &OrthancId) -> Result<(), Problem> {
    if share.settings.allows_pixels {
        return Ok(());
    }
    let Some(reason) = risk(share, instance).await? else { return Ok(()) };
    log::refused("anonymizer", &format!("pixels ({reason})"), &share.headers);
    Err(Problem::new(403, "the pixels may identify somebody"))
}

/// The same of many instances: one that is not safe refuses all.
pub async fn must_all_be_safe(share: &Share, instances: &[&OrthancId]) -> Result<(), Problem> {
    let checks = futures::stream::iter(instances).map(|instance| must_be_safe(share, instance));
    let mut checks = checks.buffer_unordered(AT_ONCE);
    while let Some(check) = checks.next().await {
        check?;
    }
    Ok(())
}

async fn risk(share: &Share, instance: &OrthancId) -> Result<Option<String>, Problem> {
    if let Some(known) = memory::with(&share.key, |known| known.risks.get(instance).cloned()) {
        return Ok(known);
    }
    let json = share.orthanc.read_json(&Upstream::instance(instance, InstanceView::Tags)).await?;
    let facts = proxy::read_facts(&json).map_err(|_| unexpected())?;
    let risk = deid::pixel_risk(&facts, &share.settings.modalities).map(|risk| risk.to_string());
    memory::with(&share.key, |known| known.risks.insert(instance.clone(), risk.clone()));
    Ok(risk)
}
