//! The manifest as a whole: `[application]`, `[variables]`, the components and the HTTP triggers.
//! References between them are checked here, so that what parses can be started.

use std::collections::BTreeMap;
use std::fmt;

use toml::Value;

use crate::component::Component;
use crate::error::{ManifestError, USE_SPIN, parse_table};
use crate::name::check_variable;
use crate::router::Router;
use crate::section::Section;
use crate::trigger::HttpTrigger;
use crate::variables::{Values, Variable};

/// An application as its `spin.toml` describes it.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// `application.name`
    pub name: String,
    /// `application.version`
    pub version: Option<String>,
    /// `application.description`
    pub description: Option<String>,
    /// The application variables, by name.
    pub variables: BTreeMap<String, Variable>,
    /// The components. A route's target is an index into them.
    pub components: Vec<Component>,
    /// The HTTP triggers in the manifest's order, private ones and duplicates included.
    pub triggers: Vec<HttpTrigger>,
    /// The routes that can be reached.
    pub router: Router,
    /// What is right and yet surely not meant.
    pub warnings: Vec<Warning>,
}

/// What Spin only warns of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Two triggers for the same paths.
    DuplicateRoute {
        /// The route that is never used, as written.
        route: String,
        /// Who would have answered it.
        unused: String,
        /// Who answers instead.
        used: String,
    },
    /// A route under [`crate::WELL_KNOWN_PREFIX`].
    ReservedRoute {
        /// The route as written.
        route: String,
    },
    /// `application.trigger.http.base = "/"`, which says nothing.
    DeprecatedBase,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateRoute { route, unused, used } => {
                write!(f, "route {route} to {unused} is never used: {used} has the same route")
            }
            Self::ReservedRoute { route } => {
                write!(f, "route {route} is never reached: the runtime answers there")
            }
            Self::DeprecatedBase => {
                f.write_str("application.trigger.http.base is deprecated and has no effect")
            }
        }
    }
}

impl Manifest {
    /// Reads the text of a `spin.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut root = Section::root(parse_table(text)?);
        check_version(&mut root)?;

        let mut warnings = Vec::new();
        let key = root.key("application");
        let mut application = root.section("application")?.ok_or(ManifestError::Missing { key })?;
        application.ignore(&["authors", "targets", "tool"]);
        let name = application.required_string("name")?;
        let version = application.string("version")?;
        let description = application.string("description")?;
        if let Some(settings) = application.section("trigger")? {
            check_trigger_settings(settings, &mut warnings)?;
        }
        application.finish()?;

        let variables = variables(&mut root)?;
        let components = components(&mut root, &variables)?;
        let ids: Vec<&str> = components.iter().map(|component| component.id.as_str()).collect();
        let triggers = triggers(&mut root, &ids)?;
        root.finish()?;
        let router = Router::new(&triggers, &mut warnings)?;
        Ok(Self { name, version, description, variables, components, triggers, router, warnings })
    }

    /// The component of that id.
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// The application variables' values: the given ones, else the defaults.
    pub fn values(&self, given: impl Fn(&str) -> Option<String>) -> Values {
        Values::new(&self.variables, given)
    }

    /// The required variables that nobody gave.
    pub fn missing_values<'a>(&'a self, values: &'a Values) -> impl Iterator<Item = &'a str> {
        self.variables.keys().map(String::as_str).filter(|name| values.get(name).is_none())
    }
}

fn check_version(root: &mut Section) -> Result<(), ManifestError> {
    let key = root.key("spin_manifest_version");
    match root.take("spin_manifest_version") {
        Some(Value::Integer(2)) => Ok(()),
        Some(_) => Err(ManifestError::invalid(key, "must be 2")),
        None => Err(ManifestError::Missing { key }),
    }
}

/// `[application.trigger.http]` with nothing in it, or with the base that is the default, is harmless.
fn check_trigger_settings(mut settings: Section, warnings: &mut Vec<Warning>) -> Result<(), ManifestError> {
    if let Some(mut http) = settings.section("http")? {
        match http.string("base")?.as_deref() {
            None => {}
            Some("/") => warnings.push(Warning::DeprecatedBase),
            Some(_) => {
                let problem = "is gone from Spin too: write the base into each route of [[trigger.http]]";
                return Err(ManifestError::invalid(http.key("base"), problem));
            }
        }
        http.finish()?;
    }
    match settings.entries().next() {
        Some((key, _, _)) => Err(ManifestError::unsupported(key, USE_SPIN)),
        None => Ok(()),
    }
}

fn variables(root: &mut Section) -> Result<BTreeMap<String, Variable>, ManifestError> {
    let Some(table) = root.section("variables")? else { return Ok(BTreeMap::new()) };
    table
        .entries()
        .map(|(key, name, value)| {
            check_variable(&name).map_err(|problem| ManifestError::invalid(&key, problem))?;
            Ok((name, Variable::parse(Section::of(key, value)?)?))
        })
        .collect()
}

fn components(
    root: &mut Section,
    variables: &BTreeMap<String, Variable>,
) -> Result<Vec<Component>, ManifestError> {
    let Some(table) = root.section("component")? else { return Ok(Vec::new()) };
    table
        .entries()
        .map(|(key, id, value)| Component::parse(id, Section::of(key, value)?, variables))
        .collect()
}

fn triggers(root: &mut Section, components: &[&str]) -> Result<Vec<HttpTrigger>, ManifestError> {
    let missing = || ManifestError::Missing { key: "trigger.http".to_owned() };
    let mut table = root.section("trigger")?.ok_or_else(missing)?;
    let http = table.take("http");
    let key = table.key("http");
    if let Some((key, _, _)) = table.entries().next() {
        return Err(ManifestError::unsupported(key, USE_SPIN));
    }
    HttpTrigger::parse_all(key, http.ok_or_else(missing)?, components)
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
