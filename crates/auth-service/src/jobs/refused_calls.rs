//! Writes the audit entries of refused calls.

use std::time::Duration;

use actix_web::web::Data;

use super::runner::{Job, JobError, JobSpec};
use crate::state::State;

pub(super) struct RefusedCallsJob {
    pub(super) state: Data<State>,
}

impl Job for RefusedCallsJob {
    const SPEC: JobSpec = JobSpec {
        name: "audit_refusals",
        // Together with the time of the write, an entry is in the log within a second.
        interval: Duration::from_millis(500),
        at_start: false,
    };

    async fn run(&mut self) -> Result<(), JobError> {
        let State { refused_calls, database, clock, .. } = &**self.state;
        Ok(refused_calls.flush(database, clock.now_micros()).await?)
    }
}
