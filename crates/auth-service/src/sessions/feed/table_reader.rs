//! Reads new entries from the feed's table. One job does this. A caller that needs the newest entries wakes the job and
//! waits for the read.

use std::{sync::Arc, time::Duration};

use database::{Database, DatabaseError};
use service_kit::call_budget::{CALL_TIMEOUT, wait_for};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Contents, Feed};
use crate::store::{
    self,
    revocations::{FeedRow, Head},
};

/// How often the table is read while this process writes nothing: other processes write to it too.
pub const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The minimum time between two reads.
const MIN_READ_INTERVAL: Duration = Duration::from_millis(2);

/// Most rows of one read. On SQLite it runs on a thread that also serves requests.
const CHUNK: usize = 2_000;

/// The result of a read of the table.
#[derive(Clone, Debug)]
pub(super) struct ReadStatus {
    /// When it began: everything that was committed before is included.
    began: Instant,
    /// The error, if it failed.
    error: Option<Arc<str>>,
    /// When the last successful read began.
    last_success_at: Instant,
}

impl ReadStatus {
    pub(super) fn first() -> Self {
        let now = Instant::now();
        Self { began: now, error: None, last_success_at: now }
    }
}

/// One read of the table.
struct TableRead {
    head: Head,
    /// The tag at the position up to which the table was read before, taken from the entry there or from the next one;
    /// `None` if both were deleted.
    tag_at_known_position: Option<i64>,
    rows: Vec<FeedRow>,
}

/// Whether the table continues from where it was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continuity {
    /// It does.
    Continuous,
    /// It is unknown: the entries to compare were deleted.
    Unknown,
    /// It does not: the database went back in time.
    RolledBack,
}

impl Feed {
    /// Reads the new rows of the table.
    ///
    /// # Errors
    /// When the database is unavailable. The feed keeps what it has.
    pub async fn update(&self) -> Result<(), DatabaseError> {
        let began = Instant::now();
        let outcome = self.read_table().await;
        let error = outcome.as_ref().err().map(|error| error.to_string().into());
        self.inner.read.send_modify(|read| {
            let last_success_at = if error.is_none() { began } else { read.last_success_at };
            *read = ReadStatus { began, error, last_success_at };
        });
        outcome
    }

    /// Waits until the next read is due, after a read that began at `began`.
    pub async fn wait_for_change(&self, began: Instant) {
        let _ = timeout(POLL_INTERVAL, self.inner.written.notified()).await;
        sleep_until(began + MIN_READ_INTERVAL).await;
    }

    /// How long ago the last successful read of the table began.
    pub fn lag(&self) -> Duration {
        self.inner.read.borrow().last_success_at.elapsed()
    }

    /// Waits until the feed has everything that was committed before this call. Many callers share one read.
    pub(super) async fn wait_until_current(&self) -> Result<(), DatabaseError> {
        let asked = Instant::now();
        let mut reads = self.inner.read.subscribe();
        self.notify_written();
        let unavailable = |text: &str| DatabaseError::Unavailable(text.to_owned());
        match wait_for(CALL_TIMEOUT, reads.wait_for(|read| read.began >= asked)).await {
            Some(Ok(read)) => read.error.as_deref().map_or(Ok(()), |error| Err(unavailable(error))),
            Some(Err(_)) => Err(unavailable("the job that reads the feed's table has stopped")),
            None => Err(unavailable("the feed's table could not be read in time")),
        }
    }

    async fn read_table(&self) -> Result<(), DatabaseError> {
        loop {
            let contents = self.contents();
            let TableRead { head, tag_at_known_position, rows } =
                read_rows(&self.inner.database, contents.head.seq).await?;
            let continuity = continuity(&contents, &head, tag_at_known_position);
            if continuity != Continuity::Continuous {
                return self.repair(contents, continuity).await;
            }
            let is_all = rows.len() < CHUNK;
            if *head.epoch != *contents.epoch {
                tracing::info!(
                    epoch = head.epoch,
                    "another process started a new epoch of the feed"
                );
            } else if rows.is_empty() && head.position == contents.head {
                return Ok(());
            }
            self.change(|contents| extended(contents, rows, &head));
            if is_all {
                return Ok(());
            }
            // On SQLite the reads above never yield, so yield here.
            tokio::task::yield_now().await;
        }
    }
}

