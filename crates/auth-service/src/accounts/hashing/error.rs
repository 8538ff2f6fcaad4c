//! Why a password is not hashed.

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// There is no room for this try. Try again later.
    #[error("too many passwords are waiting to be hashed: {0}")]
    Overloaded(Overload),
    /// The parameters are none that Argon2 takes, or above what this service runs.
    #[error("hash parameters {0}")]
    Parameters(String),
    /// A thread could not be started.
    #[error("cannot start a hashing thread")]
    Threads(#[source] std::io::Error),
    /// The password is one that nobody can have, so it is never stored.
    #[error("this text cannot be a password")]
    UnfitPassword,
    /// The operating system gave no random bytes for a salt.
    #[error("no random bytes for a salt")]
    Randomness,
    /// The engine failed: out of memory, most likely. The cause is in the log.
    #[error("the password hash could not be computed")]
    Failed,
}

/// Which bound a try did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overload {
    /// Its party has as many places as one may have.
    #[error("the address or session already uses its share of the queue")]
    Share,
    /// As many tries at its account run as may, and none ended within [`super::LONGEST_WAIT`].
    #[error("other attempts at its account are running")]
    AccountBusy,
    /// The queue was full, and its party had the most places.
    #[error("the queue is full")]
    QueueFull,
    /// No thread came to it within [`super::LONGEST_WAIT`].
    #[error("no hashing thread was free in time")]
    Waited,
}
