//! A share that a request may read: its studies, and from the names that a viewer has for them, their series
//! and instances to the real ones. Nothing outside the shared studies can be found here.

use std::rc::Rc;
use std::sync::Arc;

use api::Problem;
use deid::Engine;
use edge::log;
use edge::reading::{self, Read};
use edge::request::Headers;
use edge::tokens::{self, Answer, Decision};
use model::{Level, Method, Resource};
use proxy::{
    Instance, MOST_STUDIES, Names, OrthancId, Place, Series, SeriesView, Study, StudyView, Uid, Upstream,
};

use crate::memory::{self, Listed, SeriesList};
use crate::orthanc::{Orthanc, unexpected};
use crate::settings::Settings;

/// The bearer of a token that was checked, and what it opens.
pub struct Share {
    pub settings: Rc<Settings>,
    pub orthanc: Orthanc,
    pub names: Names,
    pub engine: Arc<Engine>,
    /// The pseudonym key.
    pub key: Vec<u8>,
    /// The anonymized server.
    pub server: String,
    pub token: String,
    /// What the token says is shared.
    pub resources: Vec<Resource>,
    /// The request's, for the log.
    pub headers: Headers,
}

/// A series or an instance with all that it lies in.
pub struct Found {
    pub study: Study,
    pub series: Option<Series>,
    pub instance: Option<Instance>,
}

impl Share {
    /// Fails if the token opens nothing here at all.
    pub async fn must_be_open(&self) -> Result<(), Problem> {
        self.decide(None).await
    }

    /// The shared studies that are there. Each was decided on in this request.
    pub async fn studies(&self) -> Result<Vec<Study>, Problem> {
        let studies = self.listed_studies().await?;
        for study in &studies.items {
            self.decide(Some(study)).await?;
        }
        Ok(studies.items.clone())
    }

    /// A study by the id that the viewer sees.
    pub async fn study_by_id(&self, shown: &OrthancId) -> Result<Study, Problem> {
        let study = self.listed_studies().await?.by_id(shown.as_str()).cloned();
        self.decided(study).await
    }

    /// A study by the UID that the viewer sees.
    pub async fn study_by_uid(&self, shown: &Uid) -> Result<Study, Problem> {
        let study = self.listed_studies().await?.by_uid(shown.as_str()).cloned();
        self.decided(study).await
    }

    /// A series, and the study that it lies in.
    pub async fn series_by_id(&self, shown: &OrthancId) -> Result<(Study, Series), Problem> {
        loop {
            for study in self.studies().await? {
                if let Some(series) = self.series_of(&study).await?.series.by_id(shown.as_str()) {
                    return Ok((study, series.clone()));
                }
            }
            self.try_again()?;
        }
    }

    /// An instance's real id.
    pub async fn instance_by_id(&self, shown: &OrthancId) -> Result<OrthancId, Problem> {
        loop {
            for study in self.studies().await? {
                if let Some(id) = self.series_of(&study).await?.instance(shown.as_str()) {
                    return Ok(id.clone());
                }
            }
            self.try_again()?;
        }
    }

    /// The study, series and instance that DICOMweb names.
    pub async fn place(&self, place: &Place) -> Result<Found, Problem> {
        loop {
            let study = self.study_by_uid(&place.study).await?;
            match self.place_in(study, place).await? {
                Some(found) => return Ok(found),
                None => self.try_again()?,
            }
        }
    }

    async fn place_in(&self, study: Study, place: &Place) -> Result<Option<Found>, Problem> {
        let Some(series) = &place.series else {
            return Ok(Some(Found { study, series: None, instance: None }));
        };
        let Some(series) = self.series_of(&study).await?.series.by_uid(series.as_str()).cloned() else {
            return Ok(None);
        };
        let Some(instance) = &place.instance else {
            return Ok(Some(Found { study, series: Some(series), instance: None }));
        };
        let instance = self.instances_of(&series).await?.by_uid(instance.as_str()).cloned();
        Ok(instance.map(|instance| Found { study, series: Some(series), instance: Some(instance) }))
    }

