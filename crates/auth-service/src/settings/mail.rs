//! Mail: where it is sent, what it says, and how long its links work.

mod transport;
mod values;

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use lettre::message::Mailbox;
use service_kit::{
    http::PublicUrl,
    settings::{Settings, SettingsError, described},
};
use url::Url;

pub use self::transport::{MailTransport, SmtpSettings, SmtpTls};
use self::{
    transport::take_transport,
    values::{OptionalPath, SenderAddress, Target},
};

use crate::mail::{LinkPurpose, MailPolicy, Verification};

/// At most 30 days: links that work longer could be found in old mail boxes.
const LINK_TTL: RangeInclusive<Duration> = minutes(1)..=minutes(30 * 24 * 60);

/// From one second to five minutes, so that a mail that fails is tried again soon.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(300);

/// `AUTH_UNVERIFIED_TTL`: at least an hour, so that people have time to prove the address.
const UNVERIFIED_TTL: RangeInclusive<Duration> = minutes(60)..=minutes(365 * 24 * 60);

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// How long the links of mails work, from sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLifetimes {
    verify: Duration,
    change: Duration,
    reset: Duration,
    revert: Duration,
    invite: Duration,
}

impl LinkLifetimes {
    /// How long a link of this purpose works.
    pub fn of(&self, purpose: LinkPurpose) -> Duration {
        match purpose {
            LinkPurpose::Verify => self.verify,
            LinkPurpose::Change => self.change,
            LinkPurpose::Reset | LinkPurpose::HandedReset => self.reset,
            LinkPurpose::Revert => self.revert,
            LinkPurpose::Invite => self.invite,
        }
    }
}

/// The settings of mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `AUTH_MAIL`.
    pub transport: MailTransport,
    /// `AUTH_MAIL_FROM`.
    pub from: Mailbox,
    /// `AUTH_FRONT_URL`: the address of the front end, with which links begin.
    pub front_url: PublicUrl,
    /// `AUTH_EMAIL_VERIFICATION`.
    pub verification: Verification,
    /// `AUTH_UNVERIFIED_TTL`.
    pub unverified_ttl: Duration,
    /// `AUTH_MAIL_*_TTL`.
    pub lifetimes: LinkLifetimes,
    /// `AUTH_MAIL_TEMPLATES`.
    pub templates: Option<PathBuf>,
    /// `AUTH_MAIL_TIMEOUT`.
    pub timeout: Duration,
}

impl MailSettings {
    /// Whether mails are sent.
    pub fn is_on(&self) -> bool {
        !matches!(self.transport, MailTransport::Off)
    }

    /// The rules for account functions.
    pub fn policy(&self) -> MailPolicy {
        MailPolicy {
            is_on: self.is_on(),
            verification: self.verification,
            unverified_ttl: self.unverified_ttl,
            revert_ttl: self.lifetimes.revert,
        }
    }

    /// The host of the front end, as mails name it.
    pub fn site(&self) -> &str {
        let origin = self.front_url.origin();
        origin.split_once("://").map_or(origin, |(_, host)| host)
    }

    /// Takes all of them. `issuer` is the public address of this service.
    pub(super) fn take(given: &mut Settings, issuer: &PublicUrl) -> Result<Self, SettingsError> {
        let front_url = take_front_url(given, issuer)?;
        let target = given.take::<Target>(
            "MAIL",
            "off",
            "`off`, `file:DIR` (messages are written into files, for development), `smtp://HOST:PORT` (STARTTLS, port \
             587) or `smtps://HOST:PORT` (TLS, port 465)",
        )?;
        let from = take_from(given, &front_url, &target)?;
        let transport = take_transport(given, target)?;
        let verification = given.take(
            "EMAIL_VERIFICATION",
            "optional",
            "`off`, `optional` (new users get a mail to prove the address) or `required` (log-ins need a proven address)",
        )?;
        if verification == Verification::Required && matches!(transport, MailTransport::Off) {
            let why = "needs AUTH_MAIL: without mail no address could be proven";
            return Err(given.invalid("EMAIL_VERIFICATION", why));
        }
        let unverified_ttl = given.take_within(
            "UNVERIFIED_TTL",
            "7d",
            UNVERIFIED_TTL,
            "with `AUTH_EMAIL_VERIFICATION=required`: an account whose address was never proven is removed after this \
             time",
        )?;
        let lifetimes = take_lifetimes(given)?;
        let templates = given.take::<OptionalPath>(
            "MAIL_TEMPLATES",
            "none",
            "folder with texts of mails (`es.ftl`, `layout.html`) that replace the built-in ones",
        )?;
        let timeout = given.take_within(
            "MAIL_TIMEOUT",
            "30s",
            TIMEOUT,
            "how long a mail server may take for one message",
        )?;
        Ok(Self {
            transport,
            from,
            front_url,
            verification,
            unverified_ttl,
            lifetimes,
            templates: templates.0,
            timeout,
        })
    }
}

fn take_front_url(given: &mut Settings, issuer: &PublicUrl) -> Result<PublicUrl, SettingsError> {
    let url: PublicUrl = given.take(
        "FRONT_URL",
        "http://localhost:3000",
        "the address of the front end, with which the links in mails begin",
    )?;
    // Where the issuer may be plain http, the network is closed (AUTH_ALLOW_HTTP_ISSUER).
    let is_closed_network = !issuer.is_https() && !issuer.is_local();
    if url.is_https() || url.is_local() || is_closed_network {
        return Ok(url);
    }
    Err(given.invalid(
        "FRONT_URL",
        "is http on a host that is not loopback, so the page that reads a link's token could be exchanged on the \
         way: use https",
    ))
}

/// The sender of mails. Mail servers refuse mail from `localhost` or treat it as spam.
fn take_from(
    given: &mut Settings,
    front_url: &PublicUrl,
    target: &Target,
) -> Result<Mailbox, SettingsError> {
    let host = Url::parse(front_url.as_str()).ok().and_then(|url| url.domain().map(str::to_owned));
    let default = format!("no-reply@{}", host.as_deref().unwrap_or("localhost"));
    let default =
        if default.parse::<Mailbox>().is_ok() { default } else { "no-reply@localhost".into() };
    let SenderAddress(from) = given.take(
        "MAIL_FROM",
        described(default, "`no-reply@` and the host of `AUTH_FRONT_URL`"),
        "the sender of mails, such as `Our Service <no-reply@example.com>`",
    )?;
    if matches!(target, Target::Smtp { .. }) && from.email.domain() == "localhost" {
        let why = "must be set: mail servers refuse mail from localhost";
        return Err(given.invalid("MAIL_FROM", why));
    }
    Ok(from)
}

fn take_lifetimes(given: &mut Settings) -> Result<LinkLifetimes, SettingsError> {
    let mut lifetime = |name: &str, default: &str, meaning: &str| {
        given.take_within::<Duration>(name, default, LINK_TTL, meaning)
    };
    Ok(LinkLifetimes {
        verify: lifetime("MAIL_VERIFY_TTL", "24h", "how long a link to prove an address works")?,
        change: lifetime("MAIL_CHANGE_TTL", "1h", "how long a link to prove a new address works")?,
        reset: lifetime("MAIL_RESET_TTL", "30m", "how long a link to set a new password works")?,
        revert: lifetime(
            "MAIL_REVERT_TTL",
            "7d",
            "how long a previous address can be taken back, and is reserved",
        )?,
        invite: lifetime("MAIL_INVITE_TTL", "72h", "how long an invite works")?,
    })
}

#[cfg(test)]
mod tests;
