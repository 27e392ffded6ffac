//! One route as the router holds it, and one match of a path against it.
//! What is the same for every request to a route is computed once, when the router is built.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, HeaderValue};
use routefinder::{Captures, RouteSpec, Segment};

use crate::trigger::StaticResponse;

/// Who answers a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A component: its place in the manifest's components, and its id.
    Component {
        /// The index into `Manifest::components`.
        index: usize,
        /// The component's id.
        id: String,
    },
    /// The manifest itself.
    Static(StaticResponse),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component { id, .. } => f.write_str(id),
            Self::Static(response) => write!(f, "static response {}", response.status.as_u16()),
        }
    }
}

pub(crate) struct RouteEntry {
    pub(crate) target: Target,
    pub(crate) trigger_id: String,
    raw: String,
    based: String,
    pub(crate) fixed: FixedHeaders,
    /// `spin-path-match-…`, in the order of the parameters in the pattern.
    pub(crate) param_headers: Vec<HeaderName>,
}

/// The values of the headers that do not depend on the request.
pub(crate) struct FixedHeaders {
    pub(crate) matched_route: HeaderValue,
    pub(crate) raw_component_route: HeaderValue,
    pub(crate) component_route: HeaderValue,
}

impl RouteEntry {
    /// Reads a pattern. Fails on what routefinder would not match, or would panic on when it does.
    pub(crate) fn new(raw: &str, trigger_id: &str, target: &Target) -> Result<(RouteSpec, Self), String> {
        let based = based_route(raw);
        if !based.is_ascii() {
            return Err("must be ASCII: a path is compared as it is on the wire, percent-encoded".to_owned());
        }
        let spec: RouteSpec = match based.strip_suffix("/...") {
            Some(prefix) => format!("{prefix}/*").parse()?,
            None => based.parse()?,
        };
        check_segments(spec.segments())?;
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| "must not have control characters".to_owned())
        };
        let fixed = FixedHeaders {
            matched_route: value(&based)?,
            raw_component_route: value(raw)?,
            component_route: value(raw.strip_suffix("/...").unwrap_or(raw))?,
        };
        let param_headers = spec.segments().iter().filter_map(|segment| match segment {
            Segment::Param(name) => Some(param_header(name)),
            _ => None,
        });
        let param_headers = param_headers.collect::<Result<_, _>>()?;
        let (trigger_id, target) = (trigger_id.to_owned(), target.clone());
        Ok((spec, Self { target, trigger_id, raw: raw.to_owned(), based, fixed, param_headers }))
    }
}

impl RouteEntry {
    /// The route as the manifest has it.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    /// The route as it is matched.
    pub(crate) fn based(&self) -> &str {
        &self.based
    }
}

/// One trailing slash is no part of the route, so that `/` is based on the empty text; as in Spin.
fn based_route(raw: &str) -> String {
    let slash = if raw.starts_with('/') { "" } else { "/" };
    let absolute = format!("{slash}{raw}");
    absolute.strip_suffix('/').unwrap_or(&absolute).to_owned()
}

fn check_segments(segments: &[Segment]) -> Result<(), String> {
    for pair in segments.windows(2) {
        match pair {
            [Segment::Wildcard, _] => return Err("'*' can only be at the end".to_owned()),
            [Segment::Param(_), Segment::Slash | Segment::Dot] => {}
            [Segment::Param(_), _] => return Err("after a :parameter comes '/', '.' or the end".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

fn param_header(name: &str) -> Result<HeaderName, String> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    HeaderName::try_from(format!("spin-path-match-{name}"))
        .map_err(|_| "a :parameter's name must be fit for a header".to_owned())
}

/// A path that has found its route.
pub struct RouteMatch<'router, 'path> {
    pub(crate) entry: &'router RouteEntry,
    pub(crate) captures: Captures<'router, 'path>,
    pub(crate) path: &'path str,
}

impl<'router> RouteMatch<'router, '_> {
    /// Who answers.
    pub fn target(&self) -> &'router Target {
        &self.entry.target
    }

    /// The trigger's id.
    pub fn trigger_id(&self) -> &'router str {
        &self.entry.trigger_id
    }

    /// The route as the manifest has it: `/foo/...`.
    pub fn raw_route(&self) -> &'router str {
        &self.entry.raw
    }

    /// The same without `/...`: `/foo`; empty for `/...`.
    pub fn raw_route_or_prefix(&self) -> &'router str {
        self.entry.raw.strip_suffix("/...").unwrap_or(&self.entry.raw)
    }

    /// The route with a slash before and none after: `/foo/...`; empty for `/`.
    pub fn based_route(&self) -> &'router str {
        &self.entry.based
    }

    /// What `...` stands for, with its slashes: `/bar/` for the path `/foo/bar/`, empty for `/foo`.
    pub fn trailing_wildcard(&self) -> Cow<'_, str> {
        match (self.captures.wildcard(), self.path.ends_with('/')) {
            (None, _) | (Some(""), false) => Cow::Borrowed(""),
            (Some(""), true) => Cow::Borrowed("/"),
            // routefinder drops the path's last slash and Spin has always kept it.
            (Some(rest), false) => Cow::Owned(format!("/{rest}")),
            (Some(rest), true) => Cow::Owned(format!("/{rest}/")),
        }
    }

    /// The `:parameters` with their values, in the pattern's order, percent-encoding untouched.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.captures.iter()
    }
}

impl fmt::Debug for RouteMatch<'_, '_> {
    // Without the path: a parameter may be a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteMatch").field("route", &self.entry.raw).finish_non_exhaustive()
    }
}
