//! Argon2id (RFC 9106) on threads of its own.
//!
//! Hashing is the one slow thing this service does. It runs on as many dedicated threads as there
//! are cores, each with its own memory that it keeps, behind a queue of fixed length. Whatever
//! clients do, memory stays below threads × memory of one hash, and everything else stays quick.
//!
//! A try passes three bounds: its party (an address, or a user inside a session) has a free place (`places`), its
//! account has not too many tries that run (`attempts`), and a thread gets to it in time (`pool`). Parties are
//! served in turn, so a flood from one address delays the others by one hash at most.
//!
//! - `parameters`: what a hash costs, and how much a stored one may cost
//! - `stored`: the PHC strings of the database
//! - `mix`: what a hash costs that an account does not have; `census` counts it
//! - `engine`: who computes, and the check that it computes right; `memory`: how much there may be of it
//! - `places`: how many tries each party has under way
//! - `attempts`: how many tries at one account run at once
//! - `pool`: the threads; `queue`, `lanes`, `fair_queue`: what waits for them, and whose turn it is

mod attempts;
pub mod census;
mod engine;
mod error;
mod fair_queue;
mod lanes;
pub mod memory;
mod mix;
mod parameters;
mod phc_hash;
mod places;
mod pool;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use self::attempts::Attempts;
use self::engine::EngineMaker;
use self::phc_hash::{PhcHash, Shape};
use self::places::Places;
use self::pool::{Job, Pool};
use super::Password;
use crate::throttle::AccountKey;

pub use self::attempts::Attempt;
pub use self::engine::Argon2Engine;
pub use self::error::{HashingError, Overload};
pub use self::mix::HashMix;
pub use self::parameters::HashParameters;
pub use self::phc_hash::PasswordHash;
pub use self::places::{Party, Place};

/// Longest wait for another try at the same account to end, and then again for a thread to begin; shorter where the
/// request has less time left. After it the answer is [`HashingError::Overloaded`].
pub const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// One party holds at most one in so many of the queue's places.
const SHARE: usize = 4;

/// Failures in a row that an account has free. No more tries than that run at once, or parallel guesses would
/// all run before the first failure counts.
const FREE_FAILURES: usize = 5;

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
    places: Arc<Places>,
    attempts: Arc<Attempts>,
    parameters: HashParameters,
    stored_cap: HashParameters,
    mix: Arc<ArcSwap<HashMix>>,
}

impl PasswordHasher {
    /// Starts `threads` threads with a queue of `queue_len` waiting passwords, and as many inside sessions.
    ///
    /// The fast engine is checked against the reference first; if they ever differ, the reference runs, with a
    /// warning in the log.
    ///
    /// # Errors
    ///
    /// [`HashingError::Parameters`] for parameters, threads or a queue that cannot be,
    /// [`HashingError::Threads`] or [`HashingError::Failed`] if there is not enough of the machine.
    pub fn start(
        engine: Argon2Engine,
        parameters: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        parameters.check()?;
        Self::start_on(&engine.maker(parameters)?, parameters, threads, queue_len)
    }

    fn start_on(
        engine: &EngineMaker,
        parameters: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        let pool = Arc::new(Pool::start(engine, parameters, threads, queue_len)?);
        let share = queue_len / SHARE;
        let (places, attempts) = (Places::new(share), Attempts::new(share));
        let stored_cap = memory::stored_cap(parameters, threads, memory::limit());
        Ok(Self { pool, places, attempts, parameters, stored_cap, mix: Arc::default() })
    }

    /// As many threads as this machine has cores: more were measured to be slower.
    pub fn default_threads() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// Whether a party may take a place: asked before the request's body is read, so that a party with its share of
    /// tries under way is refused at no cost. A place is taken once the body is here: a client that sends its body
    /// slowly, or never, must not hold places that others behind the same address need.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] when the party holds a quarter of the queue.
    pub fn may_admit(&self, party: Party) -> Result<(), HashingError> {
        self.places.check(party)
    }

