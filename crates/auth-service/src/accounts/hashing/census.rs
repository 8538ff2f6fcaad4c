//! Counts the stored hashes by what they cost, for [`HashMix`].
//!
//! One process walks over the table and writes the counts down for all, so that all draw alike.

use std::time::{Duration, Instant};

use database::{Database, DatabaseError};

use super::{HashMix, PasswordHasher};
use crate::store;

/// The name among the shared values.
pub const NAME: &str = "password_hash_mix";

/// Counts older than this, in seconds, are made again.
const EVERY: i64 = 600;

/// Hashes read at once: a few milliseconds of one connection.
const PAGE: i64 = 500;

/// After a page the walk rests so many times as long as the page took, so that it takes a hundredth of one
/// connection at most.
const REST: u32 = 100;

/// Gives the hasher the newest counts, and makes new ones if they are old and no other process is at it.
///
/// # Errors
/// When the database is away; the hasher goes on with what it has.
pub async fn refresh(
    database: &Database,
    hasher: &PasswordHasher,
    now: i64,
) -> Result<(), DatabaseError> {
    let stored = database.read(|connection| store::shared_values::get(connection, NAME)).await?;
    let (counted_at, mix) = stored.as_deref().map_or((None, HashMix::default()), read);
    let text = mix.to_text();
    hasher.use_mix(mix);
    // A time in the future is another machine's clock, or ours was set back.
    if counted_at.is_some_and(|at| (now - EVERY..=now + EVERY).contains(&at)) {
        return Ok(());
    }
    // The first to write the present time is the one that counts.
    let claim = format!("{now}\n{text}");
    if !replace(database, stored, claim.clone()).await? {
        return Ok(());
    }
    let mix = count(database).await?;
    if mix.unusable() > 0 {
        tracing::warn!(
            accounts = mix.unusable(),
            "stored password hashes have an unsupported format; their users cannot sign in"
        );
    }
    replace(database, Some(claim), format!("{now}\n{}", mix.to_text())).await?;
    hasher.use_mix(mix);
    Ok(())
}

fn read(text: &str) -> (Option<i64>, HashMix) {
    let (time, counts) = text.split_once('\n').unwrap_or((text, ""));
    (time.parse().ok(), HashMix::from_text(counts))
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
        // Another process made the first one.
        Err(DatabaseError::Conflict(_)) => Ok(false),
        written => written,
    }
}

async fn count(database: &Database) -> Result<HashMix, DatabaseError> {
    let (mut mix, mut last) = (HashMix::default(), String::new());
    loop {
        let began = Instant::now();
        let page = database
            .read(move |connection| store::users::password_hashes_after(connection, &last, PAGE));
        let page = page.await?;
        for (_, hash) in &page {
            mix.add(hash);
        }
        let full = i64::try_from(page.len()).is_ok_and(|read| read == PAGE);
        match page.into_iter().next_back() {
            Some((id, _)) if full => last = id,
            _ => return Ok(mix),
        }
        let rest = (began.elapsed() * REST).min(Duration::from_secs(1));
        tokio::time::sleep(rest).await;
    }
}
