//! From a route to its answer: what is asked of Orthanc, and what has to come back.

use api::Problem;
use deid::json::{Document, Transformer};
use proxy::{
    Args, BulkPath, FrameList, Instance, InstanceView, Place, Rewriter, Route, SeriesView, StaticFile,
    StudyView, Upstream, WadoView,
};
use spin_sdk::http::Response;
use spin_sdk::wasip3::http::types;

use crate::orthanc::{Orthanc, content_type, unexpected};
use crate::relay::{self, Producer};
use crate::settings::Settings;
use crate::share::{Found, Share};
use crate::source::Source;
use crate::{pixels, retrieve, search};

const JSON: &str = "application/json";
const DICOM_JSON: &str = "application/dicom+json";

type Answer = Result<types::Response, Problem>;

/// A file of a viewer, for everybody.
pub async fn static_file(settings: &std::rc::Rc<Settings>, file: &StaticFile) -> Answer {
    let orthanc = Orthanc::new(settings.clone(), None);
    let response = orthanc.get(&Upstream::static_file(file), None).await?;
    let kind = proxy::static_file(content_type(&response)).ok_or_else(unexpected)?;
    relay::pass(response, &kind, false)
}

/// Everything else, for the bearer of a token.
pub async fn of_share(share: Share, route: Route, args: Args, accept: Option<&str>) -> Answer {
    match route {
        Route::Static(file) => static_file(&share.settings, &file).await,
        Route::System => json(&share, Upstream::system(), Document::System).await,
        Route::Patient(id) => patient(&share, &id).await,
        Route::Study(id, view) => {
            let study = share.study_by_id(&id).await?;
            json(&share, Upstream::study(&study, view), Document::Resource).await
        }
        Route::Series(id, view) => {
            let (study, series) = share.series_by_id(&id).await?;
            let upstream = match view {
                // Not Orthanc's own way to the study: it is the one that was decided on.
                SeriesView::Study => Upstream::study(&study, StudyView::Info),
                view => Upstream::series(&series, view),
            };
            let is_osimis = view == SeriesView::Osimis;
            json(&share, upstream, if is_osimis { Document::OsimisSeries } else { Document::Resource }).await
        }
        Route::Instance(id, view) => {
            let id = share.instance_by_id(&id).await?;
            let upstream = Upstream::instance(&id, view);
            match view {
                InstanceView::Tags => json(&share, upstream, Document::Tags).await,
                InstanceView::SimplifiedTags => json(&share, upstream, Document::SimplifiedTags).await,
                InstanceView::Picture(_) | InstanceView::FramePicture(..) | InstanceView::Osimis(..) => {
                    pixels::must_be_safe(&share, &id).await?;
                    let is_osimis = matches!(view, InstanceView::Osimis(..));
                    let kind: Kind = if is_osimis { proxy::osimis_picture } else { proxy::picture };
                    picture(&share, upstream.with_arguments(args.drawing), kind, accept).await
                }
            }
        }
        Route::Search(scope) => search::answer(share, scope, args.search).await,
        Route::Wado(place, view) => wado(share, place, view, args, accept).await,
    }
}

async fn wado(share: Share, place: Place, view: WadoView, args: Args, accept: Option<&str>) -> Answer {
    let found = share.place(&place).await?;
    match view {
        WadoView::Metadata => {
            let upstream = Upstream::metadata(&found.study, found.series.as_ref(), found.instance.as_ref());
            json(&share, upstream.ok_or_else(Problem::not_found)?, Document::DicomJson).await
        }
        WadoView::Retrieve => retrieve::answer(share, found, accept).await,
        WadoView::Frames(frames) => self::frames(&share, &found, &frames, accept).await,
        WadoView::Bulk(path) => bulk(&share, &found, &path).await,
        WadoView::Rendered(frames) => drawn(&share, found, frames, args, accept).await,
        WadoView::Thumbnail(frames) => drawn(&share, found, frames, small(args), accept).await,
    }
}

async fn patient(share: &Share, shown: &proxy::OrthancId) -> Answer {
    let studies = share.studies().await?;
    let is_asked = |study: &&proxy::Study| share.names.orthanc_id(&study.patient) == shown.as_str();
    let study = studies.iter().find(is_asked).ok_or_else(Problem::not_found)?;
    let of_patient: Vec<_> =
        studies.iter().filter(|other| other.patient == study.patient).map(|other| &other.id).collect();
    let answer = share.orthanc.read_json(&Upstream::patient(study)).await?;
    let answer = proxy::only_studies(&answer, &of_patient).map_err(|_| unexpected())?;
    let answer = deid::json::transform(share.engine.clone(), Document::Resource, &answer);
    relay::stream(Whole(answer.map_err(|_| unexpected())?), JSON).await
}

