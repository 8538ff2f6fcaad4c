//! The address of the client. `X-Forwarded-For` is believed only from trusted proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;

use crate::settings::FromSetting;

/// The proxies whose `X-Forwarded-For` is believed.
pub type TrustedProxies = Vec<IpRange>;

/// How long the prefix `::ffff:0:0/96` of IPv4-mapped addresses is (RFC 4291 §2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// A range of addresses, such as `10.0.0.0/8`; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    base: IpAddr,
    prefix_len: u8,
}

impl IpRange {
    /// Whether the address lies in the range. IPv4-mapped IPv6 addresses are compared as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix_len);
                (u32::from(base) ^ u32::from(address)).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix_len);
                (u128::from(base) ^ u128::from(address)).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromSetting for IpRange {
    fn from_setting(text: &str) -> Result<Self, String> {
        let invalid = || "is not an address or a range, such as 10.0.0.0/8".to_owned();
        let (base, prefix_len) = text
            .split_once('/')
            .map_or((text, None), |(base, prefix_len)| (base, Some(prefix_len)));
        let base: IpAddr = base.parse().map_err(|_| invalid())?;
        let max_len = if base.is_ipv4() { 32 } else { 128 };
        let prefix_len = prefix_len.map_or(Ok(max_len), str::parse).map_err(|_| invalid())?;
        if prefix_len > max_len {
            return Err(invalid());
        }
        if prefix_len < min_prefix_len(base) {
            return Err("is too wide: at least /8 for IPv4, /16 for IPv6 (/7 for private ranges)"
                .to_owned());
        }
        let IpAddr::V4(mapped) = base.to_canonical() else { return Ok(Self { base, prefix_len }) };
        if base.is_ipv4() {
            return Ok(Self { base, prefix_len });
        }
        // Addresses are compared in their IPv4 form, so a mapped range is kept in it.
        let invalid = || "holds mapped IPv4 addresses and others; write two ranges".to_owned();
        let prefix_len = prefix_len.checked_sub(MAPPED_BITS).ok_or_else(invalid)?;
        Ok(Self { base: mapped.into(), prefix_len })
    }
}

/// The widest ranges that proxies may come from: `10.0.0.0/8` and `fc00::/7`, the largest private ones, and /16 of
/// public IPv6 addresses. A wider range would let many clients choose their own address.
fn min_prefix_len(base: IpAddr) -> u8 {
    match base {
        IpAddr::V4(_) => 8,
        // The same, written as mapped addresses.
        IpAddr::V6(base) if base.to_ipv4_mapped().is_some() => MAPPED_BITS + 8,
        IpAddr::V6(base) if base.is_unique_local() => 7,
        IpAddr::V6(_) => 16,
    }
}

/// The client's address: the connection's peer or, when that is a trusted proxy, the last address in
/// `X-Forwarded-For` that is not a trusted proxy. What the client itself writes into that header is never used.
pub fn client_address(request: &HttpRequest, trusted: &[IpRange]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return Some(peer);
    }
    let mut client = peer;
    let lines: Vec<_> = request.headers().get_all("x-forwarded-for").collect();
    // In bytes: a line that is not text still ends with what the proxy wrote, and must not be ignored.
    let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    // RFC 9110 §5.6.1: a list may have empty elements.
    for hop in hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty()) {
        let Some(address) = hop_address(hop) else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    Some(client)
}

