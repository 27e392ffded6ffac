//! One table of the manifest, taken apart key by key under its full name.
//! What nobody took is unknown: `finish` says so, so that a typing error never passes in silence.

use toml::{Table, Value};

use crate::error::{ManifestError, USE_SPIN};

/// A table and where it stands, such as `component.validate`.
pub(crate) struct Section {
    path: String,
    table: Table,
}

impl Section {
    /// The whole document.
    pub fn root(table: Table) -> Self {
        Self { path: String::new(), table }
    }

    /// A value that must be a table.
    pub fn of(path: String, value: Value) -> Result<Self, ManifestError> {
        match value {
            Value::Table(table) => Ok(Self { path, table }),
            _ => Err(ManifestError::Type { key: path, expected: "a table" }),
        }
    }

    /// Where this table stands.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The full name of a key of this table, quoted where TOML quotes it.
    pub fn key(&self, name: &str) -> String {
        let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let name = match !name.is_empty() && name.bytes().all(bare) {
            true => name.to_owned(),
            false => format!("{name:?}"),
        };
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }

    /// Whether the key is (still) there.
    pub fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// The value as it stands.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.table.remove(name)
    }

    /// An optional string.
    pub fn string(&mut self, name: &str) -> Result<Option<String>, ManifestError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => into_string(self.key(name), value).map(Some),
        }
    }

    /// A string that must be there.
    pub fn required_string(&mut self, name: &str) -> Result<String, ManifestError> {
        self.string(name)?.ok_or_else(|| ManifestError::Missing { key: self.key(name) })
    }

    /// An optional boolean.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>, ManifestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Boolean(value)) => Ok(Some(value)),
            Some(_) => Err(ManifestError::Type { key: self.key(name), expected: "true or false" }),
        }
    }

    /// A list of strings, empty when the key is not there.
    pub fn strings(&mut self, name: &str) -> Result<Vec<String>, ManifestError> {
        let key = self.key(name);
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => {
                values.into_iter().enumerate().map(|(i, v)| into_string(format!("{key}[{i}]"), v)).collect()
            }
            Some(_) => Err(ManifestError::Type { key, expected: "a list of strings" }),
        }
    }

    /// An optional table.
    pub fn section(&mut self, name: &str) -> Result<Option<Section>, ManifestError> {
        self.take(name).map(|value| Section::of(self.key(name), value)).transpose()
    }

    /// Every entry left, as (full name, name, value).
    pub fn entries(self) -> impl Iterator<Item = (String, String, Value)> {
        let Self { path, table } = self;
        let names = Self { path, table: Table::new() };
        table.into_iter().map(move |(name, value)| (names.key(&name), name, value))
    }

    /// Keys that change nothing at run time.
    pub fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.table.remove(*name);
        }
    }

    /// Keys that only Spin covers. An empty list or table asks for nothing, and passes.
    pub fn refuse(&mut self, names: &[&str]) -> Result<(), ManifestError> {
        for name in names {
            match self.take(name) {
                None => {}
                Some(Value::Array(values)) if values.is_empty() => {}
                Some(Value::Table(table)) if table.is_empty() => {}
                Some(_) => return Err(ManifestError::unsupported(self.key(name), USE_SPIN)),
            }
        }
        Ok(())
    }

    /// Fails on the first key that nobody took.
    pub fn finish(self) -> Result<(), ManifestError> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(name) => Err(ManifestError::Unknown { key: self.key(name) }),
        }
    }
}

/// A value that must be a string.
pub(crate) fn into_string(key: String, value: Value) -> Result<String, ManifestError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ManifestError::Type { key, expected: "a string" }),
    }
}
