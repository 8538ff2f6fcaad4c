//! What is revoked now, as the feed tells it, and whether that can be relied on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::Deserialize;
use tokio::time::Instant;

use super::http::FetchError;
use super::{FeedStatus, RevokedSet};
use crate::{AccessClaims, Refusal, Rejection};

/// One answer of the feed.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) cursor: String,
    reset: bool,
    pub(super) more: bool,
    pub(super) revoked: Vec<Entry>,
}

/// One revoked session or service account.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    sid: String,
    until: i64,
}

pub(super) struct Revocations {
    current: ArcSwap<RevokedSet>,
    intake: Mutex<Intake>,
    ready: AtomicBool,
    connected: AtomicBool,
    last_good: Mutex<Instant>,
    max_staleness: Option<Duration>,
    succeeded: AtomicU64,
    failed: AtomicU64,
}

/// What taking pages in needs to remember.
struct Intake {
    /// A full list that is still arriving.
    arriving: Option<RevokedSet>,
    pruned: Instant,
}

/// Going through a million entries takes about ten milliseconds, so it is not done for each page.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

impl Revocations {
    pub(super) fn new(max_staleness: Option<Duration>) -> Self {
        Self {
            current: ArcSwap::from_pointee(RevokedSet::new()),
            intake: Mutex::new(Intake { arriving: None, pruned: Instant::now() }),
            ready: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            last_good: Mutex::new(Instant::now()),
            max_staleness,
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Whether the bearer of these claims may still come in at `now` (Unix seconds).
    pub(super) fn check(&self, claims: &AccessClaims, now: i64) -> Result<(), Refusal> {
        if self.readiness().is_err() {
            return Err(Refusal::RevocationsUnavailable { retry_after: 1 });
        }
        let account = claims.is_service_account().then_some(claims.sub.as_str());
        let mut ids = claims.sid.as_deref().into_iter().chain(account);
        let current = self.current.load();
        if ids.any(|id| current.contains(id, now)) {
            Err(Rejection::Revoked.into())
        } else {
            Ok(())
        }
    }

    /// Takes one page in at `now` (Unix seconds).
    ///
    /// A full list is built aside, for it may span pages, and takes over with its last one. Its
    /// entries count at once all the same: at no moment does a revoked token pass.
    pub(super) fn accept(&self, page: &Page, now: i64) -> Result<(), FetchError> {
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        if page.reset {
            intake.arriving = Some(RevokedSet::new());
        } else if intake.arriving.is_none() && !self.ready.load(Ordering::Acquire) {
            return Err(FetchError::Content("the feed did not begin with a full list".to_owned()));
        }
        let current = self.current.load();
        for Entry { sid, until } in &page.revoked {
            current.insert(sid, *until);
            if let Some(arriving) = &intake.arriving {
                arriving.insert(sid, *until);
            }
        }
        if page.more {
            return Ok(());
        }
        if let Some(full) = intake.arriving.take() {
            self.current.store(Arc::new(full));
            self.ready.store(true, Ordering::Release);
        }
        if intake.pruned.elapsed() >= PRUNE_EVERY {
            intake.pruned = Instant::now();
            self.current.load().prune(now);
        }
        Ok(())
    }

    /// Notes how a poll went.
    pub(super) fn polled(&self, succeeded: bool) {
        self.connected.store(succeeded, Ordering::Relaxed);
        if succeeded {
            *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            self.succeeded.fetch_add(1, Ordering::Relaxed);
        } else {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether the list is complete and young enough.
    pub(super) fn readiness(&self) -> Result<(), &'static str> {
        if !self.ready.load(Ordering::Acquire) {
            return Err("the list of revoked sessions has not arrived yet");
        }
        match self.max_staleness {
            Some(limit) if self.lag() > limit => Err("the list of revoked sessions is too old"),
            _ => Ok(()),
        }
    }

    pub(super) fn status(&self) -> FeedStatus {
        FeedStatus {
            entries: self.current.load().len(),
            lag: self.lag().as_secs_f64(),
            ready: self.ready.load(Ordering::Acquire),
            connected: self.connected.load(Ordering::Relaxed),
            polls_ok: self.succeeded.load(Ordering::Relaxed),
            polls_failed: self.failed.load(Ordering::Relaxed),
        }
    }

    fn lag(&self) -> Duration {
        self.last_good.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
