//! The revocation feed in memory. It is kept up to date with its table, and verifiers poll it.

mod budget;
mod contents;
mod cursor;
mod poll;
mod poll_slots;
mod repair;
mod table_reader;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use database::{Database, DatabaseError};
use service_kit::{clock::Clock, unix_time::UnixSeconds};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout_at},
};

use self::{
    budget::Budget,
    contents::{Contents, EntryRange},
    cursor::Cursor,
    poll_slots::PollSlots,
    repair::Repairs,
    table_reader::ReadStatus,
};

pub use self::poll::{Poll, PollError, Poller, RevocationPage};
pub use self::table_reader::POLL_INTERVAL;

/// Most entries in one answer: about 660 KB.
pub const ANSWER_ENTRIES: usize = 10_000;

/// Longest time for which a long poll is held: shorter than the idle timeouts of common proxies (60 s).
pub const MAX_WAIT: Duration = Duration::from_secs(30);

/// The feed. Clones are cheap and share one state.
#[derive(Clone, Debug)]
pub struct Feed {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    contents: ArcSwap<Contents>,
    /// Held while the contents are replaced.
    change_lock: Mutex<()>,
    /// Wakes the waiting polls.
    changed: watch::Sender<()>,
    /// Wakes the task that reads the table.
    written: Notify,
    /// The result of the last read of the table.
    read: watch::Sender<ReadStatus>,
    slots: PollSlots,
    budget: Budget,
    repairs: Repairs,
    database: Database,
    clock: Clock,
}

impl Feed {
    /// Reads the whole feed. With `has_verifier_secret` there is a secret for verifiers, and some poll slots are reserved
    /// for verifiers that send it. With `limits_answers`, what other clients may load is limited by source.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn open(
        database: Database,
        clock: Clock,
        has_verifier_secret: bool,
        limits_answers: bool,
    ) -> Result<Self, DatabaseError> {
        let contents = table_reader::load(&database).await?;
        let inner = Inner {
            contents: ArcSwap::from_pointee(contents),
            change_lock: Mutex::default(),
            changed: watch::Sender::new(()),
            written: Notify::new(),
            read: watch::Sender::new(ReadStatus::first()),
            slots: PollSlots::new(has_verifier_secret),
            budget: Budget::new(limits_answers),
            repairs: Repairs::default(),
            database,
            clock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Tells the feed that this process wrote to the table, so that the feed reads the table now.
    pub fn notify_written(&self) {
        self.inner.written.notify_one();
    }

    /// Drops obsolete entries. Takes some milliseconds for every 100,000 entries.
    pub fn prune(&self, now: UnixSeconds) {
        let pruned = self.contents().prune(now - super::RETENTION);
        self.change(|contents| contents.after_pruning(&pruned));
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.contents().len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of polls that wait for new entries.
    pub fn open_polls(&self) -> usize {
        self.inner.slots.count()
    }

    /// Returns the entries after the cursor. If there are none, waits for the next one, up to `wait` or until
    /// `cancelled`.
    ///
    /// If the cursor is unknown or from another epoch, or can no longer be checked, the answer is the full set.
    ///
    /// # Errors
    /// When the cursor may be newer than the feed of this process, and the database is unavailable. (A full set without
    /// the entries of another process could make a verifier accept a revoked session again.)
    pub async fn poll(
        &self,
        poll: Poll<'_>,
        cancelled: impl Future<Output = ()>,
    ) -> Result<RevocationPage, PollError> {
        let cursor = poll.after.and_then(Cursor::parse);
        let mut contents = self.contents();
        let known =
            |contents: &Contents| cursor.as_ref().filter(|cursor| contents.can_verify(cursor));
        if known(&contents).is_none() {
            self.charge(poll.poller, 0)?;
            let up_to_date = self.wait_until_current().await;
            contents = self.contents();
            // Without a cursor the verifier has no entries that a full set could take away.
            if cursor.is_some() {
                up_to_date?;
            }
        }
        let Some(cursor) = known(&contents) else {
            return self.answer(&contents, None, poll.poller);
        };
        if contents.head == cursor.position {
            self.wait_for_new_entries(cursor, &poll, cancelled).await;
            contents = self.contents();
        }
        // The cursor's position was checked, and within an epoch entries are only appended.
        let is_same_epoch = *cursor.epoch == *contents.epoch;
        self.answer(&contents, is_same_epoch.then_some(cursor), poll.poller)
    }

    async fn wait_for_new_entries(
        &self,
        cursor: &Cursor,
        poll: &Poll<'_>,
        cancelled: impl Future<Output = ()>,
    ) {
        let Some(_slot) = self.inner.slots.take(poll.poller) else { return };
        let mut changed = self.inner.changed.subscribe();
        let has_changed = |(): &()| {
            let contents = self.inner.contents.load();
            contents.head != cursor.position || *contents.epoch != *cursor.epoch
        };
        let until = Instant::now() + poll.wait.min(MAX_WAIT);
        tokio::select! {
            _ = timeout_at(until, changed.wait_for(has_changed)) => {}
            () = cancelled => {}
        }
    }

    fn answer(
        &self,
        contents: &Contents,
        after: Option<&Cursor>,
        poller: Poller,
    ) -> Result<RevocationPage, PollError> {
        let seq = after.map_or(0, |cursor| cursor.position.seq);
        let EntryRange { text, entries, last, more } = contents.entries_after(seq, ANSWER_ENTRIES);
        let reset = after.is_none();
        let cost = budget::cost(text.iter().map(Bytes::len).sum(), reset);
        if cost > 0 {
            self.charge(poller, cost)?;
        }
        let cursor = Cursor { epoch: contents.epoch.to_string(), position: last }.to_string();
        let body =
            page_text(&claims::RevocationPage { cursor, reset, more, revoked: Vec::new() }, text)?;
        Ok(RevocationPage { body, entries })
    }

    /// Charges the cost of an answer to the poller's budget; a cost of 0 only checks whether the budget is used up.
    fn charge(&self, poller: Poller, cost: u32) -> Result<(), PollError> {
        let Poller::Anonymous(source) = poller else { return Ok(()) };
        self.inner
            .budget
            .charge(source, cost, self.contents().bytes(), Instant::now())
            .map_err(|retry_after| PollError::TooMany { retry_after })
    }

    fn contents(&self) -> Arc<Contents> {
        self.inner.contents.load_full()
    }

    /// Replaces the contents.
    fn change(&self, update: impl FnOnce(&Contents) -> Contents) {
        let guard = self.inner.change_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let next = update(&self.contents());
        self.inner.contents.store(Arc::new(next));
        drop(guard);
        self.inner.changed.send_replace(());
    }
}

/// The page as JSON, with the text of `entries` in its list. The list of `page` itself is empty, and its last member.
fn page_text(
    page: &claims::RevocationPage,
    entries: Vec<Bytes>,
) -> Result<Vec<Bytes>, DatabaseError> {
    const END: &[u8] = b"]}";
    let empty = serde_json::to_vec(page).ok();
    let begin = empty.as_deref().and_then(|text| text.strip_suffix(END));
    let begin =
        begin.ok_or_else(|| DatabaseError::Internal("a page has no JSON form".to_owned()))?;
    let begin = Bytes::copy_from_slice(begin);
    Ok([vec![begin], entries, vec![Bytes::from_static(END)]].concat())
}

#[cfg(test)]
mod tests;
