//! Sends the mails that are due.
//!
//! Several processes share the outbox. Each claims a mail with one conditional update, so in normal operation each mail
//! is sent once. If a process ends after the claim and before it stores the result, another one sends the mail again
//! when the lease is over. So a mail may arrive twice, but it is never lost.

use std::sync::Arc;

use database::{Database, DatabaseError};
use futures_util::future::join_all;
use service_kit::{clock::Clock, unix_time::UnixSeconds};

use super::{
    LinkToken, MailKind, Mailer, SendError,
    claim::{ClaimOutcome, claim_in},
    mailer::Outgoing,
    schedule::pause_after,
};
use crate::{
    audit::{self, Event, RefusedCallQueue},
    store::{self, DbResult, outbox::MailRow},
    throttle::Limit,
};

/// Number of mails that are sent at once.
const AT_ONCE: i64 = 4;

/// Sends mails.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) mailer: Arc<Mailer>,
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    /// `AUTH_LIMIT_MAIL`.
    pub(crate) limits: Vec<Limit>,
    /// Collects the audit entries of requests for an address that no user has.
    pub(crate) refused_calls: RefusedCallQueue,
}

impl Delivery {
    /// Sends everything that is due.
    ///
    /// # Errors
    /// When the database is unavailable. Mails that were claimed are tried again later.
    pub(crate) async fn run(&self) -> Result<(), DatabaseError> {
        loop {
            let now = self.clock.now();
            let read = move |connection: &mut _| {
                store::outbox::due(connection, &MailKind::names(), now, AT_ONCE)
            };
            let due = self.database.read(read).await?;
            if due.is_empty() {
                return Ok(());
            }
            let results = join_all(due.into_iter().map(|mail| self.deliver(mail))).await;
            // A mail that another process has claimed is no longer due, so the loop ends.
            let are_sent = results.into_iter().collect::<DbResult<Vec<bool>>>()?;
            if are_sent.contains(&false) {
                // The server may be unavailable: stop here. The next run continues.
                return Ok(());
            }
        }
    }

    /// Counts the waiting mails, for `/metrics`.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(crate) async fn count(&self) -> Result<(), DatabaseError> {
        let counts = self.database.read(store::outbox::counts).await?;
        self.mailer.set_counts(counts);
        Ok(())
    }

    /// `false` if the mail was tried and not sent.
    async fn deliver(&self, mail: MailRow) -> DbResult<bool> {
        let claimed = self.claim(&mail).await?;
        let (name, link) = match claimed {
            ClaimOutcome::ClaimedByAnother | ClaimOutcome::NotNeeded => return Ok(true),
            ClaimOutcome::NoUser => {
                let context = mail.asked_by.context(self.clock.now_micros());
                let entry = context.refused(Event::PasswordResetRequested, "unknown_user");
                self.refused_calls.add(entry);
                return Ok(true);
            }
            ClaimOutcome::Limited => {
                tracing::info!(
                    mail = mail.id,
                    kind = mail.kind,
                    "a mail was dropped: the address got too many"
                );
                self.mailer.results.add("limited");
                return Ok(true);
            }
            ClaimOutcome::Dead => {
                tracing::error!(mail = mail.id, kind = mail.kind, "a mail was given up");
                self.mailer.results.add("dead");
                return Ok(true);
            }
            ClaimOutcome::Send { name, link } => (name, link),
        };
        let sent = self.send(&mail, &name, link.as_deref()).await;
        let is_sent = sent.is_ok();
        self.store_result(mail, sent).await?;
        Ok(is_sent)
    }

    async fn claim(&self, mail: &MailRow) -> DbResult<ClaimOutcome> {
        let token =
            LinkToken::random().map_err(|error| DatabaseError::Internal(error.to_string()))?;
        let (mailer, limits, mail) = (Arc::clone(&self.mailer), self.limits.clone(), mail.clone());
        let now = self.clock.now();
        let claimed = audit::transaction(&self.database, move |transaction| {
            claim_in(transaction, &mailer, &limits, &mail, &token, now)
        });
        claimed.await
    }

    async fn send(&self, mail: &MailRow, name: &str, link: Option<&str>) -> Result<(), SendError> {
        let kind = MailKind::parse(&mail.kind).ok_or_else(|| SendError::new("unknown kind"))?;
        let id = format!("{}.{}", mail.id, mail.tries + 1);
        let outgoing = Outgoing {
            kind,
            to: &mail.address,
            name,
            locale: mail.locale.as_deref(),
            at: mail.created_at,
            id: &id,
        };
        let message = self.mailer.message(outgoing, link, self.clock.now())?;
        self.mailer.send(&message).await
    }

    /// Stores the result. If that fails, the mail is sent once more when its lease is over.
    async fn store_result(&self, mail: MailRow, sent: Result<(), SendError>) -> DbResult<()> {
        let (now, tries) = (self.clock.now(), mail.tries + 1);
        let Err(error) = sent else {
            self.mailer.results.add("sent");
            tracing::debug!(mail = mail.id, kind = mail.kind, tries, "a mail was sent");
            return self.store_sent(mail, tries, now).await;
        };
        let (id, error) = (mail.id, error.summary);
        let Some(pause) = pause_after(tries) else {
            self.mailer.results.add("dead");
            tracing::error!(mail = id, kind = mail.kind, tries, error, "a mail was given up");
            let dead = move |connection: &mut _| {
                store::outbox::mark_dead(connection, &id, tries, now, &error)
            };
            return self.database.write(dead).await.map(drop);
        };
        self.mailer.results.add("failed");
        tracing::warn!(mail = id, kind = mail.kind, tries, error, "a mail could not be sent");
        let later = move |connection: &mut _| {
            store::outbox::postpone(connection, &id, tries, now + pause, &error)
        };
        self.database.write(later).await.map(drop)
    }

    /// Stores that a mail was sent. A mail of a limited kind is kept, so that it can be counted; others are deleted.
    async fn store_sent(&self, mail: MailRow, tries: i64, now: UnixSeconds) -> DbResult<()> {
        let is_counted = MailKind::parse(&mail.kind).is_some_and(MailKind::is_limited);
        let stored = self.database.write(move |connection| {
            if is_counted {
                store::outbox::mark_sent(connection, &mail.id, tries, now)
            } else {
                store::outbox::remove(connection, &mail.id, tries)
            }
        });
        stored.await.map(drop)
    }
}
