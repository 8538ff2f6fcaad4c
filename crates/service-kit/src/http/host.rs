//! The `Host` header, which a client must send once and well formed (RFC 9112 §3.2).

use actix_web::{
    dev::ServiceRequest,
    http::{Version, header::HOST},
};

use crate::problem::Problem;

/// Checks the `Host` of a request. Only HTTP/1.0 may leave it out.
///
/// # Errors
/// 400 `invalid_request`.
pub(super) fn check_host(request: &ServiceRequest) -> Result<(), Problem> {
    let mut sent = request.headers().get_all(HOST);
    let is_valid = match (sent.next(), sent.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    };
    let invalid = || Problem::invalid_request("The Host header is missing, repeated or malformed");
    is_valid.then_some(()).ok_or_else(invalid)
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2). The host must not be empty (§4.2.1).
fn is_host(text: &[u8]) -> bool {
    let (host, rest) = match text.strip_prefix(b"[") {
        Some(literal) => {
            let Some(end) = literal.iter().position(|byte| *byte == b']') else { return false };
            if !is_literal(&literal[..end]) {
                return false;
            }
            (&literal[..end], &literal[end + 1..])
        }
        None => {
            let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
            if !is_name(&text[..end]) {
                return false;
            }
            text.split_at(end)
        }
    };
    let has_valid_port = match rest {
        [] | [b':'] => true,
        [b':', port @ ..] => is_port(port),
        _ => false,
    };
    !host.is_empty() && has_valid_port
}

fn is_port(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
        && str::from_utf8(text).is_ok_and(|text| text.parse::<u16>().is_ok())
}

/// The text between brackets: an IPv6 address, or an address of a later version such as `v7.x` (RFC 3986 §3.2.2).
fn is_literal(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else { return false };
    let Some(later) = text.strip_prefix(['v', 'V']) else {
        return text.parse::<std::net::Ipv6Addr>().is_ok();
    };
    later.split_once('.').is_some_and(|(version, address)| {
        !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !address.is_empty()
            && address.bytes().all(|byte| is_reg_name_byte(byte) || byte == b':')
    })
}

/// `unreserved` and `sub-delims` (RFC 3986 §2.2, §2.3).
fn is_reg_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

/// `reg-name` (RFC 3986 §3.2.2).
fn is_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                behind
            }
            (byte, behind) if is_reg_name_byte(*byte) => behind,
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_with_or_without_a_port() {
        for good in [
            "example.com",
            "EXAMPLE.com:443",
            "a_b.local",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:80",
            "[2001:DB8::7]:65535",
            "[v7.a:b]",
            "x:",
            "a%20b",
            "xn--bcher-kva.example",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a b",
            "a/b",
            "a:b",
            "a:80:80",
            "a:123456",
            "a:99999",
            "[::g]",
            "[1.2.3.4]",
            "[fe80::1%25eth0]",
            "[v.a]",
            "[v7.]",
            "user@host",
            "a%2",
            "a%zz",
            "[::1",
            "::1",
            "[]",
            "[::1]x",
            "[::1]:x",
            "[a/b]",
            "<script>",
            "a\"b",
            "a\\b",
            "a?b",
            "a#b",
            "bücher.example",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn a_host_is_sent_once_and_only_http_1_0_leaves_it_out() {
        let check = |version, hosts: &[&'static str]| {
            let mut request = TestRequest::default().version(version);
            for host in hosts {
                request = request.append_header((HOST, HeaderValue::from_static(host)));
            }
            check_host(&request.to_srv_request()).is_ok()
        };
        assert!(check(Version::HTTP_11, &["a"]) && check(Version::HTTP_10, &[]));
        assert!(!check(Version::HTTP_11, &[]) && !check(Version::HTTP_11, &["a", "a"]));
        assert!(!check(Version::HTTP_10, &["a b"]));
    }
}
