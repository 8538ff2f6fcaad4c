//! Whose address a request comes from. A forwarded one counts only from a proxy that was named.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::settings::FromSetting;

/// The proxies whose `X-Forwarded-For` is believed.
pub type TrustedProxies = Vec<Network>;

/// A range of addresses, such as `10.0.0.0/8`; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether the address lies in the range. An IPv4 address mapped into IPv6 is its IPv4 self.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                (u32::from(base) ^ u32::from(address)).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                (u128::from(base) ^ u128::from(address)).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromSetting for Network {
    fn from_setting(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text:?} is not an address or a range, such as 10.0.0.0/8");
        let (base, bits) =
            text.split_once('/').map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| refuse())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| refuse())?;
        if bits > most { Err(refuse()) } else { Ok(Self { base, bits }) }
    }
}

/// The client's address: the connection's peer or, when that is a trusted proxy, the last address in
/// `X-Forwarded-For` that is none. What a client itself writes into that header never counts.
pub fn client_address(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return Some(peer);
    }
    let mut client = peer;
    let forwarded: Vec<_> = request.headers().get_all("x-forwarded-for").collect();
    let hops = forwarded.iter().rev().filter_map(|value| value.to_str().ok());
    for hop in hops.flat_map(|line| line.rsplit(',')) {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for line in forwarded {
            request = request.append_header(("x-forwarded-for", *line));
        }
        let trusted: Vec<_> =
            trusted.iter().map(|text| Network::from_setting(text).unwrap()).collect();
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
    fn a_range_holds_its_addresses_and_no_others() {
        let all = Network::from_setting("0.0.0.0/0").unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        let one = Network::from_setting("127.0.0.1").unwrap();
        assert!(one.contains("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!one.contains("127.0.0.2".parse().unwrap()));
        assert!(Network::from_setting("10.0.0.0/33").is_err());
    }
}
