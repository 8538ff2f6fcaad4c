//! Hashes and checks passwords with Argon2id (RFC 9106) on dedicated threads.
//!
//! Hashing is the only slow operation of this service. It runs on as many dedicated threads as there are cores, behind
//! a queue of fixed length. Each thread keeps its own memory. So hashing never needs more than the memory of one hash
//! for each thread, and everything else stays fast.
//!
//! An attempt must pass three limits. Its requester (an address, or a session) must get a permit for the queue
//! (`queue_permits`). It must get a slot of its account, which allows only a few attempts at once (`account_slots`).
//! And a thread must be free in time (`pool`). Requesters are served in turn, so a flood from one address delays the
//! others by one hash at most.
//!
//! - `parameters`: the cost parameters of a hash, and the maximum for a stored one
//! - `phc_hash`: the PHC strings in the database
//! - `foreign`: hashes that other systems made; `stored_hash`: either of the two, and its cost
//! - `imported_hash`: the hashes that an import accepts
//! - `verify`: checks a password against a stored hash, or against a dummy
//! - `cost_distribution`: how much the dummy hash of a missing account costs
//! - `hash_costs`: counts the stored hashes by cost, for that distribution
//! - `engine`: the code that computes Argon2; `engine_check`: its check at the start; `memory`: the limit of the
//!   machine's memory
//! - `queue_permits`: how many hashes each requester may have queued or running
//! - `account_slots`: how many attempts at one account run at once
//! - `pool`: the threads; `job`: a unit of their work; `queue`, `class_queues`, `fair_queue`: the jobs that wait, and
//!   their order
//! - `error`: why a password is not hashed

mod account_slots;
mod class_queues;
mod cost_distribution;
mod engine;
mod engine_check;
mod error;
mod fair_queue;
mod foreign;
pub mod hash_costs;
pub mod imported_hash;
mod job;
pub mod memory;
mod parameters;
mod phc_hash;
mod pool;
mod queue;
mod queue_permits;
mod stored_hash;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use service_kit::worker_pool::WorkerPool;

use self::account_slots::AccountSlots;
use self::engine::EngineFactory;
use self::job::Job;
use self::phc_hash::PhcHash;
use self::pool::start_threads;
use self::queue::JobSender;
use self::queue_permits::QueuePermits;
use super::Password;
use crate::throttle::AttemptKey;

pub use self::account_slots::{AccountSlot, SlotError};
pub use self::cost_distribution::HashCostDistribution;
pub use self::engine::Argon2Engine;
pub use self::error::{HashingError, Overload};
pub use self::foreign::FirebaseParameters;
pub use self::parameters::HashParameters;
pub use self::phc_hash::PasswordHash;
pub use self::queue_permits::{QueuePermit, Requester};
pub use self::stored_hash::has_no_password;
pub use self::verify::Verdict;

/// Maximum wait for another attempt at the same account to end, and again for a thread to begin. The wait is shorter if
/// the request has less time left. After it the result is [`HashingError::Overloaded`]. It is shorter than the time of
/// a whole request, so that a log-in still has time for its session.
pub const MAX_WAIT: Duration = Duration::from_secs(2);

/// One requester holds at most the slots of the queue divided by this number.
const SHARE_DIVISOR: usize = 4;

/// At most this many attempts run at once at an account of which no failures are known. Otherwise parallel guesses
/// would all run before the first failure is known.
pub const MAX_ATTEMPTS_AT_ONCE: usize = 5;

/// This many attempts may wait at one account for each slot of the queue. They may be many, because all are rejected at
/// once when the account is blocked.
const MAX_WAITING_PER_SLOT: usize = 4;

/// Hashes and checks passwords on its own threads. Cloning gives another handle to the same
/// threads; they end when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    pool: Arc<WorkerPool<JobSender>>,
    permits: Arc<QueuePermits>,
    slots: Arc<AccountSlots>,
    parameters: HashParameters,
    stored_cap: HashParameters,
    distribution: Arc<ArcSwap<HashCostDistribution>>,
}

