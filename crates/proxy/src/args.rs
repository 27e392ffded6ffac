//! Query arguments: each route has its own list, and anything else is refused (`full`, `requestedTags` and
//! the like would get out what the route's own answer does not hold).

use crate::route::{InstanceView, Picture, Route, WadoView};
use crate::search::Search;

/// What a request's query says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    /// How an image is to be drawn, to be passed on.
    pub drawing: Vec<(&'static str, String)>,
    /// Of QIDO-RS: what is searched for.
    pub search: Search,
}

/// A query is refused. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    /// An argument is not on the route's list.
    #[error("this route does not take such a query argument")]
    NotAllowed,
    /// The value is not what the argument needs.
    #[error("a query argument has a value that it cannot have")]
    BadValue,
}

/// Orthanc's own drawing (`/instances/{id}/rendered`).
const ORTHANC_DRAWING: &[&str] =
    &["height", "quality", "returnUnsupportedImage", "smooth", "width", "window-center", "window-width"];

/// DICOMweb's (PS3.18 §8.3.5). Not `annotation`: it writes the patient's name into the image.
const DICOM_WEB_DRAWING: &[&str] = &["quality", "viewport", "window"];

/// No query is longer.
const MAX_QUERY: usize = 8192;

impl Args {
    /// Reads the query of a route. The token, which every route takes, is read elsewhere.
    pub fn parse(route: &Route, query: &str) -> Result<Self, BadQuery> {
        if query.len() > MAX_QUERY {
            return Err(BadQuery::NotAllowed);
        }
        let mut args = Self::default();
        let drawing = match route {
            // The viewer's own page reads these in the browser; the file is the same whatever they say.
            Route::Static(_) => return Ok(args),
            Route::Instance(_, InstanceView::Picture(Picture::Preview | Picture::Rendered))
            | Route::Instance(_, InstanceView::FramePicture(_, Picture::Preview | Picture::Rendered)) => {
                ORTHANC_DRAWING
            }
            Route::Wado(_, WadoView::Rendered(_) | WadoView::Thumbnail(_)) => DICOM_WEB_DRAWING,
            _ => &[],
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if name == "token" {
                continue;
            }
            if let Route::Search(_) = route {
                args.search.argument(&name, &value)?;
            } else {
                let name = drawing.iter().find(|known| **known == name).ok_or(BadQuery::NotAllowed)?;
                if !is_drawing(name, &value) {
                    return Err(BadQuery::BadValue);
                }
                args.drawing.retain(|(other, _)| other != name);
                args.drawing.push((name, value.into_owned()));
            }
        }
        args.limit_both_sides();
        Ok(args)
    }

    /// Of one side alone Orthanc makes the other by the image's proportions: of a narrow image any height.
    fn limit_both_sides(&mut self) {
        let is_side = |name: &str| matches!(name, "height" | "width");
        if !self.drawing.iter().any(|(name, _)| is_side(name)) {
            return;
        }
        let is_zero = |value: &str| value.parse().is_ok_and(|size: f64| size < 1.0);
        self.drawing.retain(|(name, value)| !is_side(name) || !(value.is_empty() || is_zero(value)));
        for side in ["height", "width"] {
            if !self.drawing.iter().any(|(name, _)| *name == side) {
                self.drawing.push((side, LARGEST_DRAWN.to_string()));
            }
        }
    }
}

/// No image is drawn wider or higher: Orthanc 1.10 does not survive some sizes, and each takes memory.
const LARGEST_DRAWN: f64 = 5120.0;

/// Numbers and words with commas between.
fn is_drawing(name: &str, value: &str) -> bool {
    let is_size = matches!(name, "height" | "viewport" | "width");
    let is_small = |part: &str| part.parse().is_ok_and(|size: f64| (0.0..=LARGEST_DRAWN).contains(&size));
    value.len() <= 64
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b".,-_".contains(&b))
        && (!is_size || value.split(',').all(|part| part.is_empty() || is_small(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "9cba1037-869dc4fb-ca43d451-9f6e2f78-f324ecdd";

    fn parse(path: &str, query: &str) -> Result<Args, BadQuery> {
        Args::parse(&Route::parse(path).expect("a route"), query)
    }

    #[test]
    fn each_route_has_its_own_list() {
        let study = format!("/studies/{ID}");
        let rendered = format!("/instances/{ID}/rendered");
        let uint8 = format!("/instances/{ID}/image-uint8");
        let metadata = "/dicom-web/studies/1/metadata";
        for (path, query, good) in [
            (&*study, "", true),
            (&study, "token=abc", true),
            (&study, "full", false),
            (&study, "=", false),
            (&study, "a=b", false),
            (&study, "short", false),
            (&study, "requestedTags=PatientName", false),
            (&study, "token=abc&full", false),
            (&rendered, "window-center=40&window-width=400", true),
            (&rendered, "window-center=40/..", false),
            (&rendered, "width=5120&height=5120", true),
            (&rendered, "width=65536&height=65536", false),
            (&rendered, "width=-1", false),
            (&rendered, "width=1e9", false),
            ("/dicom-web/studies/1/series/2/thumbnail", "viewport=99999999,99999999", false),
            ("/dicom-web/studies/1/series/2/thumbnail", "viewport=128,128,,,10,10", true),
            (&rendered, "full", false),
            (&uint8, "quality=1", false),
            ("/dicom-web/studies/1/series/2/instances/3/rendered", "window=40,400,linear&viewport=1,1", true),
            ("/dicom-web/studies/1/series/2/instances/3/rendered", "annotation=patient", false),
            (metadata, "includefield=all", false),
            ("/osimis-viewer/app/index.html", "study=1&anything", true),
            ("/dicom-web/studies", "limit=101&offset=0&fuzzymatching=false&includefield=00080020", true),
            ("/dicom-web/studies", "00100020=X&PatientName=Y", true),
            ("/dicom-web/studies", "NoKeyword=X", false),
            ("/dicom-web/studies", "limit=x", false),
        ] {
            assert_eq!(parse(path, query).is_ok(), good, "{path}?{query}");
        }
    }

    #[test]
    fn both_sides_of_a_drawing_have_a_limit() {
        for (query, height, width) in [
            ("width=100", "5120", "100"),
            ("width=0&height=512", "512", "5120"),
            ("height=&width=7", "5120", "7"),
            ("height=0.5", "5120", "5120"),
            ("height=1&width=2", "1", "2"),
        ] {
            let drawing = parse(&format!("/instances/{ID}/rendered"), query).unwrap().drawing;
            let side = |side: &str| drawing.iter().filter(|(name, _)| *name == side).collect::<Vec<_>>();
            assert_eq!(side("height"), [&("height", height.to_owned())], "{query}");
            assert_eq!(side("width"), [&("width", width.to_owned())], "{query}");
        }
        assert!(parse(&format!("/instances/{ID}/rendered"), "quality=1").unwrap().drawing.len() == 1);
    }

    #[test]
    fn an_argument_that_comes_twice_counts_once() {
        let args = parse("/dicom-web/studies/1/series/2/rendered", "window=1,1&window=2,2").unwrap();
        assert_eq!(args.drawing, [("window", "2,2".to_owned())]);
    }
}
