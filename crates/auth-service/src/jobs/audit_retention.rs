//! Deletes old audit entries, and removes addresses and user agents from entries before that.

use std::time::Duration;

use actix_web::web::Data;

use super::runner::{Job, JobError, JobSpec};
use crate::{audit::Retention, state::State};

pub(super) struct AuditRetentionJob {
    pub(super) state: Data<State>,
}

impl Job for AuditRetentionJob {
    const SPEC: JobSpec =
        JobSpec { name: "audit_retention", interval: Duration::from_secs(60), at_start: true };

    async fn run(&mut self) -> Result<(), JobError> {
        let State { database, settings, clock, .. } = &**self.state;
        let changed = Retention(settings.audit_retention).run(database, clock.now_micros()).await?;
        if changed > 0 {
            tracing::debug!(changed, "old audit entries deleted or cleared of addresses");
        }
        Ok(())
    }
}
