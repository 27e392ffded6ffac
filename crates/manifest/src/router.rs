//! From a path to its route, with Spin's precedence: exact before `:param` before `...`, longest prefix first.
//! routefinder, which is Spin's router too, decides; this adds what Spin adds around it.

use std::fmt;
use std::sync::Arc;

use routefinder::{RouteSpec, Segment};

use crate::error::ManifestError;
use crate::manifest::Warning;
use crate::route::{RouteEntry, RouteMatch, Target};
use crate::trigger::{HttpTrigger, Route};

/// Paths under it are the runtime's own: no route of the application is reached there.
pub const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

/// The routes of an application. Cheap to clone.
#[derive(Clone)]
pub struct Router(Arc<routefinder::Router<RouteEntry>>);

impl Router {
    /// Builds the router; routes that can never be reached become warnings.
    pub(crate) fn new(triggers: &[HttpTrigger], warnings: &mut Vec<Warning>) -> Result<Self, ManifestError> {
        let mut router = routefinder::Router::new();
        let mut shapes: Vec<(Vec<Segment>, &HttpTrigger)> = Vec::new();
        for (i, trigger) in triggers.iter().enumerate() {
            let Route::Pattern(raw) = &trigger.route else { continue };
            // Written twice, the last one answers, in the place of the first (Spin: crates/routes).
            let mut same = triggers.iter().filter(|other| other.route == trigger.route);
            let Some(used) = same.next_back() else { continue };
            if triggers.iter().take(i).any(|earlier| earlier.route == trigger.route) {
                continue;
            }
            warnings.extend(same.map(|unused| unreachable_route(unused, used)));
            let (spec, entry) = RouteEntry::new(raw, &used.id, &used.target)
                .map_err(|problem| ManifestError::invalid(format!("trigger.http[{i}].route"), problem))?;
            if entry.based().starts_with(WELL_KNOWN_PREFIX) {
                warnings.push(Warning::ReservedRoute { route: raw.clone() });
            }
            // Written differently for the same paths (/a/ and /a, /:x and /:y), routefinder finds the first one.
            let shape = shape(&spec);
            match shapes.iter().find(|(other, _)| *other == shape) {
                Some((_, first)) => warnings.push(unreachable_route(used, first)),
                None => shapes.push((shape, used)),
            }
            let Ok(()) = router.add(spec, entry);
        }
        Ok(Self(Arc::new(router)))
    }

    /// The route that answers this path, as it is on the wire and without its query.
    pub fn route<'router, 'path>(&'router self, path: &'path str) -> Option<RouteMatch<'router, 'path>> {
        let found = self.0.best_match(path)?;
        Some(RouteMatch { entry: found.handler(), captures: found.captures(), path })
    }

    /// Every route that can be reached, in the order in which they are tried: (raw route, who answers).
    pub fn routes(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.0.iter().map(|(_, entry)| (entry.raw(), &entry.target))
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.routes().map(|(route, _)| route)).finish()
    }
}

fn unreachable_route(trigger: &HttpTrigger, used: &HttpTrigger) -> Warning {
    Warning::DuplicateRoute {
        route: trigger.route.to_string(),
        unused: trigger.target.to_string(),
        used: used.target.to_string(),
    }
}

/// The pattern with its parameters' names taken out.
fn shape(spec: &RouteSpec) -> Vec<Segment> {
    let nameless = |segment: &Segment| match segment {
        Segment::Param(_) => Segment::Param(Default::default()),
        other => other.clone(),
    };
    spec.segments().iter().map(nameless).collect()
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;
