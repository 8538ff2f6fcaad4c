//! The addresses of the two services for the page: `/config.json`, and the Content-Security-Policy that allows calls
//! only to these addresses.

use std::net::SocketAddr;

use serde_json::json;
use service_kit::http::PublicUrl;

use crate::both::Both;

/// The address of one of the services, as a browser reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceAddress {
    /// On the page's own host, so that page and service are one site for the refresh cookie, whichever host name was
    /// typed.
    OnPort(u16),
    /// At this address.
    Public {
        /// The part before `/api`.
        url: String,
        /// The same without its path.
        origin: String,
    },
}

impl ServiceAddress {
    /// The address of a service that listens here and has this public address.
    pub fn new(public: Option<&PublicUrl>, listen: SocketAddr) -> Self {
        match public {
            Some(public) if !(public.is_local() && public.prefix().is_empty()) => {
                Self::Public { url: public.as_str().to_owned(), origin: public.origin().to_owned() }
            }
            _ => Self::OnPort(listen.port()),
        }
    }

    fn url(&self, host: &str) -> String {
        match self {
            Self::OnPort(port) => format!("http://{host}:{port}"),
            Self::Public { url, .. } => url.clone(),
        }
    }

    fn origin(&self, host: &str) -> String {
        match self {
            Self::OnPort(_) => self.url(host),
            Self::Public { origin, .. } => origin.clone(),
        }
    }
}

/// The host name in a `Host` header; `localhost` if the header is missing or holds no valid host name.
pub(super) fn host_name(header: Option<&str>) -> &str {
    let header = header.unwrap_or_default();
    let (name, port) = match header.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (header, ""),
    };
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_name = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
            (1..=253).contains(&name.len()) && name.bytes().all(allowed)
        }
    };
    if is_name && port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { "localhost" }
}

/// `/config.json`.
pub(super) fn config(Both { auth, users }: &Both<ServiceAddress>, host: &str) -> String {
    json!({ "authUrl": auth.url(host), "usersUrl": users.url(host) }).to_string()
}

/// The policy of the page: it runs only scripts and styles of its own files, scripts write no markup into it, and no
/// other page may frame it.
pub(super) fn content_policy(Both { auth, users }: &Both<ServiceAddress>, host: &str) -> String {
    let (auth, users) = (auth.origin(host), users.origin(host));
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {auth} {users}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    )
}

#[cfg(test)]
mod tests {
    use service_kit::settings::FromSetting;

    use super::*;

    #[test]
    fn a_local_service_is_on_the_pages_own_host_and_any_other_where_it_says() {
        let listen = "127.0.0.1:18080".parse().unwrap();
        let url = |text: &str| PublicUrl::from_setting(text).unwrap();
        assert_eq!(ServiceAddress::new(None, listen), ServiceAddress::OnPort(18080));
        assert_eq!(
            ServiceAddress::new(Some(&url("http://127.0.0.1:8080")), listen),
            ServiceAddress::OnPort(18080)
        );
        let public = url("https://id.example.com/auth");
        let public_address = ServiceAddress::Public {
            url: "https://id.example.com/auth".to_owned(),
            origin: "https://id.example.com".to_owned(),
        };
        assert_eq!(ServiceAddress::new(Some(&public), listen), public_address);
        let both = Both { auth: public_address, users: ServiceAddress::OnPort(8081) };
        assert_eq!(
            config(&both, "localhost"),
            r#"{"authUrl":"https://id.example.com/auth","usersUrl":"http://localhost:8081"}"#
        );
        assert!(
            content_policy(&both, "localhost")
                .contains("connect-src 'self' https://id.example.com http://localhost:8081;")
        );
    }

    #[test]
    fn a_host_header_can_put_nothing_else_into_the_policy() {
        for (header, name) in [
            ("localhost:3000", "localhost"),
            ("127.0.0.1:3000", "127.0.0.1"),
            ("[::1]:3000", "[::1]"),
            ("[::1]", "[::1]"),
            ("a.example", "a.example"),
            ("a.example; script-src *", "localhost"),
            ("a.example:80;", "localhost"),
            ("*", "localhost"),
            ("[::1;]", "localhost"),
            ("a b", "localhost"),
            ("", "localhost"),
            ("\"", "localhost"),
        ] {
            assert_eq!(host_name(Some(header)), name, "{header}");
        }
        assert_eq!(host_name(None), "localhost");
    }
}
