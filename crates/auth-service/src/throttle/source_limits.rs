//! Limits for sources: how many calls of each class one source may make.

use std::sync::{Mutex, PoisonError};

use super::{
    Limit, Source, TooSoon,
    rate_limiter::{Buckets, LimitsByKind, MAX_KEYS},
};

/// The class of a route. The calls of each class are counted separately; every route has a class in the route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitClass {
    /// Not limited by the route: it checks no secret that can be guessed. (The feed counts wrong secrets itself, as
    /// `Client`.)
    Unlimited,
    /// Log-ins. `source_limit::check` only marks a log-in over the limit, because the token of a trusted device may be
    /// in its body; `http::login_admission` reads the body and refuses the log-in without such a token.
    Login,
    /// Registrations.
    Register,
    /// Refreshes.
    Refresh,
    /// Requests for a mail that resets a password.
    Forgot,
    /// Requests of service accounts and of verifiers: only wrong secrets are counted.
    Client,
    /// Everything else that checks a secret.
    Secret,
    /// Changes of one's own name or address. No route has this class: `patch_me` counts them in addition to `Secret`.
    ProfileChange,
}

/// Classes that have a limit.
const CLASSES: usize = 7;

/// The limit of changes of one's own name or address, by source and by session. The answer to each change shows whether
/// another account has that name or address.
pub const PROFILE_CHANGES: Limit = Limit::new(10, 60);

/// An IPv6 /48 may be many sources of one subscriber. Together they have this many times the limit of one source.
const NETWORK_FACTOR: i64 = 16;

impl LimitClass {
    fn kind(self) -> Option<usize> {
        match self {
            Self::Unlimited => None,
            Self::Login => Some(0),
            Self::Register => Some(1),
            Self::Refresh => Some(2),
            Self::Forgot => Some(3),
            Self::Client => Some(4),
            Self::Secret => Some(5),
            Self::ProfileChange => Some(6),
        }
    }
}

/// The limit of each class; `None` where it is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassLimits {
    /// Log-ins.
    pub login: Option<Limit>,
    /// Registrations.
    pub register: Option<Limit>,
    /// Refreshes.
    pub refresh: Option<Limit>,
    /// Requests for a mail that resets a password.
    pub forgot: Option<Limit>,
    /// Wrong secrets of service accounts and of verifiers.
    pub client: Option<Limit>,
    /// Everything else that checks a secret.
    pub secret: Option<Limit>,
    /// Changes of one's own name or address.
    pub profile_change: Option<Limit>,
}

/// Counts the calls of sources, only in this process. At most 100,000 sources, and as many IPv6 /48, are remembered.
#[derive(Debug)]
pub struct SourceLimits {
    of_source: LimitsByKind<CLASSES>,
    of_network: LimitsByKind<CLASSES>,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    sources: Buckets<Source, CLASSES>,
    networks: Buckets<Source, CLASSES>,
}

impl SourceLimits {
    /// Counts by these limits.
    pub fn new(limits: &ClassLimits) -> Self {
        let ClassLimits { login, register, refresh, forgot, client, secret, profile_change } =
            *limits;
        let of_source = [login, register, refresh, forgot, client, secret, profile_change];
        let counted = Counted { sources: Buckets::new(MAX_KEYS), networks: Buckets::new(MAX_KEYS) };
        Self {
            of_source,
            of_network: of_source.map(|limit| limit.map(|limit| limit.times(NETWORK_FACTOR))),
            counted: Mutex::new(counted),
        }
    }

    /// Counts a call at `now`, in microseconds since the epoch.
    ///
    /// # Errors
    /// When the source, or its IPv6 /48, has made too many calls; the longer of both waits. Then the call is not
    /// counted.
    pub fn call(&self, class: LimitClass, source: Source, now: i64) -> Result<(), TooSoon> {
        let Some(kind) = class.kind() else { return Ok(()) };
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        self.check(&counted, kind, source, now)?;
        counted.sources.count(&self.of_source, kind, &source, now);
        if let Some(network) = source.network() {
            counted.networks.count(&self.of_network, kind, &network, now);
        }
        Ok(())
    }

    /// Whether [`Self::call`] would allow a call; does not count it.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn would_allow(&self, class: LimitClass, source: Source, now: i64) -> Result<(), TooSoon> {
        let Some(kind) = class.kind() else { return Ok(()) };
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        self.check(&counted, kind, source, now)
    }

    fn check(
        &self,
        counted: &Counted,
        kind: usize,
        source: Source,
        now: i64,
    ) -> Result<(), TooSoon> {
        let by_source = counted.sources.check(&self.of_source, kind, &source, now);
        let by_network = match source.network() {
            Some(network) => counted.networks.check(&self.of_network, kind, &network, now),
            None => Ok(()),
        };
        let wait = by_source.err().max(by_network.err());
        wait.map_or(Ok(()), |wait| Err(TooSoon(wait)))
    }
}

#[cfg(test)]
mod tests;
