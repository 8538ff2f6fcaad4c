//! Where messages go.

use std::path::PathBuf;

use secrecy::SecretString;
use service_kit::settings::{Settings, SettingsError, masked};

use super::values::{OptionalPath, OptionalText, Target};

/// `AUTH_MAIL`: where messages go.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// Nowhere: mail is off.
    Off,
    /// Into files of this folder.
    File(PathBuf),
    /// To a mail server.
    Smtp(SmtpSettings),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// `AUTH_MAIL_USER` and `AUTH_MAIL_PASSWORD`.
    pub login: Option<(String, SecretString)>,
    /// `AUTH_MAIL_AUTHORITIES`: certificates that are trusted in addition to the machine's.
    pub authorities: Option<PathBuf>,
}

/// How the connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// `smtps`: from the first byte.
    Implicit,
    /// `smtp`: by STARTTLS (RFC 3207), which the server must offer.
    StartTls,
    /// `smtp` with `AUTH_MAIL_ALLOW_PLAINTEXT=on`: by STARTTLS if the server offers it.
    IfOffered,
}

impl MailTransport {
    /// Where messages go, for the person who starts the program.
    pub fn description(&self) -> String {
        match self {
            Self::Off => "off (AUTH_MAIL)".to_owned(),
            Self::File(folder) => format!("written into {}, a file for each", folder.display()),
            Self::Smtp(server) => format!("sent through {}", server.host),
        }
    }
}

pub(super) fn take_transport(
    given: &mut Settings,
    target: Target,
) -> Result<MailTransport, SettingsError> {
    let user = given.take::<OptionalText>("MAIL_USER", "none", "user name at the mail server")?.0;
    let password: Option<SecretString> = given.take_secret(
        "MAIL_PASSWORD",
        masked,
        "password at the mail server; better in a file that `AUTH_MAIL_PASSWORD_FILE` names",
    )?;
    let authorities = given.take::<OptionalPath>(
        "MAIL_AUTHORITIES",
        "none",
        "file with certificates (PEM) of further authorities that the mail server's certificate may come from",
    )?;
    let allows_plaintext: bool = given.take(
        "MAIL_ALLOW_PLAINTEXT",
        "off",
        "allows mail without encryption, for a mail catcher on a closed network",
    )?;
    let (host, port, is_implicit_tls) = match target {
        Target::Off => return Ok(MailTransport::Off),
        Target::File(folder) => return Ok(MailTransport::File(folder)),
        Target::Smtp { host, port, is_implicit_tls } => (host, port, is_implicit_tls),
    };
    let tls = match (is_implicit_tls, allows_plaintext) {
        (true, _) => SmtpTls::Implicit,
        (false, true) => SmtpTls::IfOffered,
        (false, false) => SmtpTls::StartTls,
    };
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => return Err(given.invalid("MAIL_PASSWORD", "is missing: a user is set")),
        (None, Some(_)) => return Err(given.invalid("MAIL_USER", "is missing: a password is set")),
    };
    if login.is_some() && tls == SmtpTls::IfOffered {
        let why = "cannot be on with AUTH_MAIL_PASSWORD: the password could be read on the way";
        return Err(given.invalid("MAIL_ALLOW_PLAINTEXT", why));
    }
    Ok(MailTransport::Smtp(SmtpSettings { host, port, tls, login, authorities: authorities.0 }))
}
