//! Counts the stored hashes by cost, for [`HashCostDistribution`].
//!
//! One process walks over the table and stores the counts for all processes, so that all choose the same cost for the
//! same missing account.

use std::time::{Duration, Instant};

use database::{Database, DatabaseError};

use super::{HashCostDistribution, PasswordHasher};
use crate::store;

/// The name of the counts in the table `shared_values`.
pub const NAME: &str = "password_hash_mix";

/// Counts older than this, in seconds, are replaced.
const MAX_AGE_SECONDS: i64 = 600;

/// Number of hashes read at once: a few milliseconds of one connection.
const PAGE: i64 = 500;

/// After each page the walk pauses for this many times the page's duration, but for at most one second: about 1 % of
/// one connection while a page takes less than 10 ms.
const PAUSE_FACTOR: u32 = 100;

/// Gives the hasher the stored counts. If they are old and no other process is counting, counts again.
///
/// # Errors
/// When the database is unavailable; the hasher keeps the counts that it has.
pub async fn refresh(
    database: &Database,
    hasher: &PasswordHasher,
    now: i64,
) -> Result<(), DatabaseError> {
    let stored = database.read(|connection| store::shared_values::get(connection, NAME)).await?;
    let (counted_at, distribution) =
        stored.as_deref().map_or((None, HashCostDistribution::default()), read);
    let text = distribution.to_text();
    hasher.set_cost_distribution(distribution);
    // A time in the future comes from another machine's clock, or our own clock was set back.
    if counted_at.is_some_and(|at| (now - MAX_AGE_SECONDS..=now + MAX_AGE_SECONDS).contains(&at)) {
        return Ok(());
    }
    // The process that replaces the stored value with the current time first does the counting.
    let claim = format!("{now}\n{text}");
    if !replace(database, stored, claim.clone()).await? {
        return Ok(());
    }
    let distribution = count(database).await?;
    if distribution.unusable() > 0 {
        tracing::warn!(
            accounts = distribution.unusable(),
            "stored password hashes have an unsupported format; their users cannot sign in"
        );
    }
    replace(database, Some(claim), format!("{now}\n{}", distribution.to_text())).await?;
    hasher.set_cost_distribution(distribution);
    Ok(())
}

fn read(text: &str) -> (Option<i64>, HashCostDistribution) {
    let (time, counts) = text.split_once('\n').unwrap_or((text, ""));
    (time.parse().ok(), HashCostDistribution::from_text(counts))
}

async fn replace(
    database: &Database,
    old: Option<String>,
    new: String,
) -> Result<bool, DatabaseError> {
    let written = database.write(move |connection| {
        store::shared_values::replace(connection, NAME, old.as_deref(), &new)
    });
    match written.await {
        // Another process has inserted the first value.
        Err(DatabaseError::Conflict(_)) => Ok(false),
        written => written,
    }
}

async fn count(database: &Database) -> Result<HashCostDistribution, DatabaseError> {
    let (mut distribution, mut last) = (HashCostDistribution::default(), String::new());
    loop {
        let began = Instant::now();
        let page = database
            .read(move |connection| store::users::password_hashes_after(connection, &last, PAGE));
        let page = page.await?;
        for (_, hash) in &page {
            distribution.add(hash);
        }
        let full = i64::try_from(page.len()).is_ok_and(|read| read == PAGE);
        match page.into_iter().next_back() {
            Some((id, _)) if full => last = id,
            _ => return Ok(distribution),
        }
        let pause = (began.elapsed() * PAUSE_FACTOR).min(Duration::from_secs(1));
        tokio::time::sleep(pause).await;
    }
}
