//! Makes and sends messages in the running service.

use std::sync::{Mutex, PoisonError};

use service_kit::{
    metrics::{Metrics, Outcomes, Sample},
    private_files::{make_folder, restrict_folder},
    unix_time::{UnixMicros, UnixSeconds},
};
use tokio::sync::Notify;

use super::{
    Catalogue, LinkPurpose, Locale, MailKind, Message, Rendered, SendError, Sender,
    file_sender::FileSender,
    message::MessageHead,
    rendered::{Link, MailFacts},
    sample_link,
    smtp::SmtpSender,
};
use crate::{
    settings::{MailSettings, MailTransport},
    store::outbox::OutboxCounts,
};

/// Sends the mails of the outbox, and counts them.
#[derive(Debug)]
pub struct Mailer {
    pub(super) settings: MailSettings,
    pub(super) catalogue: Catalogue,
    /// `None` if mail is off.
    pub(super) sender: Option<Sender>,
    pub(super) results: Outcomes,
    counts: Mutex<OutboxCounts>,
    new_mail: Notify,
}

/// A mail that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The kind of mail.
    pub kind: MailKind,
    /// The address to which it goes.
    pub to: &'a str,
    /// The user name.
    pub name: &'a str,
    /// Its language.
    pub locale: Option<&'a str>,
    /// When the event that it reports happened.
    pub at: UnixMicros,
    /// The part of its message id before the `@`.
    pub id: &'a str,
}

impl Mailer {
    /// Reads the texts and prepares the sender. Each text is rendered once, so that a mistake in a template is found at
    /// the start.
    ///
    /// # Errors
    /// When `AUTH_MAIL_TEMPLATES` or `AUTH_MAIL` cannot be used.
    pub fn open(settings: MailSettings) -> Result<Self, SendError> {
        let failed = |setting: &str, error: String| SendError::new(format!("{setting}: {error}"));
        let catalogue = Catalogue::open(settings.templates.as_deref())
            .map_err(|error| failed("AUTH_MAIL_TEMPLATES", error.to_string()))?;
        let sender = match &settings.transport {
            MailTransport::Off => None,
            MailTransport::File(folder) => {
                make_folder(folder).map_err(|error| {
                    failed("AUTH_MAIL", format!("{}: {error}", folder.display()))
                })?;
                let is_ours = |name: &std::ffi::OsStr| {
                    let name = name.to_string_lossy();
                    name.ends_with(".eml") || name.ends_with(".txt") || name.ends_with(".part")
                };
                restrict_folder(folder, is_ours)
                    .map_err(|error| failed("AUTH_MAIL", error.to_string()))?;
                Some(Sender::File(FileSender::new(folder.clone())))
            }
            MailTransport::Smtp(server) => {
                let domain = settings.from.email.domain();
                let sender = SmtpSender::new(server, domain, settings.timeout)?;
                Some(Sender::Smtp(sender))
            }
        };
        let mailer = Self {
            settings,
            catalogue,
            sender,
            results: Outcomes::new(&["sent", "failed", "dead", "limited"]),
            counts: Mutex::default(),
            new_mail: Notify::new(),
        };
        mailer.samples_of_all(UnixSeconds::new(0)).map(drop)?;
        Ok(mailer)
    }

    /// Whether mails are sent.
    pub fn is_on(&self) -> bool {
        self.sender.is_some()
    }

    /// The settings.
    pub fn settings(&self) -> &MailSettings {
        &self.settings
    }

    /// The language of a new user: the one that was sent, or the one that the browser prefers.
    pub fn locale_of(&self, sent: Option<Locale>, accept_language: Option<&str>) -> Option<Locale> {
        let preferred = || {
            let known = |locale: &Locale| self.catalogue.has(locale);
            accept_language.and_then(|header| Locale::preferred(header, known))
        };
        sent.or_else(preferred)
    }

    /// Call this after a mail was added to the outbox: the job sends it now, not at its next interval.
    pub fn wake(&self) {
        self.new_mail.notify_one();
    }

    /// Waits until [`Mailer::wake`] is called.
    pub(crate) async fn woken(&self) {
        self.new_mail.notified().await;
    }

    /// Makes the message of a mail.
    ///
    /// # Errors
    /// When the address or a template cannot be used.
    pub fn message(
        &self,
        mail: Outgoing<'_>,
        link: Option<&str>,
        now: UnixSeconds,
    ) -> Result<Message, SendError> {
        let purpose = mail.kind.link();
        let lifetime = purpose.map(|purpose| self.settings.lifetimes.of(purpose));
        let link = link.zip(lifetime).map(|(url, lifetime)| Link { url, lifetime });
        let facts = MailFacts {
            site: self.settings.site(),
            name: mail.name,
            address: mail.to,
            at: mail.at,
            link,
        };
        let rendered = Rendered::new(&self.catalogue, mail.locale, mail.kind, &facts)
            .map_err(|error| SendError::new(error.to_string()))?;
        let (from, to, id) = (&self.settings.from, mail.to, mail.id);
        Message::new(mail.kind, MessageHead { from, to, id, at: now }, rendered)
    }

    /// A sample of every mail in every language, with the language.
    ///
    /// # Errors
    /// When a template cannot be used.
    pub fn samples_of_all(&self, now: UnixSeconds) -> Result<Vec<(String, Message)>, SendError> {
        let mut all = Vec::new();
        for locale in self.catalogue.locales() {
            for kind in MailKind::SENT {
                let link = kind.link().and_then(|purpose| self.sample_link(purpose));
                let mail = Outgoing {
                    kind,
                    to: "ana@example.com",
                    name: "ana",
                    locale: Some(locale),
                    at: now.into(),
                    id: "preview",
                };
                let message = self.message(mail, link.as_deref(), now);
                let message = message.map_err(|error| {
                    SendError::new(format!("AUTH_MAIL_TEMPLATES: {}", error.summary))
                })?;
                all.push((locale.to_owned(), message));
            }
        }
        Ok(all)
    }

    fn sample_link(&self, purpose: LinkPurpose) -> Option<String> {
        sample_link(self.settings.front_url.as_str(), purpose)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When mail is off, or the message was not accepted.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        match &self.sender {
            Some(sender) => sender.send(message).await,
            None => Err(SendError::new("mail is off")),
        }
    }

    /// Keeps the numbers of mails in the database, for `/metrics`.
    pub(super) fn set_counts(&self, counts: OutboxCounts) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }

    /// Adds the counters to `/metrics`.
    pub(crate) fn register_metrics(&self, metrics: &Metrics) {
        let mails = "Tries to send mails by result; dead: not tried again";
        metrics.register_outcomes("mails", mails, &self.results);
    }

    /// The values that `/metrics` reads when it is asked.
    #[expect(clippy::cast_precision_loss, reason = "values to look at")]
    pub(crate) fn samples(&self, now: UnixMicros) -> Vec<Sample> {
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |oldest: UnixMicros| now.seconds().seconds_since(oldest.seconds()).max(0);
        let oldest = counts.oldest.map_or(0, waits);
        vec![
            Sample::gauge("mails_waiting", "Mails that wait to be sent", counts.waiting as f64),
            Sample::gauge("mails_dead", "Mails that are not tried again", counts.dead as f64),
            Sample::gauge(
                "mail_oldest_waiting_seconds",
                "Seconds since the oldest waiting mail was asked for",
                oldest as f64,
            ),
        ]
    }
}
