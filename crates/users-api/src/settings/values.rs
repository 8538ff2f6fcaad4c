//! Setting types of this service, and the defaults that depend on this machine.

use std::net::SocketAddr;

use service_kit::settings::{FromSetting, HttpUrl};
use uuid::Uuid;

/// An issuer identifier (RFC 8414 §2), kept exactly as written, because `iss` is compared byte by byte.
pub(super) struct IssuerUrl(pub(super) String);

/// A name that can be sent in a header: visible ASCII.
pub(super) struct VerifierName(pub(super) String);

/// A value, or `none`.
pub(super) struct OrNone<T>(pub(super) Option<T>);

impl FromSetting for IssuerUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        let url = HttpUrl::from_setting(text)?.0;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a query or a fragment".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<T: FromSetting> FromSetting for OrNone<T> {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "none" { Ok(Self(None)) } else { T::from_setting(text).map(|it| Self(Some(it))) }
    }
}

impl FromSetting for VerifierName {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.is_empty() || !is_visible(text) || text.len() > 128 {
            return Err("is not 1 to 128 visible ASCII characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The host's name and the port, so that replicas have different names; a random name if either is unknown.
pub(super) fn default_verifier_name(listen: SocketAddr) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = format!("{}:{}", host.trim(), listen.port());
    match VerifierName::from_setting(&name) {
        Ok(VerifierName(name)) if listen.port() != 0 && !host.trim().is_empty() => name,
        _ => format!("users-api-{}", Uuid::new_v4()),
    }
}
