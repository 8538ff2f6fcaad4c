//! Repairs a database that went back in time: a backup was restored while services were running, or a promoted standby
//! lacked the last commits.
//!
//! The revocations that it lost are still in the memory of this process. They are written again, and their sessions are
//! revoked again. A new epoch makes verifiers load the full set, whatever cursor they have.

mod lost;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use database::DatabaseError;
use service_kit::{
    ids::{ClientId, SessionId, UserId},
    unix_time::UnixSeconds,
};
use uuid::Uuid;

use self::lost::{Lost, find_lost};
use super::{
    Contents, Feed,
    table_reader::{Continuity, load, load_after},
};
use crate::{
    audit::{self, Event, RequestContext},
    sessions::CLOCK_SKEW,
    store::{
        self, DbResult, Transaction,
        revocations::{MinRightsVersion, Revoked},
    },
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
        let (memory, stored, now) = (Arc::clone(&known), table.clone(), self.inner.clock.now());
        let lost = tokio::task::spawn_blocking(move || find_lost(&memory, &stored, now)).await;
        let lost = lost.map_err(|error| DatabaseError::Internal(error.to_string()))?;
        if continuity == Continuity::RolledBack || !lost.is_empty() {
            if table.epoch == known.epoch {
                let (old, new) = (known.epoch.to_string(), Uuid::new_v4().simple().to_string());
                table = table.with_epoch(&new);
                let replaced = database.write(move |connection| {
                    store::revocations::replace_epoch(connection, &old, &new)
                });
                if !replaced.await? {
                    // Another process has started the repair. The next read shows whether something is still lost.
                    return Ok(());
                }
            }
            self.report_rollback(&table, lost.len());
            self.write_again(lost, now).await?;
            table = load_after(database, table).await?;
        }
        self.change(|_| table);
        Ok(())
    }

    /// Logs and counts a rollback, once for each new epoch.
    fn report_rollback(&self, table: &Contents, lost: usize) {
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

    async fn write_again(&self, lost: Lost, now: UnixSeconds) -> Result<(), DatabaseError> {
        for chunk in lost.revoked.chunks(CHUNK) {
            let revoked = chunk.to_vec();
            self.restore(chunk.len(), move |transaction, context| {
                revoke_again(transaction, revoked.clone(), now, context)
            })
            .await?;
        }
        for chunk in lost.raised.chunks(CHUNK) {
            let raised = chunk.to_vec();
            self.restore(chunk.len(), move |transaction, context| {
                raise_again(transaction, &raised, context)
            })
            .await?;
        }
        Ok(())
    }

    /// Writes `count` entries in one transaction and counts them.
    async fn restore(
        &self,
        count: usize,
        write: impl Fn(&mut Transaction<'_>, &RequestContext) -> DbResult<()> + Send + 'static,
    ) -> DbResult<()> {
        let context = RequestContext::system(self.inner.clock.now_micros());
        let written = audit::transaction(&self.inner.database, move |transaction| {
            write(transaction, &context)
        });
        written.await?;
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.inner.repairs.restored_revocations.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }
}

/// Revokes the sessions again, disables the service accounts again, and writes the feed entries.
fn revoke_again(
    transaction: &mut Transaction<'_>,
    mut revoked: Vec<Revoked>,
    now: UnixSeconds,
    context: &RequestContext,
) -> Result<(), DatabaseError> {
    // The feed does not say whether an id is of a session or of a service account, so both are tried.
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

/// Raises the rights versions of these users above the lost versions: a token with a lost version may have rights that
/// are no longer in the database.
fn raise_again(
    transaction: &mut Transaction<'_>,
    raised: &[MinRightsVersion],
    context: &RequestContext,
) -> DbResult<()> {
    let mut entries = raised.to_vec();
    for entry in &mut entries {
        let id = UserId::from_trusted(entry.sub.clone());
        store::users::lock(transaction, &id)?;
        // A deleted user has no sessions either, so the entry stays as it is.
        let above = entry.min_version;
        let Some(version) = store::users::raise_rights_version(transaction, &id, above)? else {
            continue;
        };
        let audited = context.done(Event::TokensMadeStale).because("database_restored");
        transaction.audit(audited.about_user(&id))?;
        entry.min_version = version;
        for latest in store::sessions::latest_access(transaction, &[id])? {
            entry.until = entry.until.max(latest.expires_at + CLOCK_SKEW);
        }
    }
    store::revocations::insert_min_rights_versions(transaction, &entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test_database::{NOW, TestDatabase, user_id};

    #[tokio::test]
    async fn lost_rights_are_announced_again_with_a_version_above_the_lost_one() {
        let test = TestDatabase::open();
        test.add_user("ana").await;
        test.add_session("ana", "one", std::time::Duration::ZERO).await;
        let raised = [("ana", 3), ("gone", 7)].map(|(user, min_version)| MinRightsVersion {
            sub: user.to_owned(),
            min_version,
            until: NOW,
        });
        test.change(move |transaction| {
            raise_again(transaction, &raised, &RequestContext::system(NOW.into()))
        })
        .await;
        let ana = test.write(|connection| store::users::by_id(connection, &user_id("ana"))).await;
        assert_eq!(ana.unwrap().rights_version, 4);
        let rows = test.write(|connection| store::revocations::after(connection, 0, 10)).await;
        let shown: Vec<_> =
            rows.into_iter().map(|row| (row.user_id.unwrap(), row.min_version.unwrap())).collect();
        assert_eq!(shown, [("ana".to_owned(), 4), ("gone".to_owned(), 7)]);
    }
}
