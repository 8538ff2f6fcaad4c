//! Runs background jobs and records their results.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use service_kit::{
    clock::Clock,
    metrics::{Sample, SampleValue},
    unix_time::UnixSeconds,
};
use tokio::time::sleep;

/// Why a run failed, for the log.
pub(crate) type JobError = Box<dyn std::error::Error + Send + Sync>;

/// Work that is repeated in the background.
pub(crate) trait Job: Send {
    /// The name and the interval.
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
    /// The name in log lines and metrics.
    pub(crate) name: &'static str,
    /// The time between two runs.
    pub(crate) interval: Duration,
    /// Whether it runs at the start, before the first wait.
    pub(crate) at_start: bool,
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

    fn record(&self, now: UnixSeconds, result: Result<(), JobError>) {
        self.last_run.store(now.as_i64(), Ordering::Relaxed);
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
pub(crate) struct JobStatuses(Arc<Mutex<Vec<Arc<JobStatus>>>>);

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

    /// What `/metrics` shows of all jobs.
    #[expect(clippy::cast_precision_loss, reason = "values to look at")]
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let statuses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Not `job`: Prometheus gives that label to the service itself.
        let gauges = |name, help, value: fn(&JobStatus) -> f64| {
            let values = statuses.iter().map(|status| (status.spec.name, value(status))).collect();
            Sample { name, help, value: SampleValue::Gauges("task", values) }
        };
        let failures = |status: &Arc<JobStatus>| status.failures.load(Ordering::Relaxed);
        let failures = statuses.iter().map(|status| (status.spec.name, failures(status))).collect();
        vec![
            gauges(
                "job_last_run_timestamp_seconds",
                "When the background job last ran, in seconds since 1970; 0 before its first run",
                |status| status.last_run.load(Ordering::Relaxed) as f64,
            ),
            gauges(
                "job_interval_seconds",
                "The time between two runs of the background job",
                |status| status.spec.interval.as_secs_f64(),
            ),
            gauges("job_failing", "Whether the background job's last run failed", |status| {
                f64::from(u8::from(status.last_error().is_some()))
            }),
            Sample {
                name: "job_failures",
                help: "Runs of the background job that failed",
                value: SampleValue::Counters("task", failures),
            },
        ]
    }
}

/// Runs a job for as long as the service runs.
pub(crate) async fn run_job<J: Job>(status: Arc<JobStatus>, clock: Clock, mut job: J) {
    if !J::SPEC.at_start {
        job.wait().await;
    }
    loop {
        let result = job.run().await;
        status.record(clock.now(), result);
        job.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: JobSpec =
        JobSpec { name: "test", interval: Duration::from_secs(60), at_start: false };

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
        assert_eq!(statuses.samples().len(), 4);
        running.abort();
    }
}
