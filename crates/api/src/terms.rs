//! What a share may say besides what it is of: the fields that `PUT /shares` and `PUT /tokens/{type}` have
//! in common. The first four hold in the token alone; the others need a store of shares.

use std::fmt;

use model::{Method, Moment, ShareType};
use serde::Serialize;
use serde_json::Value;

use crate::coerce::{self, Bad, Fields};

/// The longest label, in characters.
pub(crate) const LONGEST_LABEL: usize = 200;

/// The largest number of openings that a share may have.
pub(crate) const MOST_USES: u32 = 1_000_000;

/// How long a code may be, in characters.
const CODE_LENGTH: std::ops::RangeInclusive<usize> = 4..=128;

/// The terms of a share that is asked for; what is none was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// When it begins.
    pub not_before: Option<Moment>,
    /// How long it lasts, in seconds, as given: its end is in the request already.
    pub validity_duration: Option<u64>,
    /// What may be done with it: at least one, each once.
    pub methods: Option<Vec<Method>>,
    /// Whether it may be taken away as files.
    pub download: Option<bool>,
    /// A line for people.
    pub label: Option<String>,
    /// How often it opens.
    pub max_uses: Option<u32>,
    /// The code that it asks for.
    pub code: Option<Code>,
    /// Whether its maker is told when it is opened.
    pub notify: Option<bool>,
    /// Whether it is to have a short link.
    pub short_link: Option<bool>,
}

/// A code as it was sent: it opens a share, and is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Terms {
    /// Reads the fields of a share of this type, which ends then. What is wrong is recorded.
    pub(crate) fn read(
        fields: &mut Fields<'_>,
        share_type: Option<ShareType>,
        end: Option<Moment>,
        validity_duration: Option<u64>,
    ) -> Self {
        let not_before = fields.optional("not-before", coerce::moment);
        check_order(fields, "not-before", not_before, end);
        let methods = methods(fields);
        let download = flag(fields, "download");
        let label = fields.optional("label", label).flatten();
        let max_uses = fields.optional("max-uses", max_uses);
        let (code, code_name) = code(fields);
        let notify = flag(fields, "notify");
        let short_link = flag(fields, "short-link");
        if share_type.is_some_and(|share_type| !passes_the_landing(share_type)) {
            let passed_by = [
                (max_uses.is_some(), "max-uses"),
                (code.is_some(), code_name),
                (short_link == Some(true), "short-link"),
            ];
            for (_, name) in passed_by.into_iter().filter(|(given, _)| *given) {
                fields.refuse(name, "only types that end with -publication can have this", VALUE);
            }
        }
        Self { not_before, validity_duration, methods, download, label, max_uses, code, notify, short_link }
    }

    /// Whether the link opens nothing but the landing page.
    pub fn is_protected(&self) -> bool {
        self.code.is_some() || self.max_uses.is_some()
    }

    /// The first of the given fields that nothing but a store can keep.
    pub fn needs_store(&self) -> Option<&'static str> {
        let kept = [
            (self.label.is_some(), "label"),
            (self.max_uses.is_some(), "max-uses"),
            (self.code.is_some(), "password"),
            (self.notify == Some(true), "notify"),
            (self.short_link == Some(true), "short-link"),
        ];
        kept.into_iter().find_map(|(given, name)| given.then_some(name))
    }

    /// The first of the given fields that a token of another service, such as MedDream's, does not hold.
    pub fn needs_own_token(&self) -> Option<&'static str> {
        let held = [
            (self.not_before.is_some(), "not-before"),
            (self.methods.is_some(), "methods"),
            (self.download == Some(false), "download"),
        ];
        held.into_iter().find_map(|(given, name)| given.then_some(name)).or(self.needs_store())
    }

    /// What was given, to be repeated: never the code.
    pub(crate) fn echo(&self) -> TermsBody<'_> {
        TermsBody {
            not_before: self.not_before.map(|moment| moment.to_string()),
            methods: self.methods.as_deref().map(names),
            download: self.download,
            label: self.label.as_deref(),
            max_uses: self.max_uses,
            notify: self.notify,
            short_link: self.short_link,
        }
    }
}

/// Pydantic's name of an error that it has no other name for.
pub(crate) const VALUE: &str = "value_error";

/// The terms in answers, behind the older fields; what was not given is not written.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct TermsBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    download: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_uses: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_link: Option<bool>,
}

