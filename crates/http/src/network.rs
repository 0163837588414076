//! Where a call comes from: the network behind an address, and which proxies are believed about it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Once;

use http::HeaderMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What limits by origin count together: one IPv4 address, or one IPv6 /64, which is what one line is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Network {
    /// One IPv4 address; thousands may sit behind it.
    V4(u32),
    /// The upper 64 bits of an IPv6 address.
    V6(u64),
}

impl Network {
    /// The network that an address belongs to.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::V6((v6.to_bits() >> 64) as u64),
        }
    }
}

/// A range of addresses, such as `10.0.0.0/8`, `::1` or `2001:db8::/32`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    address: u128,
    bits: u32,
}

/// Text that is not a range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a range of addresses looks like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32")]
pub struct ParseRangeError;

/// An address as 128 bits; IPv4 as its IPv6-mapped form, so that one comparison serves both.
fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Range {
    /// The machine itself.
    #[must_use]
    pub fn loopback() -> [Self; 2] {
        let range = |address, bits| Self { address: wide(address), bits };
        [range(IpAddr::V4(Ipv4Addr::LOCALHOST), 104), range(IpAddr::V6(Ipv6Addr::LOCALHOST), 128)]
    }

    /// Whether the address is in the range.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let differing = self.address ^ wide(address);
        self.bits == 0 || differing >> (128 - self.bits) == 0
    }
}

impl FromStr for Range {
    type Err = ParseRangeError;

    fn from_str(text: &str) -> Result<Self, ParseRangeError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| ParseRangeError)?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| ParseRangeError)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        if bits > width {
            return Err(ParseRangeError);
        }
        Ok(Self { address: wide(address), bits: bits + 128 - width })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Ipv6Addr::from_bits(self.address).to_ipv4_mapped() {
            Some(v4) if self.bits >= 96 => write!(f, "{v4}/{}", self.bits - 96),
            _ => write!(f, "{}/{}", Ipv6Addr::from_bits(self.address), self.bits),
        }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Who is at the other end of a connection. Extractor: in the extensions of every request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// The network that the call comes from. `None` when a trusted proxy did not say: then nobody can be told
    /// apart, and limits by network would punish everybody at once.
    pub network: Option<Network>,
    /// Whether the call comes from the machine itself, not through a proxy.
    pub local: bool,
}

impl Peer {
    /// Judges a call by the address of its connection and, when that is a trusted proxy, by `X-Forwarded-For`: the
    /// last entry that is not a trusted proxy itself, because everything before it can be made up.
    #[must_use]
    pub fn of(connection: SocketAddr, headers: &HeaderMap, trusted: &[Range]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
        let direct = connection.ip().to_canonical();
        if !is_trusted(direct) {
            return Self { network: Some(Network::of(direct)), local: direct.is_loopback() };
        }
        let forwarded = headers.get_all("x-forwarded-for");
        let named = forwarded
            .iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .map_while(|item| item.trim().parse::<IpAddr>().ok())
            .map(|address| address.to_canonical())
            .find(|address| !is_trusted(*address));
        let proxied = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        Self { network: named.map(Network::of), local: direct.is_loopback() && !proxied }
    }
}

/// Says once that a machine nearby forwards calls but is not believed: then everybody behind it is limited as one.
pub(crate) fn warn_of_unknown_proxy(connection: SocketAddr, headers: &HeaderMap, trusted: &[Range]) {
    static SAID: Once = Once::new();
    if SAID.is_completed() || !headers.contains_key("x-forwarded-for") {
        return;
    }
    let address = connection.ip().to_canonical();
    if is_nearby(address) && !trusted.iter().any(|range| range.contains(address)) {
        SAID.call_once(|| {
            tracing::warn!(
                %address,
                "a proxy that is not in http.trusted_proxies forwards calls: all who come by it count as one network"
            );
        });
    }
}

/// Whether an address is of the own network (RFC 1918, RFC 4193) or machine.
fn is_nearby(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_contain_what_they_say() {
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
        ] {
            let parsed: Range = range.parse().unwrap();
            assert!(parsed.contains(address(inside)), "{range} {inside}");
            assert!(!parsed.contains(address(outside)), "{range} {outside}");
        }
        assert!("0.0.0.0/0".parse::<Range>().unwrap().contains(address("203.0.113.9")));
        assert!("::/0".parse::<Range>().unwrap().contains(address("203.0.113.9")));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "x", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
        assert_eq!("10.1.0.0/16".parse::<Range>().unwrap().to_string(), "10.1.0.0/16");
    }

    #[test]
    fn addresses_nearby() {
        for (text, nearby) in [
            ("10.1.2.3", true),
            ("192.168.0.1", true),
            ("fd00::1", true),
            ("::1", true),
            ("8.8.8.8", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_nearby(address(text)), nearby, "{text}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let peer = |connection: &str, forwarded: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            Peer::of(connection.parse().unwrap(), &headers, &Range::loopback())
        };
        let network = |text: &str| Some(Network::of(address(text)));
        assert_eq!(peer("203.0.113.9:1", &["198.51.100.1"]).network, network("203.0.113.9"));
        assert_eq!(peer("127.0.0.1:1", &["198.51.100.1"]).network, network("198.51.100.1"));
        assert_eq!(peer("127.0.0.1:1", &["8.8.8.8, 198.51.100.1"]).network, network("198.51.100.1"));
        assert_eq!(
            peer("127.0.0.1:1", &["8.8.8.8", "198.51.100.1, 127.0.0.1"]).network,
            network("198.51.100.1")
        );
        assert_eq!(peer("127.0.0.1:1", &["8.8.8.8, junk"]).network, None);
        assert_eq!(peer("127.0.0.1:1", &[]), Peer { network: None, local: true });
        assert!(!peer("127.0.0.1:1", &["198.51.100.1"]).local);
        assert_eq!(peer("[2001:db8:1:2:3::9]:1", &[]).network, network("2001:db8:1:2::"));
        assert_eq!(peer("[::ffff:203.0.113.9]:1", &[]).network, network("203.0.113.9"));
    }
}
