//! `GET /anon-shares/…`: as `components/anonymizer`, for the routes that the benchmark asks for. The token is
//! opened, and each decision made, as often as the component does.

use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use api::Problem;
use deid::Engine;
use deid::file::Pixels;
use deid::json::{Document, Transformer};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use model::{Level, Method, Moment, Resource};
use proxy::{
    Args, Instance, InstanceView, Names, OrthancId, Rewriter, Route, Series, SeriesView, Study, StudyView,
    Upstream, WadoView,
};
use token_core::{Access, DEFAULT_VALIDITY_CAP, Decision};

use crate::body::{Body, How};
use crate::memory::{self, Listed, SeriesList};
use crate::reply::{self, header};
use crate::settings::Settings;
use crate::upstream::{content_type, get, read_json, unexpected};

/// Where the manifest mounts it.
pub const MOUNT: &str = "/anon-shares";

const JSON: &str = "application/json";
const DICOM_JSON: &str = "application/dicom+json";
const FILE: &str = "application/dicom";

/// The bearer of a token that was checked, and what it opens.
struct Share<'a> {
    settings: &'a Settings,
    names: Names,
    engine: Arc<Engine>,
    key: [u8; 32],
    token: String,
    resources: Vec<Resource>,
}

/// The answer to a request.
pub async fn answer(request: &Request<Incoming>, settings: &Settings) -> Result<Response<Body>, Problem> {
    let path = request.uri().path().strip_prefix(MOUNT).ok_or_else(Problem::not_found)?;
    let route = Route::parse(path).ok_or_else(Problem::not_found)?;
    let query = request.uri().query().unwrap_or_default();
    Args::parse(&route, query).map_err(|error| Problem::bad_request(error.to_string()))?;
    let share = Share::of(request, query, settings)?;
    let accept = header(request.headers(), "accept");
    match route {
        Route::Series(id, SeriesView::Instances) => {
            let series = share.series_by_id(&id).await?;
            share.json(Upstream::series(&series, SeriesView::Instances), Document::Resource).await
        }
        Route::Wado(place, view) => {
            let study = share.studies().await?.by_uid(place.study.as_str()).cloned();
            let study = study.ok_or_else(Problem::not_found)?;
            share.decide(&study_resource(&study))?;
            if place.series.is_none() && view == WadoView::Metadata {
                let path = Upstream::metadata(&study, None, None).ok_or_else(Problem::not_found)?;
                return share.json(path, Document::DicomJson).await;
            }
            let (Some(series), Some(instance)) = (place.series, place.instance) else {
                return Err(Problem::not_found());
            };
            let list = share.series_of(&study).await?;
            let series = list.series.by_uid(series.as_str()).ok_or_else(Problem::not_found)?;
            let instances = share.instances_of(series).await?;
            let instance = instances.by_uid(instance.as_str()).ok_or_else(Problem::not_found)?;
            share.must_be_safe(&instance.id).await?;
            match view {
                WadoView::Frames(frames) => {
                    let path = Upstream::frames(&study, series, instance, &frames);
                    share.frames(path.ok_or_else(Problem::not_found)?, accept).await
                }
                WadoView::Retrieve if proxy::wants_one_file(accept) => share.file(instance).await,
                _ => Err(Problem::not_found()),
            }
        }
        _ => Err(Problem::not_found()),
    }
}

fn study_resource(study: &Study) -> Resource {
    Resource::study(Some(study.uid.as_str().to_owned()), Some(study.id.as_str().to_owned()))
}

fn now() -> Moment {
    Moment::from_clock(SystemTime::now())
}

impl<'a> Share<'a> {
    fn of(request: &Request<Incoming>, query: &str, settings: &'a Settings) -> Result<Self, Problem> {
        let refused = || Problem::new(403, "the token does not open this");
        let headers = request.headers();
        let token = proxy::presented(header(headers, "token"), header(headers, "authorization"), query)
            .ok_or_else(refused)?;
        let opened = || {
            let claims = settings.tokens.verify(&token, now()).ok()?;
            claims.check_standing(now()).ok()?;
            Some(claims)
        };
        let claims = opened().filter(|claims| claims.anonymized).ok_or_else(refused)?;
        // The component asks for the key by itself: the token is opened again.
        opened().ok_or_else(refused)?;
        let key = settings.tokens.pseudonym_key(&token, now()).map_err(|_| refused())?;
        let share_key = memory::share_key(&key);
        let names = Names::new(share_key.clone(), settings.profile.options().retain_uids);
        let engine = Arc::new(Engine { profile: settings.profile.clone(), key: share_key });
        let share = Self { settings, names, engine, key, token, resources: claims.resources.clone() };
        let mut studies = share.resources.iter().filter(|shared| shared.level == Level::Study);
        if studies.any(|study| share.decide(study).is_ok()) { Ok(share) } else { Err(refused()) }
    }

    fn decide(&self, target: &Resource) -> Result<(), Problem> {
        let Settings { tokens, servers, .. } = self.settings;
        let access = Access {
            server: servers.anonymized.as_deref(),
            method: Method::Get,
            target: Some(target),
            download: false,
        };
        match tokens.authorize(&self.token, servers, &access, now(), DEFAULT_VALIDITY_CAP) {
            Decision::Granted { .. } => Ok(()),
            Decision::Refused { .. } => Err(Problem::new(403, "the token does not open this")),
        }
    }

