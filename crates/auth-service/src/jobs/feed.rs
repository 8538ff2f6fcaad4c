//! Keeps the revocation feed in memory up to date with its table.

use actix_web::web::Data;
use tokio::time::Instant;

use super::runner::{Job, JobError, JobSpec};
use crate::{
    sessions::feed::{Feed, POLL_INTERVAL},
    state::State,
};

pub(super) struct FeedJob {
    feed: Feed,
    began: Instant,
}

impl FeedJob {
    pub(super) fn new(state: &Data<State>) -> Self {
        Self { feed: state.feed.clone(), began: Instant::now() }
    }
}

impl Job for FeedJob {
    const SPEC: JobSpec =
        JobSpec { name: "revocation_feed", interval: POLL_INTERVAL, at_start: true };

    async fn run(&mut self) -> Result<(), JobError> {
        self.began = Instant::now();
        Ok(self.feed.update().await?)
    }

    /// Waits for the interval, or until this process writes a revocation.
    async fn wait(&mut self) {
        self.feed.wait_for_change(self.began).await;
    }
}
