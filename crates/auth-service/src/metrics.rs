//! Counters of log-ins, refreshes and feed polls, and gauges for `/metrics`. Labels never contain a name, an address or
//! an id.

mod gauges;
mod limited;
mod outcome_guard;
mod password_outcome;
mod registration;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use service_kit::metrics::{Metrics, Outcomes, Refusals};

pub(crate) use self::gauges::build;
pub(crate) use self::outcome_guard::OutcomeGuard;
pub(crate) use self::password_outcome::PasswordOutcome;
pub(crate) use self::registration::RegistrationOutcome;
use crate::sessions::RefreshOutcome;

/// The result of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshResult {
    /// The current token was rotated.
    Rotated,
    /// The previous token within the grace period got its successor again.
    Replayed,
    /// The previous token after the grace period got a new successor, because the old one was never used.
    Replaced,
    /// The previous token came from another client within the grace period, and was rejected.
    ForeignReplay,
    /// The previous token was sent too often within the grace period, and was rejected.
    TooManyReplays,
    /// An older token was used again: its session was ended.
    Reused,
    /// The database or the signing key was unavailable.
    Unavailable,
    /// There was no token, an invalid one, or one whose session has ended.
    Refused,
}

impl RefreshResult {
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

impl From<&RefreshOutcome> for RefreshResult {
    fn from(outcome: &RefreshOutcome) -> Self {
        match outcome {
            RefreshOutcome::Rotated(_) => Self::Rotated,
            RefreshOutcome::Replayed(_) => Self::Replayed,
            RefreshOutcome::SuccessorReplaced(_) => Self::Replaced,
            RefreshOutcome::ForeignReplay => Self::ForeignReplay,
            RefreshOutcome::TooManyReplays { .. } => Self::TooManyReplays,
            RefreshOutcome::ReuseDetected => Self::Reused,
            RefreshOutcome::Ended => Self::Refused,
        }
    }
}

/// A result that is the value of a label.
pub(crate) trait Label {
    /// The value of the label `result`.
    fn label(&self) -> &'static str;
}

impl Label for RefreshResult {
    fn label(&self) -> &'static str {
        Self::LABELS[*self as usize]
    }
}

/// The counters of this service. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct AuthMetrics {
    logins: Outcomes,
    reauthentications: Outcomes,
    refreshes: Outcomes,
    registrations: Outcomes,
    feed: Outcomes,
    wrong_feed_secrets: Arc<AtomicU64>,
    rate_limited: Refusals,
}

impl Default for AuthMetrics {
    fn default() -> Self {
        Self {
            logins: Outcomes::new(&PasswordOutcome::LABELS),
            reauthentications: Outcomes::new(&PasswordOutcome::LABELS),
            refreshes: Outcomes::new(&RefreshResult::LABELS),
            registrations: Outcomes::new(&RegistrationOutcome::LABELS),
            feed: Outcomes::new(&["answered", "unauthorized", "rate_limited", "unavailable"]),
            wrong_feed_secrets: Arc::default(),
            rate_limited: Refusals::new(limited::LIMITED),
        }
    }
}

impl AuthMetrics {
    /// Adds the counters to `/metrics`.
    pub(crate) fn register_metrics(&self, metrics: &Metrics) {
        let sign_ins = "Logins by result";
        metrics.register_outcomes("logins", sign_ins, &self.logins);
        let again = "Passwords given again in a session, by result";
        metrics.register_outcomes("reauthentications", again, &self.reauthentications);
        let refreshes = "Refreshes by result; reused is a stolen token, or a client's fault";
        metrics.register_outcomes("refreshes", refreshes, &self.refreshes);
        let registrations = "Registrations by result";
        metrics.register_outcomes("registrations", registrations, &self.registrations);
        let polls = "Polls of the revocation feed by result";
        metrics.register_outcomes("revocation_feed_polls", polls, &self.feed);
        let limited = "Calls refused with 429, by route and by what was counted";
        metrics.register_refusals("rate_limited", limited, &self.rate_limited);
    }

    /// Counts a log-in, when the guard is dropped.
    pub(crate) fn login(&self) -> OutcomeGuard<'_, PasswordOutcome> {
        OutcomeGuard::new(&self.logins, PasswordOutcome::Refused)
    }

    /// Counts a reauthentication, when the guard is dropped.
    pub(crate) fn reauthentication(&self) -> OutcomeGuard<'_, PasswordOutcome> {
        OutcomeGuard::new(&self.reauthentications, PasswordOutcome::Refused)
    }

    /// Counts a refresh, when the guard is dropped.
    pub(crate) fn refresh(&self) -> OutcomeGuard<'_, RefreshResult> {
        OutcomeGuard::new(&self.refreshes, RefreshResult::Refused)
    }

    /// Counts a registration, when the guard is dropped.
    pub(crate) fn registration(&self) -> OutcomeGuard<'_, RegistrationOutcome> {
        OutcomeGuard::new(&self.registrations, RegistrationOutcome::Refused)
    }

    /// Counts a call that a limit refused. `route` is the route's pattern, `by` is what the limit counts by.
    pub(crate) fn rate_limited(&self, route: &str, by: &'static str) {
        self.rate_limited.add(route, by);
    }

    /// Counts a poll of the revocation feed by its result: `answered`, `unauthorized`, `rate_limited` or `unavailable`.
    pub(crate) fn feed_poll(&self, result: &'static str) {
        self.feed.add(result);
    }

    /// Logs a poll of the feed with a wrong secret. Any client can send one, so each next line needs twice as many
    /// polls.
    pub(crate) fn wrong_feed_secret(&self, address: Option<IpAddr>) {
        let times = self.wrong_feed_secrets.fetch_add(1, Ordering::Relaxed) + 1;
        if times.is_power_of_two() {
            tracing::warn!(?address, times, "the revocation feed was asked with a wrong secret");
        }
    }
}
