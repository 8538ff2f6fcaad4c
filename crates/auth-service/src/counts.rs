//! What is counted where it happens: passwords presented, refreshes, hashing. Never a name, an address or an id.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use service_kit::metrics::{Latency, Metrics, Outcomes};

use crate::{
    accounts::hashing::{HashingError, Overload},
    sessions::{Issued, Refreshed},
};

/// How a password that was presented fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Right, and what it was presented for was done.
    Success,
    /// Wrong, or nobody's.
    InvalidCredentials,
    /// Right, and its user may not sign in.
    Disabled,
    /// Too many others waited for a hashing thread.
    Overloaded,
    /// The database or the signing key was away.
    Unavailable,
    /// Refused before the password was looked at.
    Refused,
}

impl SignIn {
    const LABELS: [&str; 6] =
        ["success", "invalid_credentials", "disabled", "overloaded", "unavailable", "refused"];
}

/// How a refresh fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The token was replaced.
    Rotated,
    /// A replaced token within its grace got its successor again.
    Repeated,
    /// A replaced token after its grace got a new successor in place of the one that was never used.
    Replaced,
    /// A replaced token was repeated by another client, and refused.
    ForeignRepeat,
    /// A replaced token was repeated too often, and refused.
    TooManyRepeats,
    /// A replaced token was used again: its session was ended.
    Reused,
    /// The database or the signing key was away.
    Unavailable,
    /// No token, a bad one, or one whose session is over.
    Refused,
}

impl Refresh {
    const LABELS: [&str; 8] = [
        "rotated",
        "repeated",
        "replaced",
        "foreign_repeat",
        "too_many_repeats",
        "reused",
        "unavailable",
        "refused",
    ];
}

impl From<&Refreshed> for Refresh {
    fn from(outcome: &Refreshed) -> Self {
        match outcome {
            Refreshed::Successor(_, _, Issued::Rotated) => Self::Rotated,
            Refreshed::Successor(_, _, Issued::Repeated) => Self::Repeated,
            Refreshed::Successor(_, _, Issued::Replaced) => Self::Replaced,
            Refreshed::ForeignRepeat => Self::ForeignRepeat,
            Refreshed::TooManyRepeats { .. } => Self::TooManyRepeats,
            Refreshed::Reuse => Self::Reused,
            Refreshed::Over => Self::Refused,
        }
    }
}

/// Names an ending in the metrics.
pub trait Label {
    /// The value of `result`.
    fn label(&self) -> &'static str;
}

impl Label for SignIn {
    fn label(&self) -> &'static str {
        Self::LABELS[*self as usize]
    }
}

impl Label for Refresh {
    fn label(&self) -> &'static str {
        Self::LABELS[*self as usize]
    }
}

/// One event that is counted when this is dropped, by what it was last said to end with: so no way out of a
/// handler is forgotten.
#[derive(Debug)]
pub struct Ending<'a, T: Label> {
    outcomes: &'a Outcomes,
    ending: T,
}

impl<T: Label> Ending<'_, T> {
    /// It ends like this, unless something else is said later.
    pub fn is(&mut self, ending: T) {
        self.ending = ending;
    }
}

impl<T: Label> Drop for Ending<'_, T> {
    fn drop(&mut self) {
        self.outcomes.add(self.ending.label());
    }
}

/// Every count of this service. Clones agree.
#[derive(Clone, Debug)]
pub struct Counts {
    logins: Outcomes,
    reauthentications: Outcomes,
    refreshes: Outcomes,
    hashes: Outcomes,
    overloads: Outcomes,
    hash_time: Latency,
    feed: Outcomes,
    wrong_feed_secrets: Arc<AtomicU64>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            logins: Outcomes::new(&SignIn::LABELS),
            reauthentications: Outcomes::new(&SignIn::LABELS),
            refreshes: Outcomes::new(&Refresh::LABELS),
            hashes: Outcomes::new(&["done", "overloaded", "failed"]),
            overloads: Outcomes::new(&["share", "account_busy", "queue_full", "waited"]),
            hash_time: Latency::default(),
            feed: Outcomes::new(&["answered", "unauthorized", "rate_limited", "unavailable"]),
            wrong_feed_secrets: Arc::default(),
        }
    }
}

impl Counts {
    /// Adds them to what is shown.
    pub fn show(&self, metrics: &Metrics) {
        let sign_ins = "Logins by result";
        metrics.show_outcomes("logins", sign_ins, &self.logins);
        let again = "Passwords given again in a session, by result";
        metrics.show_outcomes("reauthentications", again, &self.reauthentications);
        let refreshes = "Refreshes by result; reused is a stolen token, or a client's fault";
        metrics.show_outcomes("refreshes", refreshes, &self.refreshes);
        metrics.show_outcomes("password_hashes", "Password hashes by result", &self.hashes);
        let overloads = "Passwords refused as overloaded, by the bound that they met";
        metrics.show_outcomes("password_hash_overloads", overloads, &self.overloads);
        let time = "Time of a password hash with its wait for a thread, in seconds";
        metrics.show_latency("password_hash_duration_seconds", time, &self.hash_time);
        let polls = "Polls of the revocation feed by result";
        metrics.show_outcomes("revocation_feed_polls", polls, &self.feed);
    }

    /// A login begins.
    pub fn login(&self) -> Ending<'_, SignIn> {
        Ending { outcomes: &self.logins, ending: SignIn::Refused }
    }

    /// A reauthentication begins.
    pub fn reauthentication(&self) -> Ending<'_, SignIn> {
        Ending { outcomes: &self.reauthentications, ending: SignIn::Refused }
    }

    /// A refresh begins.
    pub fn refresh(&self) -> Ending<'_, Refresh> {
        Ending { outcomes: &self.refreshes, ending: Refresh::Refused }
    }

    /// A poll of the revocation feed ended like this: `answered`, `unauthorized`, `rate_limited` or `unavailable`.
    pub fn feed_poll(&self, result: &'static str) {
        self.feed.add(result);
    }

    /// A poll of the feed came with a wrong secret. Logged less and less often: anybody can send one.
    pub fn wrong_feed_secret(&self, address: Option<IpAddr>) {
        let times = self.wrong_feed_secrets.fetch_add(1, Ordering::Relaxed) + 1;
        if times.is_power_of_two() {
            tracing::warn!(?address, times, "the revocation feed was asked with a wrong secret");
        }
    }

    /// Counts and times one password hash.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn hash<T>(
        &self,
        work: impl Future<Output = Result<T, HashingError>>,
    ) -> Result<T, HashingError> {
        let began = Instant::now();
        let result = work.await;
        match &result {
            Ok(_) => {
                self.hashes.add("done");
                self.hash_time.add(began.elapsed());
            }
            Err(error) => self.hash_refused(error),
        }
        result
    }

    /// Counts a password that was not hashed.
    pub fn hash_refused(&self, error: &HashingError) {
        let HashingError::Overloaded(overload) = error else { return self.hashes.add("failed") };
        self.hashes.add("overloaded");
        self.overloads.add(match overload {
            Overload::Share => "share",
            Overload::AccountBusy => "account_busy",
            Overload::QueueFull => "queue_full",
            Overload::Waited => "waited",
        });
    }
}
