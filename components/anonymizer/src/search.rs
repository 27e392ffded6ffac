//! QIDO-RS: one question to Orthanc for each shared study (or series of it), its answers de-identified as a
//! stream, and then compared, one item at a time.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use api::Problem;
use deid::Engine;
use deid::json::{Document, Transformer};
use proxy::{Items, Level, Search, SearchScope, Upstream};
use spin_sdk::wasip3::http::types;

use crate::orthanc::{Orthanc, content_type, unexpected};
use crate::relay::{self, Producer};
use crate::share::Share;
use crate::source::Source;

const DICOM_JSON: &str = "application/dicom+json";

/// The matches among the shared studies; an empty list if there are none.
pub async fn answer(share: Share, scope: SearchScope, search: Search) -> Result<types::Response, Problem> {
    let questions = questions(&share, &scope, &search).await?;
    let arguments = search.arguments(&share.settings.profile);
    let questions =
        questions.into_iter().map(|question| question.with_arguments(arguments.clone())).collect();
    let matches = Matches {
        orthanc: share.orthanc.clone(),
        engine: share.engine.clone(),
        questions,
        asked: None,
        left: search.limit.unwrap_or(usize::MAX),
        skip: search.offset,
        search,
        begun: false,
    };
    relay::stream(matches, DICOM_JSON).await
}

async fn questions(share: &Share, scope: &SearchScope, search: &Search) -> Result<Vec<Upstream>, Problem> {
    let studies = match &scope.study {
        Some(study) => vec![share.study_by_uid(study).await?],
        None => share.studies().await?,
    };
    let mut questions = Vec::new();
    let mut asked = HashSet::new();
    for study in studies.iter().filter(|study| search.may_match_study(&share.names.uid(&study.uid))) {
        // Of two studies with one UID, the first question finds both.
        if !asked.insert(&study.uid) || share.has_namesake(study).await? {
            continue;
        }
        if scope.level == Level::Study || (scope.series.is_none() && !search.names_series()) {
            questions.extend(Upstream::search(study, None, scope.level));
            continue;
        }
        let list = share.series_of(study).await?;
        for series in &list.series.items {
            let Some(shown) = series.uid.as_ref().map(|uid| share.names.uid(uid)) else { continue };
            let in_scope = scope.series.as_ref().is_none_or(|asked| asked.as_str() == shown);
            if in_scope && search.may_match_series(&shown) {
                questions.extend(Upstream::search(study, Some(series), scope.level));
            }
        }
    }
    Ok(questions)
}

struct Matches {
    orthanc: Orthanc,
    engine: Arc<Engine>,
    questions: VecDeque<Upstream>,
    asked: Option<(Source, Transformer, Items)>,
    search: Search,
    /// How many more matches are wanted, and how many are to be left out before.
    left: usize,
    skip: usize,
    begun: bool,
}

impl Producer for Matches {
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some((source, transformer, items)) = &mut self.asked else {
            return self.ask_next(out).await;
        };
        let Some(chunk) = source.next().await? else {
            let (_, transformer, _) = self.asked.take().ok_or_else(unexpected)?;
            return transformer.finish().map(|()| true).map_err(|_| unexpected());
        };
        let mut clean = Vec::new();
        transformer.feed(&chunk, &mut clean).map_err(|_| unexpected())?;
        let each = |item: &[u8]| {
            if self.left == 0 || !self.search.matches(item) {
            } else if self.skip > 0 {
                self.skip -= 1;
            } else {
                self.left -= 1;
                out.extend_from_slice(if self.begun { b"," } else { b"[" });
                out.extend_from_slice(item);
                self.begun = true;
            }
        };
        if items.feed(&clean, each) { Ok(true) } else { Err(unexpected()) }
    }
}

impl Matches {
    async fn ask_next(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some(question) = self.questions.pop_front().filter(|_| self.left > 0) else {
            out.extend_from_slice(if self.begun { b"]" } else { b"[]" });
            return Ok(false);
        };
        let response = self.orthanc.get(&question, Some(DICOM_JSON)).await?;
        if !proxy::is_dicom_json(content_type(&response)) {
            return Err(unexpected());
        }
        let transformer = Transformer::new(self.engine.clone(), Document::DicomJson);
        self.asked = Some((Source::new(response)?, transformer, Items::default()));
        Ok(true)
    }
}