async fn json(share: &Share, upstream: Upstream, document: Document) -> Answer {
    let is_dicom = document == Document::DicomJson;
    let response = share.orthanc.get(&upstream, is_dicom.then_some(DICOM_JSON)).await?;
    let kind = content_type(&response);
    if !(if is_dicom { proxy::is_dicom_json(kind) } else { proxy::is_json(kind) }) {
        return Err(unexpected());
    }
    let (names, root) = (share.names.clone(), share.settings.public_root.clone());
    let bulk_uri = move |uri: &str| proxy::bulk_uri(&root, &names, uri);
    let transformer = Transformer::with_bulk_uris(share.engine.clone(), document, bulk_uri);
    relay::stream(
        Json { source: Source::new(response)?, transformer: Some(transformer) },
        if is_dicom { DICOM_JSON } else { JSON },
    )
    .await
}

type Kind = fn(&str) -> Option<&'static str>;

async fn picture(share: &Share, upstream: Upstream, kind: Kind, accept: Option<&str>) -> Answer {
    let accept = proxy::picture_accept(accept);
    let response = share.orthanc.get(&upstream, accept.as_deref()).await?;
    let kind = kind(content_type(&response)).ok_or_else(unexpected)?;
    relay::pass(response, kind, true)
}

async fn drawn(
    share: &Share,
    found: Found,
    frames: Option<FrameList>,
    args: Args,
    accept: Option<&str>,
) -> Answer {
    // Of a study or series, the picture is that of an instance in its middle, so that it is known which.
    let series = match found.series {
        Some(series) => series,
        None => {
            let list = share.series_of(&found.study).await?;
            list.series.items.first().cloned().ok_or_else(Problem::not_found)?
        }
    };
    let instance = match found.instance {
        Some(instance) => instance,
        None => {
            let list = share.instances_of(&series).await?;
            list.items.get(list.items.len() / 2).cloned().ok_or_else(Problem::not_found)?
        }
    };
    pixels::must_be_safe(share, &instance.id).await?;
    let upstream = Upstream::drawn(&found.study, &series, &instance, frames.as_ref());
    let upstream = upstream.ok_or_else(Problem::not_found)?.with_arguments(args.drawing);
    picture(share, upstream, proxy::picture, accept).await
}

/// A thumbnail is what the server takes for one (PS3.18 §10.4.3.3.4): a small rendered image. Older DICOMweb plugins
/// (Debian's 1.7) have no route of this name.
fn small(mut args: Args) -> Args {
    if !args.drawing.iter().any(|(name, _)| *name == "viewport") {
        args.drawing.push(("viewport", "128,128".to_owned()));
    }
    args
}

async fn frames(share: &Share, found: &Found, frames: &FrameList, accept: Option<&str>) -> Answer {
    let Found { study, series: Some(series), instance: Some(instance) } = found else {
        return Err(Problem::not_found());
    };
    pixels::must_be_safe(share, &instance.id).await?;
    let upstream = Upstream::frames(study, series, instance, frames).ok_or_else(Problem::not_found)?;
    multipart(share.orthanc.get(&upstream, Some(&proxy::frames_accept(accept))).await?).await
}

async fn bulk(share: &Share, found: &Found, path: &BulkPath) -> Answer {
    let Found { study, series: Some(series), instance: Some(instance) } = found else {
        return Err(Problem::not_found());
    };
    // An attribute that the profile does not keep does not exist for the viewer.
    if !path.is_kept(&share.engine.profile) {
        return Err(Problem::not_found());
    }
    let Instance { id, .. } = instance;
    pixels::must_be_safe(share, id).await?;
    let upstream = Upstream::bulk(study, series, instance, path).ok_or_else(Problem::not_found)?;
    multipart(share.orthanc.get(&upstream, Some(&proxy::frames_accept(None))).await?).await
}

async fn multipart(response: Response) -> Answer {
    let kind = proxy::multipart(content_type(&response)).ok_or_else(unexpected)?;
    let rewriter = Some(Rewriter::new(&kind.boundary));
    relay::stream(Parts { source: Source::new(response)?, rewriter }, &kind.content_type).await
}

struct Json {
    source: Source,
    transformer: Option<Transformer>,
}

impl Producer for Json {
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some(chunk) = self.source.next().await? else {
            let finished = self.transformer.take().map(Transformer::finish);
            return finished.unwrap_or(Ok(())).map(|()| false).map_err(|_| unexpected());
        };
        let transformer = self.transformer.as_mut().ok_or_else(unexpected)?;
        // Little becomes longer: the memory is got once, and not by doubling.
        out.reserve(chunk.len());
        transformer.feed(&chunk, out).map(|()| true).map_err(|_| unexpected())
    }
}

struct Parts {
    source: Source,
    rewriter: Option<Rewriter>,
}

impl Producer for Parts {
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        let Some(chunk) = self.source.next().await? else {
            let finished = self.rewriter.take().map(Rewriter::finish);
            return finished.unwrap_or(Ok(())).map(|()| false).map_err(|_| unexpected());
        };
        let rewriter = self.rewriter.as_mut().ok_or_else(unexpected)?;
        rewriter.feed(&chunk, out).map(|()| true).map_err(|_| unexpected())
    }
}

/// A body that is ready.
struct Whole(Vec<u8>);

impl Producer for Whole {
    async fn produce(&mut self, out: &mut Vec<u8>) -> Result<bool, Problem> {
        out.append(&mut self.0);
        Ok(false)
    }
}
