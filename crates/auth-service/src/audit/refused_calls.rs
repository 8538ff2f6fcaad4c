//! The queue of refused calls: written in batches, so that a flood of calls does not become a flood of writes.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use database::{AnyConnection, Database};
use service_kit::{ids::UserId, metrics::Sample, timestamp::Timestamp, unix_time::UnixMicros};

use super::{Entry, Event, RequestContext, summing_buffer::SummingBuffer, transaction::log};
use crate::store::{self, DbResult, audit::AuditRow};

/// Most entries that wait while the database is unavailable. Further ones are dropped and counted.
const MAX_UNWRITTEN: usize = 2_000;

/// An entry that is written later than this gets the time at which it is written, because a reader who follows the log
/// does not look further back.
const MAX_ENTRY_DELAY: Duration = Duration::from_secs(10);

/// The queue. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct RefusedCallQueue {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    buffer: Mutex<SummingBuffer>,
    /// Entries that were taken from the buffer and are not in the database yet. One batch is written at a time.
    unwritten: tokio::sync::Mutex<Unwritten>,
    summed_up: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Unwritten {
    entries: Vec<AuditRow>,
    /// Whether a write of them has failed: it may have been committed before its answer was lost.
    may_be_stored: bool,
}

impl RefusedCallQueue {
    /// Adds an entry about a failed log-in. `reason` is a fixed word; `user_id` is the user that the log-in named, if
    /// there is one.
    pub fn login_failed(
        &self,
        context: &RequestContext,
        reason: &'static str,
        user_id: Option<&UserId>,
    ) {
        let entry = context.refused(Event::UserLoginFailed, reason);
        self.add(entry.about_user_if_any(user_id));
    }

    /// Adds an entry about a call that a limit refused. `limit` is the name of the limit: a fixed word.
    pub fn limit_reached(
        &self,
        context: &RequestContext,
        limit: &'static str,
        user_id: Option<&UserId>,
    ) {
        let entry = context.refused(Event::LimitReached, limit);
        self.add(entry.about_user_if_any(user_id));
    }

    /// Adds the entry of a refused call. It is written within a second; entries that come too fast are summed up. Never
    /// waits.
    pub fn add(&self, entry: Entry) {
        let mut buffer = self.inner.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        if !buffer.add(entry.into_row()) {
            self.inner.summed_up.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the entries that were added. `now` is the time of the write.
    ///
    /// # Errors
    /// When the database is unavailable. Then the entries stay in the queue, as many as fit.
    pub async fn flush(&self, database: &Database, now: UnixMicros) -> DbResult<()> {
        let mut unwritten = self.inner.unwritten.lock().await;
        let new = self.inner.buffer.lock().unwrap_or_else(PoisonError::into_inner).take();
        log(&new);
        unwritten.entries.extend(new);
        let surplus = unwritten.entries.len().saturating_sub(MAX_UNWRITTEN);
        if surplus > 0 {
            unwritten.entries.truncate(MAX_UNWRITTEN);
            self.inner.dropped.fetch_add(surplus as u64, Ordering::Relaxed);
        }
        if unwritten.entries.is_empty() {
            return Ok(());
        }
        let (batch, may_be_stored) = (unwritten.entries.clone(), unwritten.may_be_stored);
        unwritten.may_be_stored = true;
        database.write(move |connection| insert(connection, &batch, may_be_stored, now)).await?;
        *unwritten = Unwritten::default();
        Ok(())
    }

    /// The samples for `/metrics`.
    pub fn samples(&self) -> Vec<Sample> {
        let (summed_up, dropped) = (&self.inner.summed_up, &self.inner.dropped);
        let summed = "Refused calls that have no audit entry of their own and are counted in one";
        let lost =
            "Audit entries of refused calls that were dropped because the database was unavailable";
        vec![
            Sample::counter("audit_refusals_summed_up", summed, summed_up.load(Ordering::Relaxed)),
            Sample::counter("audit_entries_dropped", lost, dropped.load(Ordering::Relaxed)),
        ]
    }
}

fn insert(
    connection: &mut AnyConnection,
    batch: &[AuditRow],
    may_be_stored: bool,
    now: UnixMicros,
) -> DbResult<()> {
    let new =
        if may_be_stored { store::audit::missing(connection, batch)? } else { batch.to_vec() };
    let new: Vec<_> = new.into_iter().map(|entry| with_time_of_writing(entry, now)).collect();
    store::audit::insert_all(connection, &new)
}

fn with_time_of_writing(entry: AuditRow, now: UnixMicros) -> AuditRow {
    if entry.at + MAX_ENTRY_DELAY > now {
        return entry;
    }
    let parsed = entry.details.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let mut details: serde_json::Map<_, _> = parsed.unwrap_or_default();
    details.insert("tried_at".to_owned(), Timestamp::from(entry.at).to_string().into());
    let details = Some(serde_json::Value::Object(details).to_string());
    AuditRow { at: now, details, ..entry }
}
