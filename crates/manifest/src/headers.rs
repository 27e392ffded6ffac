//! The request headers that Spin adds before a component sees a request.
//! On the path of every request: the values that belong to the route are made once, with the router.

use http::{HeaderName, HeaderValue};

use crate::route::RouteMatch;

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// The headers for one request. `full_url` is `scheme://host/path?query`; `client_addr` is `ip:port`, made once
/// for a connection. Put them with `HeaderMap::insert`: what the client sent under these names must not stay.
///
/// A value that no header can have is left out, as in Spin.
pub fn spin_headers(
    found: &RouteMatch<'_, '_>,
    full_url: &str,
    client_addr: &HeaderValue,
) -> Vec<(HeaderName, HeaderValue)> {
    let entry = found.entry;
    let mut headers = Vec::with_capacity(7 + entry.param_headers.len());
    let mut from_request = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.push((name, value));
        }
    };
    from_request(PATH_INFO, &found.trailing_wildcard());
    from_request(FULL_URL, full_url);
    for (name, (_, value)) in entry.param_headers.iter().zip(found.params()) {
        from_request(name.clone(), value);
    }
    headers.extend([
        (MATCHED_ROUTE, entry.fixed.matched_route.clone()),
        (BASE_PATH, HeaderValue::from_static("/")),
        (RAW_COMPONENT_ROUTE, entry.fixed.raw_component_route.clone()),
        (COMPONENT_ROUTE, entry.fixed.component_route.clone()),
        (CLIENT_ADDR, client_addr.clone()),
    ]);
    headers
}