    /// Takes one of a party's places.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] when the party holds a quarter of the queue.
    pub fn admit(&self, party: Party) -> Result<Place, HashingError> {
        self.places.take(party)
    }

    /// Begins a try at an account. While as many run as the account has free failures, it waits for one of them.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] when none ended within [`LONGEST_WAIT`], or too many wait.
    pub async fn attempt(
        &self,
        place: Place,
        account: AccountKey,
    ) -> Result<Attempt, HashingError> {
        self.attempts.begin(place, account, free_failures(account)).await
    }

    /// Hashes a password with the present parameters and a new random salt of 16 bytes.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`], [`HashingError::UnfitPassword`], [`HashingError::Randomness`]
    /// or [`HashingError::Failed`].
    pub async fn hash(
        &self,
        place: &Place,
        password: Password,
    ) -> Result<PasswordHash, HashingError> {
        if !password.can_match() {
            return Err(HashingError::UnfitPassword);
        }
        let mut stored = PhcHash::new(self.parameters, fresh_salt()?);
        let kept = place.clone();
        self.run(place.party(), move |engine| {
            let _kept = kept;
            stored.fill_tag(engine, password.as_bytes())?;
            stored.to_phc()
        })
        .await
    }

    /// Checks a password against a stored hash, or against nobody's: `None` says no, and takes as long as the
    /// hash of some account does (see [`HashMix`]).
    ///
    /// A stored hash that cannot be read, or that asks for more than this service runs, is never
    /// run: it counts as nobody's, and the log says so.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] or [`HashingError::Failed`].
    pub async fn verify(
        &self,
        attempt: &Attempt,
        password: Password,
        stored: Option<&str>,
    ) -> Result<Verdict, HashingError> {
        let known = stored.and_then(|phc| self.read(phc));
        let may_match = known.is_some() && password.can_match();
        let rehash = known.as_ref().is_some_and(|stored| stored.is_below(self.parameters));
        let checked = known.unwrap_or_else(|| self.decoy(attempt.account()));
        let kept = attempt.clone();
        let tag_equal = self
            .run(attempt.place().party(), move |engine| {
                let _kept = kept;
                checked.matches(engine, password.as_bytes())
            })
            .await?;
        let matches = tag_equal && may_match;
        Ok(Verdict { matches, rehash: matches && rehash })
    }

    /// From now on accounts without a hash cost what this mix says.
    pub fn use_mix(&self, mix: HashMix) {
        self.mix.store(Arc::new(mix));
    }

    fn read(&self, phc: &str) -> Option<PhcHash> {
        let read = PhcHash::parse(phc)
            .and_then(|stored| stored.shape().within(self.stored_cap).map(|_| stored));
        read.inspect_err(|problem| tracing::warn!(%problem, "a stored password hash is refused"))
            .ok()
    }

    /// What an account without a hash is checked against.
    fn decoy(&self, account: AccountKey) -> PhcHash {
        let drawn = self.mix.load().draw(account);
        let drawn = drawn.and_then(|shape| shape.within(self.stored_cap).ok());
        PhcHash::decoy(drawn.unwrap_or_else(|| Shape::live(self.parameters)))
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

    /// Queues the work and waits for it. What it owns is kept until it has run or has lost its place, even when
    /// the client hangs up meanwhile.
    async fn run<T: Send + 'static>(
        &self,
        party: Party,
        work: impl FnOnce(&mut dyn engine::Engine) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let (job, ticket) = Job::new(work);
        self.pool.submit(party, job);
        ticket.result().await
    }
}

/// Failures that an account has left before a further try has to wait. (They are not counted yet: each account
/// always has all of them. The count goes here.)
fn free_failures(_account: AccountKey) -> usize {
    FREE_FAILURES
}

/// 16 random bytes from the operating system, as RFC 9106 section 3.1 recommends for a salt.
fn fresh_salt() -> Result<[u8; 16], HashingError> {
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| HashingError::Randomness)?;
    Ok(salt)
}

#[cfg(test)]
mod tests;
