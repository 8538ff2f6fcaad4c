//! Key rotation without a refused token: publish, wait, sign, keep, delete (RFC 7517).
//!
//! The wait is the time others may keep the key set. Verifiers that report what they hold can lengthen it, to be
//! sure, by twice that time at most: the wait is checked, and nobody can stall it. Only a key that no running
//! service can load waits for as long as that lasts: until then the key before it signs.

use database::{AnyConnection, Database, DatabaseError};

use super::{
    KeyFolder, SigningKey, SigningKeyUnavailable,
    keyring::REPORT_EVERY,
    schedule::{CLOCK_SKEW, schedule, stops_at},
};
use crate::{
    settings::Lifetimes,
    store::{self, keys::KeyRow, verifiers::VerifierRow},
};

/// How long before its time a key's activation is looked at, in seconds, and by how much it is put off at once.
const STEP: i64 = 10;

/// The work on keys: for the service's background task and for the command line.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Where the keys' states are.
    pub database: Database,
    /// Where their files are.
    pub folder: KeyFolder,
    /// Of new keys.
    pub bits: usize,
    /// What the schedule counts with.
    pub lifetimes: Lifetimes,
}

impl Rotation {
    /// Makes a new key. It signs from the returned time on: at once if no other can.
    ///
    /// With `older_than`, only if the newest key was made before that time; `None` if it was not.
    ///
    /// # Errors
    /// When database or folder cannot be written.
    pub async fn rotate(
        &self,
        now: i64,
        older_than: Option<i64>,
    ) -> Result<Option<KeyRow>, SigningKeyUnavailable> {
        let (folder, bits) = (self.folder.clone(), self.bits);
        let made = tokio::task::spawn_blocking(move || {
            let (_, pem) = SigningKey::generate(bits).map_err(away)?;
            folder.store(&pem).map_err(away)
        });
        let key = made.await.map_err(away)??;
        let wait = self.lifetimes.jwks_max_age + CLOCK_SKEW;
        let new = KeyRow::new(key.kid(), key.public_parts().0, now);
        let inserted = self
            .database
            .write(move |connection| insert(connection, &new, wait, older_than))
            .await
            .map_err(away)?;
        if inserted.is_none() {
            self.folder.remove(key.kid()).map_err(away)?;
        }
        Ok(inserted)
    }

    /// Takes a key out at once; where no other is left to sign, a new one is made. `false` if there is no such key.
    ///
    /// # Errors
    /// When database or folder cannot be written.
    pub async fn retire(&self, kid: &str, now: i64) -> Result<bool, SigningKeyUnavailable> {
        let id = kid.to_owned();
        let retired =
            self.database.write(move |connection| store::keys::retire(connection, &id, now));
        if !retired.await.map_err(away)? {
            return Ok(false);
        }
        self.folder.remove(kid).map_err(away)?;
        let rows = self.database.read(store::keys::all).await.map_err(away)?;
        if rows.iter().all(|row| row.retired_at.is_some()) {
            self.rotate(now, None).await?;
        }
        Ok(true)
    }

