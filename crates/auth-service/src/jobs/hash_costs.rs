//! Updates the counts of stored password hashes by cost.

use std::time::Duration;

use actix_web::web::Data;

use super::runner::{Job, JobError, JobSpec};
use crate::{accounts::hashing::hash_costs, state::State};

pub(super) struct HashCostsJob {
    pub(super) state: Data<State>,
}

impl Job for HashCostsJob {
    const SPEC: JobSpec = JobSpec {
        name: "hash_costs",
        // Each run reads the stored counts; it counts again only if they are old.
        interval: Duration::from_secs(60),
        at_start: true,
    };

    async fn run(&mut self) -> Result<(), JobError> {
        let State { database, passwords, .. } = &**self.state;
        Ok(hash_costs::refresh(database, passwords.hasher(), self.state.now()).await?)
    }
}
