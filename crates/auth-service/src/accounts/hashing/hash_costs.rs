//! Counts the stored hashes by cost, for [`HashCostDistribution`].
//!
//! One process reads the whole table and stores the counts for all processes, so that all choose the same cost for the
//! same missing account. While it counts, it renews the time in the stored value, so that no other process begins.

use std::time::{Duration, Instant};

use database::{Database, DatabaseError};
use service_kit::unix_time::UnixSeconds;

use super::{HashCostDistribution, PasswordHasher};
use crate::store;

/// The name of the counts in the table `shared_values`.
pub const NAME: &str = "password_hash_mix";

/// Counts older than this are replaced.
const MAX_AGE: Duration = Duration::from_secs(600);

/// How often a process that counts renews its claim.
const RENEW_INTERVAL: Duration = Duration::from_secs(60);

/// Number of hashes read at once: a few milliseconds of one connection.
const PAGE: i64 = 500;

/// After each page the job pauses for this many times the page's duration, but at most for one second. So it uses about
/// 1 % of one connection if a page takes less than 10 ms.
const PAUSE_FACTOR: u32 = 100;

/// Gives the stored counts to the hasher. If they are old and no other process is counting, counts again.
///
/// # Errors
/// When the database is unavailable; the hasher keeps the counts that it has.
pub async fn refresh(
    database: &Database,
    hasher: &PasswordHasher,
    now: UnixSeconds,
) -> Result<(), DatabaseError> {
    let stored = database.read(|connection| store::shared_values::get(connection, NAME)).await?;
    let StoredCounts { counted_at, distribution } =
        stored.as_deref().map(StoredCounts::parse).unwrap_or_default();
    let text = distribution.to_text();
    hasher.set_cost_distribution(distribution);
    // The time may be in the future: by another machine's clock, or because our own clock was set back.
    if counted_at.is_some_and(|at| now.abs_diff(at) <= MAX_AGE) {
        return Ok(());
    }
    // The process that replaces the stored value with the current time first does the counting.
    let mut claim = Claim { database, stored, counts: text, now, began: Instant::now() };
    if !claim.renew().await? {
        return Ok(());
    }
    let Some(distribution) = count(&mut claim).await? else { return Ok(()) };
    if distribution.unusable() > 0 {
        tracing::warn!(
            accounts = distribution.unusable(),
            "stored password hashes have an unsupported format; their users cannot sign in"
        );
    }
    claim.counts = distribution.to_text();
    claim.renew().await?;
    hasher.set_cost_distribution(distribution);
    Ok(())
}

/// The right of this process to count: the stored value is the one that it wrote last.
struct Claim<'a> {
    database: &'a Database,
    /// The stored value.
    stored: Option<String>,
    /// The counts to store: those of before, until the new ones are complete.
    counts: String,
    /// The time at `began`.
    now: UnixSeconds,
    began: Instant,
}

impl Claim<'_> {
    /// Stores the counts with the present time. `false` if another process has the claim.
    async fn renew(&mut self) -> Result<bool, DatabaseError> {
        let new = format!("{}\n{}", self.now + self.began.elapsed(), self.counts);
        let is_ours = replace(self.database, self.stored.clone(), new.clone()).await?;
        self.stored = Some(new);
        Ok(is_ours)
    }
}

/// The counts that all processes share.
#[derive(Default)]
struct StoredCounts {
    /// The time of the count.
    counted_at: Option<UnixSeconds>,
    distribution: HashCostDistribution,
}

impl StoredCounts {
    fn parse(text: &str) -> Self {
        let (time, counts) = text.split_once('\n').unwrap_or((text, ""));
        let counted_at = time.parse().ok().map(UnixSeconds::new);
        Self { counted_at, distribution: HashCostDistribution::from_text(counts) }
    }
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

/// `None` if another process took the claim over.
async fn count(claim: &mut Claim<'_>) -> Result<Option<HashCostDistribution>, DatabaseError> {
    let (mut distribution, mut last) = (HashCostDistribution::default(), None);
    let mut renewed = Instant::now();
    loop {
        if renewed.elapsed() >= RENEW_INTERVAL {
            if !claim.renew().await? {
                return Ok(None);
            }
            renewed = Instant::now();
        }
        let began = Instant::now();
        let page = claim.database.read(move |connection| {
            store::users::password_hashes_after(connection, last.as_ref(), PAGE)
        });
        let page = page.await?;
        for stored in &page {
            distribution.add(stored.password_hash.as_str());
        }
        let full = i64::try_from(page.len()).is_ok_and(|read| read == PAGE);
        match page.into_iter().next_back() {
            Some(stored) if full => last = Some(stored.user_id),
            _ => return Ok(Some(distribution)),
        }
        let pause = (began.elapsed() * PAUSE_FACTOR).min(Duration::from_secs(1));
        tokio::time::sleep(pause).await;
    }
}