    /// How many live sessions end when a key is retired: those whose refresh token it signed. `None` if there is no
    /// such key, or it is retired.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sessions_of(
        &self,
        kid: &str,
        now: i64,
    ) -> Result<Option<i64>, SigningKeyUnavailable> {
        let kid = kid.to_owned();
        let counted = self.database.read(move |connection| {
            let rows = store::keys::all(connection)?;
            let live: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
            let Some(index) = live.iter().position(|row| row.kid == kid) else { return Ok(None) };
            // A session's refresh token is as old as its last rotation; the key of that time signed it.
            let key = live[index];
            let noted_late = if key.last_signed_at.is_some() { REPORT_EVERY } else { 0 };
            let until = stops_at(key, &live[index + 1..]).map(|at| at + noted_late);
            store::key_usage::live_sessions(connection, key.activates_at, until, now).map(Some)
        });
        counted.await.map_err(away)
    }

    /// What the background does: puts off the activation of a key that a verifier lacks, makes a new key when the
    /// newest is older than `age`, and deletes keys that are no longer needed.
    ///
    /// # Errors
    /// When database or folder cannot be used; the next time tries again.
    pub async fn maintain(&self, age: Option<i64>, now: i64) -> Result<(), SigningKeyUnavailable> {
        let rows = self.database.read(store::keys::all).await.map_err(away)?;
        self.delay_activation(&rows, now).await?;
        let newest =
            rows.iter().filter(|row| row.retired_at.is_none()).map(|row| row.created_at).max();
        if let (Some(age), Some(newest)) = (age, newest)
            && newest + age <= now
            && let Some(key) = self.rotate(now, Some(now - age + 1)).await?
        {
            tracing::info!(
                kid = key.kid,
                activates_at = key.activates_at,
                "signing key created: the newest one reached its maximum age"
            );
        }
        for kid in schedule(&rows, &self.lifetimes, now).over {
            let id = kid.clone();
            let removed =
                self.database.write(move |connection| store::keys::remove(connection, &id));
            if removed.await.map_err(away)? {
                tracing::info!(kid, "expired signing key deleted");
            }
            self.folder.remove(&kid).map_err(away)?;
        }
        Ok(())
    }

    async fn delay_activation(
        &self,
        rows: &[KeyRow],
        now: i64,
    ) -> Result<(), SigningKeyUnavailable> {
        let due = |row: &&KeyRow| {
            row.retired_at.is_none() && row.activates_at > now && row.activates_at - now <= STEP
        };
        for key in rows.iter().filter(due) {
            let later = if key.held_at.is_none() {
                tracing::warn!(
                    kid = key.kid,
                    "no running auth-service can load the new key's file: activation delayed"
                );
                key.activates_at + STEP
            } else {
                self.wait_for_verifiers(key, now).await?
            };
            if later == key.activates_at {
                continue;
            }
            let (id, from) = (key.kid.clone(), key.activates_at);
            let moved = self.database.write(move |connection| {
                store::keys::move_activation(connection, &id, from, later)
            });
            moved.await.map_err(away)?;
        }
        Ok(())
    }

    /// When a key signs: later than planned if a verifier lacks it, but not for ever.
    async fn wait_for_verifiers(
        &self,
        key: &KeyRow,
        now: i64,
    ) -> Result<i64, SigningKeyUnavailable> {
        let max_age = self.lifetimes.jwks_max_age;
        let latest = key.created_at + 3 * max_age + CLOCK_SKEW;
        let seen = now - max_age;
        let reports =
            self.database.read(move |connection| store::verifiers::since(connection, seen));
        let reports = reports.await.map_err(away)?;
        let lacking = lacking(&reports, &key.kid);
        let later = (key.activates_at + STEP).min(latest);
        // A key that waited for a service that can load it is past its latest time already.
        if lacking.is_empty() || later <= key.activates_at {
            return Ok(key.activates_at);
        }
        tracing::warn!(
            kid = key.kid,
            ?lacking,
            "verifiers do not have the new key yet: activation delayed"
        );
        Ok(later)
    }
}

fn insert(
    connection: &mut AnyConnection,
    new: &KeyRow,
    wait: i64,
    older_than: Option<i64>,
) -> Result<Option<KeyRow>, DatabaseError> {
    store::keys::lock(connection)?;
    let rows = store::keys::all(connection)?;
    let live: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
    let too_young = |time| live.iter().any(|row| row.created_at >= time);
    if older_than.is_some_and(too_young) {
        return Ok(None);
    }
    let wait = if live.is_empty() { 0 } else { wait };
    let row = KeyRow { activates_at: new.created_at + wait, ..new.clone() };
    store::keys::insert(connection, &row)?;
    Ok(Some(row))
}

/// The names of verifiers that do not hold the key.
fn lacking<'a>(reports: &'a [VerifierRow], kid: &str) -> Vec<&'a str> {
    let holds = |report: &&VerifierRow| !report.kids.split(' ').any(|held| held == kid);
    reports.iter().filter(holds).map(|report| report.name.as_str()).collect()
}

fn away(error: impl std::fmt::Display) -> SigningKeyUnavailable {
    SigningKeyUnavailable(error.to_string())
}
