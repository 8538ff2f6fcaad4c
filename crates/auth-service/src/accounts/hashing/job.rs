//! A job for a hashing thread, and the ticket with which its caller waits for the result.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use service_kit::call_budget::{spend, time_left};
use tokio::{sync::oneshot, time::timeout};
use tracing::Span;

use super::{HashingError, MAX_WAIT, Overload, Requester, engine::Engine};

/// Called with an engine to run the work, or with `None` if the job was evicted.
type Work = Box<dyn FnOnce(Option<&mut dyn Engine>) + Send>;

/// Work in the queue. It keeps its slot until a thread takes it, even if the client has disconnected. Otherwise a
/// client could free its slot for its next call by disconnecting.
pub(super) struct Job {
    requester: Requester,
    start_claim: Arc<StartClaim>,
    work: Work,
    span: Span,
}

/// Shows nothing: the work holds a password.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}

/// Decides once whether a job is run. The thread claims the job to run it, and a caller that stops waiting claims it to
/// cancel it: the first claim counts. It is an atomic flag instead of a channel, because a message would wake the
/// caller at every start and take a core from hashing.
#[derive(Debug, Default)]
struct StartClaim {
    taken: AtomicBool,
    /// When a thread began.
    begun: OnceLock<Instant>,
}

impl StartClaim {
    /// `true` only for the first caller.
    fn claim(&self) -> bool {
        !self.taken.swap(true, Ordering::Relaxed)
    }

    /// The claim of a hashing thread: also records when it began.
    fn claim_for_thread(&self) -> bool {
        self.claim() && self.begun.set(Instant::now()).is_ok()
    }
}

/// The waiting end of a [`Job`]. Dropping it before a thread begins cancels the job.
pub(super) struct Ticket<T> {
    start_claim: Arc<StartClaim>,
    /// Fails if the engine panicked, or if the threads ended.
    done: oneshot::Receiver<Result<T, HashingError>>,
}

impl<T> Ticket<T> {
    /// Waits up to [`MAX_WAIT`] until a thread begins the job, and then without limit until it ends. Only the first
    /// wait counts against the time that the request may wait.
    pub(super) async fn result(mut self) -> Result<T, HashingError> {
        let asked = Instant::now();
        let done = match timeout(MAX_WAIT.min(time_left()), &mut self.done).await {
            Ok(done) => done,
            Err(_) if self.start_claim.claim() => {
                spend(asked.elapsed());
                return Err(HashingError::Overloaded(Overload::Waited));
            }
            Err(_) => (&mut self.done).await,
        };
        let begun = self.start_claim.begun.get().copied().unwrap_or_else(Instant::now);
        spend(begun.saturating_duration_since(asked));
        done.unwrap_or(Err(HashingError::Failed))
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.start_claim.claim();
    }
}

impl Job {
    /// Packs the work of a requester, and the caller's tracing span.
    pub(super) fn new<T: Send + 'static>(
        requester: Requester,
        work: impl FnOnce(&mut dyn Engine) -> Result<T, HashingError> + Send + 'static,
    ) -> (Self, Ticket<T>) {
        let start_claim = Arc::<StartClaim>::default();
        let (finish, done) = oneshot::channel();
        let work: Work = Box::new(move |engine| {
            let result = match engine {
                Some(engine) => work(engine),
                None => Err(HashingError::Overloaded(Overload::QueueFull)),
            };
            // Fails if the caller no longer waits; then the result is not needed.
            let _ = finish.send(result);
        });
        (
            Self { requester, start_claim: Arc::clone(&start_claim), work, span: Span::current() },
            Ticket { start_claim, done },
        )
    }

    /// The requester of the job.
    pub(super) fn requester(&self) -> Requester {
        self.requester
    }

    /// Runs the job, unless its caller stopped waiting: a client that disconnected or timed out before costs no hash.
    pub(super) fn run(self, engine: &mut dyn Engine) {
        if self.start_claim.claim_for_thread() {
            let _span = self.span.entered();
            (self.work)(Some(engine));
        }
    }

    /// Tells the caller that the job was evicted from the queue.
    pub(super) fn report_eviction(self) {
        if self.start_claim.claim() {
            (self.work)(None);
        }
    }
}