    /// The series of a study.
    pub async fn series_of(&self, study: &Study) -> Result<Rc<SeriesList>, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.series.get(&study.id).cloned()) {
            return Ok(known);
        }
        let json = self.orthanc.read_json(&Upstream::study(study, StudyView::Series)).await?;
        let series = proxy::read_series(&json).map_err(|_| unexpected())?;
        let list = Rc::new(memory::list_series(series, &self.names));
        memory::with(&self.key, |known| known.series.insert(study.id.clone(), list.clone()));
        Ok(list)
    }

    /// The instances of a series.
    pub async fn instances_of(&self, series: &Series) -> Result<Rc<Listed<Instance>>, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.instances.get(&series.id).cloned()) {
            return Ok(known);
        }
        let json = self.orthanc.read_json(&Upstream::series(series, SeriesView::Instances)).await?;
        let instances = proxy::read_instances(&json).map_err(|_| unexpected())?;
        let list = Rc::new(memory::list_instances(instances, &self.names));
        memory::with(&self.key, |known| known.instances.insert(series.id.clone(), list.clone()));
        Ok(list)
    }

    async fn listed_studies(&self) -> Result<Rc<Listed<Study>>, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.studies.clone()) {
            return Ok(known);
        }
        let mut studies = Vec::new();
        for shared in self.resources.iter().filter(|shared| shared.level == Level::Study).take(MOST_STUDIES) {
            for study in self.find(shared).await? {
                if !studies.contains(&study) {
                    studies.push(study);
                }
            }
        }
        // A JWS can be read by whoever has it; of a JWE the ids are not to be confirmed either.
        let is_readable = self.token.split('.').count() == 3;
        let list = Rc::new(memory::list_studies(studies, &self.names, is_readable));
        memory::with(&self.key, |known| known.studies = Some(list.clone()));
        Ok(list)
    }

    /// The studies in Orthanc that agree with one of the token.
    async fn find(&self, shared: &Resource) -> Result<Vec<Study>, Problem> {
        let given = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
        let (uid, id) = (given(&shared.dicom_uid), given(&shared.orthanc_id));
        let ids = match (id, &uid) {
            (Some(id), _) => OrthancId::parse(&id).into_iter().collect(),
            (None, Some(uid)) => match Uid::parse(uid) {
                Some(uid) => self.ids_of(&uid).await?,
                None => Vec::new(),
            },
            (None, None) => Vec::new(),
        };
        let mut found = Vec::new();
        for id in ids.iter().take(MOST_STUDIES) {
            match self.orthanc.read_json(&Upstream::shared_study(id)).await {
                Ok(json) => found.push(proxy::read_study(&json).map_err(|_| unexpected())?),
                Err(problem) if problem.status == 404 => {}
                Err(problem) => return Err(problem),
            }
        }
        found.retain(|study| uid.as_ref().is_none_or(|uid| uid == study.uid.as_str()));
        Ok(found)
    }

    /// Whether Orthanc has another study of this UID that is not shared: DICOMweb does not tell the two apart.
    /// Where nobody may look up, it cannot be said.
    pub async fn has_namesake(&self, study: &Study) -> Result<bool, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.namesakes.get(&study.id).copied()) {
            return Ok(known);
        }
        let shared = self.listed_studies().await?;
        let found = self.looked_up(&study.uid).await?.unwrap_or_default();
        let is_shared = |id: &OrthancId| shared.items.iter().any(|study| study.id == *id);
        let has_namesake = !found.iter().all(is_shared);
        if has_namesake {
            log::refused("anonymizer", "two-studies-of-one-uid", &self.headers);
        }
        memory::with(&self.key, |known| known.namesakes.insert(study.id.clone(), has_namesake));
        Ok(has_namesake)
    }

    /// Orthanc's ids of the studies with this UID.
    async fn ids_of(&self, uid: &Uid) -> Result<Vec<OrthancId>, Problem> {
        if let Some(ids) = self.looked_up(uid).await? {
            return Ok(ids);
        }
        let json = self.orthanc.read_dicom_json(&Upstream::patient_of(uid)).await?;
        Ok(proxy::read_study_id(&json, uid).map_err(|_| unexpected())?.into_iter().collect())
    }

    /// The same by Orthanc's lookup; none where nobody may use it: the Authorization plugin lets nobody, and a
    /// proxy before Orthanc may not know it.
    async fn looked_up(&self, uid: &Uid) -> Result<Option<Vec<OrthancId>>, Problem> {
        match self.orthanc.look_up(uid).await {
            Ok(json) => proxy::read_lookup(&json).map(Some).map_err(|_| unexpected()),
            Err(problem) if matches!(problem.status, 403 | 404) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn decided(&self, study: Option<Study>) -> Result<Study, Problem> {
        let Some(study) = study else { return Err(Problem::not_found()) };
        self.decide(Some(&study)).await?;
        Ok(study)
    }

    /// Asks the token component about a study, or about each that the token names.
    async fn decide(&self, study: Option<&Study>) -> Result<(), Problem> {
        let targets = match study {
            Some(Study { uid, id, .. }) => {
                vec![Resource::study(Some(uid.as_str().to_owned()), Some(id.as_str().to_owned()))]
            }
            None => self.resources.iter().filter(|shared| shared.level == Level::Study).cloned().collect(),
        };
        let mut refused = None;
        for target in targets {
            let server = Some(self.server.as_str());
            let asked = Some(target.clone());
            let answer = tokens::authorize(Some(&self.token), server, Method::Get, asked, false).await;
            if matches!(answer.decision, Decision::Granted(_)) {
                return self.account(&answer, &target).await;
            }
            refused = Some((answer, target));
        }
        match &refused {
            Some((answer, target)) => self.account(answer, target).await?,
            None => log::refused("anonymizer", "no-study", &self.headers),
        }
        Err(does_not_open())
    }

    /// Writes it down where shares are kept; what cannot be written down does not open.
    async fn account(&self, answer: &Answer, target: &Resource) -> Result<(), Problem> {
        let read = Read { answer, token: Some(&self.token), target: Some(target) };
        let reason = match (reading::account_for(&read, &self.headers, None).await, read.refused()) {
            (Ok(true), _) | (Ok(false), None) => return Ok(()),
            (Ok(false), Some(reason)) | (Err(reason), _) => reason,
        };
        log::refused("anonymizer", reason, &self.headers);
        Err(does_not_open())
    }

    /// Nothing is found under a name: it may be new in Orthanc. 404 if that was just looked at.
    fn try_again(&self) -> Result<(), Problem> {
        if memory::forget_if_stale(&self.key) { Ok(()) } else { Err(Problem::not_found()) }
    }
}

fn does_not_open() -> Problem {
    Problem::new(403, "the token does not open this")
}
