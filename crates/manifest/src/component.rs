//! `[component.X]`: a component's file, what it imports from where, and the rights it has.
//! Rights are templates until the application's values are known.

use std::collections::BTreeMap;

use thiserror::Error;
use toml::Value;

use crate::dependency::Dependency;
use crate::error::{ManifestError, USE_SPIN};
use crate::hosts::{AllowedHosts, HostError};
use crate::name::{check_kebab, check_label, check_variable};
use crate::section::Section;
use crate::template::Template;
use crate::variables::{ComponentVariables, Values, Variable};

/// One component of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its id, kebab-case.
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// The component file, relative to the manifest.
    pub source: String,
    /// The variables that it can read, each from application variables.
    pub variables: BTreeMap<String, Template>,
    /// The hosts that it may call.
    pub allowed_outbound_hosts: Vec<Template>,
    /// The labels of the key-value stores that it may open.
    pub key_value_stores: Vec<String>,
    /// The files that answer its imports, by name.
    pub dependencies: Vec<Dependency>,
}

/// Why a component's allowed hosts cannot be resolved. The entry is shown as its template, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostsError {
    /// The entry is built from a required variable that nobody gave.
    #[error(
        "component {component}, allowed_outbound_hosts, {template:?}: the required variable {variable:?} has no value"
    )]
    NoValue {
        /// The component's id.
        component: String,
        /// The entry as written.
        template: String,
        /// The application variable.
        variable: String,
    },
    /// The entry with its values in place is not an allowed host.
    #[error("component {component}, allowed_outbound_hosts, {template:?}: the value {problem}")]
    Invalid {
        /// The component's id.
        component: String,
        /// The entry as written.
        template: String,
        /// What is wrong.
        problem: HostError,
    },
}

impl Component {
    /// The variables as the component reads them in this run.
    pub fn resolve_variables(&self, values: &Values) -> ComponentVariables {
        ComponentVariables::resolve(&self.variables, values)
    }

    /// The hosts that the component may call in this run. A template that comes out empty (also `http://` and
    /// `https://`) allows nothing: an optional host that is not set.
    pub fn resolve_hosts(&self, values: &Values) -> Result<AllowedHosts, HostsError> {
        let mut hosts = AllowedHosts::default();
        for template in &self.allowed_outbound_hosts {
            let entry = values.resolve(template).map_err(|variable| HostsError::NoValue {
                component: self.id.clone(),
                template: template.to_string(),
                variable: variable.to_owned(),
            })?;
            if !template.is_literal() && is_empty(&entry) {
                continue;
            }
            hosts.push(&entry).map_err(|problem| HostsError::Invalid {
                component: self.id.clone(),
                template: template.to_string(),
                problem,
            })?;
        }
        Ok(hosts)
    }

    pub(crate) fn parse(
        id: String,
        mut section: Section,
        declared: &BTreeMap<String, Variable>,
    ) -> Result<Self, ManifestError> {
        check_kebab(&id).map_err(|problem| ManifestError::invalid(section.path(), problem))?;
        section.ignore(&["build", "targets", "tool"]);
        section.refuse(&[
            "environment",
            "files",
            "exclude_files",
            "sqlite_databases",
            "ai_models",
            "profile",
        ])?;
        if section.has("allowed_http_hosts") {
            let hint = "it is deprecated in Spin too, write allowed_outbound_hosts";
            return Err(ManifestError::unsupported(section.key("allowed_http_hosts"), hint));
        }
        Ok(Self {
            source: source(&mut section)?,
            description: section.string("description")?,
            variables: variables(&mut section, declared)?,
            allowed_outbound_hosts: allowed_hosts(&mut section, declared)?,
            key_value_stores: key_value_stores(&mut section)?,
            dependencies: dependencies(&mut section)?,
            id: {
                section.finish()?;
                id
            },
        })
    }
}

fn is_empty(entry: &str) -> bool {
    matches!(entry, "" | "http://" | "https://")
}

fn source(section: &mut Section) -> Result<String, ManifestError> {
    let key = section.key("source");
    match section.take("source") {
        Some(Value::String(path)) => Ok(path),
        Some(Value::Table(_)) => Err(ManifestError::unsupported(key, USE_SPIN)),
        Some(_) => Err(ManifestError::Type { key, expected: "a path" }),
        None => Err(ManifestError::Missing { key }),
    }
}

fn variables(
    section: &mut Section,
    declared: &BTreeMap<String, Variable>,
) -> Result<BTreeMap<String, Template>, ManifestError> {
    let Some(variables) = section.section("variables")? else { return Ok(BTreeMap::new()) };
    variables
        .entries()
        .map(|(key, name, value)| {
            check_variable(&name).map_err(|problem| ManifestError::invalid(&key, problem))?;
            let source = crate::section::into_string(key.clone(), value)?;
            Ok((name, template(key, &source, declared)?))
        })
        .collect()
}

fn template(
    key: String,
    source: &str,
    declared: &BTreeMap<String, Variable>,
) -> Result<Template, ManifestError> {
    let template = Template::parse(source).map_err(|problem| ManifestError::invalid(&key, problem))?;
    if let Some(unknown) = template.variables().find(|name| !declared.contains_key(*name)) {
        return Err(ManifestError::invalid(key, format!("[variables] does not declare {unknown:?}")));
    }
    Ok(template)
}

/// Checks each entry as far as it can be: a literal now, a template by the defaults of its variables.
fn allowed_hosts(
    section: &mut Section,
    declared: &BTreeMap<String, Variable>,
) -> Result<Vec<Template>, ManifestError> {
    let defaults = Values::new(declared, |_| None);
    let list = section.key("allowed_outbound_hosts");
    let entries = section.strings("allowed_outbound_hosts")?;
    let check = |(i, source): (usize, &String)| {
        let key = format!("{list}[{i}]");
        let template = template(key.clone(), source, declared)?;
        // A required variable has no default: its value is checked when it is known.
        let Ok(entry) = defaults.resolve(&template) else { return Ok(template) };
        let names: Vec<_> = template.variables().map(|name| format!("{name:?}")).collect();
        let checked = match is_empty(&entry) && !names.is_empty() {
            // Spin 4.0 stops here, later ones pass over it: the manifest is for both.
            true => Err(HostError::Empty),
            false => AllowedHosts::parse(&[entry]).map(|_| template),
        };
        checked.map_err(|problem| match names.is_empty() {
            true => ManifestError::invalid(key, problem),
            false => ManifestError::invalid(key, format!("the default of {}: {problem}", names.join(", "))),
        })
    };
    entries.iter().enumerate().map(check).collect()
}

fn key_value_stores(section: &mut Section) -> Result<Vec<String>, ManifestError> {
    let key = section.key("key_value_stores");
    let labels = section.strings("key_value_stores")?;
    for (i, label) in labels.iter().enumerate() {
        check_label(label).map_err(|problem| ManifestError::invalid(format!("{key}[{i}]"), problem))?;
    }
    Ok(labels)
}

fn dependencies(section: &mut Section) -> Result<Vec<Dependency>, ManifestError> {
    let inherit_all = section.boolean("dependencies_inherit_configuration")?;
    let Some(table) = section.section("dependencies")? else { return Ok(Vec::new()) };
    let mut dependencies: Vec<Dependency> = Vec::new();
    for (key, name, value) in table.entries() {
        let dependency = Dependency::parse(key.clone(), name, value, inherit_all)?;
        if dependencies.iter().any(|other| other.name.conflicts(&dependency.name)) {
            return Err(ManifestError::invalid(key, "another dependency answers the same import"));
        }
        dependencies.push(dependency);
    }
    Ok(dependencies)
}
