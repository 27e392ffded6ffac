//! `allowed_outbound_hosts`, once its templates are resolved: which hosts a component may call.
//! Deny by default, and literal as in Spin: `localhost` is not `127.0.0.1`, no name is ever looked up here.

use std::net::IpAddr;
use std::ops::Range;

use thiserror::Error;
use url::Host;

/// The hosts that one component may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<AllowedHost>);

/// Why an entry is refused. Without the entry: a variable's value can be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HostError {
    /// `example.com`
    #[error("must be scheme://host[:port]; the scheme is missing ('*' is any)")]
    NoScheme,
    /// `ht-tp://example.com`
    #[error("the scheme must be letters only, or '*'")]
    Scheme,
    /// `*://example.com`
    #[error("a port is needed: this scheme has no default port ('*' is any)")]
    NoPort,
    /// `http://example.com:http`
    #[error("the port must be a number, a range start..end (end not included), or '*'")]
    Port,
    /// `http://example.com/api`
    #[error("must not have a path")]
    Path,
    /// `http://a.*.com`, `http://*.127.0.0.1`
    #[error("'*' must stand for the whole host or for the subdomains of a domain (*.example.com)")]
    Wildcard,
    /// `http://exa mple.com`
    #[error("not a valid host")]
    Host,
    /// `http://{a,b}`, `{http,https}://a`
    #[error("lists in braces are not supported, in Spin neither: write one entry for each")]
    List,
    /// `http://other.spin.internal`
    #[error("service chaining (*.spin.internal) is not covered by the embedded runtime: Spin itself runs it")]
    ServiceChaining,
    /// A template whose value is empty, as Spin 4.0 refuses it at start.
    #[error("is empty: a default that is used here must be a valid scheme://host:port")]
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedHost {
    scheme: Option<String>,
    host: HostPattern,
    port: PortPattern,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Any,
    /// With its leading dot: `.example.com`.
    Subdomains(String),
    /// Requests to the application itself, by a relative URL.
    ToSelf,
    Literal(Host),
    Network(IpAddr, u8),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PortPattern {
    Any,
    One(u16),
    Within(Range<u16>),
}

impl AllowedHosts {
    /// Reads entries without templates.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, HostError> {
        entries.iter().map(|entry| AllowedHost::parse(entry.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn push(&mut self, entry: &str) -> Result<(), HostError> {
        self.0.push(AllowedHost::parse(entry)?);
        Ok(())
    }

    /// Whether a request may go there. `scheme` and `host` are a parsed URL's (lower case, an IPv6 address in
    /// brackets); no port is the scheme's own.
    pub fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        let Ok(host) = Host::parse(host) else { return false };
        let port = port.or_else(|| default_port(scheme));
        self.0.iter().any(|a| a.allows_scheme(scheme) && a.host.allows(&host) && a.port.allows(port))
    }

    /// Whether the component may call its own application by a relative URL (`http://self`).
    pub fn allows_self(&self, scheme: &str) -> bool {
        let to_self = |a: &AllowedHost| matches!(a.host, HostPattern::Any | HostPattern::ToSelf);
        self.0.iter().any(|a| a.allows_scheme(scheme) && to_self(a))
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> Result<Self, HostError> {
        let (scheme, rest) = entry.trim().split_once("://").ok_or(HostError::NoScheme)?;
        let (host, port) = match rest.rsplit_once(':') {
            None => (rest, ""),
            Some((host, "")) => (host, ""),
            // The colon is inside of an IPv6 address or network: [::1], ff00::/8.
            Some(_) if HostPattern::parse(rest).is_ok() => (rest, ""),
            Some((host, tail)) => match tail.split_once('/') {
                Some((port, "")) => (host, port),
                Some(_) => return Err(HostError::Path),
                None => (host, tail),
            },
        };
        let host = HostPattern::parse(host)?;
        let port = PortPattern::parse(port, scheme)?;
        let scheme = match scheme {
            "*" => None,
            list if list.starts_with('{') => return Err(HostError::List),
            other if other.chars().all(char::is_alphabetic) => Some(other.to_owned()),
            _ => return Err(HostError::Scheme),
        };
        Ok(Self { scheme, host, port })
    }

    fn allows_scheme(&self, scheme: &str) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
    }
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self, HostError> {
        let host = host.trim();
        match host {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::ToSelf),
            list if list.starts_with('{') => return Err(HostError::List),
            _ => {}
        }
        if let Some(network) = parse_network(host) {
            return Ok(network);
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains('/') {
            return Err(HostError::Path);
        }
        let pattern = match host.strip_prefix("*.") {
            Some(domain) if domain.contains('*') => return Err(HostError::Wildcard),
            Some(domain) => match Host::parse(domain).map_err(|_| HostError::Host)? {
                Host::Domain(domain) => Self::Subdomains(format!(".{domain}")),
                _ => return Err(HostError::Wildcard),
            },
            None if host.contains('*') => return Err(HostError::Wildcard),
            None => Self::Literal(Host::parse(host).map_err(|_| HostError::Host)?),
        };
        match &pattern {
            Self::Literal(Host::Domain(domain)) if domain.ends_with(CHAINING) => {
                Err(HostError::ServiceChaining)
            }
            Self::Subdomains(domain) if domain.ends_with(CHAINING) => Err(HostError::ServiceChaining),
            _ => Ok(pattern),
        }
    }

    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomains(suffix), Host::Domain(domain)) => domain.ends_with(suffix.as_str()),
            (Self::Literal(own), host) => own == host,
            (Self::Network(network, prefix), Host::Ipv4(ip)) => contains(*network, *prefix, (*ip).into()),
            (Self::Network(network, prefix), Host::Ipv6(ip)) => contains(*network, *prefix, (*ip).into()),
            (Self::Subdomains(_) | Self::Network(..) | Self::ToSelf, _) => false,
        }
    }
}

