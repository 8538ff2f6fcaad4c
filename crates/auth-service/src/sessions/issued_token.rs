//! How a session's current refresh token was issued: to which client, and two flags. The row stores it as a short text.

use std::{fmt, net::IpAddr};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::ClientInfo;
use crate::store::sessions::SessionRow;

/// How many bytes of a SHA-256 hash a fingerprint keeps. With twelve, it is not feasible to find a second text with the
/// same hash.
const FINGERPRINT_BYTES: usize = 12;

/// How a refresh token was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IssuedToken {
    /// The client of the log-in or the rotation, which received the token.
    pub client: ClientFingerprint,
    /// Whether the token was sent in a cookie.
    pub in_cookie: bool,
    /// Whether the token replaced a successor that was never used.
    pub replaced_an_unused_token: bool,
}

impl IssuedToken {
    /// Reads the text that `to_string` writes. `None` for any other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (address, user_agent) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let flags = parts.next()?;
        Some(Self {
            client: ClientFingerprint { address, user_agent },
            in_cookie: flags.contains('c'),
            replaced_an_unused_token: flags.contains('r'),
        })
    }
}

/// Whether a session's refresh token is in a cookie.
pub fn is_in_cookie(session: &SessionRow) -> bool {
    session.issuance.as_deref().and_then(IssuedToken::parse).is_some_and(|it| it.in_cookie)
}

/// Two short hashes and a letter for each flag that is set.
impl fmt::Display for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookie = if self.in_cookie { "c" } else { "" };
        let replaced = if self.replaced_an_unused_token { "r" } else { "" };
        write!(f, "{}.{}.{cookie}{replaced}", self.client.address, self.client.user_agent)
    }
}

/// Short hashes of an address and a user agent, to compare the clients of two requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFingerprint {
    address: String,
    user_agent: String,
}

impl ClientFingerprint {
    /// The fingerprint of a client.
    pub(super) fn of(client: &ClientInfo) -> Self {
        Self {
            address: short_hash(&client.ip.map(network).unwrap_or_default()),
            user_agent: short_hash(client.user_agent.as_deref().unwrap_or_default()),
        }
    }

    /// Whether both the address and the user agent differ.
    pub(super) fn differs_in_both(&self, other: &Self) -> bool {
        self.address != other.address && self.user_agent != other.user_agent
    }
}

/// An IPv4 address, or the /64 of an IPv6 address: a client changes its address within the /64 by itself (RFC 8981).
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

fn short_hash(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..FINGERPRINT_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(address: &str, user_agent: &str) -> ClientFingerprint {
        let client = ClientInfo::new(Some(user_agent), Some(address.parse().unwrap()));
        ClientFingerprint::of(&client)
    }

    #[test]
    fn the_stored_text_is_read_back_as_it_was_written() {
        for in_cookie in [false, true] {
            for replaced_an_unused_token in [false, true] {
                let client = fingerprint("192.0.2.1", "tests/1.0");
                let one = IssuedToken { client, in_cookie, replaced_an_unused_token };
                assert_eq!(IssuedToken::parse(&one.to_string()), Some(one));
            }
        }
        for rubbish in ["", "rubbish", "one.two"] {
            assert_eq!(IssuedToken::parse(rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn a_client_is_the_same_only_in_address_and_user_agent() {
        let one = fingerprint("192.0.2.1", "tests/1.0");
        assert_eq!(one, fingerprint("192.0.2.1", "tests/1.0"));
        assert_eq!(one, fingerprint("::ffff:192.0.2.1", "tests/1.0"));
        for (address, user_agent, both) in [
            ("192.0.2.2", "tests/1.0", false),
            ("192.0.2.1", "tests/1.1", false),
            ("192.0.2.1", "", false),
            ("192.0.2.2", "tests/1.1", true),
            ("2001:db8::1", "", true),
        ] {
            let other = fingerprint(address, user_agent);
            assert_ne!(one, other, "{address} {user_agent}");
            assert_eq!(one.differs_in_both(&other), both, "{address} {user_agent}");
        }
        let unknown = ClientFingerprint::of(&ClientInfo::default());
        assert_eq!(unknown, ClientFingerprint::of(&ClientInfo::default()));
        assert!(one.differs_in_both(&unknown));
    }

    #[test]
    fn an_ipv6_client_is_its_64_bit_network() {
        let one = fingerprint("2001:db8:1:2::1", "tests/1.0");
        assert_eq!(one, fingerprint("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "tests/1.0"));
        assert_ne!(one, fingerprint("2001:db8:1:3::1", "tests/1.0"));
    }

    #[test]
    fn only_the_kept_characters_of_a_user_agent_count() {
        let long = "x".repeat(256);
        let longer = format!("{long}y");
        assert_eq!(fingerprint("192.0.2.1", &long), fingerprint("192.0.2.1", &longer));
        assert_ne!(fingerprint("192.0.2.1", &long), fingerprint("192.0.2.1", "x"));
    }
}
