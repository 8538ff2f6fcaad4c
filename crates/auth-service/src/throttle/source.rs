//! The address that a request comes from, as limits count it.

use std::net::IpAddr;

/// One IPv4 address, or one IPv6 /64: a client with one IPv6 address usually has the whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// An IPv4 address.
    V4(u32),
    /// The first 64 bits of an IPv6 address.
    V6(u64),
    /// No address is known: a call of the command line, or of a connection that is already closed.
    Unknown,
}

impl Source {
    /// The source of an address. An IPv4-mapped IPv6 address counts as the IPv4 address.
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address.to_bits()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
            None => Self::Unknown,
        }
    }

    /// The IPv6 /48 of a source, which many sources of one subscriber may share; `None` for an IPv4 address.
    pub fn network(self) -> Option<Self> {
        matches!(self, Self::V6(_)).then(|| self.site_prefix())
    }

    /// The prefix that one subscriber can have as a whole: an IPv6 /48, or the source itself.
    pub fn site_prefix(self) -> Self {
        match self {
            Self::V6(bits) => Self::V6(bits & !0xffff),
            Self::V4(_) | Self::Unknown => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn source(text: &str) -> Source {
        Source::of(Some(text.parse().unwrap()))
    }

    #[test]
    fn an_ipv4_address_is_one_source_however_it_is_written() {
        assert_eq!(source("192.0.2.7"), source("::ffff:192.0.2.7"));
        assert_ne!(source("192.0.2.7"), source("192.0.2.8"));
        assert_ne!(source("0.0.0.0"), source("::"));
    }

    #[test]
    fn all_addresses_of_one_ipv6_64_are_one_source() {
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
    }

    #[test]
    fn all_sources_of_one_ipv6_48_are_one_network_and_ipv4_addresses_are_networks_of_their_own() {
        assert_eq!(
            source("2001:db8:1:2::1").site_prefix(),
            source("2001:db8:1:ffff::1").site_prefix()
        );
        assert_ne!(
            source("2001:db8:1:2::1").site_prefix(),
            source("2001:db8:2:2::1").site_prefix()
        );
        assert_ne!(source("192.0.2.7").site_prefix(), source("192.0.2.8").site_prefix());
    }

    #[test]
    fn no_address_is_a_source_of_its_own() {
        assert_eq!(Source::of(None), Source::Unknown);
    }
}
