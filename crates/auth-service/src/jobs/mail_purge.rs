//! Deletes accounts whose address was never proven, expired links, and old mails.

use std::time::Duration;

use actix_web::web::Data;

use super::runner::{Job, JobError, JobSpec};
use crate::{accounts::remove_unproven, audit::RequestContext, mail::purge, state::State};

pub(super) struct MailPurgeJob {
    pub(super) state: Data<State>,
}

impl Job for MailPurgeJob {
    const SPEC: JobSpec =
        JobSpec { name: "mail_purge", interval: Duration::from_secs(60), at_start: false };

    async fn run(&mut self) -> Result<(), JobError> {
        let State { database, clock, mailer, .. } = &**self.state;
        purge(database, clock.now()).await?;
        let (policy, context) =
            (mailer.settings().policy(), RequestContext::system(clock.now_micros()));
        let removed = remove_unproven(database, &policy, &context).await?;
        if removed > 0 {
            tracing::info!(removed, "accounts whose address was never proven were removed");
            self.state.feed.notify_written();
        }
        Ok(())
    }
}
