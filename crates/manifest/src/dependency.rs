//! `[component.X.dependencies]`: which component file answers which import.
//! Only files are covered; a registry, a URL and another component are Spin's.

use std::fmt;
use std::str::FromStr;

use semver::{BuildMetadata, Version};
use toml::Value;

use crate::capability::Inherit;
use crate::error::ManifestError;
use crate::name::check_kebab;
use crate::section::Section;

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The import that it answers.
    pub name: DependencyName,
    /// The component file, relative to the manifest.
    pub path: String,
    /// The export of that file to use; none is the export of the import's own name.
    pub export: Option<String>,
    /// What it may use of its parent's rights.
    pub inherit: Inherit,
}

/// The name of an import: a package, one interface of it, or a plain name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencyName {
    /// `foo`
    Plain(String),
    /// `foo:bar`, `foo:bar/baz`, `foo:bar/baz@1.0.0`
    Package {
        /// `foo:bar`
        package: String,
        /// `baz`; none stands for every import from the package.
        interface: Option<String>,
        /// `1.0.0`; none is any version.
        version: Option<Version>,
    },
}

const ONLY_FILES: &str =
    "give the component's file, as { path = \"…\" }, or run it with Spin itself (spin up)";

impl Dependency {
    /// `inherit_all` is the component's own `dependencies_inherit_configuration`.
    pub(crate) fn parse(
        key: String,
        name: String,
        value: Value,
        inherit_all: Option<bool>,
    ) -> Result<Self, ManifestError> {
        if value.is_str() {
            return Err(ManifestError::unsupported(key, ONLY_FILES));
        }
        let name: DependencyName = name.parse().map_err(|problem| ManifestError::invalid(&key, problem))?;
        let mut section = Section::of(key, value)?;
        for other in ["version", "registry", "package", "url", "digest", "component"] {
            if section.has(other) {
                return Err(ManifestError::unsupported(section.key(other), ONLY_FILES));
            }
        }
        let path = section.required_string("path")?;
        let export = section.string("export")?;
        if export.is_some() && matches!(name, DependencyName::Package { interface: None, .. }) {
            let problem = "cannot stand with a whole package: name one interface, as in foo:bar/baz";
            return Err(ManifestError::invalid(section.key("export"), problem));
        }
        let inherit_key = section.key("inherit_configuration");
        let inherit = match (section.take("inherit_configuration"), inherit_all) {
            (Some(_), Some(_)) => {
                let problem = "cannot stand with the component's dependencies_inherit_configuration";
                return Err(ManifestError::invalid(inherit_key, problem));
            }
            (Some(value), None) => Inherit::parse(inherit_key, value)?,
            (None, Some(true)) => Inherit::All,
            (None, _) => Inherit::none(),
        };
        section.finish()?;
        Ok(Self { name, path, export, inherit })
    }
}

impl DependencyName {
    /// Whether both could answer one import.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        let (
            Self::Package { package: p1, interface: i1, version: v1 },
            Self::Package { package: p2, interface: i2, version: v2 },
        ) = (self, other)
        else {
            return false;
        };
        let apart = |a: bool, b: bool, differ: bool| a && b && differ;
        p1 == p2
            && !apart(v1.is_some(), v2.is_some(), v1.as_ref().map(compatible) != v2.as_ref().map(compatible))
            && !apart(i1.is_some(), i2.is_some(), i1 != i2)
    }
}

/// What semantic versioning holds for interchangeable with this version.
fn compatible(version: &Version) -> Version {
    let mut version = Version { build: BuildMetadata::EMPTY, ..version.clone() };
    match (version.pre.is_empty(), version.major, version.minor) {
        (false, ..) | (true, 0, 0) => {}
        (true, 0, _) => version.patch = 0,
        (true, ..) => (version.minor, version.patch) = (0, 0),
    }
    version
}

impl DependencyName {
    /// Whether it stands for this import of a component (`foo:bar/baz@1.0.0`, or a plain name).
    pub fn stands_for(&self, import: &str) -> bool {
        match (self, import.parse()) {
            (Self::Plain(ours), Ok(Self::Plain(import))) => *ours == import,
            (
                Self::Package { package, interface, version },
                Ok(Self::Package { package: import, interface: import_interface, version: import_version }),
            ) => {
                *package == import
                    && (interface.is_none() || *interface == import_interface)
                    && (version.is_none() || *version == import_version)
            }
            _ => false,
        }
    }
}

/// As it stands in the manifest.
impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::Package { package, interface, version } => {
                f.write_str(package)?;
                interface.iter().try_for_each(|interface| write!(f, "/{interface}"))?;
                version.iter().try_for_each(|version| write!(f, "@{version}"))
            }
        }
    }
}

impl FromStr for DependencyName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if !text.contains([':', '/']) {
            return check_kebab(text).map(|()| Self::Plain(text.to_owned()));
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => {
                (name, Some(Version::parse(version).map_err(|_| "the version is not semver")?))
            }
            None => (text, None),
        };
        let (package, interface) = match name.split_once('/') {
            Some((package, interface)) => (package, Some(interface)),
            None => (name, None),
        };
        let (namespace, name) = package.split_once(':').ok_or("a package is namespace:name")?;
        for word in [namespace, name].into_iter().chain(interface) {
            check_kebab(word)?;
        }
        Ok(Self::Package { package: package.to_owned(), interface: interface.map(str::to_owned), version })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_plain_or_of_a_package() {
        for (text, package, interface, version) in [
            ("orthanc-share:token/tokens@1.0.0", "orthanc-share:token", Some("tokens"), Some("1.0.0")),
            ("orthanc-share:token/tokens", "orthanc-share:token", Some("tokens"), None),
            ("orthanc-share:token@1.0.0", "orthanc-share:token", None, Some("1.0.0")),
            ("orthanc-share:token", "orthanc-share:token", None, None),
        ] {
            let expected = DependencyName::Package {
                package: package.to_owned(),
                interface: interface.map(str::to_owned),
                version: version.map(|v| v.parse().unwrap()),
            };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert_eq!("foo-bar".parse(), Ok(DependencyName::Plain("foo-bar".to_owned())));
        for text in ["", "a_b", "a:", ":a", "a/b", "a:b/", "a:b@1", "a:b@", "a:b/c/d", "a:b:c", "a@1.0.0"] {
            assert!(text.parse::<DependencyName>().is_err(), "{text}");
        }
    }

    #[test]
    fn two_names_for_one_import_conflict() {
        for (a, b, conflict) in [
            ("a:b", "a:b/c", true),
            ("a:b/c", "a:b/d", false),
            ("a:b", "a:c", false),
            ("a:b/c@1.0.0", "a:b/c@1.2.0", true),
            ("a:b/c@1.0.0", "a:b/c@2.0.0", false),
            ("a:b/c@0.1.0", "a:b/c@0.2.0", false),
            ("a:b/c@0.1.0", "a:b/c@0.1.3", true),
            ("a:b/c@0.0.1", "a:b/c@0.0.2", false),
            ("a:b/c@1.0.0", "a:b/c", true),
            ("a", "a", false),
        ] {
            let name = |text: &str| text.parse::<DependencyName>().unwrap();
            assert_eq!(name(a).conflicts(&name(b)), conflict, "{a} and {b}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(text in "\\PC{0,40}", near in "[a-z:/@.0-9-]{0,30}") {
            let _ = text.parse::<DependencyName>();
            let _ = near.parse::<DependencyName>();
        }
    }
}