    async fn read(&self, path: &Upstream) -> Result<bytes::Bytes, Problem> {
        read_json(self.settings, &self.token, path).await
    }

    async fn studies(&self) -> Result<Rc<Listed<Study>>, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.studies.clone()) {
            return Ok(known);
        }
        let mut studies = Vec::new();
        for shared in &self.resources {
            let id =
                shared.orthanc_id.as_deref().and_then(OrthancId::parse).ok_or_else(Problem::not_found)?;
            let json = self.read(&Upstream::shared_study(&id)).await?;
            studies.push(proxy::read_study(&json).map_err(|_| unexpected())?);
        }
        let list = Rc::new(memory::list_studies(studies, &self.names, false));
        memory::with(&self.key, |known| known.studies = Some(list.clone()));
        Ok(list)
    }

    async fn series_of(&self, study: &Study) -> Result<Rc<SeriesList>, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.series.get(&study.id).cloned()) {
            return Ok(known);
        }
        let json = self.read(&Upstream::study(study, StudyView::Series)).await?;
        let series = proxy::read_series(&json).map_err(|_| unexpected())?;
        let list = Rc::new(memory::list_series(series, &self.names));
        memory::with(&self.key, |known| known.series.insert(study.id.clone(), list.clone()));
        Ok(list)
    }

    async fn series_by_id(&self, shown: &OrthancId) -> Result<Series, Problem> {
        let studies = self.studies().await?;
        for study in &studies.items {
            self.decide(&study_resource(study))?;
        }
        for study in &studies.items {
            if let Some(series) = self.series_of(study).await?.series.by_id(shown.as_str()) {
                return Ok(series.clone());
            }
        }
        Err(Problem::not_found())
    }

    async fn instances_of(&self, series: &Series) -> Result<Rc<Listed<Instance>>, Problem> {
        if let Some(known) = memory::with(&self.key, |known| known.instances.get(&series.id).cloned()) {
            return Ok(known);
        }
        let json = self.read(&Upstream::series(series, SeriesView::Instances)).await?;
        let instances = proxy::read_instances(&json).map_err(|_| unexpected())?;
        let list = Rc::new(memory::list_instances(instances, &self.names));
        memory::with(&self.key, |known| known.instances.insert(series.id.clone(), list.clone()));
        Ok(list)
    }

    async fn must_be_safe(&self, instance: &OrthancId) -> Result<(), Problem> {
        if self.settings.allows_pixels {
            return Ok(());
        }
        let known = memory::with(&self.key, |known| known.risks.get(instance).cloned());
        let risk = match known {
            Some(known) => known,
            None => {
                let json = self.read(&Upstream::instance(instance, InstanceView::Tags)).await?;
                let facts = proxy::read_facts(&json).map_err(|_| unexpected())?;
                let risk = deid::pixel_risk(&facts, &self.settings.modalities).map(|risk| risk.to_string());
                memory::with(&self.key, |known| known.risks.insert(instance.clone(), risk.clone()));
                risk
            }
        };
        risk.map_or(Ok(()), |_| Err(Problem::new(403, "the pixels may identify somebody")))
    }

    async fn json(&self, path: Upstream, document: Document) -> Result<Response<Body>, Problem> {
        let is_dicom = document == Document::DicomJson;
        let response = self.get(&path, is_dicom.then_some(DICOM_JSON)).await?;
        let kind = content_type(&response);
        if !(if is_dicom { proxy::is_dicom_json(kind) } else { proxy::is_json(kind) }) {
            return Err(unexpected());
        }
        let (names, root) = (self.names.clone(), self.settings.public_root.clone());
        let bulk_uri = move |uri: &str| proxy::bulk_uri(&root, &names, uri);
        let transformer = Transformer::with_bulk_uris(self.engine.clone(), document, bulk_uri);
        rewritten(response, How::Json(transformer), if is_dicom { DICOM_JSON } else { JSON }).await
    }

    async fn frames(&self, path: Upstream, accept: Option<&str>) -> Result<Response<Body>, Problem> {
        let response = self.get(&path, Some(&proxy::frames_accept(accept))).await?;
        let kind = proxy::multipart(content_type(&response)).ok_or_else(unexpected)?;
        rewritten(response, How::Multipart(Rewriter::new(&kind.boundary)), &kind.content_type).await
    }

    async fn file(&self, instance: &Instance) -> Result<Response<Body>, Problem> {
        let response = self.get(&Upstream::file(instance), None).await?;
        if !proxy::is_dicom(content_type(&response)) {
            return Err(unexpected());
        }
        let pixels = if self.settings.allows_pixels { Pixels::Allow } else { Pixels::Refuse };
        let transformer = deid::file::Transformer::new(self.engine.clone(), pixels);
        rewritten(response, How::File(transformer), FILE).await
    }

    async fn get(&self, path: &Upstream, accept: Option<&str>) -> Result<Response<Incoming>, Problem> {
        get(self.settings, &self.token, path, accept).await
    }
}

async fn rewritten(upstream: Response<Incoming>, how: How, kind: &str) -> Result<Response<Body>, Problem> {
    let (body, length) = Body::rewritten(upstream.into_body(), how).await?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).map_err(|_| unexpected())?);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    reply::insert(&mut response, "x-content-type-options", "nosniff");
    Ok(response)
}
