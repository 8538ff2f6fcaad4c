//! The key set in use, and what to answer about a `kid` that is not in it.
//!
//! A known key is found without locks. Everything else goes through the gate, which lets at most
//! one request in each cooldown reach the issuer, whoever asks and however often.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::http::FetchError;
use super::jwks::Fetched;
use super::{KeysStatus, Timing};
use crate::{KeySet, Refusal, Rejection, VerifyingKey};

/// How many absent key ids are remembered.
const MAX_ABSENT: usize = 1024;

pub(super) struct KeyCache {
    pub(super) timing: Timing,
    max_staleness: Duration,
    loaded: ArcSwapOption<Loaded>,
    gate: Mutex<Gate>,
    /// Counts finished requests; callers of [`KeyCache::ask`] wait for the next.
    rounds: watch::Sender<u64>,
    wanted: Notify,
    hasher: RandomState,
    succeeded: AtomicU64,
    failed: AtomicU64,
}

/// The last good set.
struct Loaded {
    keys: Arc<KeySet>,
    etag: Option<String>,
    fetched: Instant,
}

#[derive(Default)]
struct Gate {
    in_flight: bool,
    /// When the last request began, and whether it succeeded.
    last: Option<(Instant, bool)>,
    /// When the next one begins, should nobody ask before.
    next: Option<Instant>,
    /// Keyed hashes of ids that a good answer did not have. Hashes, because the ids are the
    /// caller's choice and may be kilobytes long.
    absent: HashSet<u64>,
}

/// What is known about a `kid`.
pub(super) enum Lookup {
    Known(VerifyingKey),
    Refused(Refusal),
    /// Only the issuer can tell.
    Ask,
}

