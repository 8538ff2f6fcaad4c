//! Proxies that the settings do not name: all their clients count as one source.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
};

use actix_web::{HttpRequest, http::header::HeaderName};
use service_kit::http::IpRange;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Seconds between two warnings.
const WARN_INTERVAL: i64 = 60;

/// Counts calls with `X-Forwarded-For` from a private or loopback address that is not a trusted proxy. Any client can
/// send the header, but from such an address it nearly always comes from the operator's own proxy.
#[derive(Debug, Default)]
pub(crate) struct UnlistedProxies {
    calls: AtomicU64,
    /// When the last warning was logged, in seconds since the epoch.
    warned_at: AtomicI64,
}

impl UnlistedProxies {
    /// Counts a call at `now`, in seconds since the epoch, if it seems to come through an unlisted proxy. Warns once a
    /// minute.
    pub(crate) fn count(&self, request: &HttpRequest, trusted: &[IpRange], now: i64) {
        let Some(peer) = unlisted_proxy(request, trusted) else { return };
        let calls = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let last = self.warned_at.load(Ordering::Relaxed);
        let is_due = last == 0 || now >= last + WARN_INTERVAL || now < last;
        let exchange =
            |last| self.warned_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed);
        if is_due && exchange(last).is_ok() {
            tracing::warn!(
                %peer,
                calls,
                "X-Forwarded-For comes from an address that AUTH_TRUSTED_PROXIES does not name: it is ignored, and \
                 all clients behind that address are limited as one"
            );
        }
    }

    /// Number of such calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

fn unlisted_proxy(request: &HttpRequest, trusted: &[IpRange]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let is_listed = || trusted.iter().any(|network| network.contains(peer));
    let has_header = request.headers().contains_key(FORWARDED_FOR);
    (has_header && is_private(peer) && !is_listed()).then_some(peer)
}

/// Whether an address belongs to this machine or to a private network.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            // RFC 6598: between a provider and its customers, and inside some clusters.
            let is_shared = first == 100 && second & 0xc0 == 64;
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use service_kit::settings::FromSetting;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn request(peer: &str, forwards: bool) -> HttpRequest {
        let request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        if forwards { request.append_header(("x-forwarded-for", "1.2.3.4")) } else { request }
            .to_http_request()
    }

    #[test]
    fn private_peers_that_forward_and_are_not_listed_are_counted() {
        let trusted = [IpRange::from_setting("10.0.0.0/8").unwrap()];
        for (peer, forwards, counts) in [
            ("127.0.0.1", true, true),
            ("[::1]", true, true),
            ("192.168.1.9", true, true),
            ("172.31.0.1", true, true),
            ("100.64.0.1", true, true),
            ("[fd00::1]", true, true),
            ("[::ffff:192.168.0.1]", true, true),
            ("127.0.0.1", false, false),
            ("10.1.2.3", true, false),
            ("203.0.113.9", true, false),
            ("100.128.0.1", true, false),
            ("[2001:db8::1]", true, false),
        ] {
            let proxies = UnlistedProxies::default();
            proxies.count(&request(peer, forwards), &trusted, NOW);
            assert_eq!(proxies.calls(), u64::from(counts), "{peer} {forwards}");
        }
    }

    #[test]
    fn the_warning_is_logged_once_a_minute() {
        let proxies = UnlistedProxies::default();
        let warned = |now| {
            proxies.count(&request("127.0.0.1", true), &[], now);
            proxies.warned_at.load(Ordering::Relaxed) == now
        };
        assert!(warned(NOW) && !warned(NOW + 1) && !warned(NOW + 59) && warned(NOW + 60));
        assert!(!warned(NOW + 61) && warned(NOW - 1_000), "a clock that was set back");
        assert_eq!(proxies.calls(), 6);
    }
}
