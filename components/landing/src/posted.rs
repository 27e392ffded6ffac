//! The form of a protected share, as a browser posts it.

use std::borrow::Cow;

use edge::request::{BodyError, Request};
use pages::Notice;
use registry::FormId;

use crate::refused::Refused;

/// A token that fits into a link, of 60,000 bytes at most, and a code.
const LARGEST_FORM: usize = 64 * 1024;

/// What the form holds. It is shown nowhere.
pub struct Posted {
    token: Option<String>,
    code: Option<String>,
    form: Option<String>,
}

impl Posted {
    /// The token, unless it is empty.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref().filter(|token| !token.is_empty())
    }

    /// The code without the white space around it, which comes along when it is copied.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref().map(str::trim).filter(|code| !code.is_empty())
    }

    /// What tells the form from all others, if it can be that.
    pub fn form(&self) -> Option<FormId> {
        FormId::parse(self.form.as_deref()?)
    }

    /// Where a field stands several times, the last counts, as in a link.
    fn parse(body: &[u8]) -> Self {
        let field = |wanted: &str| {
            let found = url::form_urlencoded::parse(body).filter(|(name, _)| name == wanted).last();
            found.map(|(_, value)| Cow::into_owned(value))
        };
        Self { token: field("token"), code: field("code"), form: field("form") }
    }
}

/// Reads a form; anything else is refused.
pub async fn read(request: Request) -> Result<Posted, Refused> {
    let content_type = request.header("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Notice::NotAForm.into());
    }
    match request.read_body(LARGEST_FORM).await {
        Ok(body) => Ok(Posted::parse(&body)),
        Err(BodyError::TooLarge(_)) => Err(Notice::TooLong.into()),
        Err(BodyError::Broken) => Err(Notice::MissingToken.into()),
    }
}
