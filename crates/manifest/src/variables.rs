//! Application variables, their values, and what each component sees of them.
//! A value may be a secret: nothing here prints one.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::error::ManifestError;
use crate::name::check_variable;
use crate::section::Section;
use crate::template::Template;

/// An entry of `[variables]`: required, or with a default, never both.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The value when nobody gives one; none when the variable is required.
    pub default: Option<String>,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// What it is for.
    pub description: Option<String>,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = self.default.is_none();
        f.debug_struct("Variable")
            .field("required", &required)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

impl Variable {
    pub(crate) fn parse(mut section: Section) -> Result<Self, ManifestError> {
        let required = section.boolean("required")?.unwrap_or(false);
        let default = section.string("default")?;
        let secret = section.boolean("secret")?.unwrap_or(false);
        let description = section.string("description")?;
        if required == default.is_some() {
            return Err(ManifestError::invalid(
                section.path(),
                "must be `required = true` or have a `default`",
            ));
        }
        section.finish()?;
        Ok(Self { default, secret, description })
    }
}

/// The application variables that have a value in this run.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// The given values, and the defaults for the rest. `given` is asked once for each declared variable.
    pub fn new(variables: &BTreeMap<String, Variable>, given: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str, variable: &Variable| given(name).or_else(|| variable.default.clone());
        Self(variables.iter().filter_map(|(name, v)| Some((name.clone(), value(name, v)?))).collect())
    }

    /// One value; none for a required variable that nobody gave.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn resolve<'t>(&self, template: &'t Template) -> Result<String, &'t str> {
        template.resolve(&|name| self.0.get(name).cloned())
    }
}

/// Names only.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Values").field(&self.0.keys()).finish()
    }
}

/// The variables of one component, resolved. A variable whose template lacks a value fails only when it is read,
/// as in Spin.
#[derive(Clone, Default)]
pub struct ComponentVariables(BTreeMap<String, Result<String, VariableError>>);

/// Why a component cannot read a variable. The cases are those of Spin's `variables` interface.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VariableError {
    /// Not a name that a variable can have.
    #[error("invalid variable name: {0}")]
    InvalidName(&'static str),
    /// The component's `variables` table does not have it.
    #[error("the component has no variable {0:?}")]
    Undefined(String),
    /// It is built from a required application variable that nobody gave.
    #[error("the required variable {0:?} has no value")]
    NoValue(String),
}

impl ComponentVariables {
    pub(crate) fn resolve(templates: &BTreeMap<String, Template>, values: &Values) -> Self {
        let resolve =
            |template| values.resolve(template).map_err(|name| VariableError::NoValue(name.to_owned()));
        Self(templates.iter().map(|(name, template)| (name.clone(), resolve(template))).collect())
    }

    /// The value that the component reads.
    pub fn get(&self, name: &str) -> Result<&str, VariableError> {
        match self.0.get(name) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(error.clone()),
            None => {
                check_variable(name).map_err(VariableError::InvalidName)?;
                Err(VariableError::Undefined(name.to_owned()))
            }
        }
    }

    /// Every variable with its value or its error, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Result<&str, &VariableError>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

/// Names only.
impl fmt::Debug for ComponentVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ComponentVariables").field(&self.0.keys()).finish()
    }
}
