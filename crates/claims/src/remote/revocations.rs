//! The revocations that the feed has told, and whether they are complete and young enough.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::http::FetchError;
use super::{FeedStatus, RevokedSet};
use crate::{AccessClaims, Rejection, Revocation, RevocationPage, VerifyError};

pub(super) struct Revocations {
    set: RevokedSet,
    intake: Mutex<Intake>,
    ready: AtomicBool,
    /// The issuer does not take this verifier's secret.
    unauthorized: AtomicBool,
    connected: AtomicBool,
    last_good: Mutex<Instant>,
    max_staleness: Option<Duration>,
    succeeded: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    resets: AtomicU64,
}

/// What taking pages in needs to remember.
struct Intake {
    /// Whether a full list has begun to arrive.
    has_begun: bool,
    pruned: Instant,
}

/// Going through a million entries takes about ten milliseconds, so it is not done for each page.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

impl Revocations {
    pub(super) fn new(max_staleness: Option<Duration>) -> Self {
        Self {
            set: RevokedSet::new(),
            intake: Mutex::new(Intake { has_begun: false, pruned: Instant::now() }),
            ready: AtomicBool::new(false),
            unauthorized: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            last_good: Mutex::new(Instant::now()),
            max_staleness,
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            resets: AtomicU64::new(0),
        }
    }

    /// Whether the bearer of these claims may still come in at `now` (Unix seconds).
    pub(super) fn check(&self, claims: &AccessClaims, now: i64) -> Result<(), VerifyError> {
        if self.usable().is_err() {
            return Err(VerifyError::RevocationsUnavailable { retry_after: 1 });
        }
        let account = claims.is_service_account().then_some(claims.sub.as_str());
        let mut ids = claims.sid.as_deref().into_iter().chain(account);
        if ids.any(|id| self.set.contains(id, now)) {
            Err(Rejection::Revoked.into())
        } else {
            Ok(())
        }
    }

    /// Takes one page in at `now` (Unix seconds).
    ///
    /// Entries only ever join, also when the issuer begins its list again (`reset`): a database that was restored
    /// lacks revocations which still matter. Each leaves when its last token has expired.
    pub(super) fn accept(&self, page: &RevocationPage, now: i64) -> Result<(), FetchError> {
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        if page.reset {
            if intake.has_begun {
                self.resets.fetch_add(1, Ordering::Relaxed);
            }
            intake.has_begun = true;
        } else if !intake.has_begun {
            return Err(FetchError::Content("the feed did not begin with a full list".to_owned()));
        }
        for Revocation { sid, until } in &page.revoked {
            self.set.insert(sid, *until);
        }
        if !page.more {
            self.ready.store(true, Ordering::Release);
        }
        if intake.pruned.elapsed() >= PRUNE_EVERY {
            intake.pruned = Instant::now();
            self.set.prune(now);
        }
        Ok(())
    }

    /// Notes how a poll went.
    pub(super) fn polled(&self, outcome: &Result<RevocationPage, FetchError>) {
        self.connected.store(outcome.is_ok(), Ordering::Relaxed);
        match outcome {
            Ok(_) => {
                self.unauthorized.store(false, Ordering::Relaxed);
                *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                self.succeeded.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                if *error == FetchError::Unauthorized {
                    self.unauthorized.store(true, Ordering::Relaxed);
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Whether the list is usable, and the issuer lets this verifier follow it.
    pub(super) fn readiness(&self) -> Result<(), &'static str> {
        if self.unauthorized.load(Ordering::Relaxed) {
            return Err("the issuer refuses this verifier: its secret is missing or wrong");
        }
        self.usable()
    }

    /// Whether the list is complete and young enough. An issuer that begins to refuse this verifier is one that is
    /// away: tokens are judged on with what is known, until that is too old.
    fn usable(&self) -> Result<(), &'static str> {
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
            entries: self.set.len(),
            lag: self.lag().as_secs_f64(),
            ready: self.ready.load(Ordering::Acquire),
            connected: self.connected.load(Ordering::Relaxed),
            polls_ok: self.succeeded.load(Ordering::Relaxed),
            polls_failed: self.failed.load(Ordering::Relaxed),
            polls_unauthorized: self.refused.load(Ordering::Relaxed),
            resets: self.resets.load(Ordering::Relaxed),
        }
    }

    fn lag(&self) -> Duration {
        self.last_good.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
