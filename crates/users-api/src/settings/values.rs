//! Setting types of our own, and the defaults that this machine decides.

use std::net::SocketAddr;

use secrecy::SecretString;
use service_kit::settings::{FromSetting, Settings, SettingsError, masked};
use url::Url;
use uuid::Uuid;

/// The fewest characters of a secret: 64 bits even if only hexadecimal digits are used.
const LEAST_SECRET: usize = 16;

/// An issuer identifier (RFC 8414 §2), kept exactly as written, for `iss` is compared so.
pub(super) struct Issuer(pub(super) String);

/// An http or https address.
pub(super) struct HttpUrl(pub(super) Url);

/// A name that can be sent in a header: visible ASCII.
pub(super) struct Name(pub(super) String);

/// A value, or `none`.
pub(super) struct Maybe<T>(pub(super) Option<T>);

struct StrongSecret(SecretString);

impl FromSetting for Issuer {
    fn from_setting(text: &str) -> Result<Self, String> {
        let url = HttpUrl::from_setting(text)?.0;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{text:?} has a query or a fragment"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl<T: FromSetting> FromSetting for Maybe<T> {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "none" { Ok(Self(None)) } else { T::from_setting(text).map(|it| Self(Some(it))) }
    }
}

impl FromSetting for HttpUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self(url)),
            _ => Err(format!("{text:?} is not an http or https URL")),
        }
    }
}

impl FromSetting for Name {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.is_empty() || !is_visible(text) || text.len() > 128 {
            return Err(format!("{text:?} is not 1 to 128 visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromSetting for StrongSecret {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.len() < LEAST_SECRET || !is_visible(text) {
            return Err(format!("is not {LEAST_SECRET} visible ASCII characters at least"));
        }
        Ok(Self(text.into()))
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Takes a secret that must be hard to guess.
pub(super) fn take_strong_secret(
    given: &mut Settings,
    name: &str,
) -> Result<Option<SecretString>, SettingsError> {
    Ok(given.take_secret::<StrongSecret>(name, masked)?.map(|secret| secret.0))
}

/// The host's name and our port: replicas on one host or on many are told apart. A random name where
/// either is not known.
pub(super) fn default_verifier_name(listen: SocketAddr) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = format!("{}:{}", host.trim(), listen.port());
    match Name::from_setting(&name) {
        Ok(Name(name)) if listen.port() != 0 && !host.trim().is_empty() => name,
        _ => format!("users-api-{}", Uuid::new_v4()),
    }
}
