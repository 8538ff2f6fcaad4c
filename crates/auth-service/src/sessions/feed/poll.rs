//! The request and the answer of a poll.

use std::time::Duration;

use bytes::Bytes;
use database::DatabaseError;

use crate::throttle::Source;

/// Who polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poller {
    /// A verifier that sent the secret.
    Verifier,
    /// Any other client, with its source.
    Anonymous(Source),
}

/// One poll.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// The cursor of the previous answer.
    pub after: Option<&'a str>,
    /// How long to wait when there is nothing new.
    pub wait: Duration,
    /// Who polls.
    pub poller: Poller,
}

/// Why a poll gets no entries.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The database is unavailable, and the answer depends on it.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// This source has read more of the feed than allowed: full sets, or pages of one.
    #[error("the source has read too much of the feed")]
    TooMany {
        /// Seconds until it may read again.
        retry_after: u64,
    },
}

/// One answer of the feed: chunks of JSON text that it shares with other answers.
#[derive(Debug)]
pub struct RevocationPage {
    /// One JSON object, in chunks.
    pub body: Vec<Bytes>,
    /// Number of entries in it.
    pub entries: usize,
}
