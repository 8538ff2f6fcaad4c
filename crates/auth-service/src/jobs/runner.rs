//! Runs background jobs and records their results.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use service_kit::{clock::Clock, metrics::Sample};
use tokio::time::sleep;

/// Why a run failed, for the log.
pub(crate) type JobError = Box<dyn std::error::Error + Send + Sync>;

/// Work that is repeated in the background.
pub(crate) trait Job: Send {
    /// The name, its interval and its metrics.
    const SPEC: JobSpec;

    /// Does the work once.
    fn run(&mut self) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Waits until the next run.
    fn wait(&mut self) -> impl Future<Output = ()> + Send {
        sleep(Self::SPEC.interval)
    }
}

/// The constants of a job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobSpec {
    /// Its name in log lines and in `/metrics`.
    pub(crate) name: &'static str,
    /// The time between two runs.
    pub(crate) interval: Duration,
    /// Whether it runs at the start, before the first wait.
    pub(crate) at_start: bool,
    /// The name of the metric that shows the last run.
    pub(crate) last_run_metric: &'static str,
    /// The name of the metric that counts failed runs.
    pub(crate) failures_metric: &'static str,
    /// The name of the metric that is 1 while the last run failed.
    pub(crate) failing_metric: &'static str,
}

/// The results of one job.
#[derive(Debug)]
pub(crate) struct JobStatus {
    spec: JobSpec,
    last_run: AtomicI64,
    failures: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl JobStatus {
    /// The error of the last run; `None` if it succeeded.
    pub(crate) fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its metrics.
    pub(crate) fn samples(&self) -> [Sample; 3] {
        #[expect(clippy::cast_precision_loss, reason = "a value to look at")]
        let last_run = self.last_run.load(Ordering::Relaxed) as f64;
        let failures = self.failures.load(Ordering::Relaxed);
        let failing = self.last_error().is_some();
        let JobSpec { last_run_metric, failures_metric, failing_metric, .. } = self.spec;
        [
            Sample::gauge(
                last_run_metric,
                "When the job last ran, in seconds since 1970",
                last_run,
            ),
            Sample::counter(failures_metric, "Runs of the job that failed", failures),
            Sample::flag(failing_metric, "Whether the last run of the job failed", failing),
        ]
    }

    fn record(&self, now: i64, result: Result<(), JobError>) {
        self.last_run.store(now, Ordering::Relaxed);
        let error = result.err().map(|error| error.to_string());
        let mut last_error = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        let JobSpec { name, .. } = self.spec;
        match (&*last_error, &error) {
            (None, Some(error)) => tracing::warn!(job = name, error, "a background job failed"),
            (Some(before), Some(error)) if before != error => {
                tracing::warn!(job = name, error, "a background job still fails");
            }
            (Some(_), None) => tracing::info!(job = name, "a background job works again"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if error.is_some() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        *last_error = error;
    }
}

/// The statuses of all jobs. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct JobStatuses(Arc<Mutex<Vec<Arc<JobStatus>>>>);

impl JobStatuses {
    /// Adds a job.
    pub(crate) fn add(&self, spec: JobSpec) -> Arc<JobStatus> {
        let status = Arc::new(JobStatus {
            spec,
            last_run: AtomicI64::new(0),
            failures: AtomicU64::new(0),
            last_error: Mutex::default(),
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&status));
        status
    }

    /// The metrics of all jobs.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let statuses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        statuses.iter().flat_map(|status| status.samples()).collect()
    }
}

/// Runs a job for as long as the service runs.
pub(crate) async fn run_job<J: Job>(status: Arc<JobStatus>, clock: Clock, mut job: J) {
    if !J::SPEC.at_start {
        job.wait().await;
    }
    loop {
        let result = job.run().await;
        status.record(clock.seconds(), result);
        job.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: JobSpec = JobSpec {
        name: "test",
        interval: Duration::from_secs(60),
        at_start: false,
        last_run_metric: "job_test_last_run_timestamp_seconds",
        failures_metric: "job_test_failures",
        failing_metric: "job_test_failing",
    };

    /// Fails in its second run.
    struct Flaky(Arc<AtomicU64>);

    impl Job for Flaky {
        const SPEC: JobSpec = SPEC;

        async fn run(&mut self) -> Result<(), JobError> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                1 => Err("it fails".into()),
                _ => Ok(()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_runs_once_each_interval_also_after_a_failure_and_remembers_its_last_error() {
        let (runs, statuses) = (Arc::new(AtomicU64::new(0)), JobStatuses::default());
        let (status, clock) = (statuses.add(SPEC), Clock::system());
        let running = tokio::spawn(run_job(Arc::clone(&status), clock, Flaky(Arc::clone(&runs))));
        for (seconds, expected, error) in
            [(59, 0, None), (2, 1, None), (60, 2, Some("it fails")), (60, 3, None)]
        {
            sleep(Duration::from_secs(seconds)).await;
            assert_eq!(runs.load(Ordering::Relaxed), expected);
            assert_eq!(status.last_error().as_deref(), error, "after {expected} runs");
        }
        assert_eq!(status.failures.load(Ordering::Relaxed), 1);
        assert!(status.last_run.load(Ordering::Relaxed) > 0);
        assert_eq!(statuses.samples().len(), 3);
        running.abort();
    }
}
