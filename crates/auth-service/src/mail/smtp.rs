//! Sends messages to a mail server.

use std::{error::Error as _, fs, path::Path, time::Duration};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{Message, SendError};
use crate::settings::{SmtpSettings, SmtpTls};

/// How long the sender waits for the answer to QUIT. The message has been accepted by then.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// A mail server.
pub struct SmtpSender {
    host: String,
    port: u16,
    mode: SmtpTls,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
}

/// Shows no password.
impl std::fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSender").field("host", &self.host).finish_non_exhaustive()
    }
}

impl SmtpSender {
    /// Prepares TLS and the credentials. `domain` is the name that we give to the server.
    ///
    /// # Errors
    /// When the certificates of the machine, or those of the configured file, cannot be used.
    pub(super) fn new(
        settings: &SmtpSettings,
        domain: &str,
        timeout: Duration,
    ) -> Result<Self, SendError> {
        let mut tls = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.authorities {
            let certificate = certificates(path).map_err(|error| {
                SendError::new(format!("AUTH_MAIL_AUTHORITIES: {}", error.summary))
            })?;
            tls = tls.add_root_certificate(certificate);
        }
        let login = settings.login.as_ref();
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            mode: settings.tls,
            tls: tls.build().map_err(|error| SendError::new(format!("AUTH_MAIL: TLS: {error}")))?,
            credentials: login.map(|(user, password)| {
                Credentials::new(user.clone(), password.expose_secret().to_owned())
            }),
            hello: ClientId::Domain(domain.to_owned()),
            timeout,
        })
    }

    /// Sends a message over a new connection.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let sent = timeout(self.timeout, self.deliver(message)).await;
        let mut connection = sent
            .map_err(|_| SendError::new("the server does not answer in time"))?
            .map_err(|error| send_error(&error))?;
        // The result does not matter: the server has already accepted the message.
        let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }

    async fn deliver(&self, message: &Message) -> Result<AsyncSmtpConnection, Error> {
        let server = (self.host.as_str(), self.port);
        let at_once = (self.mode == SmtpTls::Implicit).then(|| self.tls.clone());
        let (time, hello) = (Some(self.timeout), &self.hello);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, time, hello, at_once, None).await?;
        let upgrades = match self.mode {
            SmtpTls::Implicit => false,
            // It is required: sending fails if the server does not offer STARTTLS.
            SmtpTls::StartTls => true,
            SmtpTls::IfOffered => connection.can_starttls(),
        };
        if upgrades {
            connection.starttls(self.tls.clone(), hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        connection.send(&message.envelope, &message.bytes).await?;
        Ok(connection)
    }
}

fn certificates(path: &Path) -> Result<Certificate, SendError> {
    let failed = |reason: String| SendError::new(format!("{}: {reason}", path.display()));
    let pem = fs::read(path).map_err(|error| failed(error.to_string()))?;
    Certificate::from_pem(&pem).map_err(|_| failed("holds no certificate in PEM form".to_owned()))
}

/// The answers of servers often repeat the address. So only the status goes to the log.
fn send_error(error: &Error) -> SendError {
    let detail = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let summary = match error.status() {
        Some(code) => format!("the server answered {code}"),
        None if error.is_timeout() => "the server does not answer in time".to_owned(),
        None if error.is_response() => "the server's answer is not valid SMTP".to_owned(),
        None => detail.clone(),
    };
    SendError { summary, detail: Some(detail) }
}
