//! Why a command did not succeed. No text here has a secret in it, and all are harmless to a terminal.

use serde_json::Value;

use crate::terminal::clean;

/// A command failed, or the service refused.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// `--server` is no address of a service.
    #[error("--server: {0}")]
    Server(&'static str),
    /// `--user` or its password cannot be sent.
    #[error("--user: {0}")]
    User(&'static str),
    /// A secret could not be had.
    #[error("{what}: {reason}")]
    Secret {
        /// Which one: "the password".
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// No answer came.
    #[error("{server} does not answer: {reason}")]
    NoAnswer {
        /// Scheme, host and port.
        server: String,
        /// What the network says.
        reason: String,
    },
    /// The answer is none of this service's.
    #[error("{server} answered {status}, but not as this service does: is --server right?")]
    Strange {
        /// Scheme, host and port.
        server: String,
        /// The HTTP status.
        status: u16,
    },
    /// The service understood, and refused.
    #[error("refused ({status}){reasons}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// `: detail`, or one line for each field.
        reasons: String,
    },
    /// The share was made without what was asked for.
    #[error(
        "the service made a share without `{0}`: it is of another version. Its link is not printed, because \
         it would open more than you asked for"
    )]
    NotTaken(&'static str),
    /// Some of several commands failed; each was reported.
    #[error("{failed} of {all} failed")]
    Some {
        /// How many failed.
        failed: usize,
        /// Of how many.
        all: usize,
    },
    /// The link does not fit into a QR code.
    #[error("the link is too long for a QR code: --short-link makes a short one")]
    TooLongForQr,
    /// A list goes round in circles.
    #[error("the service's list does not come to an end")]
    EndlessList,
    /// Keys could not be rotated.
    #[error(transparent)]
    Ring(#[from] crate::ring::RingError),
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Standard output does not take any more.
    #[error("standard output: {0}")]
    Output(std::io::Error),
    /// The machine gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
}

impl Failure {
    /// Of an answer that is no success: `detail` is a sentence, or a list of bad fields.
    pub(crate) fn of_answer(server: &str, status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let reasons = match &body["detail"] {
            Value::String(detail) => format!(": {}", clean(detail)),
            Value::Array(fields) if !fields.is_empty() => {
                fields.iter().map(|field| format!("\n  {}", field_error(field))).collect()
            }
            _ => return Self::Strange { server: server.to_owned(), status },
        };
        let hint = match status {
            401 => " (--user says who you are; the name or its password is missing or wrong)",
            405 | 501 => " (a service keeps shares only where its variable share_store is set)",
            _ => "",
        };
        Self::Refused { status, reasons: format!("{reasons}{hint}") }
    }
}

/// `field: message` of `{"loc":["body","field"],"msg":"message"}`.
fn field_error(error: &Value) -> String {
    let message = clean(error["msg"].as_str().unwrap_or("refused"));
    let steps: Vec<String> = error["loc"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        // Where the field was is plain; `body` may also be all that there is.
        .filter(|(at, step)| *at > 0 || !matches!(step.as_str(), Some("body" | "query" | "path")))
        .map(|(_, step)| step.as_str().map_or_else(|| clean(&step.to_string()), clean))
        .collect();
    if steps.is_empty() { message } else { format!("{}: {message}", steps.join(".")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refusals_say_what_the_service_said() {
        for (status, body, expected) in [
            (
                422,
                r#"{"detail":[{"loc":["body","studies",0,"dicom-uid"],"msg":"no \u001b[2J UID","type":"x"},
                    {"loc":["body","type"],"msg":"field required"},{"loc":["body"],"msg":"no JSON"},{}]}"#,
                "refused (422)\n  studies.0.dicom-uid: no \\u{1b}[2J UID\n  type: field required\n  no JSON\n  refused",
            ),
            (404, r#"{"detail":"Not Found"}"#, "refused (404): Not Found"),
            (
                401,
                r#"{"detail":"Unauthorized"}"#,
                "refused (401): Unauthorized (--user says who you are; the name or its password is missing or wrong)",
            ),
            (
                502,
                "<html>Bad gateway</html>",
                "http://a answered 502, but not as this service does: is --server right?",
            ),
            (
                500,
                r#"{"detail":[]}"#,
                "http://a answered 500, but not as this service does: is --server right?",
            ),
        ] {
            assert_eq!(Failure::of_answer("http://a", status, body.as_bytes()).to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_told(status: u16, body: Vec<u8>, loc in "\\PC*", msg: String) {
            let _ = Failure::of_answer("http://a", status, &body);
            let body = serde_json::json!({"detail": [{"loc": [loc], "msg": msg}]}).to_string();
            let told = Failure::of_answer("http://a", status, body.as_bytes()).to_string();
            let is_raw = told.contains('\u{1b}');
            prop_assert!(!is_raw);
        }
    }
}
