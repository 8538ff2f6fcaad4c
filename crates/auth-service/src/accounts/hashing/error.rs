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
    /// No user can have this password (see `Password::can_match`), so it is never stored.
    #[error("this text cannot be a password")]
    InvalidPassword,
    /// The operating system gave no random bytes for a salt.
    #[error("no random bytes for a salt")]
    Randomness,
    /// The engine failed: out of memory, most likely. The cause is in the log.
    #[error("the password hash could not be computed")]
    Failed,
}

/// Which limit an attempt did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overload {
    /// Its requester has as many permits as it may have.
    #[error("the address or session already uses its share of the queue")]
    Share,
    /// As many attempts at its account run as may, and none ended within [`super::MAX_WAIT`].
    #[error("other attempts at its account are running")]
    AccountBusy,
    /// The queue was full, and this job was evicted (see `FairQueue::push`).
    #[error("the queue is full")]
    QueueFull,
    /// No thread was free for it within [`super::MAX_WAIT`].
    #[error("no hashing thread was free in time")]
    Waited,
}
