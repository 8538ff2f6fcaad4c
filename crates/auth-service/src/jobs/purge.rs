//! Deletes expired sessions, revocations, and reports of verifiers.

use std::time::Duration;

use actix_web::web::Data;

use super::runner::{Job, JobError, JobSpec};
use crate::{sessions::Purge, state::State, tokens::purge_reports};

pub(super) struct PurgeJob {
    pub(super) state: Data<State>,
    pub(super) purge: Purge,
}

impl Job for PurgeJob {
    const SPEC: JobSpec = JobSpec {
        name: "purge",
        interval: Duration::from_secs(60),
        // Deleting expired rows is not urgent, and a start has more important work.
        at_start: false,
    };

    async fn run(&mut self) -> Result<(), JobError> {
        let State { database, feed, .. } = &**self.state;
        let (now, feed) = (self.state.now(), feed.clone());
        // It takes milliseconds if the feed is large, so it does not run on a thread that serves requests.
        tokio::task::spawn_blocking(move || feed.prune(now)).await?;
        let reports = purge_reports(database, now).await;
        // Each part runs even if the others have failed.
        let rows = self.purge.run(database, now).await?;
        if rows > 0 {
            tracing::debug!(rows, "deleted expired rows");
        }
        reports?;
        Ok(())
    }
}