/// An address as proxies write it: bare, with a port, or in brackets. A mapped IPv4 address becomes IPv4.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop).ok()?;
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip()))
        .or_else(|error| {
            let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            inner.ok_or(error)?.parse::<Ipv6Addr>().map(IpAddr::from)
        });
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for line in forwarded {
            request = request.append_header(("x-forwarded-for", *line));
        }
        let trusted: Vec<_> =
            trusted.iter().map(|text| IpRange::from_setting(text).unwrap()).collect();
        client_address(&request.to_http_request(), &trusted).unwrap().to_string()
    }

    #[test]
    fn a_forged_forwarded_address_changes_nothing_unless_the_peer_is_a_set_proxy() {
        assert_eq!(seen("203.0.113.9", &["1.2.3.4"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["1.2.3.4"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(seen("10.1.1.1", &["6.6.6.6, 198.51.100.7"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(seen("10.1.1.1", &["198.51.100.7, 10.2.2.2"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(seen("10.1.1.1", &["6.6.6.6", "198.51.100.7"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(seen("10.1.1.1", &["rubbish"], &["10.0.0.0/8"]), "10.1.1.1");
    }

    #[test]
    fn a_forwarded_address_may_have_a_port_brackets_or_empty_neighbours() {
        for (forwarded, client) in [
            ("198.51.100.7:51234", "198.51.100.7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[::ffff:198.51.100.7]:443", "198.51.100.7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("198.51.100.7,", "198.51.100.7"),
            ("198.51.100.7, ,", "198.51.100.7"),
            ("\t198.51.100.7 ", "198.51.100.7"),
            ("198.51.100.7:1, [::ffff:10.9.9.9]:2,", "198.51.100.7"),
        ] {
            assert_eq!(seen("10.1.1.1", &[forwarded], &["10.0.0.0/8"]), client, "{forwarded:?}");
        }
        assert_eq!(seen("10.1.1.1", &["198.51.100.7", ""], &["10.0.0.0/8"]), "198.51.100.7");
        for rubbish in
            ["unknown", "_hidden", "198.51.100.7:x", "198.51.100.7:99999", "[10.2.2.2", "1.2.3"]
        {
            let line = format!("6.6.6.6, {rubbish}");
            assert_eq!(seen("10.1.1.1", &[&line], &["10.0.0.0/8"]), "10.1.1.1", "{rubbish}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_does_not_hide_what_the_proxy_wrote_behind_it() {
        let line = HeaderValue::from_bytes(b"\xff, 198.51.100.7").unwrap();
        let request = TestRequest::default()
            .peer_addr("10.1.1.1:1".parse().unwrap())
            .append_header(("x-forwarded-for", "6.6.6.6"))
            .append_header(("x-forwarded-for", line))
            .to_http_request();
        let trusted = [IpRange::from_setting("10.0.0.0/8").unwrap()];
        assert_eq!(client_address(&request, &trusted).unwrap().to_string(), "198.51.100.7");
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        let wide = IpRange::from_setting("8.0.0.0/8").unwrap();
        assert!(
            wide.contains("8.8.8.8".parse().unwrap()) && !wide.contains("::1".parse().unwrap())
        );
        let one = IpRange::from_setting("127.0.0.1").unwrap();
        assert!(one.contains("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!one.contains("127.0.0.2".parse().unwrap()));
        assert!(IpRange::from_setting("10.0.0.0/33").is_err());
    }

    #[test]
    fn a_mapped_range_is_its_ipv4_self() {
        let contains = |range: &str, address: &str| {
            IpRange::from_setting(range).unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("::ffff:10.0.0.0/104", "10.9.9.9"));
        assert!(contains("::ffff:10.0.0.0/104", "::ffff:10.9.9.9"));
        assert!(!contains("::ffff:10.0.0.0/104", "11.0.0.0"));
        assert!(contains("::ffff:10.1.2.3", "10.1.2.3"));
        assert!(contains("::ffff:a01:203/128", "10.1.2.3"));
        assert!(contains("::ffff:c000:0/104", "192.0.2.1"));
        assert!(!contains("::ffff:c000:0/104", "::1"));
        assert!(contains("2001:db8::/32", "2001:db8::1") && !contains("fc00::/7", "10.1.2.3"));
        assert!(IpRange::from_setting("::ffff:0:0/95").is_err());
    }

    #[test]
    fn a_range_that_is_half_of_the_internet_is_rejected() {
        for wide in [
            "0.0.0.0/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "8.0.0.0/7",
            "::/0",
            "2000::/3",
            "::ffff:0:0/96",
            "::/3",
        ] {
            let why = IpRange::from_setting(wide).unwrap_err();
            assert!(why.contains("too wide"), "{wide}: {why}");
        }
        for good in
            ["10.0.0.0/8", "fc00::/7", "fd00::/8", "::1", "127.0.0.1", "::ffff:10.0.0.0/104"]
        {
            assert!(IpRange::from_setting(good).is_ok(), "{good}");
        }
    }
}
