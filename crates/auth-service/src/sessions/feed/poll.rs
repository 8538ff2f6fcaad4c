//! What is asked of the feed, and what it answers.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use database::DatabaseError;

/// Who polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A verifier that showed the secret.
    Verifier,
    /// Anybody, from this address.
    Stranger(Option<IpAddr>),
}

/// One poll.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// The cursor of the answer before.
    pub after: Option<&'a str>,
    /// How long to wait for news.
    pub wait: Duration,
    /// Who asks.
    pub caller: Caller,
}

/// Why a poll got no answer.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The database, which must decide, is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// This source took more full sets than it may.
    #[error("too many full sets")]
    TooMany {
        /// Seconds until the next one.
        retry_after: u64,
    },
}

/// One answer: pieces of JSON text that it shares with other answers.
#[derive(Debug)]
pub struct Answer {
    /// One JSON object, in pieces.
    pub body: Vec<Bytes>,
    /// How many entries it tells of.
    pub entries: usize,
}
