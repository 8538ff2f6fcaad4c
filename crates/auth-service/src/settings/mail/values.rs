//! The syntax of the settings of mail.

use std::path::PathBuf;

use lettre::message::Mailbox;
use service_kit::settings::FromSetting;
use url::Url;

use crate::mail::Verification;

/// `AUTH_MAIL` as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Off,
    File(PathBuf),
    Smtp { host: String, port: u16, is_implicit_tls: bool },
}

impl FromSetting for Target {
    fn from_setting(text: &str) -> Result<Self, String> {
        let syntax =
            || "is neither off nor file:DIR, smtp://HOST:PORT or smtps://HOST:PORT".to_owned();
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(folder) = text.strip_prefix("file:") {
            return if folder.is_empty() { Err(syntax()) } else { Ok(Self::File(folder.into())) };
        }
        let url = Url::parse(text).map_err(|_| syntax())?;
        let (is_implicit_tls, default_port) = match url.scheme() {
            "smtp" => (false, 587),
            "smtps" => (true, 465),
            _ => return Err(syntax()),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name or a password: set AUTH_MAIL_USER and \
                 AUTH_MAIL_PASSWORD_FILE instead"
                .to_owned());
        }
        let is_plain =
            matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|host| !host.is_empty() && is_plain).ok_or_else(syntax)?;
        // The address for the connection has no brackets.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self::Smtp { host, port: url.port().unwrap_or(default_port), is_implicit_tls })
    }
}

impl FromSetting for Verification {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            _ => Err("is neither off nor optional nor required".to_owned()),
        }
    }
}

/// `AUTH_MAIL_FROM`.
pub(super) struct SenderAddress(pub(super) Mailbox);

impl FromSetting for SenderAddress {
    fn from_setting(text: &str) -> Result<Self, String> {
        let error = || "is not a sender, such as Our Service <no-reply@example.com>".to_owned();
        if text.chars().any(char::is_control) {
            return Err(error());
        }
        text.parse().map(Self).map_err(|_| error())
    }
}

/// A path, or `none`.
pub(super) struct OptionalPath(pub(super) Option<PathBuf>);

impl FromSetting for OptionalPath {
    fn from_setting(text: &str) -> Result<Self, String> {
        Ok(Self((text != "none").then(|| text.into())))
    }
}

/// A text, or `none`.
pub(super) struct OptionalText(pub(super) Option<String>);

impl FromSetting for OptionalText {
    fn from_setting(text: &str) -> Result<Self, String> {
        Ok(Self((text != "none").then(|| text.to_owned())))
    }
}
