//! Why a token is not accepted, whatever is asked of it.
//! The words are those of the interface `orthanc-share:token`; they never quote the token.

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// No token of ours: malformed, of another algorithm, or its signature is wrong.
    #[error("invalid token")]
    Invalid,
    /// A good signature over claims that are not those of a share, or good encryption of claims that
    /// are not those of an anonymized one.
    #[error("token without the claims of a share")]
    Malformed,
    /// The share has not begun.
    #[error("share not yet valid")]
    NotYetValid,
    /// The share has ended.
    #[error("share expired")]
    Expired,
    /// The share was taken back.
    #[error("share revoked")]
    Revoked,
    /// The token says that the store knows its share, and the store does not.
    #[error("share unknown to the store")]
    Unknown,
    /// What the store says cannot be had right now.
    #[error("store unavailable")]
    Unavailable,
    /// Nothing can be said of any token: the configuration is missing or wrong.
    #[error("misconfigured")]
    Misconfigured,
}
