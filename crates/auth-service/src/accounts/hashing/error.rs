//! Why a password is not hashed.

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// There is no room for this attempt. Try again later.
    #[error("too many passwords are waiting to be hashed: {0}")]
    Overloaded(Overload),
    /// Argon2 does not allow the parameters, or they are above this service's maximum.
    #[error("hash parameters {0}")]
    Parameters(String),
    /// A thread could not be started.
    #[error("cannot start a hashing thread")]
    ThreadStart(#[source] std::io::Error),
    /// The text cannot be a password of this service (see `Password::can_be_stored`), so it is not stored.
    #[error("this text cannot be a password")]
    InvalidPassword,
    /// The operating system gave no random bytes for a salt.
    #[error("no random bytes for a salt")]
    Randomness,
    /// The engine failed: out of memory, most likely. The cause is in the log.
    #[error("the password hash could not be computed")]
    Failed,
}

/// The limit that stopped an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overload {
    /// Its requester already holds the maximum number of permits.
    #[error("the address or session already uses its share of the queue")]
    Share,
    /// The maximum number of attempts at its account run, and none ended within [`super::MAX_WAIT`].
    #[error("other attempts at its account are running")]
    AccountBusy,
    /// The queue was full, and this attempt was evicted (see `FairQueue::push`).
    #[error("the queue is full")]
    QueueFull,
    /// No thread was free within [`super::MAX_WAIT`].
    #[error("no hashing thread was free in time")]
    Waited,
}
