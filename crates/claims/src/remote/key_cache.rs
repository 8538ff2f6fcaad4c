//! The key set in use. A known key is found without locks; unknown ids go through the limiter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::fetch_limiter::FetchLimiter;
use super::http::FetchError;
use super::jwks::Fetched;
use super::{KeysStatus, Timing};
use crate::{KeySet, VerifyError, VerifyingKey};

pub(super) struct KeyCache {
    pub(super) timing: Timing,
    max_staleness: Duration,
    loaded: ArcSwapOption<Loaded>,
    limiter: Mutex<FetchLimiter>,
    /// Counts finished fetches; callers of [`KeyCache::fetch_and_look_up`] wait for the next.
    finished_fetches: watch::Sender<u64>,
    fetch_requested: Notify,
    succeeded: AtomicU64,
    failed: AtomicU64,
}

/// The last good set.
struct Loaded {
    keys: Arc<KeySet>,
    etag: Option<String>,
    fetched: Instant,
}

/// What is known about a `kid`.
pub(super) enum Lookup {
    Known(VerifyingKey),
    Failed(VerifyError),
    /// Unknown here: the issuer has to be asked.
    MustFetch,
}

impl KeyCache {
    pub(super) fn new(timing: Timing, max_staleness: Duration) -> Self {
        Self {
            max_staleness,
            loaded: ArcSwapOption::empty(),
            limiter: Mutex::new(FetchLimiter::new(timing.cooldown)),
            finished_fetches: watch::Sender::new(0),
            fetch_requested: Notify::new(),
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            timing,
        }
    }

    /// Looks a key up. Never waits; locks only for ids that are not in the set.
    pub(super) fn lookup(&self, kid: &str) -> Lookup {
        let loaded = self.loaded.load();
        let Some(loaded) = loaded.as_ref().filter(|set| self.is_usable(set)) else {
            return Lookup::Failed(self.limiter().unavailable());
        };
        if let Some(key) = loaded.keys.get(kid) {
            return Lookup::Known(key.clone());
        }
        let limiter = self.limiter();
        if limiter.in_flight || !limiter.is_cooling() {
            Lookup::MustFetch
        } else {
            Lookup::Failed(limiter.answer_for_unknown_kid())
        }
    }

    /// Waits for one request to the issuer, shared by all waiting callers, and looks the key up again.
    /// Dropping the future leaves the request running for the others.
    pub(super) async fn fetch_and_look_up(&self, kid: &str) -> Result<VerifyingKey, VerifyError> {
        let mut finished_fetches = self.request_fetch()?;
        // The request has its own timeout. This one ends the wait when the verifier was stopped.
        let limit = self.timing.keys_timeout.saturating_mul(2);
        let finished =
            timeout(limit, finished_fetches.changed()).await.is_ok_and(|changed| changed.is_ok());
        let loaded = self.loaded.load();
        let usable = loaded.as_ref().filter(|set| self.is_usable(set));
        if let Some(key) = usable.and_then(|set| set.keys.get(kid)) {
            return Ok(key.clone());
        }
        let limiter = self.limiter();
        Err(if finished { limiter.answer_for_unknown_kid() } else { limiter.unavailable() })
    }

    /// Requests a fetch, unless one is running or it is too early for another.
    fn request_fetch(&self) -> Result<watch::Receiver<u64>, VerifyError> {
        let mut limiter = self.limiter();
        // Subscribed under the lock, so that the end of the fetch cannot be missed.
        let finished_fetches = self.finished_fetches.subscribe();
        if !limiter.in_flight {
            if limiter.is_cooling() {
                return Err(limiter.answer_for_unknown_kid());
            }
            limiter.in_flight = true;
            self.fetch_requested.notify_one();
        }
        Ok(finished_fetches)
    }

    fn is_usable(&self, loaded: &Loaded) -> bool {
        !loaded.keys.is_empty() && !self.is_stale(loaded)
    }

    fn is_stale(&self, loaded: &Loaded) -> bool {
        loaded.fetched.elapsed() > self.max_staleness
    }

