//! What the HTTP components have in common at their edge: requests in, answers out, settings, the log,
//! the token component, MedDream. Everything that needs a decision is in the pure crates.

pub mod audit;
pub mod clock;
pub mod log;
pub mod meddream;
pub mod post;
pub mod reading;
pub mod request;
pub mod response;
pub mod settings;
pub mod shares;
pub mod tokens;
pub mod viewer;

#[doc(hidden)]
pub use spin_sdk::wasip3;

/// Makes a function, `async fn(edge::request::Request) -> Result<Response, ErrorCode>` in the words of
/// `wasi:http/types`, what the component answers requests with.
#[macro_export]
macro_rules! serve {
    ($handle:ident) => {
        mod served {
            use $crate::wasip3::http::types::{ErrorCode, Request, Response};

            struct Component;
            $crate::wasip3::http::service::export!(Component);

            impl $crate::wasip3::exports::http::handler::Guest for Component {
                async fn handle(request: Request) -> Result<Response, ErrorCode> {
                    super::$handle(request.try_into()?).await
                }
            }
        }
    };
}
