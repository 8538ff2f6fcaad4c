//! Argon2id (RFC 9106) on threads of its own.
//!
//! Hashing is the one slow thing this service does. It runs on as many dedicated threads as there
//! are cores, each with its own memory that it keeps, behind a queue of fixed length. Whatever
//! clients do, memory stays below threads × memory of one hash, and everything else stays quick.
//!
//! - `parameters`: what a hash costs, and how much a stored one may cost
//! - `stored`: the PHC strings of the database
//! - `engine`: who computes, and the check that it computes right
//! - `pool`: the threads and their queue

mod engine;
mod parameters;
mod pool;
mod stored;

use std::sync::Arc;
use std::time::Duration;

use self::engine::EngineMaker;
use self::pool::{Job, Pool};
use self::stored::Stored;
use super::Password;

pub use self::parameters::HashParameters;
pub use self::stored::PasswordHash;

/// Longest wait for a thread to begin, after which the answer is [`HashingError::Overloaded`].
pub const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The queue is full, or nobody took the work up within [`LONGEST_WAIT`]. Try again later.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    /// The parameters are none that Argon2 takes, or above what this service runs.
    #[error("hash parameters {0}")]
    Parameters(String),
    /// A thread could not be started.
    #[error("cannot start a hashing thread")]
    Threads(#[source] std::io::Error),
    /// The password is one that nobody can have, so it is never stored.
    #[error("this password cannot be stored")]
    UnfitPassword,
    /// The operating system gave no random bytes for a salt.
    #[error("no random bytes for a salt")]
    Randomness,
    /// The engine failed: out of memory, most likely. The cause is in the log.
    #[error("the password hash could not be computed")]
    Failed,
}

/// The result of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the stored one.
    pub matches: bool,
    /// It matches, and its hash was made with less than the present parameters: hash it again.
    pub rehash: bool,
}

/// Hashes and checks passwords on its own threads. Cloning gives another handle to the same
/// threads; they end when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    pool: Arc<Pool>,
    parameters: HashParameters,
    decoy: Arc<Stored>,
}

impl PasswordHasher {
    /// Starts `threads` threads with a queue of `queue_len` waiting passwords.
    ///
    /// Checks the fast engine against the reference first and, if they ever differ, runs on the
    /// reference with a warning in the log.
    ///
    /// # Errors
    ///
    /// [`HashingError::Parameters`] for parameters, threads or a queue that cannot be,
    /// [`HashingError::Threads`] or [`HashingError::Failed`] if there is not enough of the machine.
    pub fn start(
        parameters: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        parameters.check()?;
        let engine = engine::choose(engine::fast(), parameters)?;
        Self::start_on(&engine, parameters, threads, queue_len)
    }

    fn start_on(
        engine: &EngineMaker,
        parameters: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        // Its tag stays zero, which nobody's password gives.
        let decoy = Stored::new(parameters, fresh_salt()?);
        let pool = Pool::start(engine, parameters, threads, queue_len)?;
        Ok(Self { pool: Arc::new(pool), parameters, decoy: Arc::new(decoy) })
    }

    /// As many threads as this machine has cores: more were measured to be slower.
    pub fn default_threads() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// Hashes a password with the present parameters and a new random salt of 16 bytes.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`], [`HashingError::UnfitPassword`], [`HashingError::Randomness`]
    /// or [`HashingError::Failed`].
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        if !password.can_match() {
            return Err(HashingError::UnfitPassword);
        }
        let mut stored = Stored::new(self.parameters, fresh_salt()?);
        self.run(move |engine| {
            stored.fill_tag(engine, password.as_bytes())?;
            stored.to_phc()
        })
        .await
    }

    /// Checks a password against a stored hash, or against nobody's: `None` takes as long and
    /// says no.
    ///
    /// A stored hash that cannot be read, or that asks for more than this service runs, is never
    /// run: it counts as a wrong password, in the time of one, and the log says so.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] or [`HashingError::Failed`].
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<&str>,
    ) -> Result<Verdict, HashingError> {
        let known = stored.and_then(|phc| match Stored::parse(phc) {
            Ok(stored) => Some(stored),
            Err(problem) => {
                tracing::warn!(%problem, "a stored password hash is refused");
                None
            }
        });
        let may_match = known.is_some() && password.can_match();
        let rehash = known.as_ref().is_some_and(|stored| stored.is_below(self.parameters));
        let decoy = Arc::clone(&self.decoy);
        let tag_equal = self
            .run(move |engine| {
                known.as_ref().unwrap_or(&decoy).matches(engine, password.as_bytes())
            })
            .await?;
        let matches = tag_equal && may_match;
        Ok(Verdict { matches, rehash: matches && rehash })
    }

    /// Passwords that wait for a thread at the moment.
    pub fn queue_depth(&self) -> usize {
        self.pool.queue_depth()
    }

    /// Threads that there are.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Threads that hash at the moment.
    pub fn busy(&self) -> usize {
        self.pool.busy()
    }

    /// Queues the work and waits for it.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn engine::Engine) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let (job, ticket) = Job::new(work);
        self.pool.submit(job)?;
        ticket.result().await
    }
}

/// 16 random bytes from the operating system, as RFC 9106 section 3.1 recommends for a salt.
fn fresh_salt() -> Result<[u8; 16], HashingError> {
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| HashingError::Randomness)?;
    Ok(salt)
}

#[cfg(test)]
mod tests;
