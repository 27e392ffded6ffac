//! `[[trigger.http]]`: which route goes to which component, or to an answer that the manifest itself gives.
//! Ids that are not given are made as Spin makes them.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use toml::Value;

use crate::error::{ManifestError, USE_SPIN};
use crate::route::Target;
use crate::section::{Section, into_string};

/// One HTTP trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTrigger {
    /// Its id, given or made: `validate-http-trigger`.
    pub id: String,
    /// Where it listens.
    pub route: Route,
    /// Who answers.
    pub target: Target,
}

/// Where a trigger listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A pattern as written: `/shares`, `/share/:id`, `/files/...`.
    Pattern(String),
    /// `{ private = true }`: no request from outside gets there.
    Private,
}

/// An answer that needs no component.
#[derive(Clone, PartialEq, Eq)]
pub struct StaticResponse {
    /// 200 when not given.
    pub status: StatusCode,
    /// By name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Empty when not given.
    pub body: Bytes,
}

impl fmt::Debug for StaticResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pattern(pattern) => pattern,
            Self::Private => "(private)",
        })
    }
}

impl HttpTrigger {
    /// Reads the whole list. `components` are the ids, in the order of the manifest's components.
    pub(crate) fn parse_all(
        key: String,
        value: Value,
        components: &[&str],
    ) -> Result<Vec<Self>, ManifestError> {
        let Value::Array(tables) = value else {
            return Err(ManifestError::Type { key, expected: "a list of tables ([[trigger.http]])" });
        };
        let mut triggers = Vec::with_capacity(tables.len());
        for (i, table) in tables.into_iter().enumerate() {
            triggers.push(Self::parse(Section::of(format!("{key}[{i}]"), table)?, components)?);
        }
        name_triggers(&mut triggers);
        Ok(triggers)
    }

    fn parse(mut section: Section, components: &[&str]) -> Result<Self, ManifestError> {
        section.refuse(&["components", "dependencies"])?;
        check_executor(&mut section)?;
        let id = section.string("id")?.unwrap_or_default();
        let route = route(&mut section)?;
        let component_key = section.key("component");
        let target = match (section.take("component"), section.section("static_response")?) {
            (Some(Value::String(id)), None) => match components.iter().position(|known| *known == id) {
                Some(index) => Target::Component { index, id },
                None => return Err(ManifestError::invalid(component_key, "there is no such component")),
            },
            (Some(Value::Table(_)), None) => {
                let hint = "write the component as [component.ID] and its id here";
                return Err(ManifestError::unsupported(component_key, hint));
            }
            (Some(_), None) => {
                return Err(ManifestError::Type { key: component_key, expected: "a component's id" });
            }
            (None, Some(response)) => Target::Static(StaticResponse::parse(response)?),
            (None, None) => return Err(ManifestError::Missing { key: component_key }),
            (Some(_), Some(_)) => {
                let problem = "must have component or static_response, not both";
                return Err(ManifestError::invalid(section.path(), problem));
            }
        };
        section.finish()?;
        Ok(Self { id, route, target })
    }
}

fn route(section: &mut Section) -> Result<Route, ManifestError> {
    let key = section.key("route");
    match section.take("route") {
        None => Err(ManifestError::Missing { key }),
        Some(Value::String(pattern)) => Ok(Route::Pattern(pattern)),
        Some(Value::Table(table)) => {
            let mut private = Section::of(key, Value::Table(table))?;
            match private.boolean("private")? {
                Some(true) => private.finish().map(|()| Route::Private),
                _ => Err(ManifestError::invalid(private.path(), "must be a pattern or { private = true }")),
            }
        }
        Some(_) => Err(ManifestError::Type { key, expected: "a pattern or { private = true }" }),
    }
}

/// `spin` is an old name of `http`.
fn check_executor(section: &mut Section) -> Result<(), ManifestError> {
    let Some(mut executor) = section.section("executor")? else { return Ok(()) };
    match executor.required_string("type")?.as_str() {
        "http" | "spin" => executor.finish(),
        "wagi" => Err(ManifestError::unsupported(section.key("executor"), USE_SPIN)),
        _ => Err(ManifestError::invalid(executor.key("type"), "must be \"http\"")),
    }
}

/// A trigger without an id is `{component}-http-trigger`, or `http-trigger{n}` when that is taken.
fn name_triggers(triggers: &mut [HttpTrigger]) {
    let mut taken: BTreeSet<String> = triggers.iter().map(|trigger| trigger.id.clone()).collect();
    let mut counter = 1;
    for trigger in triggers.iter_mut().filter(|trigger| trigger.id.is_empty()) {
        trigger.id = match &trigger.target {
            Target::Component { id, .. } => format!("{id}-http-trigger"),
            Target::Static(_) => String::new(),
        };
        while !taken.insert(trigger.id.clone()) || trigger.id.is_empty() {
            trigger.id = format!("http-trigger{counter}");
            counter += 1;
        }
    }
}

impl StaticResponse {
    fn parse(mut section: Section) -> Result<Self, ManifestError> {
        let status_key = section.key("status_code");
        let status = match section.take("status_code") {
            None => StatusCode::OK,
            // 1xx is not a final answer: hyper would refuse to send it as one.
            Some(Value::Integer(code)) => u16::try_from(code)
                .ok()
                .filter(|code| *code >= 200)
                .and_then(|code| StatusCode::from_u16(code).ok())
                .ok_or_else(|| ManifestError::invalid(status_key, "must be from 200 to 999"))?,
            Some(_) => return Err(ManifestError::Type { key: status_key, expected: "a number" }),
        };
        let mut headers = Vec::new();
        if let Some(table) = section.section("headers")? {
            for (key, name, value) in table.entries() {
                let name = HeaderName::try_from(name)
                    .map_err(|_| ManifestError::invalid(&key, "is not a header's name"))?;
                let value = HeaderValue::try_from(into_string(key.clone(), value)?)
                    .map_err(|_| ManifestError::invalid(&key, "is not a header's value"))?;
                headers.push((name, value));
            }
        }
        let body = section.string("body")?.map(Bytes::from).unwrap_or_default();
        section.finish()?;
        Ok(Self { status, headers, body })
    }
}