impl PasswordHasher {
    /// Starts `threads` threads with two queues, for anonymous requests and for sessions, of `queue_len` slots each.
    ///
    /// The fast engine is checked against the reference first; if they ever differ, the reference runs, with a
    /// warning in the log.
    ///
    /// # Errors
    ///
    /// [`HashingError::Parameters`] for parameters, a number of threads or a queue length that is not possible;
    /// [`HashingError::ThreadStart`] or [`HashingError::Failed`] if the machine lacks threads or memory.
    pub fn start(
        engine: Argon2Engine,
        parameters: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        parameters.check()?;
        Self::start_on(&engine.factory(parameters)?, parameters, threads, queue_len)
    }

    fn start_on(
        engine: &EngineFactory,
        parameters: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        let pool = Arc::new(start_threads(engine, parameters, threads, queue_len)?);
        let share = queue_len / SHARE_DIVISOR;
        let (permits, slots) =
            (QueuePermits::new(share), AccountSlots::new(queue_len * MAX_WAITING_PER_SLOT));
        let stored_cap = memory::stored_cap(parameters, threads, memory::limit());
        Ok(Self { pool, permits, slots, parameters, stored_cap, distribution: Arc::default() })
    }

    /// Checks whether a requester may get a permit. Call this before the request's body is read, so that a requester
    /// that already has its share is refused at no cost. Take the permit after the body was read: a client that sends
    /// its body slowly, or never, must not hold permits that others behind the same address need.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] when the requester holds a quarter of the queue.
    pub fn check_permit(&self, requester: Requester) -> Result<(), HashingError> {
        self.permits.check(requester)
    }

    /// Takes one of a requester's permits.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] when the requester holds a quarter of the queue.
    pub fn take_permit(&self, requester: Requester) -> Result<QueuePermit, HashingError> {
        self.permits.take(requester)
    }

    /// Begins an attempt at an account. If `max` attempts are running, or as many as the limit that other attempts have
    /// set since, it waits for one of them to end.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`] when none ended within [`MAX_WAIT`], or too many wait;
    /// [`SlotError::TooSoon`] when another attempt found the account blocked.
    pub async fn take_slot(
        &self,
        permit: QueuePermit,
        account: AttemptKey,
        max: usize,
    ) -> Result<AccountSlot, SlotError> {
        self.slots.take(permit, account, max).await
    }

    /// Hashes a password with the current parameters and a new random salt of 16 bytes.
    ///
    /// # Errors
    ///
    /// [`HashingError::Overloaded`], [`HashingError::InvalidPassword`], [`HashingError::Randomness`]
    /// or [`HashingError::Failed`].
    pub async fn hash(
        &self,
        permit: &QueuePermit,
        password: Password,
    ) -> Result<PasswordHash, HashingError> {
        if !password.can_be_stored() {
            return Err(HashingError::InvalidPassword);
        }
        let mut stored = PhcHash::new(self.parameters, fresh_salt()?);
        let permit = permit.clone();
        self.run(permit.requester(), move |engine| {
            let _permit = permit; // moved into the job: kept until it has run
            stored.fill_tag(engine, password.as_bytes())?;
            stored.to_phc()
        })
        .await
    }

    /// Sets the distribution of costs from which dummy hashes are sampled.
    pub fn set_cost_distribution(&self, distribution: HashCostDistribution) {
        self.distribution.store(Arc::new(distribution));
    }

    /// Number of passwords that wait for a thread now.
    pub fn queue_depth(&self) -> usize {
        self.pool.waiting()
    }

    /// Number of hashing threads.
    pub fn threads(&self) -> usize {
        self.pool.counts().threads()
    }

    /// Number of threads that are hashing now.
    pub fn busy(&self) -> usize {
        self.pool.counts().busy()
    }

    /// Queues the work and waits for it. The work keeps what it owns (its permit) until it has run or was evicted from
    /// the queue, even if the client disconnects before.
    async fn run<T: Send + 'static>(
        &self,
        requester: Requester,
        work: impl FnOnce(&mut dyn engine::Engine) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let (job, ticket) = Job::new(requester, work);
        if let Err(evicted) = self.pool.submit(job) {
            evicted.report_eviction();
        }
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