    fn limiter(&self) -> MutexGuard<'_, FetchLimiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the start of a fetch and returns the entity tag to send.
    pub(super) fn fetch_started(&self) -> Option<String> {
        self.limiter().fetch_started();
        self.loaded.load().as_ref().and_then(|set| set.etag.clone())
    }

    /// Records the result; on failure the set in use stays. Returns the lifetime of a good set.
    pub(super) fn fetch_finished(
        &self,
        answer: Result<Fetched, FetchError>,
    ) -> Result<Duration, FetchError> {
        let outcome = answer.and_then(|fetched| self.accept(fetched));
        let counter = if outcome.is_ok() { &self.succeeded } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        self.limiter().fetch_finished(outcome.is_ok());
        self.finished_fetches.send_modify(|count| *count += 1);
        outcome
    }

    fn accept(&self, fetched: Fetched) -> Result<Duration, FetchError> {
        let older = self.loaded.load_full();
        let older_keys = older.as_ref().map(|set| Arc::clone(&set.keys)).unwrap_or_default();
        let (keys, etag, max_age) = match fetched {
            Fetched::Unchanged { max_age } => {
                (older_keys, older.and_then(|set| set.etag.clone()), max_age)
            }
            Fetched::New { keys, etag, max_age } => {
                self.withdraw_leaked(&keys);
                let keys = keys.resolve_ambiguous_with(&older_keys).non_empty()?;
                (Arc::new(keys), etag, max_age)
            }
        };
        self.loaded.store(Some(Arc::new(Loaded { keys, etag, fetched: Instant::now() })));
        let ttl = max_age.unwrap_or(self.timing.default_ttl);
        let ttl = ttl.min(self.timing.max_ttl).max(self.timing.min_ttl);
        Ok(ttl.min(self.max_staleness))
    }

    /// Drops each key in use whose private half the issuer now publishes: everyone can sign with it. This holds also if
    /// the answer gives no other key: then no token can be verified, which is better than to accept forged ones.
    fn withdraw_leaked(&self, newer: &KeySet) {
        let Some(held) = self.loaded.load_full() else { return };
        let Some(kept) = held.keys.without_leaked_by(newer) else { return };
        tracing::error!(
            held = held.keys.len(),
            kept = kept.len(),
            "the issuer publishes the private half of a key in use: its tokens are no longer accepted"
        );
        // Without the entity tag the next answer is a whole set, and not "unchanged".
        let kept = Loaded { keys: Arc::new(kept), etag: None, fetched: held.fetched };
        self.loaded.store(Some(Arc::new(kept)));
    }

    /// Records when the next fetch is due.
    pub(super) fn schedule_next_fetch(&self, pause: Duration) {
        self.limiter().schedule_next_fetch(pause);
    }

    /// Returns when a caller has requested a fetch that has not begun.
    pub(super) async fn fetch_was_requested(&self) {
        loop {
            self.fetch_requested.notified().await;
            // Ignore a stale wake-up: the timer has already started that fetch.
            if self.limiter().in_flight {
                return;
            }
        }
    }

    /// Whether there is a set young enough to verify with.
    pub(super) fn readiness(&self) -> Result<(), &'static str> {
        match self.loaded.load().as_ref() {
            None => Err("no key set was fetched yet"),
            Some(set) if set.keys.is_empty() => Err("the private half of every key was published"),
            Some(set) if self.is_stale(set) => Err("the key set is too old"),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn status(&self) -> KeysStatus {
        let loaded = self.loaded.load();
        let kids = loaded.as_ref().map(|set| set.keys.kids().map(str::to_owned).collect());
        let mut kids: Vec<String> = kids.unwrap_or_default();
        kids.sort_unstable();
        KeysStatus {
            count: kids.len(),
            kids,
            age: loaded.as_ref().map(|set| set.fetched.elapsed().as_secs_f64()),
            refreshes_ok: self.succeeded.load(Ordering::Relaxed),
            refreshes_failed: self.failed.load(Ordering::Relaxed),
        }
    }
}
