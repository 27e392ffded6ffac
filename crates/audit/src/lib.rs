//! Accounting for shares, without I/O: an event as FHIR AuditEvent by the patterns of IHE BALP, and who
//! a request came from.

mod fhir;
mod origin;

pub use fhir::{Node, audit_event};
pub use origin::{InvalidProxies, Proxies};
