//! Threads of their own for work that blocks, fed by a bounded queue.
//!
//! A queue has two ends: [`Submit`] for those who have jobs, [`Jobs`] for the threads. [`bounded`] makes the usual one,
//! first in, first out. Each thread takes the next job itself, so no other thread is woken to hand it over.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crossbeam_channel::{Receiver, Sender};

/// The end of a queue that takes jobs. When it is dropped, the threads end, each after the jobs that wait.
pub trait Submit {
    /// A piece of work in the queue.
    type Job;

    /// Adds a job, and never waits.
    ///
    /// # Errors
    /// The job that has no place now: this one or, in a queue that is fair between callers, one that waited.
    fn submit(&self, job: Self::Job) -> Result<(), Self::Job>;

    /// Jobs that wait.
    fn waiting(&self) -> usize;
}

/// The end of a queue from which threads take jobs. Clones take from the same queue.
pub trait Jobs: Clone + Send + 'static {
    /// A piece of work in the queue.
    type Job;

    /// The next job if one waits.
    fn try_next(&self) -> Option<Self::Job>;

    /// Waits for the next job; `None` once the queue is closed and empty.
    fn next(&self) -> Option<Self::Job>;
}

/// The work of one thread: running jobs.
pub trait Worker: Send + 'static {
    /// Where its jobs come from.
    type Jobs: Jobs;

    /// Runs once, on the thread, before the first job.
    fn begin(&mut self) {}

    /// Runs a job. A worker that runs several together takes further ones from `jobs`.
    fn run(&mut self, job: <Self::Jobs as Jobs>::Job, jobs: &Self::Jobs);

    /// Runs when no job waits, before the thread waits for one.
    fn become_idle(&mut self) {}

    /// Runs after a job panicked: what the worker keeps between jobs may be in any state.
    fn recover(&mut self) {}
}

/// Threads, and the end of their queue that takes jobs. When it is dropped, the threads end; it does not wait for them.
#[derive(Debug)]
pub struct WorkerPool<Q> {
    queue: Q,
    counts: Arc<Counts>,
}

/// How many threads there are, and how many are at work.
#[derive(Debug, Default)]
pub struct Counts {
    threads: AtomicUsize,
    busy: AtomicUsize,
}

impl<Q: Submit> WorkerPool<Q> {
    /// Starts a thread for each worker, with a number behind `name`.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start<W>(
        name: &str,
        queue: Q,
        jobs: &W::Jobs,
        workers: impl IntoIterator<Item = W>,
    ) -> io::Result<Self>
    where
        W: Worker,
        W::Jobs: Jobs<Job = Q::Job>,
    {
        let counts = Arc::<Counts>::default();
        for (number, worker) in workers.into_iter().enumerate() {
            // Counted here, so that a pool that has started shows all its threads.
            let (jobs, alive) = (jobs.clone(), CountedThread::new(Arc::clone(&counts)));
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || run_jobs(worker, &jobs, &alive))?;
        }
        Ok(Self { queue, counts })
    }

    /// Adds a job to the queue, and never waits.
    ///
    /// # Errors
    /// As [`Submit::submit`].
    pub fn submit(&self, job: Q::Job) -> Result<(), Q::Job> {
        self.queue.submit(job)
    }

    /// Jobs that wait for a thread.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// How many threads there are. Outlives the pool.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }
}

impl Counts {
    /// Threads that run.
    pub fn threads(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    /// Threads that are at work on a job.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }
}

/// Counts a thread as long as it lives.
struct CountedThread(Arc<Counts>);

impl CountedThread {
    fn new(counts: Arc<Counts>) -> Self {
        counts.threads.fetch_add(1, Ordering::Relaxed);
        Self(counts)
    }
}

impl Drop for CountedThread {
    fn drop(&mut self) {
        self.0.threads.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run_jobs<W: Worker>(mut worker: W, jobs: &W::Jobs, CountedThread(counts): &CountedThread) {
    worker.begin();
    while let Some(job) = next_job(&mut worker, jobs) {
        counts.busy.fetch_add(1, Ordering::Relaxed);
        // A panic must not end the thread. Only the caller of this job notices it, because it gets no answer.
        if catch_unwind(AssertUnwindSafe(|| worker.run(job, jobs))).is_err() {
            tracing::error!(thread = thread::current().name(), "a job on a worker thread panicked");
            worker.recover();
        }
        counts.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The next job, which may still have to come; `None` once the queue is closed and empty.
fn next_job<W: Worker>(worker: &mut W, jobs: &W::Jobs) -> Option<<W::Jobs as Jobs>::Job> {
    jobs.try_next().or_else(|| {
        worker.become_idle();
        jobs.next()
    })
}

/// Makes a queue of at most `capacity` jobs, first in, first out.
pub fn bounded<J: Send + 'static>(capacity: usize) -> (BoundedQueue<J>, Receiver<J>) {
    let (sender, receiver) = crossbeam_channel::bounded(capacity);
    (BoundedQueue(sender), receiver)
}

/// The end of a bounded queue that takes jobs.
pub struct BoundedQueue<J>(Sender<J>);

impl<J> Submit for BoundedQueue<J> {
    type Job = J;

    fn submit(&self, job: J) -> Result<(), J> {
        self.0.try_send(job).map_err(crossbeam_channel::TrySendError::into_inner)
    }

    fn waiting(&self) -> usize {
        self.0.len()
    }
}

impl<J: Send + 'static> Jobs for Receiver<J> {
    type Job = J;

    fn try_next(&self) -> Option<J> {
        self.try_recv().ok()
    }

    fn next(&self) -> Option<J> {
        self.recv().ok()
    }
}

/// By hand, because jobs need no `Debug`.
impl<J> fmt::Debug for BoundedQueue<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedQueue").field("waiting", &self.waiting()).finish()
    }
}

#[cfg(test)]
mod tests;
