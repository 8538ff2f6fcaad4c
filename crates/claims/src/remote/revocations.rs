//! The revocations that were read from the feed, and whether they are complete and not too old.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::http::FetchError;
use super::{FeedStatus, RevokedSet, RightsVersions};
use crate::{AccessClaims, Policy, Rejection, Revocation, RevocationPage, VerifyError};

pub(super) struct Revocations {
    set: RevokedSet,
    rights: RightsVersions,
    progress: Mutex<FeedProgress>,
    is_complete: AtomicBool,
    /// Whether the issuer rejects this verifier's secret: of its last 200 and its last 401, the 401 came later.
    is_unauthorized: AtomicBool,
    connected: AtomicBool,
    last_good: Mutex<Instant>,
    max_staleness: Option<Duration>,
    /// Seconds for which the policy accepts a token after its expiry; its revocation has to last as long.
    leeway: i64,
    /// Whether `ver` means the version of the user's rights: not in tokens of other issuers.
    checks_rights: bool,
    succeeded: AtomicU64,
    failed: AtomicU64,
    unauthorized_polls: AtomicU64,
    resets: AtomicU64,
}

/// How far the feed was read.
struct FeedProgress {
    /// Whether the start of a full list was received.
    saw_list_start: bool,
    pruned: Instant,
}

/// Pruning a million entries takes about ten milliseconds, so it is not done for each page.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

impl Revocations {
    /// Empty, for tokens that `policy` accepts.
    pub(super) fn new(max_staleness: Option<Duration>, policy: &Policy) -> Self {
        Self {
            set: RevokedSet::new(),
            rights: RightsVersions::new(),
            progress: Mutex::new(FeedProgress { saw_list_start: false, pruned: Instant::now() }),
            is_complete: AtomicBool::new(false),
            is_unauthorized: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            last_good: Mutex::new(Instant::now()),
            max_staleness,
            leeway: policy.leeway,
            checks_rights: policy.own_claims,
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            unauthorized_polls: AtomicU64::new(0),
            resets: AtomicU64::new(0),
        }
    }

    /// Checks at `now` (Unix seconds) that the token with these claims is neither revoked nor older than its user's
    /// rights.
    pub(super) fn check(&self, claims: &AccessClaims, now: i64) -> Result<(), VerifyError> {
        if self.usable().is_err() {
            // The poller retries within seconds.
            return Err(VerifyError::RevocationsUnavailable { retry_after: 1 });
        }
        let now = now.saturating_sub(self.leeway);
        let account = claims.is_service_account().then_some(claims.sub.as_str());
        let mut ids = claims.sid.as_deref().into_iter().chain(account);
        if ids.any(|id| self.set.contains(id, now)) {
            return Err(Rejection::Revoked.into());
        }
        let version = claims.ver.unwrap_or_default();
        if self.checks_rights
            && account.is_none()
            && self.rights.is_stale(&claims.sub, version, now)
        {
            return Err(Rejection::Stale.into());
        }
        Ok(())
    }

    /// Adds the entries of one page at `now` (Unix seconds).
    ///
    /// Entries are only added, also when the issuer begins its list again (`reset`): a restored database may lack
    /// revocations that still matter. Each entry is removed when its last token has expired.
    pub(super) fn accept(&self, page: &RevocationPage, now: i64) -> Result<(), FetchError> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if page.reset {
            if progress.saw_list_start {
                self.resets.fetch_add(1, Ordering::Relaxed);
            }
            progress.saw_list_start = true;
        } else if !progress.saw_list_start {
            return Err(FetchError::Content("the feed did not begin with a full list".to_owned()));
        }
        for entry in &page.revoked {
            match entry {
                Revocation::Session { sid, until } => self.set.insert(sid, *until),
                Revocation::Rights { sub, min_ver, until } => {
                    self.rights.raise(sub, *min_ver, *until);
                }
                Revocation::Unknown => {}
            }
        }
        if !page.more {
            self.is_complete.store(true, Ordering::Release);
        }
        if progress.pruned.elapsed() >= PRUNE_EVERY {
            progress.pruned = Instant::now();
            let now = now.saturating_sub(self.leeway);
            self.set.prune(now);
            self.rights.prune(now);
        }
        Ok(())
    }

    /// Records how a poll went.
    pub(super) fn polled(&self, outcome: &Result<RevocationPage, FetchError>) {
        self.connected.store(outcome.is_ok(), Ordering::Relaxed);
        match outcome {
            Ok(_) => {
                self.is_unauthorized.store(false, Ordering::Relaxed);
                *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                self.succeeded.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                if *error == FetchError::Unauthorized {
                    self.is_unauthorized.store(true, Ordering::Relaxed);
                    self.unauthorized_polls.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Whether the list is usable, and the issuer lets this verifier follow it.
    pub(super) fn readiness(&self) -> Result<(), &'static str> {
        if self.is_unauthorized.load(Ordering::Relaxed) {
            return Err("the issuer refuses this verifier: its secret is missing or wrong");
        }
        self.usable()
    }

    /// Whether the list is complete and young enough. A 401 is treated like an outage:
    /// tokens are still verified with the known list, until it is too old.
    fn usable(&self) -> Result<(), &'static str> {
        if !self.is_complete.load(Ordering::Acquire) {
            return Err("the list of revoked sessions has not arrived yet");
        }
        match self.max_staleness {
            Some(limit) if self.lag() > limit => Err("the list of revoked sessions is too old"),
            _ => Ok(()),
        }
    }

    pub(super) fn status(&self) -> FeedStatus {
        // Read before all failures, so that it is never more than they are.
        let polls_unauthorized = self.unauthorized_polls.load(Ordering::Relaxed);
        FeedStatus {
            entries: self.set.len() + self.rights.len(),
            lag: self.lag().as_secs_f64(),
            ready: self.is_complete.load(Ordering::Acquire),
            connected: self.connected.load(Ordering::Relaxed),
            polls_ok: self.succeeded.load(Ordering::Relaxed),
            polls_failed: self.failed.load(Ordering::Relaxed),
            polls_unauthorized,
            resets: self.resets.load(Ordering::Relaxed),
        }
    }

    fn lag(&self) -> Duration {
        self.last_good.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
