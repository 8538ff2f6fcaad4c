//! The feed of revocations in memory, kept level with its table, for verifiers to poll.

mod cursor;

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use serde::Serialize;
use service_kit::database::{Database, DatabaseError};
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, timeout_at},
};
use utoipa::ToSchema;
use uuid::Uuid;

use self::cursor::Cursor;
use crate::store;

/// Entries in one answer at most.
pub const ANSWER_ENTRIES: usize = 10_000;

/// The longest a poll is held.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Polls held at the same time; more are answered at once.
const HELD_POLLS: usize = 256;

/// How often the table's tail is read when nobody says that it grew: other processes write it too.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// One entry as verifiers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RevokedSession)]
pub struct Entry {
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch; later it matters no more.
    pub until: i64,
    #[serde(skip)]
    seq: i64,
}

/// One answer of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RevokedSessions)]
pub struct Answer {
    /// What to ask for next.
    pub cursor: String,
    /// Whether this begins the full set anew.
    pub reset: bool,
    /// Whether there is more at once.
    pub more: bool,
    /// What was revoked.
    pub revoked: Vec<Entry>,
}

/// The feed. Cheap to clone; clones agree.
#[derive(Clone, Debug)]
pub struct Feed {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Tells this database's cursors from another's.
    epoch: String,
    entries: RwLock<VecDeque<Entry>>,
    last: watch::Sender<i64>,
    grew: Notify,
    held: Semaphore,
    database: Database,
}

impl Feed {
    /// Reads the whole feed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let new = Uuid::new_v4().simple().to_string();
        let epoch = store::shared_values::agreed(&database, "feed_epoch", new).await?;
        let feed = Self {
            inner: Arc::new(Inner {
                epoch,
                entries: RwLock::default(),
                last: watch::Sender::new(0),
                grew: Notify::new(),
                held: Semaphore::new(HELD_POLLS),
                database,
            }),
        };
        feed.catch_up().await?;
        Ok(feed)
    }

    /// Says that this process wrote to the table: read it now.
    pub fn grew(&self) {
        self.inner.grew.notify_one();
    }

    /// Keeps the feed level with its table. Does not end.
    pub async fn follow(self) {
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::warn!(%error, "the revocation feed is behind");
            }
            let _ = tokio::time::timeout(POLL_EVERY, self.inner.grew.notified()).await;
        }
    }

    /// Drops entries that matter no more.
    pub fn prune(&self, now: i64) {
        let mut entries = self.inner.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.until >= now - super::KEPT);
    }

    /// Entries held.
    pub fn len(&self) -> usize {
        self.inner.entries.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Polls that are held at the moment.
    pub fn held(&self) -> usize {
        HELD_POLLS - self.inner.held.available_permits()
    }

    /// What was revoked after the cursor; waits up to `wait`, or until `enough`, for there to be something.
    ///
    /// # Errors
    /// When the cursor is ahead of this process and the database, which must decide, is away. (A full set
    /// that lacks what another process has announced would bring a session back to life.)
    pub async fn poll(
        &self,
        after: Option<&str>,
        wait: Duration,
        enough: impl Future<Output = ()>,
    ) -> Result<Answer, DatabaseError> {
        let ours = after.and_then(Cursor::parse).filter(|cursor| cursor.epoch == self.inner.epoch);
        let Some(cursor) = ours else { return Ok(self.answer(0, true)) };
        if cursor.seq > self.last() {
            self.catch_up().await?;
        }
        if !(0..=self.last()).contains(&cursor.seq) {
            return Ok(self.answer(0, true));
        }
        if cursor.seq == self.last() {
            self.wait_beyond(cursor.seq, wait.min(LONGEST_WAIT), enough).await;
        }
        Ok(self.answer(cursor.seq, false))
    }

    fn last(&self) -> i64 {
        *self.inner.last.borrow()
    }

    async fn wait_beyond(&self, seq: i64, wait: Duration, enough: impl Future<Output = ()>) {
        let Ok(_held) = self.inner.held.try_acquire() else { return };
        let mut last = self.inner.last.subscribe();
        let news = timeout_at(Instant::now() + wait, last.wait_for(|last| *last > seq));
        tokio::select! {
            _ = news => {}
            () = enough => {}
        }
    }

    fn answer(&self, after: i64, reset: bool) -> Answer {
        let entries = self.inner.entries.read().unwrap_or_else(PoisonError::into_inner);
        // Taken under the lock, so that it fits the entries.
        let last = *self.inner.last.borrow();
        let from = entries.partition_point(|entry| entry.seq <= after);
        let revoked: Vec<_> = entries.range(from..).take(ANSWER_ENTRIES).cloned().collect();
        let more = entries.len() - from > revoked.len();
        let seq = if more { revoked.last().map_or(last, |entry| entry.seq) } else { last };
        let cursor = Cursor { epoch: self.inner.epoch.clone(), seq }.to_string();
        Answer { cursor, reset, more, revoked }
    }

    /// Reads the table's tail into memory.
    async fn catch_up(&self) -> Result<(), DatabaseError> {
        loop {
            let after = *self.inner.last.borrow();
            let limit = i64::try_from(ANSWER_ENTRIES).unwrap_or(i64::MAX);
            let rows = self
                .inner
                .database
                .read(move |connection| {
                    let rows = store::revocations::after(connection, after, limit)?;
                    Ok(rows)
                })
                .await?;
            let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
            let mut entries = self.inner.entries.write().unwrap_or_else(PoisonError::into_inner);
            // Two readers may have read the same tail.
            let known = self.last();
            let new = rows.into_iter().filter(|row| row.seq > known);
            entries.extend(new.map(|row| Entry { sid: row.sid, until: row.until, seq: row.seq }));
            self.inner.last.send_replace(last.max(known));
        }
    }
}