/// What only a store gives to an answer.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    /// The share's own identifier.
    pub jti: &'a str,
    /// Its short link, where that was asked for. Then the link is the short one, too.
    pub short_url: Option<&'a str>,
}

/// The same as JSON, behind `token` and `url`.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct KeptBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_url: Option<&'a str>,
}

impl<'a> From<Option<Kept<'a>>> for KeptBody<'a> {
    fn from(kept: Option<Kept<'a>>) -> Self {
        kept.map_or_else(Self::default, |kept| Self { jti: Some(kept.jti), short_url: kept.short_url })
    }
}

/// Without the token and the links: each of them opens the share.
impl fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("jti", &self.jti).finish_non_exhaustive()
    }
}

/// The names of methods, as in tokens.
pub(crate) fn names(methods: &[Method]) -> Vec<&'static str> {
    methods.iter().map(|method| method.name()).collect()
}

/// The links of other types are for a program that opens them itself.
fn passes_the_landing(share_type: ShareType) -> bool {
    match share_type {
        ShareType::OsimisViewerPublication
        | ShareType::MeddreamViewerPublication
        | ShareType::StoneViewerPublication
        | ShareType::OhifViewerPublication
        | ShareType::VolviewViewerPublication => true,
        ShareType::MeddreamInstantLink | ShareType::ViewerInstantLink | ShareType::DownloadInstantLink => {
            false
        }
    }
}

/// Records under this name that a share would end before it begins.
pub(crate) fn check_order(
    fields: &mut Fields<'_>,
    name: &'static str,
    begin: Option<Moment>,
    end: Option<Moment>,
) {
    if let (Some(begin), Some(end)) = (begin, end)
        && begin >= end
    {
        fields.refuse(name, "the share would end before it begins", VALUE);
    }
}

/// `methods`: a list of words, at least one; one that is repeated counts once.
pub(crate) fn methods(fields: &mut Fields<'_>) -> Option<Vec<Method>> {
    let words: Vec<_> = Method::ALL.iter().map(|method| (method.name(), *method)).collect();
    let all = fields.words("methods", &words)?;
    let mut methods = Vec::new();
    for method in all {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Some(methods)
}

/// Yes or no, where it is given; not null.
pub(crate) fn flag(fields: &mut Fields<'_>, name: &'static str) -> Option<bool> {
    fields.raw(name)?;
    fields.required(name, coerce::boolean)
}

/// A line of text; an empty one counts as none.
pub(crate) fn label(value: &Value) -> Result<Option<String>, Bad> {
    let text = coerce::text(value).and_then(|text| coerce::at_most(text, LONGEST_LABEL))?;
    if text.contains(char::is_control) {
        return Err(("there may be no control characters".into(), VALUE));
    }
    Ok((!text.trim().is_empty()).then_some(text))
}

/// From 1 to [`MOST_USES`].
pub(crate) fn max_uses(value: &Value) -> Result<u32, Bad> {
    let number = coerce::seconds(value);
    let whole = value.as_f64().is_none_or(|number| number.fract() == 0.0);
    let Some(number) = number.ok().filter(|_| whole || value.is_u64()) else {
        return Err(("value is not a valid integer".into(), "type_error.integer"));
    };
    let number = u32::try_from(number).ok().filter(|number| (1..=MOST_USES).contains(number));
    number.ok_or((format!("expected a number from 1 to {MOST_USES}").into(), VALUE))
}

/// `password`, or `pin`, which is the same; and the name that it was given under.
fn code(fields: &mut Fields<'_>) -> (Option<Code>, &'static str) {
    let password = fields.optional("password", read_code);
    let pin = fields.optional("pin", read_code);
    match (password, pin) {
        (Some(password), Some(pin)) if password != pin => {
            fields.refuse("pin", "it is another one than 'password': give one of them", VALUE);
            (None, "pin")
        }
        (Some(code), _) => (Some(code), "password"),
        (None, code) => (code, "pin"),
    }
}

/// What a person can type: no control characters, and no space at either end.
fn read_code(value: &Value) -> Result<Code, Bad> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return Err(("str type expected".into(), "type_error.str")),
    };
    if text.contains(char::is_control) || text.trim() != text {
        return Err(("there may be no control characters, and no spaces at its ends".into(), VALUE));
    }
    if !CODE_LENGTH.contains(&text.chars().count()) {
        let (least, most) = (CODE_LENGTH.start(), CODE_LENGTH.end());
        return Err((format!("expected {least} to {most} characters").into(), VALUE));
    }
    Ok(Code(text))
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