impl PortPattern {
    fn parse(port: &str, scheme: &str) -> Result<Self, HostError> {
        match port {
            "" => return default_port(scheme).map(Self::One).ok_or(HostError::NoPort),
            "*" => return Ok(Self::Any),
            list if list.starts_with('{') => return Err(HostError::List),
            _ => {}
        }
        let number = |text: &str| text.parse::<u16>().map_err(|_| HostError::Port);
        match port.split_once("..") {
            Some((start, end)) => Ok(Self::Within(number(start)?..number(end)?)),
            None => number(port).map(Self::One),
        }
    }

    fn allows(&self, port: Option<u16>) -> bool {
        match (self, port) {
            (Self::Any, _) => true,
            (Self::One(own), Some(port)) => *own == port,
            (Self::Within(range), Some(port)) => range.contains(&port),
            (_, None) => false,
        }
    }
}

const CHAINING: &str = ".spin.internal";

/// The schemes that Spin knows a port for.
fn default_port(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" => 80,
        "https" => 443,
        "postgres" => 5432,
        "mysql" => 3306,
        "redis" => 6379,
        "mqtt" => 1883,
        _ => return None,
    })
}

/// `10.0.0.0/8`, `ff00::/8`. Bits beyond the prefix are ignored, as in Spin.
fn parse_network(text: &str) -> Option<HostPattern> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = prefix.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= longest).then_some(HostPattern::Network(address, prefix))
}

fn contains(network: IpAddr, prefix: u8, ip: IpAddr) -> bool {
    // A shift by the whole width is what `checked_shr` refuses: then every address is inside.
    match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => {
            (network.to_bits() ^ ip.to_bits()).checked_shr(32 - u32::from(prefix)).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(ip)) => {
            (network.to_bits() ^ ip.to_bits()).checked_shr(128 - u32::from(prefix)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "hosts_tests.rs"]
mod tests;
