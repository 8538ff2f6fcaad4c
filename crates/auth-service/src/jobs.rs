//! What runs in the background, each for as long as the service does.

use std::time::Duration;

use actix_web::web::Data;

use crate::{accounts::hashing::census, sessions::Purge, state::State, store, tokens::Rotation};

/// How often the key table is read: a retired key stops within that everywhere.
const RELOAD_KEYS_EVERY: Duration = Duration::from_secs(1);

/// How often what is over is forgotten.
const PURGE_EVERY: Duration = Duration::from_secs(60);

/// Interval at which the counts of stored hashes are read, and made again when they are old.
const COUNT_HASHES_EVERY: Duration = Duration::from_secs(60);

/// How long a verifier that is heard of no more is remembered, in seconds.
const VERIFIERS_KEPT: i64 = 86_400;

/// Reads the key table, makes keys by age and forgets those that are over.
pub(crate) async fn keep_keys(state: Data<State>, rotation: Rotation) {
    let age = state.settings.key_rotation.and_then(|age| i64::try_from(age.as_secs()).ok());
    loop {
        tokio::time::sleep(RELOAD_KEYS_EVERY).await;
        if let Err(error) = rotation.tend(age, state.now()).await {
            tracing::warn!(%error, "keys could not be tended");
        }
        if let Err(error) = state.keyring.reload().await {
            tracing::warn!(%error, "keys could not be read again");
        }
    }
}

/// Keeps the counts of stored hashes by what they cost.
pub(crate) async fn count_hashes(state: Data<State>) {
    loop {
        if let Err(error) = census::refresh(&state.database, &state.hasher, state.now()).await {
            tracing::warn!(%error, "stored password hashes could not be counted");
        }
        tokio::time::sleep(COUNT_HASHES_EVERY).await;
    }
}

/// Deletes what is over: sessions, revocations, reports of verifiers.
pub(crate) async fn forget(state: Data<State>) {
    let mut purge = Purge::default();
    loop {
        tokio::time::sleep(PURGE_EVERY).await;
        let now = state.now();
        let feed = state.feed.clone();
        // It takes milliseconds where the feed is large.
        if tokio::task::spawn_blocking(move || feed.prune(now)).await.is_err() {
            tracing::warn!("the revocation feed could not be pruned");
        }
        let stale = now - VERIFIERS_KEPT;
        let forgotten =
            state.database.write(move |connection| store::verifiers::purge(connection, stale));
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "verifiers could not be forgotten");
        }
        match purge.run(&state.database, now).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "forgot what is over"),
            Err(error) => tracing::warn!(%error, "what is over could not be forgotten"),
        }
    }
}
