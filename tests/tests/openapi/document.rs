//! `docs/openapi.yaml`, read: its operations, and whether an answer is one of those that it promises.

use std::collections::BTreeSet;

use journeys::http::Answer;
use journeys::repository;
use serde_json::{Value, json};

/// The methods that a path may have in OpenAPI, and that this application is asked with.
pub const METHODS: [&str; 7] = ["get", "head", "put", "post", "patch", "delete", "options"];

/// The whole file.
pub struct Document {
    root: Value,
}

/// One operation.
pub struct Operation<'a> {
    document: &'a Document,
    /// As in the file, with its parameters in braces.
    pub path: &'a str,
    /// In capital letters.
    pub method: String,
    item: &'a Value,
    fields: &'a Value,
}

impl Document {
    pub fn read() -> Self {
        let text = std::fs::read_to_string(repository().join("docs/openapi.yaml")).expect("the file");
        let root: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        assert!(root["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
        Self { root }
    }

    pub fn paths(&self) -> Vec<&str> {
        self.root["paths"].as_object().expect("paths").keys().map(String::as_str).collect()
    }

    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.root["paths"].as_object().expect("paths");
        paths
            .iter()
            .flat_map(|(path, item)| {
                METHODS.iter().filter_map(move |method| {
                    let fields = item.get(*method)?;
                    Some(Operation { document: self, path, method: method.to_uppercase(), item, fields })
                })
            })
            .collect()
    }

    /// Every schema with a name.
    pub fn schemas(&self) -> Vec<&str> {
        self.root["components"]["schemas"].as_object().expect("schemas").keys().map(String::as_str).collect()
    }

    /// What is wrong with this value by this schema of the document.
    pub fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        // The document's own references begin at its root.
        let whole = json!({"components": self.root["components"], "allOf": [schema]});
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&whole)
            .unwrap_or_else(|error| panic!("no JSON Schema: {error}"));
        validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect()
    }

    /// The value itself, or what its `$ref` means.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("a reference within the file");
                self.root.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
            }
            None => value,
        }
    }
}

impl Operation<'_> {
    pub fn name(&self) -> &str {
        self.fields["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{} {} has no name", self.method, self.path))
    }

    /// Whether users may be asked for.
    pub fn has_users(&self) -> bool {
        self.fields["security"] == json!([{"users": []}, {}])
    }

    /// The statuses that are promised; none of one for which any status is good.
    pub fn statuses(&self) -> BTreeSet<u16> {
        let responses = self.fields["responses"].as_object().expect("responses");
        responses.keys().filter_map(|status| status.parse().ok()).collect()
    }

    /// The path with its parameters, and the query: by these values, else by the examples of the file.
    pub fn address(&self, values: &[(&str, &str)]) -> String {
        let mut path = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.parameters() {
            let name = parameter["name"].as_str().expect("a name");
            let given = values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let example = parameter.get("example").map(|example| match example {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let Some(value) = given.or(example) else {
                assert!(parameter["required"] != true, "{} has no value for {name}", self.name());
                continue;
            };
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &value),
                Some("query") => query.push(format!("{name}={value}")),
                _ => {}
            }
        }
        assert!(!path.contains('{'), "{path}");
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// The headers of the file's examples, and the type of the body.
    pub fn headers(&self) -> Vec<(&str, &str)> {
        let own = self.parameters().into_iter().filter(|parameter| parameter["in"] == "header");
        let mut headers: Vec<(&str, &str)> = own
            .filter_map(|parameter| Some((parameter["name"].as_str()?, parameter["example"].as_str()?)))
            .collect();
        headers.extend(self.content().map(|(kind, _)| ("content-type", kind)));
        headers
    }

    /// The body of the file's example, which must be one by its own schema.
    pub fn body(&self) -> Vec<u8> {
        let Some((kind, content)) = self.content() else { return Vec::new() };
        let example = &content["example"];
        match kind {
            "application/json" => {
                let faults = self.document.faults(&content["schema"], example);
                assert!(faults.is_empty(), "the example of {}: {faults:?}", self.name());
                example.to_string().into_bytes()
            }
            _ => example.as_str().expect("text").as_bytes().to_vec(),
        }
    }

    /// Panics unless the answer is one of those that are promised.
    pub fn check(&self, answer: &Answer) {
        let (name, status) = (self.name(), answer.status);
        let responses = &self.fields["responses"];
        let promised = responses.get(status.to_string()).or(responses.get("default"));
        let promised =
            promised.unwrap_or_else(|| panic!("{name}: {status} is not promised: {}", answer.text()));
        let promised = self.document.resolve(promised);
        for (header, it) in promised["headers"].as_object().into_iter().flatten() {
            let value = answer.header(&header.to_lowercase());
            let value = value.unwrap_or_else(|| panic!("{name}: {status} has no {header}"));
            let faults = self.document.faults(&it["schema"], &json!(value));
            assert!(faults.is_empty(), "{name}: {header}: {faults:?}");
        }
        let Some(content) = promised.get("content").and_then(Value::as_object) else { return };
        let kind = answer.header("content-type").and_then(|kind| kind.split(';').next()).unwrap_or_default();
        let it = content.get(kind).unwrap_or_else(|| panic!("{name}: {status} is of the type {kind}"));
        let body = if kind == "application/json" { answer.json() } else { json!(answer.text()) };
        let faults = self.document.faults(&it["schema"], &body);
        assert!(faults.is_empty(), "{name}: {status}: {faults:?}: {body}");
    }

    fn parameters(&self) -> Vec<&Value> {
        [&self.item["parameters"], &self.fields["parameters"]]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .collect()
    }

    fn content(&self) -> Option<(&str, &Value)> {
        let content = self.fields["requestBody"]["content"].as_object()?;
        content.iter().next().map(|(kind, content)| (kind.as_str(), content))
    }
}
