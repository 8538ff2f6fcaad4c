//! The dedicated threads and the queue in front of them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Instant;

use database::{spend, time_left};
use tokio::{sync::oneshot, time::timeout};
use tracing::Span;

use super::engine::{Engine, EngineFactory};
use super::queue::Queue;
use super::{HashParameters, HashingError, LONGEST_WAIT, Overload, Party};

/// The `nice` value of the hashing threads: other threads of this process come first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Called with an engine to run, or with `None` to refuse the work.
type Work = Box<dyn FnOnce(Option<&mut dyn Engine>) + Send>;

/// Work in the queue. It keeps its slot until a thread takes it out, even if the client has disconnected: otherwise a
/// client could free its slot for its next call by disconnecting.
pub(super) struct Job {
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

/// Decides once whether a job is run: either the thread that reaches it claims it, or the caller that stops waiting. An
/// atomic flag instead of a channel: a message would wake the caller at every start and take a core from hashing.
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

    /// The same for a hashing thread: also records when it began.
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
    /// Waits until a thread begins with the job, at most [`LONGEST_WAIT`], and then without limit for its end. Only the
    /// first wait counts against the time that the request may wait.
    pub(super) async fn result(mut self) -> Result<T, HashingError> {
        let asked = Instant::now();
        let done = match timeout(LONGEST_WAIT.min(time_left()), &mut self.done).await {
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
    /// Packs work and the caller's tracing span.
    pub(super) fn new<T: Send + 'static>(
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
            Self { start_claim: Arc::clone(&start_claim), work, span: Span::current() },
            Ticket { start_claim, done },
        )
    }

    /// Tells the caller that the job was evicted from the queue.
    fn refuse(self) {
        if self.start_claim.claim() {
            (self.work)(None);
        }
    }
}

/// Numbers for the metrics.
#[derive(Debug, Default)]
struct Gauges {
    alive: AtomicUsize,
    busy: AtomicUsize,
}

/// The threads and the sending end of their queue. Dropping it ends the threads, each after its current job; it does
/// not wait for them.
#[derive(Debug)]
pub(super) struct Pool {
    queue: Arc<Queue<Job>>,
    gauges: Arc<Gauges>,
}

impl Pool {
    /// Starts the threads, each with an engine whose memory is reserved before this returns.
    pub(super) fn start(
        engine: &EngineFactory,
        current: HashParameters,
        threads: usize,
        queue_len: usize,
    ) -> Result<Self, HashingError> {
        if threads == 0 || queue_len == 0 {
            let problem = "need one thread and one place in the queue at least";
            return Err(HashingError::Parameters(problem.to_owned()));
        }
        let queue = Arc::new(Queue::new(queue_len));
        let gauges = Arc::new(Gauges::default());
        for number in 0..threads {
            let worker = Worker {
                engine: engine(current)?,
                factory: Arc::clone(engine),
                current,
                jobs: Arc::clone(&queue),
                alive: GaugeGuard::new(&gauges, |gauges| &gauges.alive),
                gauges: Arc::clone(&gauges),
            };
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || worker.work_until_closed())
                .map_err(HashingError::Threads)?;
        }
        Ok(Self { queue, gauges })
    }

    /// Puts a job into the queue. If the queue is full, the fair queue decides which job is refused (see
    /// `FairQueue::push`).
    pub(super) fn submit(&self, party: Party, job: Job) {
        if let Some(evicted) = self.queue.push(party, job) {
            evicted.refuse();
        }
    }

    pub(super) fn queue_depth(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn threads(&self) -> usize {
        self.gauges.alive.load(Ordering::Relaxed)
    }

    pub(super) fn busy(&self) -> usize {
        self.gauges.busy.load(Ordering::Relaxed)
    }

    /// Counts the running threads, also after the pool was dropped.
    #[cfg(test)]
    pub(super) fn watch_threads(&self) -> impl Fn() -> usize + use<> {
        let gauges = Arc::clone(&self.gauges);
        move || gauges.alive.load(Ordering::Relaxed)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

struct Worker {
    engine: Box<dyn Engine>,
    factory: EngineFactory,
    current: HashParameters,
    jobs: Arc<Queue<Job>>,
    alive: GaugeGuard,
    gauges: Arc<Gauges>,
}

impl Worker {
    fn work_until_closed(mut self) {
        lower_priority();
        while let Some(Job { start_claim, work, span }) = self.jobs.next() {
            // A client that disconnected or timed out before costs no hash.
            if !start_claim.claim_for_thread() {
                continue;
            }
            let _busy = GaugeGuard::new(&self.gauges, |gauges| &gauges.busy);
            let _span = span.entered();
            if catch_unwind(AssertUnwindSafe(|| work(Some(self.engine.as_mut())))).is_err() {
                tracing::error!(engine = self.engine.name(), "a hashing engine panicked");
                // The engine's memory may be in any state.
                match (self.factory)(self.current) {
                    Ok(engine) => self.engine = engine,
                    Err(error) => {
                        tracing::error!(%error, "no new engine could be made: keeping the one that panicked")
                    }
                }
            }
        }
        drop(self.alive);
    }
}

/// Lowers the priority of this thread: a flood of logins may use all idle time and delays nothing else. On Linux the
/// priority belongs to the thread; on other systems it would be that of the whole process.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the priority of a hashing thread could not be lowered");
    }
}

/// Adds one to a gauge until it is dropped, also by a panic.
struct GaugeGuard {
    gauges: Arc<Gauges>,
    gauge: fn(&Gauges) -> &AtomicUsize,
}

impl GaugeGuard {
    fn new(gauges: &Arc<Gauges>, gauge: fn(&Gauges) -> &AtomicUsize) -> Self {
        gauge(gauges).fetch_add(1, Ordering::Relaxed);
        Self { gauges: Arc::clone(gauges), gauge }
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        (self.gauge)(&self.gauges).fetch_sub(1, Ordering::Relaxed);
    }
}
