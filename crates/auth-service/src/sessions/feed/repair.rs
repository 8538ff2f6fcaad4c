//! Repairs a database that went back in time: a backup was restored while services were running, or a promoted standby
//! lacked the last commits.
//!
//! The revocations that it lost are still in the memory of this process. They are written again, and their sessions are
//! revoked again. A new epoch makes verifiers load the full set, whatever cursor they have.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use database::DatabaseError;
use service_kit::{
    ids::{ClientId, SessionId},
    unix_time::UnixSeconds,
};
use uuid::Uuid;

use super::{
    Contents, Feed,
    follow::{Continuity, load, load_after},
};
use crate::{
    audit::{self, Event, RequestContext},
    sessions::CLOCK_SKEW,
    store::{self, Transaction, revocations::Revoked},
};

/// Most revocations that one transaction writes again.
const CHUNK: usize = 200;

/// Counters of detected rollbacks and restored revocations.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    rollbacks_detected: AtomicU64,
    restored_revocations: AtomicU64,
    /// The epoch that began with the last rollback of the database.
    last_epoch: Mutex<Option<String>>,
}

impl Feed {
    /// How many rollbacks of the database were detected.
    pub fn rollbacks_detected(&self) -> u64 {
        self.inner.repairs.rollbacks_detected.load(Ordering::Relaxed)
    }

    /// How many lost revocations were written again.
    pub fn restored_revocations(&self) -> u64 {
        self.inner.repairs.restored_revocations.load(Ordering::Relaxed)
    }

    /// Reads the whole table and writes the lost revocations again.
    ///
    /// Until then, polls are answered from the memory of this process, which still has everything that the database
    /// lost.
    pub(super) async fn repair(
        &self,
        known: Arc<Contents>,
        continuity: Continuity,
    ) -> Result<(), DatabaseError> {
        let database = &self.inner.database;
        let mut table = load(database).await?;
        let (held, there, now) = (Arc::clone(&known), table.clone(), self.inner.clock.now());
        let lost = tokio::task::spawn_blocking(move || lost(&held, &there, now)).await;
        let lost = lost.map_err(|error| DatabaseError::Internal(error.to_string()))?;
        if continuity == Continuity::RolledBack || !lost.is_empty() {
            if table.epoch == known.epoch {
                let (old, new) = (known.epoch.to_string(), Uuid::new_v4().simple().to_string());
                table = table.with_epoch(&new);
                let begun = database.write(move |connection| {
                    store::revocations::replace_epoch(connection, &old, &new)
                });
                if !begun.await? {
                    // Another process has started the repair. The next read shows whether something is still lost.
                    return Ok(());
                }
            }
            self.note(&table, lost.len());
            self.write_again(&lost, now).await?;
            table = load_after(database, table).await?;
        }
        self.change(|_| table);
        Ok(())
    }

    /// Logs and counts, once for each new epoch.
    fn note(&self, table: &Contents, lost: usize) {
        let repairs = &self.inner.repairs;
        let mut last = repairs.last_epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_deref() != Some(&*table.epoch) {
            *last = Some(table.epoch.to_string());
            repairs.rollbacks_detected.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                epoch = &*table.epoch,
                lost,
                "the database went back in time: its lost revocations are written again"
            );
        }
    }

    async fn write_again(&self, lost: &[Revoked], now: UnixSeconds) -> Result<(), DatabaseError> {
        for chunk in lost.chunks(CHUNK) {
            let revoked = chunk.to_vec();
            let context = RequestContext::system(self.inner.clock.now_micros());
            let written = audit::write(&self.inner.database, move |transaction| {
                write_again(transaction, revoked.clone(), now, &context)
            });
            written.await?;
            let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            self.inner.repairs.restored_revocations.fetch_add(count, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The known revocations that are still needed at `now` but are not in the table.
fn lost(known: &Contents, table: &Contents, now: UnixSeconds) -> Vec<Revoked> {
    let mut there: HashMap<&str, UnixSeconds> = HashMap::with_capacity(table.len());
    for entry in table.entries() {
        let until = there.entry(&entry.sid).or_insert(entry.until);
        *until = entry.until.max(*until);
    }
    let is_lost = |sid: &str, until: UnixSeconds| there.get(sid).is_none_or(|there| *there < until);
    let lost =
        known.entries().filter(|entry| entry.until >= now && is_lost(&entry.sid, entry.until));
    lost.map(|entry| Revoked { sid: entry.sid.to_string(), until: entry.until }).collect()
}

/// Revokes the sessions again, disables the service accounts again, and writes the feed entries.
fn write_again(
    transaction: &mut Transaction<'_>,
    mut revoked: Vec<Revoked>,
    now: UnixSeconds,
    context: &RequestContext,
) -> Result<(), DatabaseError> {
    // Each is one or the other: the feed does not tell which.
    let ids = || revoked.iter().map(|revoked| revoked.sid.clone());
    let sessions: Vec<_> = ids().map(SessionId::from_trusted).collect();
    let clients: Vec<_> = ids().map(ClientId::from_trusted).collect();
    let mut expiries: HashMap<String, UnixSeconds> = HashMap::new();
    for session in store::sessions::revoke(transaction, &sessions, now)? {
        let mut entry = context.done(Event::SessionEnded).because("database_restored");
        if let Some(found) = store::sessions::with_user(transaction, &session.id)? {
            entry = entry.about_user(&found.user.id);
        }
        transaction.audit(entry.in_session(&session.id))?;
        expiries.insert(session.id.into(), session.expires_at);
    }
    for client in store::clients::disable_listed(transaction, &clients, now)? {
        let entry = context.done(Event::ClientDisabled).because("database_restored");
        transaction.audit(entry.about_client(&client.id))?;
        expiries.insert(client.id.into(), client.expires_at);
    }
    for entry in &mut revoked {
        // A session that was live again after the restore may have received further tokens.
        if let Some(expires_at) = expiries.get(&entry.sid) {
            entry.until = entry.until.max(*expires_at + CLOCK_SKEW);
        }
    }
    store::revocations::insert(transaction, &revoked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::revocations::{FeedPosition, FeedRow};

    fn feed(entries: &[(i64, &str, i64)]) -> Contents {
        let row = |(seq, sid, until): &(i64, &str, i64)| FeedRow {
            seq: *seq,
            tag: *seq,
            previous_tag: *seq - 1,
            sid: (*sid).to_owned(),
            until: UnixSeconds::new(*until),
        };
        let rows = entries.iter().map(row).collect();
        Contents::new("e", FeedPosition { seq: 0, tag: 0 })
            .append(rows, FeedPosition { seq: 99, tag: 9 })
    }

    #[test]
    fn a_revocation_is_lost_if_it_is_known_still_needed_and_not_in_the_table() {
        let known = feed(&[(1, "there", 100), (2, "lost", 100), (3, "over", 9), (4, "short", 100)]);
        let table = feed(&[(1, "there", 100), (2, "new", 100), (3, "short", 50)]);
        let lost: Vec<_> =
            lost(&known, &table, UnixSeconds::new(10)).into_iter().map(|lost| lost.sid).collect();
        assert_eq!(lost, ["lost", "short"]);
    }

    #[test]
    fn a_revocation_that_another_process_wrote_again_is_not_lost() {
        let known = feed(&[(7, "one", 100)]);
        let table = feed(&[(12, "one", 160), (13, "one", 20)]);
        assert_eq!(lost(&known, &table, UnixSeconds::new(10)), []);
    }
}
