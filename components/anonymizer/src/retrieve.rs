//! WADO-RS retrieval: the files of the instances one after the other, each asked of Orthanc by itself and
//! rewritten as it streams by. Orthanc's own multipart answer is not used: one bad file would end all of it.

use std::collections::VecDeque;
use std::sync::Arc;

use api::Problem;
use deid::Engine;
use deid::file::{Pixels, Transformer};
use edge::clock;
use proxy::{Instance, OrthancId, Upstream};
use spin_sdk::wasip3::http::types;

use crate::orthanc::{Orthanc, content_type, unexpected};
use crate::pixels;
use crate::relay::{self, Producer};
use crate::share::{Found, Share};
use crate::source::Source;

const FILE: &str = "application/dicom";

/// The files in the transfer syntaxes that they are stored in. 403 before the first byte if the pixels of
/// one of them may identify somebody.
pub async fn answer(share: Share, found: Found, accept: Option<&str>) -> Result<types::Response, Problem> {
    let is_one = found.instance.is_some() && proxy::wants_one_file(accept);
    let instances = instances(&share, found).await?;
    let ids: Vec<&OrthancId> = instances.iter().map(|instance| &instance.id).collect();
    pixels::must_all_be_safe(&share, &ids).await?;
    let boundary = clock::new_id()?;
    let kind = format!("multipart/related; type=\"{FILE}\"; boundary={boundary}");
    let files = Files {
        orthanc: share.orthanc.clone(),
        engine: share.engine.clone(),
        pixels: if share.settings.allows_pixels { Pixels::Allow } else { Pixels::Refuse },
        instances,
        current: None,
        boundary: (!is_one).then_some(boundary),
    };
    relay::stream(files, if is_one { FILE } else { &kind }).await
}

async fn instances(share: &Share, found: Found) -> Result<VecDeque<Instance>, Problem> {
    if let Some(instance) = found.instance {
        return Ok(VecDeque::from([instance]));
    }
    let series = match found.series {
        Some(series) => vec![series],
        None => share.series_of(&found.study).await?.series.items.clone(),
    };
    let mut instances = VecDeque::new();
    for series in &series {
        instances.extend(share.instances_of(series).await?.items.iter().cloned());
    }
    if instances.is_empty() { Err(Problem::not_found()) } else { Ok(instances) }
}

struct Files {
    orthanc: Orthanc,
    engine: Arc<Engine>,
    pixels: Pixels,
    instances: VecDeque<Instance>,
    current: Option<(Source, Transformer)>,
    /// Between the parts; none for a file alone.
    boundary: Option<String>,
}

impl Producer for Files {
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some((source, transformer)) = &mut self.current else {
            return self.begin_next(out).await;
        };
        if let Some(chunk) = source.next().await? {
            transformer.feed(&chunk, out).map_err(problem)?;
            return Ok(true);
        }
        let (_, transformer) = self.current.take().ok_or_else(unexpected)?;
        transformer.finish(out).map_err(problem)?;
        if self.boundary.is_some() {
            out.extend_from_slice(b"\r\n");
        }
        Ok(true)
    }
}

impl Files {
    async fn begin_next(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some(instance) = self.instances.pop_front() else {
            if let Some(boundary) = &self.boundary {
                out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            }
            return Ok(false);
        };
        let response = self.orthanc.get(&Upstream::file(&instance), None).await?;
        if !proxy::is_dicom(content_type(&response)) {
            return Err(unexpected());
        }
        if let Some(boundary) = &self.boundary {
            out.extend_from_slice(format!("--{boundary}\r\nContent-Type: {FILE}\r\n\r\n").as_bytes());
        }
        self.current = Some((Source::new(response)?, Transformer::new(self.engine.clone(), self.pixels)));
        Ok(true)
    }
}

fn problem(error: deid::Error) -> Problem {
    match error {
        deid::Error::Pixels(_) => Problem::new(403, "the pixels may identify somebody"),
        deid::Error::TransferSyntax => Problem::new(406, "a file is in a form that cannot be de-identified"),
        _ => unexpected(),
    }
}
