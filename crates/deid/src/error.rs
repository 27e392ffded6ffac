//! Why a document or a file does not get through. No variant shows anything of its content.

/// What was written before the error is de-identified, but not whole: the answer has to be broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not the JSON, or not the DICOM, that it should be.
    #[error("malformed input")]
    Malformed,
    /// It ended too early.
    #[error("the input ends too early")]
    Truncated,
    /// Sequences are nested too deep.
    #[error("nested too deep")]
    TooDeep,
    /// One attribute is larger than what is held in memory.
    #[error("an attribute is too large")]
    TooLarge,
    /// The transfer syntax is private, or not known.
    #[error("the transfer syntax is not supported")]
    TransferSyntax,
    /// The pixels may identify somebody, and are not allowed to pass.
    #[error("pixels may identify somebody: {0}")]
    Pixels(crate::PixelRisk),
}
