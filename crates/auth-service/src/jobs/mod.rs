//! Background jobs. Each has a name and an interval; `/metrics` shows its last run and its failures.
//!
//! - `runner`: runs a job repeatedly, and records the results
//! - `outbox`, `mail_purge`, `feed`, `keys`, `purge`, `hash_costs`, `refused_calls`, `audit_retention`: the jobs

mod audit_retention;
mod feed;
mod hash_costs;
mod keys;
mod mail_purge;
mod outbox;
mod purge;
mod refused_calls;
mod runner;

use actix_web::web::Data;
use tokio::task::JoinHandle;

pub(crate) use self::runner::JobStatuses;
use self::{
    audit_retention::AuditRetentionJob,
    feed::FeedJob,
    hash_costs::HashCostsJob,
    keys::KeysJob,
    mail_purge::MailPurgeJob,
    outbox::OutboxJob,
    purge::PurgeJob,
    refused_calls::RefusedCallsJob,
    runner::{Job, run_job},
};
use crate::{sessions::Purge, state::State, tokens::KeyRotation};

/// Starts every job. They run until their tasks are aborted.
pub(crate) fn start(state: &Data<State>, rotation: KeyRotation) -> Vec<JoinHandle<()>> {
    vec![
        spawn(state, FeedJob::new(state)),
        spawn(state, KeysJob { state: state.clone(), rotation }),
        spawn(state, PurgeJob { state: state.clone(), purge: Purge::default() }),
        spawn(state, HashCostsJob { state: state.clone() }),
        spawn(state, RefusedCallsJob { state: state.clone() }),
        spawn(state, AuditRetentionJob { state: state.clone() }),
        spawn(state, OutboxJob::new(state)),
        spawn(state, MailPurgeJob { state: state.clone() }),
    ]
}

fn spawn<J: Job + 'static>(state: &State, job: J) -> JoinHandle<()> {
    tokio::spawn(run_job(state.jobs.add(J::SPEC), state.clock.clone(), job))
}
