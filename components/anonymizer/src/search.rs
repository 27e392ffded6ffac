//! QIDO-RS: one question to Orthanc for each shared study (or series of it), its answers de-identified as a
//! stream, and then compared, one item at a time.

use std::collections::VecDeque;
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
    let with_arguments = |mut question: Question| {
        question.path = question.path.with_arguments(arguments.clone());
        question
    };
    let questions = questions.into_iter().map(with_arguments).collect();
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

/// What is asked of Orthanc, and of whom the answers are to be.
struct Question {
    path: Upstream,
    patient_id: String,
}

async fn questions(share: &Share, scope: &SearchScope, search: &Search) -> Result<Vec<Question>, Problem> {
    let studies = match &scope.study {
        Some(study) => vec![share.study_by_uid(study).await?],
        None => share.studies().await?,
    };
    let mut questions = Vec::new();
    for study in studies.iter().filter(|study| search.may_match_study(&share.names.uid(&study.uid))) {
        let mut ask = |series| {
            let path = Upstream::search(study, series, scope.level);
            questions.extend(path.map(|path| Question { path, patient_id: study.patient_id.clone() }));
        };
        if scope.level == Level::Study || (scope.series.is_none() && !search.names_series()) {
            ask(None);
            continue;
        }
        let list = share.series_of(study).await?;
        for series in &list.series.items {
            let Some(shown) = series.uid.as_ref().map(|uid| share.names.uid(uid)) else { continue };
            let in_scope = scope.series.as_ref().is_none_or(|asked| asked.as_str() == shown);
            if in_scope && search.may_match_series(&shown) {
                ask(Some(series));
            }
        }
    }
    Ok(questions)
}

struct Matches {
    orthanc: Orthanc,
    engine: Arc<Engine>,
    questions: VecDeque<Question>,
    asked: Option<Asked>,
    search: Search,
    /// How many more matches are wanted, and how many are to be left out before.
    left: usize,
    skip: usize,
    begun: bool,
}

/// An answer on its way: cut into items, of which those of the patient are de-identified, and cut again.
struct Asked {
    source: Source,
    patient_id: String,
    items: Items,
    any: bool,
    transformer: Transformer,
    clean: Items,
}

impl Asked {
    /// What comes next of the array, without what is not the patient's; whether that was the end.
    async fn next(&mut self) -> Result<(Vec<u8>, bool), Problem> {
        let mut kept = Vec::new();
        let Some(chunk) = self.source.next().await? else {
            if !self.items.is_whole() {
                return Err(unexpected());
            }
            kept.extend_from_slice(if self.any { b"]" } else { b"[]" });
            return Ok((kept, true));
        };
        let each = |item: &[u8]| {
            if proxy::is_of_patient(item, &self.patient_id) {
                kept.push(if self.any { b',' } else { b'[' });
                kept.extend_from_slice(item);
                self.any = true;
            }
        };
        if self.items.feed(&chunk, each) { Ok((kept, false)) } else { Err(unexpected()) }
    }
}

impl Producer for Matches {
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some(asked) = &mut self.asked else {
            return self.ask_next(out).await;
        };
        let (kept, is_end) = asked.next().await?;
        let mut clean = Vec::new();
        asked.transformer.feed(&kept, &mut clean).map_err(|_| unexpected())?;
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
        if !asked.clean.feed(&clean, each) {
            return Err(unexpected());
        }
        if is_end {
            let finished = self.asked.take().map(|asked| asked.transformer.finish());
            finished.unwrap_or(Ok(())).map_err(|_| unexpected())?;
        }
        Ok(true)
    }
}

impl Matches {
    async fn ask_next(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some(question) = self.questions.pop_front().filter(|_| self.left > 0) else {
            out.extend_from_slice(if self.begun { b"]" } else { b"[]" });
            return Ok(false);
        };
        let response = self.orthanc.get(&question.path, Some(DICOM_JSON)).await?;
        if !proxy::is_dicom_json(content_type(&response)) {
            return Err(unexpected());
        }
        let transformer = Transformer::new(self.engine.clone(), Document::DicomJson);
        self.asked = Some(Asked {
            source: Source::new(response)?,
            patient_id: question.patient_id,
            items: Items::default(),
            any: false,
            transformer,
            clean: Items::default(),
        });
        Ok(true)
    }
}
