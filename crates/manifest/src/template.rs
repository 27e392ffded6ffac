//! Spin's templates: text with `{{ name }}` in it.
//! There is no escape and no nesting; an expression is a variable's name, blanks around it ignored.

use std::fmt;

use thiserror::Error;

/// A template, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

/// A `{{` without its `}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("'{{{{' without '}}}}' in the template")]
pub struct UnmatchedBraces;

impl Template {
    /// Takes the text apart.
    pub fn parse(source: &str) -> Result<Self, UnmatchedBraces> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((literal, expression)) = rest.split_once("{{") {
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let (name, after) = expression.split_once("}}").ok_or(UnmatchedBraces)?;
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { source: source.to_owned(), parts })
    }

    /// Whether it names no variable.
    pub fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The variables it names, in order, possibly more than once.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The text with each variable's value in its place; fails with the first name that has none.
    pub fn resolve(&self, value_of: &dyn Fn(&str) -> Option<String>) -> Result<String, &str> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable(name) => text.push_str(&value_of(name).ok_or(name.as_str())?),
            }
        }
        Ok(text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_replaced() {
        let value_of = |name: &str| match name {
            "a" => Some("1".to_owned()),
            "b_c" => Some("{{ a }}".to_owned()),
            _ => None,
        };
        for (source, resolved) in [
            ("", Ok("")),
            ("plain", Ok("plain")),
            ("{ a } }}", Ok("{ a } }}")),
            ("{{a}}", Ok("1")),
            ("x-{{  a }}-y{{ a }}", Ok("x-1-y1")),
            // What a value holds is not a template.
            ("{{ b_c }}", Ok("{{ a }}")),
            ("{{ none }}", Err("none")),
            ("{{}}", Err("")),
            ("{{ {{ a }}", Err("{{ a")),
        ] {
            let template = Template::parse(source).unwrap();
            assert_eq!(template.resolve(&value_of), resolved.map(str::to_owned), "{source:?}");
            assert_eq!(template.to_string(), source);
        }
    }

    #[test]
    fn unmatched_braces_are_refused() {
        for source in ["{{", "{{ a }", "{{ a }} {{ b"] {
            assert_eq!(Template::parse(source), Err(UnmatchedBraces), "{source:?}");
        }
    }
}
