//! The durations of the background work.

use std::time::Duration;

/// The durations of the background work of [`RemoteVerifier`](super::RemoteVerifier). The defaults are meant for
/// production; tests shorten them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// The least time between two requests for keys that callers cause, and the pause after a bad answer while there
    /// are keys. Default 30 s.
    pub cooldown: Duration,
    /// The shortest lifetime of a key set, also if its `max-age` is shorter (RFC 9111 §5.2.2.1). Default 60 s.
    pub min_ttl: Duration,
    /// The longest lifetime of a key set, also if its `max-age` is longer. Default 1 h.
    pub max_ttl: Duration,
    /// The lifetime of a key set without `max-age`. Default 10 min.
    pub default_ttl: Duration,
    /// The time limit of one request for keys, connecting included. Default 3 s.
    pub keys_timeout: Duration,
    /// The first pause after a request for keys that could not connect; it doubles up
    /// to [`connect_retry_max`](Self::connect_retry_max). Default 200 ms.
    pub connect_retry: Duration,
    /// The longest such pause. Default 5 s.
    pub connect_retry_max: Duration,
    /// The first pause after a request for keys that failed while there are no keys to verify with; it doubles up to
    /// [`cooldown`](Self::cooldown). Default 200 ms.
    pub first_keys_retry: Duration,
    /// How long the issuer is asked to hold a poll of the revocation feed. Default 25 s.
    pub feed_wait: Duration,
    /// How much longer than [`feed_wait`](Self::feed_wait) a poll may take before it counts as failed. Default 5 s.
    pub feed_grace: Duration,
    /// The least time between two polls that bring no entries. Default 250 ms.
    pub feed_pause: Duration,
    /// The first pause after a failed poll; it doubles up to
    /// [`feed_retry_max`](Self::feed_retry_max). Default 100 ms.
    pub feed_retry: Duration,
    /// The longest such pause. Default 2 s.
    pub feed_retry_max: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            cooldown: Duration::from_secs(30),
            min_ttl: Duration::from_secs(60),
            max_ttl: Duration::from_secs(3600),
            default_ttl: Duration::from_secs(600),
            keys_timeout: Duration::from_secs(3),
            connect_retry: Duration::from_millis(200),
            connect_retry_max: Duration::from_secs(5),
            first_keys_retry: Duration::from_millis(200),
            feed_wait: Duration::from_secs(25),
            feed_grace: Duration::from_secs(5),
            feed_pause: Duration::from_millis(250),
            feed_retry: Duration::from_millis(100),
            feed_retry_max: Duration::from_secs(2),
        }
    }
}
