//! What a caller is told when a request is refused: errors of fields (422) and problems (the rest).
//! Both are `{"detail": …}`; nothing of the request's values is repeated in them.

use std::borrow::Cow;

use serde::Serialize;

use crate::{auth::AuthError, to_json};

/// One step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Loc {
    /// A field of an object, by its name on the wire.
    Field(&'static str),
    /// A field that there is not: its name is the client's own, shortened.
    Name(String),
    /// An element of a list, or a position in the text; from 0.
    Index(usize),
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The way to the field, `body` first.
    pub loc: Vec<Loc>,
    /// For a person: what is expected.
    pub msg: Cow<'static, str>,
    /// For a program: pydantic's name of the error, such as `value_error.missing`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The words that were possible, for `type_error.enum`.
    #[serde(rename = "ctx", skip_serializing_if = "Option::is_none")]
    pub permitted: Option<Permitted>,
}

/// The words that a field may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permitted {
    /// In the order in which they are declared.
    pub enum_values: Vec<&'static str>,
}

impl FieldError {
    /// An error without a list of words.
    pub fn new(loc: Vec<Loc>, msg: impl Into<Cow<'static, str>>, kind: &'static str) -> Self {
        Self { loc, msg: msg.into(), kind, permitted: None }
    }

    /// The field is not there.
    pub fn missing(loc: Vec<Loc>) -> Self {
        Self::new(loc, "field required", "value_error.missing")
    }

    /// The field is null and may not be.
    pub fn null(loc: Vec<Loc>) -> Self {
        Self::new(loc, "none is not an allowed value", "type_error.none.not_allowed")
    }

    /// The field is none of the permitted words.
    pub fn not_one_of(loc: Vec<Loc>, enum_values: Vec<&'static str>) -> Self {
        let listed: Vec<String> = enum_values.iter().map(|word| format!("'{word}'")).collect();
        let msg = format!("value is not a valid enumeration member; permitted: {}", listed.join(", "));
        Self { permitted: Some(Permitted { enum_values }), ..Self::new(loc, msg, "type_error.enum") }
    }
}

/// Everything that is wrong with a request's fields, in the order of the fields. Status 422.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the request has {} bad field(s)", detail.len())]
pub struct FieldErrors {
    /// At least one, once it is returned as an error.
    pub detail: Vec<FieldError>,
}

impl FieldErrors {
    /// `{"detail":[{"loc":[…],"msg":…,"type":…}]}`
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// Adds one.
    pub fn push(&mut self, error: FieldError) {
        self.detail.push(error);
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self { detail: vec![error] }
    }
}

/// A refusal that is about no single field: a status and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {detail}")]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// For a person: what is wrong and what to do.
    pub detail: Cow<'static, str>,
    /// A header that the status asks for, such as `allow`.
    pub header: Option<(&'static str, &'static str)>,
}

impl Problem {
    /// A problem without a header of its own.
    pub fn new(status: u16, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into(), header: None }
    }

    /// 400: what was asked for cannot be done as the service is configured, or contradicts itself.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, detail)
    }

    /// 401, with the challenge that Orthanc and browsers know how to answer.
    pub fn unauthorized(error: AuthError) -> Self {
        Self { header: Some(("www-authenticate", "Basic")), ..Self::new(401, error.to_string()) }
    }

    /// 404: nothing is served under this path.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 405; `allow` lists the methods, as in `PUT, GET`.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self { header: Some(("allow", allow)), ..Self::new(405, "Method Not Allowed") }
    }

    /// 413; the limit is in bytes.
    pub fn body_too_large(limit: usize) -> Self {
        Self::new(413, format!("the request body is larger than {limit} bytes"))
    }

    /// 502: a service that was asked on the caller's behalf failed or answered nonsense.
    pub fn bad_gateway(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(502, detail)
    }

    /// 504: a service that was asked on the caller's behalf did not answer in time.
    pub fn gateway_timeout(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(504, detail)
    }

    /// `{"detail":"…"}`
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            detail: &'a str,
        }
        to_json(&Body { detail: &self.detail })
    }
}

/// Either kind of refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// 422: fields are wrong.
    #[error(transparent)]
    Fields(#[from] FieldErrors),
    /// Anything else.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            ApiError::Fields(_) => 422,
            ApiError::Problem(problem) => problem.status,
        }
    }

    /// A header that the status asks for.
    pub fn header(&self) -> Option<(&'static str, &'static str)> {
        match self {
            ApiError::Fields(_) => None,
            ApiError::Problem(problem) => problem.header,
        }
    }

    /// The JSON body.
    pub fn to_json(&self) -> String {
        match self {
            ApiError::Fields(fields) => fields.to_json(),
            ApiError::Problem(problem) => problem.to_json(),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Problem::unauthorized(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_written_as_existing_clients_read_them() {
        let loc = vec![Loc::Field("body"), Loc::Field("studies"), Loc::Index(0)];
        let errors = FieldErrors { detail: vec![FieldError::missing(loc)] };
        assert_eq!(
            errors.to_json(),
            r#"{"detail":[{"loc":["body","studies",0],"msg":"field required","type":"value_error.missing"}]}"#
        );
        let error = FieldError::not_one_of(vec![Loc::Field("body")], vec!["a", "b"]);
        assert_eq!(
            FieldErrors::from(error).to_json(),
            r#"{"detail":[{"loc":["body"],"msg":"value is not a valid enumeration member; permitted: 'a', 'b'","type":"type_error.enum","ctx":{"enum_values":["a","b"]}}]}"#
        );
        assert_eq!(Problem::bad_request("say \"why\"").to_json(), r#"{"detail":"say \"why\""}"#);
        let error = ApiError::from(AuthError::NotAuthenticated);
        assert_eq!((error.status(), error.header()), (401, Some(("www-authenticate", "Basic"))));
    }
}
