//! The address that a request came from, when it may have come through proxies.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The proxies that are believed: each adds the address that it was asked from to `X-Forwarded-For`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

/// The text is no list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidProxies;

impl Proxies {
    /// Addresses and networks, with commas: `127.0.0.1, 10.0.0.0/8, fd00::/8`.
    pub fn parse(text: &str) -> Result<Self, InvalidProxies> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let net = |name: &str| name.parse().or_else(|_| name.parse::<IpAddr>().map(IpNet::from));
        names.map(net).collect::<Result<_, _>>().map(Self).map_err(|_| InvalidProxies)
    }

    /// The address of the caller: of who connected, or what proxies that are believed say of whom they were
    /// asked by, from the nearest to the first that is not believed. The peer is as Spin gives it, with its
    /// port or without.
    pub fn caller(&self, peer: Option<&str>, forwarded_for: &[&str]) -> Option<IpAddr> {
        let mut caller = address(peer?)?;
        let mut hops = forwarded_for.iter().flat_map(|value| value.split(',')).rev();
        while self.believes(caller)
            && let Some(hop) = hops.next().and_then(address)
        {
            caller = hop;
        }
        Some(caller)
    }

    fn believes(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// An address, perhaps with a port; one of IPv4 that is written as IPv6 is one of IPv4.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().map(|socket| socket.ip());
    alone.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_proxies_that_are_believed_may_name_another() {
        let proxies = "127.0.0.1, 10.0.0.0/8,fd00::/8";
        /// (proxies, peer, X-Forwarded-For, the caller)
        type Case = (&'static str, Option<&'static str>, &'static [&'static str], Option<&'static str>);
        let cases: [Case; 12] = [
            ("", Some("192.0.2.1:5000"), &[], Some("192.0.2.1")),
            ("", Some("127.0.0.1:5000"), &["192.0.2.9"], Some("127.0.0.1")),
            (proxies, Some("127.0.0.1:5000"), &["192.0.2.9"], Some("192.0.2.9")),
            (proxies, Some("198.51.100.1:1"), &["192.0.2.9"], Some("198.51.100.1")),
            // What a client made up stands before what the proxy saw.
            (proxies, Some("127.0.0.1:1"), &["203.0.113.7, 192.0.2.9"], Some("192.0.2.9")),
            (proxies, Some("127.0.0.1:1"), &["203.0.113.7", "192.0.2.9, 10.1.2.3"], Some("192.0.2.9")),
            (proxies, Some("127.0.0.1:1"), &["unknown"], Some("127.0.0.1")),
            (proxies, Some("[fd00::1]:1"), &["[2001:db8::1]:99"], Some("2001:db8::1")),
            (proxies, Some("::ffff:127.0.0.1"), &["2001:db8::1"], Some("2001:db8::1")),
            (proxies, Some("10.0.0.1"), &[], Some("10.0.0.1")),
            (proxies, Some("nonsense"), &["192.0.2.9"], None),
            (proxies, None, &["192.0.2.9"], None),
        ];
        for (proxies, peer, forwarded_for, caller) in cases {
            let proxies = Proxies::parse(proxies).unwrap();
            let found = proxies.caller(peer, forwarded_for).map(|address| address.to_string());
            assert_eq!(found.as_deref(), caller, "{peer:?} {forwarded_for:?}");
        }
        assert!(Proxies::parse("localhost").is_err() && Proxies::parse("10.0.0.0/99").is_err());
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_ignored(peer: String, forwarded_for: String) {
            let proxies = Proxies::parse("0.0.0.0/0,::/0").unwrap();
            let _ = proxies.caller(Some(&peer), &[&forwarded_for]);
        }
    }
}
