//! Sends the mails of the outbox.

use std::time::Duration;

use actix_web::web::Data;
use tokio::time::sleep;

use super::runner::{Job, JobError, JobSpec};
use crate::{mail::Delivery, state::State};

/// The mails in the outbox are counted for `/metrics` in every fifth run.
const COUNT_EVERY: u32 = 5;

pub(super) struct OutboxJob {
    state: Data<State>,
    delivery: Delivery,
    runs: u32,
}

impl OutboxJob {
    pub(super) fn new(state: &Data<State>) -> Self {
        let State { mailer, database, clock, settings, refused_calls, .. } = &***state;
        let delivery = Delivery {
            mailer: mailer.clone(),
            database: database.clone(),
            clock: clock.clone(),
            limits: settings.limits.of_mails.clone(),
            refused_calls: refused_calls.clone(),
        };
        Self { state: state.clone(), delivery, runs: 0 }
    }
}

impl Job for OutboxJob {
    const SPEC: JobSpec = JobSpec {
        name: "outbox",
        // Mails of this process are sent at once; mails of another process and further tries are sent at this interval.
        interval: Duration::from_secs(1),
        at_start: true,
    };

    async fn run(&mut self) -> Result<(), JobError> {
        if !self.state.mailer.is_on() {
            return Ok(());
        }
        let sent = self.delivery.run().await;
        if self.runs.is_multiple_of(COUNT_EVERY) {
            self.delivery.count().await?;
        }
        self.runs = self.runs.wrapping_add(1);
        Ok(sent?)
    }

    async fn wait(&mut self) {
        tokio::select! {
            () = sleep(Self::SPEC.interval) => {}
            () = self.state.mailer.woken() => {}
        }
    }
}