impl KeyCache {
    pub(super) fn new(timing: Timing, max_staleness: Duration) -> Self {
        Self {
            timing,
            max_staleness,
            loaded: ArcSwapOption::empty(),
            gate: Mutex::default(),
            rounds: watch::Sender::new(0),
            wanted: Notify::new(),
            hasher: RandomState::new(),
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Looks a key up. Never waits; locks only for ids that are not in the set.
    pub(super) fn lookup(&self, kid: &str) -> Lookup {
        let loaded = self.loaded.load();
        let Some(loaded) = loaded.as_ref().filter(|set| !self.is_stale(set)) else {
            return Lookup::Refused(Self::unavailable(&self.gate()));
        };
        if let Some(key) = loaded.keys.get(kid) {
            return Lookup::Known(key.clone());
        }
        let gate = self.gate();
        if gate.absent.contains(&self.hasher.hash_one(kid)) {
            return Lookup::Refused(Rejection::UnknownKey.into());
        }
        if gate.in_flight || self.cooldown_left(&gate).is_none() {
            return Lookup::Ask;
        }
        Lookup::Refused(Self::verdict(&gate))
    }

    /// Waits for one request to the issuer, shared by all who wait, and looks again. Dropping the
    /// future leaves the request running for the others.
    pub(super) async fn ask(&self, kid: &str) -> Result<VerifyingKey, Refusal> {
        let mut rounds = {
            let mut gate = self.gate();
            let rounds = self.rounds.subscribe();
            if !gate.in_flight {
                if self.cooldown_left(&gate).is_some() {
                    return Err(Self::verdict(&gate));
                }
                gate.in_flight = true;
                self.wanted.notify_one();
            }
            rounds
        };
        // The request has a deadline of its own; this one is for a stopped verifier.
        let patience = self.timing.keys_timeout.saturating_mul(2);
        let finished = timeout(patience, rounds.changed()).await.is_ok_and(|round| round.is_ok());
        self.after_round(kid, finished)
    }

    fn after_round(&self, kid: &str, finished: bool) -> Result<VerifyingKey, Refusal> {
        let loaded = self.loaded.load();
        let key =
            loaded.as_ref().filter(|set| !self.is_stale(set)).and_then(|set| set.keys.get(kid));
        if let Some(key) = key {
            return Ok(key.clone());
        }
        let mut gate = self.gate();
        let succeeded = finished && gate.last.is_some_and(|(_, succeeded)| succeeded);
        if succeeded && gate.absent.len() < MAX_ABSENT {
            gate.absent.insert(self.hasher.hash_one(kid));
        }
        Err(if finished { Self::verdict(&gate) } else { Self::unavailable(&gate) })
    }

    /// What an unknown id means now: after a good answer the token is at fault, after a failed
    /// request nobody knows.
    fn verdict(gate: &Gate) -> Refusal {
        match gate.last {
            Some((_, true)) => Rejection::UnknownKey.into(),
            _ => Self::unavailable(gate),
        }
    }

    fn unavailable(gate: &Gate) -> Refusal {
        let next = gate.next.map(|next| next.saturating_duration_since(Instant::now()));
        Refusal::KeysUnavailable { retry_after: next.unwrap_or_default().as_secs() + 1 }
    }

    fn cooldown_left(&self, gate: &Gate) -> Option<Duration> {
        let (attempted, _) = gate.last?;
        let left = self.timing.cooldown.saturating_sub(attempted.elapsed());
        (!left.is_zero()).then_some(left)
    }

    fn is_stale(&self, loaded: &Loaded) -> bool {
        loaded.fetched.elapsed() > self.max_staleness
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the start of a request and gives the entity tag to send along.
    pub(super) fn begin(&self) -> Option<String> {
        let mut gate = self.gate();
        gate.in_flight = true;
        // The cooldown counts from the attempt, not from its end.
        gate.last = Some((Instant::now(), false));
        self.loaded.load().as_ref().and_then(|set| set.etag.clone())
    }

    /// Takes the answer in; on failure the set in use stays. Gives the lifetime of a good set.
    pub(super) fn finish(
        &self,
        answer: Result<Fetched, FetchError>,
    ) -> Result<Duration, FetchError> {
        let outcome = answer.map(|fetched| self.accept(fetched));
        let counter = if outcome.is_ok() { &self.succeeded } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        let mut gate = self.gate();
        gate.in_flight = false;
        if let Some((_, succeeded)) = &mut gate.last {
            *succeeded = outcome.is_ok();
        }
        drop(gate);
        self.rounds.send_modify(|round| *round += 1);
        outcome
    }

    fn accept(&self, fetched: Fetched) -> Duration {
        let older = self.loaded.load_full();
        let (keys, etag, max_age) = match (fetched, older) {
            (Fetched::Unchanged { max_age }, Some(older)) => {
                (Arc::clone(&older.keys), older.etag.clone(), max_age)
            }
            (Fetched::Unchanged { max_age }, None) => (Arc::default(), None, max_age),
            (Fetched::Set { keys, etag, max_age }, Some(older)) => {
                (Arc::new(keys.settle_with(&older.keys)), etag, max_age)
            }
            (Fetched::Set { keys, etag, max_age }, None) => (Arc::new(keys), etag, max_age),
        };
        self.loaded.store(Some(Arc::new(Loaded { keys, etag, fetched: Instant::now() })));
        let ttl = max_age.unwrap_or(self.timing.default_ttl);
        let ttl = ttl.clamp(self.timing.min_ttl, self.timing.max_ttl);
        ttl.min(self.max_staleness)
    }

    /// Notes when the next request is due.
    pub(super) fn planned(&self, pause: Duration) {
        self.gate().next = Some(Instant::now() + pause);
    }

    /// Forgets which ids were absent: a background refresh starts a new period.
    pub(super) fn forget_absent(&self) {
        self.gate().absent.clear();
    }

    /// Returns when a caller asked for a request that has not begun.
    pub(super) async fn request_wanted(&self) {
        loop {
            self.wanted.notified().await;
            // A wake-up left over from a request that the timer began first means nothing.
            if self.gate().in_flight {
                return;
            }
        }
    }

    /// Whether there is a set young enough to verify with.
    pub(super) fn readiness(&self) -> Result<(), &'static str> {
        match self.loaded.load().as_ref() {
            None => Err("no key set was fetched yet"),
            Some(set) if self.is_stale(set) => Err("the key set is too old"),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn status(&self) -> KeysStatus {
        let loaded = self.loaded.load();
        let mut kids: Vec<String> = loaded
            .as_ref()
            .map(|set| set.keys.kids().map(str::to_owned).collect())
            .unwrap_or_default();
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
