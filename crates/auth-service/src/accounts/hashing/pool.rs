//! The threads that hash passwords.

use std::sync::Arc;

use service_kit::worker_pool::{Worker, WorkerPool};

use super::engine::{Engine, EngineFactory};
use super::job::Job;
use super::queue::{JobReceiver, JobSender, fair_queue};
use super::{HashParameters, HashingError};

/// The `nice` value of the hashing threads: other threads of this process come first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Starts the threads, each with an engine whose memory is reserved before this returns.
pub(super) fn start_threads(
    factory: &EngineFactory,
    current: HashParameters,
    threads: usize,
    queue_len: usize,
) -> Result<WorkerPool<JobSender>, HashingError> {
    if threads == 0 || queue_len == 0 {
        let reason = "need at least one thread and one slot in the queue";
        return Err(HashingError::Parameters(reason.to_owned()));
    }
    let new_thread =
        |_| Ok(HashThread { engine: factory(current)?, factory: Arc::clone(factory), current });
    let workers: Vec<_> = (0..threads).map(new_thread).collect::<Result<_, HashingError>>()?;
    let (sender, receiver) = fair_queue(queue_len);
    WorkerPool::start("hash", sender, &receiver, workers).map_err(HashingError::ThreadStart)
}

struct HashThread {
    engine: Box<dyn Engine>,
    factory: EngineFactory,
    current: HashParameters,
}

impl Worker for HashThread {
    type Jobs = JobReceiver;

    fn begin(&mut self) {
        lower_priority();
    }

    fn run(&mut self, job: Job, _: &JobReceiver) {
        job.run(self.engine.as_mut());
    }

    /// Wipes what the last password left in memory. While jobs wait, each overwrites what the one before it left, so a
    /// wipe between them would protect nothing and cost a twelfth of the time of a hash.
    fn become_idle(&mut self) {
        self.engine.wipe();
    }

    /// Replaces an engine that panicked, because its memory may be in any state.
    fn recover(&mut self) {
        match (self.factory)(self.current) {
            Ok(engine) => self.engine = engine,
            Err(error) => {
                tracing::error!(engine = self.engine.name(), %error, "no new engine could be made: keeping the one that panicked");
            }
        }
    }
}

/// Lowers the priority of this thread, so that a flood of log-ins uses only idle time and delays nothing else. On Linux
/// a thread has its own priority; on other systems this would change the priority of the whole process.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the priority of a hashing thread could not be lowered");
    }
}