/// The contents with these rows appended.
fn extended(contents: &Contents, rows: Vec<FeedRow>, head: &Head) -> Contents {
    let is_all = rows.len() < CHUNK;
    let last = rows.last().map_or(contents.head, FeedRow::position);
    // The entry at the head may have been deleted before it was read, or the table may be empty.
    let position = if is_all && head.position.seq >= last.seq { head.position } else { last };
    contents.append(rows, position).with_epoch(&head.epoch)
}

/// Compares the position up to which the table was read before with the table's current state.
fn continuity(contents: &Contents, head: &Head, tag_at_known_position: Option<i64>) -> Continuity {
    let (known, now) = (contents.head, head.position);
    if now == known {
        return Continuity::Continuous;
    }
    if now.seq <= known.seq {
        return Continuity::RolledBack;
    }
    match tag_at_known_position {
        Some(tag) if tag == known.tag => Continuity::Continuous,
        Some(_) => Continuity::RolledBack,
        None => Continuity::Unknown,
    }
}

async fn read_rows(database: &Database, known: i64) -> Result<TableRead, DatabaseError> {
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let read = move |connection: &mut _| {
        let head = store::revocations::head(connection)?;
        if head.position.seq <= known {
            return Ok(TableRead { head, tag_at_known_position: None, rows: Vec::new() });
        }
        let rows = store::revocations::after(connection, known, limit)?;
        let tag_at_known_position = match rows.first() {
            Some(next) if next.seq == known + 1 => Some(next.previous_tag),
            _ => store::revocations::tag_of(connection, known)?,
        };
        Ok(TableRead { head, tag_at_known_position, rows })
    };
    database.read(read).await
}

/// Reads the whole table.
pub(super) async fn load(database: &Database) -> Result<Contents, DatabaseError> {
    let head = database.read(store::revocations::head).await?;
    let start = Contents::new(&head.epoch, store::revocations::FeedPosition { seq: 0, tag: 0 });
    load_after(database, start).await
}

/// Appends the rest of the table to contents that hold its beginning.
pub(super) async fn load_after(
    database: &Database,
    mut contents: Contents,
) -> Result<Contents, DatabaseError> {
    loop {
        let TableRead { head, rows, .. } = read_rows(database, contents.head.seq).await?;
        let is_all = rows.len() < CHUNK;
        contents = extended(&contents, rows, &head);
        if is_all {
            return Ok(contents);
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::revocations::FeedPosition;

    fn continuity_of(known: (i64, i64), now: (i64, i64), tag: Option<i64>) -> Continuity {
        let position = |(seq, tag)| FeedPosition { seq, tag };
        let head = Head { position: position(now), epoch: "e".to_owned() };
        continuity(&Contents::new("e", position(known)), &head, tag)
    }

    #[test]
    fn a_table_is_continuous_if_it_has_the_known_position() {
        assert_eq!(continuity_of((5, 50), (5, 50), None), Continuity::Continuous, "nothing new");
        assert_eq!(continuity_of((5, 50), (9, 90), Some(50)), Continuity::Continuous);
        assert_eq!(continuity_of((0, 7), (0, 7), None), Continuity::Continuous, "an empty one");
    }

    #[test]
    fn a_table_with_another_tag_at_the_known_position_went_back_in_time() {
        assert_eq!(continuity_of((5, 50), (3, 30), None), Continuity::RolledBack, "behind");
        assert_eq!(continuity_of((5, 50), (5, 51), None), Continuity::RolledBack, "level again");
        assert_eq!(
            continuity_of((5, 50), (9, 90), Some(51)),
            Continuity::RolledBack,
            "ahead again"
        );
        assert_eq!(continuity_of((5, 50), (0, 7), None), Continuity::RolledBack, "empty");
    }

    #[test]
    fn a_table_without_the_known_position_is_undecided() {
        assert_eq!(continuity_of((5, 50), (9, 90), None), Continuity::Unknown);
    }
}
