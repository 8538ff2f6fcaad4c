//! Rotates keys so that no valid token is rejected. A key is published, activated after a wait, kept for verification,
//! and deleted.
//!
//! The wait is the time for which verifiers may keep the key set (`jwks_max_age`). Verifiers that report that they do
//! not have the new key extend the wait to at most three times that time. A key whose file no running service can load
//! is delayed without limit; the previous key signs meanwhile.

use std::time::Duration;

use database::{AnyConnection, Database, DatabaseError};
use service_kit::{clock::Clock, timestamp::Timestamp, unix_time::UnixSeconds};

use super::{
    KeyFolder, SigningKey, SigningKeyUnavailable, activation_delay,
    keyring::LATE_SIGNATURE_INTERVAL,
    schedule::{schedule, stops_at},
};
use crate::{
    audit::{self, Actor, Entry, Event, RequestContext},
    lifetimes::{CLOCK_SKEW, Lifetimes},
    store::{self, Transaction, keys::KeyRow},
};

/// The times of keys are whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// Creates, retires, delays and deletes keys: for the background job and for the command line.
#[derive(Clone, Debug)]
pub struct KeyRotation {
    /// The database with the states of the keys.
    pub database: Database,
    /// The folder with their files.
    pub folder: KeyFolder,
    /// Size of new keys, in bits.
    pub bits: usize,
    /// The lifetimes from which the schedule is computed.
    pub lifetimes: Lifetimes,
    /// Who changes keys: an operator or the background job.
    pub actor: Actor,
    /// The time of their audit entries.
    pub clock: Clock,
}

impl KeyRotation {
    /// Makes a new key and returns its row. It is active at once if there is no other key.
    ///
    /// With `older_than`, makes one only if the newest key was made before that time, otherwise returns `None`.
    ///
    /// # Errors
    /// When database or folder cannot be written.
    pub async fn rotate(
        &self,
        now: UnixSeconds,
        older_than: Option<UnixSeconds>,
    ) -> Result<Option<KeyRow>, SigningKeyUnavailable> {
        let key = self.make_file().await?;
        let wait = self.lifetimes.jwks_max_age + CLOCK_SKEW;
        let new = KeyRow::new(key.kid(), key.modulus(), now);
        let context = self.context();
        let inserted = audit::transaction(&self.database, move |transaction| {
            let Some(row) = insert(transaction, &new, wait, older_than)? else { return Ok(None) };
            transaction.audit(created_entry(&context, &row))?;
            Ok(Some(row))
        });
        let inserted = inserted.await.map_err(SigningKeyUnavailable::new)?;
        if inserted.is_none() {
            self.folder.remove(key.kid()).map_err(SigningKeyUnavailable::new)?;
        }
        Ok(inserted)
    }

    /// Makes a key and its file. No service uses the key before it is in the table.
    async fn make_file(&self) -> Result<SigningKey, SigningKeyUnavailable> {
        let (folder, bits) = (self.folder.clone(), self.bits);
        let made = tokio::task::spawn_blocking(move || {
            let pem = SigningKey::generate_pem(bits).map_err(SigningKeyUnavailable::new)?;
            folder.store(&pem).map_err(SigningKeyUnavailable::new)
        });
        made.await.map_err(SigningKeyUnavailable::new)?
    }

    /// Retires a key: it is removed from the key set at once. If no other key is left, a new one takes its place in the
    /// same transaction. `false` if there is no such key.
    ///
    /// # Errors
    /// When database or folder cannot be written.
    pub async fn retire(&self, kid: &str, now: UnixSeconds) -> Result<bool, SigningKeyUnavailable> {
        // Made before anything is changed: it takes seconds, in which nothing could sign.
        let successor =
            if self.is_only_live(kid).await? { Some(self.make_file().await?) } else { None };
        let row = successor.as_ref().map(|key| KeyRow::new(key.kid(), key.modulus(), now));
        let (id, context) = (kid.to_owned(), self.context());
        let retired = audit::transaction(&self.database, move |transaction| {
            retire_in(transaction, &id, row.as_ref(), now, &context)
        });
        let Retired { is_done, has_successor } =
            retired.await.map_err(SigningKeyUnavailable::new)?;
        if let Some(key) = successor.filter(|_| !has_successor) {
            self.folder.remove(key.kid()).map_err(SigningKeyUnavailable::new)?;
        }
        if is_done {
            self.folder.remove(kid).map_err(SigningKeyUnavailable::new)?;
        }
        // Another command may have retired the last other key at the same moment.
        let rows =
            self.database.read(store::keys::all).await.map_err(SigningKeyUnavailable::new)?;
        if is_done && rows.iter().all(|row| row.retired_at.is_some()) {
            self.rotate(now, None).await?;
        }
        Ok(is_done)
    }

    async fn is_only_live(&self, kid: &str) -> Result<bool, SigningKeyUnavailable> {
        let rows =
            self.database.read(store::keys::all).await.map_err(SigningKeyUnavailable::new)?;
        let mut live = rows.iter().filter(|row| row.retired_at.is_none());
        Ok(live.next().is_some_and(|row| row.kid == kid) && live.next().is_none())
    }

    /// How many live sessions end when a key is retired: those whose refresh token it signed. `None` if there is no
    /// such key, or it is already retired.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count_sessions_signed_by(
        &self,
        kid: &str,
        now: UnixSeconds,
    ) -> Result<Option<i64>, SigningKeyUnavailable> {
        let kid = kid.to_owned();
        let counted = self.database.read(move |connection| {
            let rows = store::keys::all(connection)?;
            let live: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
            let Some(index) = live.iter().position(|row| row.kid == kid) else { return Ok(None) };
            // The key that was active at a session's last rotation signed its refresh token.
            let key = live[index];
            // A late signature is recorded at most once in each interval.
            let unrecorded_time = if key.last_late_signature_at.is_some() {
                LATE_SIGNATURE_INTERVAL
            } else {
                Duration::ZERO
            };
            let until = stops_at(key, &live[index + 1..]).map(|at| at + unrecorded_time);
            store::key_usage::live_sessions(connection, key.activates_at, until, now).map(Some)
        });
        counted.await.map_err(SigningKeyUnavailable::new)
    }

    /// The work of the background job: delays the activation of a key that a verifier does not have, makes a new key
    /// when the newest one is older than `age`, and deletes keys that are no longer needed.
    ///
    /// # Errors
    /// When database or folder cannot be used; the next run tries again.
    pub async fn maintain(
        &self,
        age: Option<Duration>,
        now: UnixSeconds,
    ) -> Result<(), SigningKeyUnavailable> {
        let rows =
            self.database.read(store::keys::all).await.map_err(SigningKeyUnavailable::new)?;
        activation_delay::delay_activation(&self.database, &self.lifetimes, &rows, now).await?;
        let newest =
            rows.iter().filter(|row| row.retired_at.is_none()).map(|row| row.created_at).max();
        if let (Some(age), Some(newest)) = (age, newest)
            && newest + age <= now
            && let Some(key) = self.rotate(now, Some(now - age + SECOND)).await?
        {
            tracing::info!(
                kid = key.kid,
                activates_at = %key.activates_at,
                "signing key created: the newest one reached its maximum age"
            );
        }
        for kid in schedule(&rows, &self.lifetimes, now).expired {
            // The file goes first: if that fails, the row is still there, and the next run tries again.
            self.folder.remove(&kid).map_err(SigningKeyUnavailable::new)?;
            let (id, entry) = (kid.clone(), self.context().done(Event::KeyDeleted));
            let removed = audit::transaction(&self.database, move |transaction| {
                let removed = store::keys::remove(transaction, &id)?;
                if removed {
                    transaction.audit(entry.clone().about_key(&id))?;
                }
                Ok(removed)
            });
            if removed.await.map_err(SigningKeyUnavailable::new)? {
                tracing::info!(kid, "expired signing key deleted");
            }
        }
        Ok(())
    }

    fn context(&self) -> RequestContext {
        RequestContext::without_request(self.actor.clone(), self.clock.now_micros())
    }
}

fn insert(
    connection: &mut AnyConnection,
    new: &KeyRow,
    wait: Duration,
    older_than: Option<UnixSeconds>,
) -> Result<Option<KeyRow>, DatabaseError> {
    store::keys::lock(connection)?;
    let rows = store::keys::all(connection)?;
    let live: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
    let too_young = |time| live.iter().any(|row| row.created_at >= time);
    if older_than.is_some_and(too_young) {
        return Ok(None);
    }
    let wait = if live.is_empty() { Duration::ZERO } else { wait };
    let row = KeyRow { activates_at: new.created_at + wait, ..new.clone() };
    store::keys::insert(connection, &row)?;
    Ok(Some(row))
}

/// What [`retire_in`] did.
struct Retired {
    /// There was such a key.
    is_done: bool,
    /// The successor was inserted.
    has_successor: bool,
}

/// Retires a key. Inserts the successor, active at once, if no other key is left.
fn retire_in(
    transaction: &mut Transaction<'_>,
    kid: &str,
    successor: Option<&KeyRow>,
    now: UnixSeconds,
    context: &RequestContext,
) -> Result<Retired, DatabaseError> {
    store::keys::lock(transaction)?;
    if !store::keys::retire(transaction, kid, now)? {
        return Ok(Retired { is_done: false, has_successor: false });
    }
    transaction.audit(context.done(Event::KeyRetired).about_key(kid))?;
    let is_last = store::keys::all(transaction)?.iter().all(|row| row.retired_at.is_some());
    let Some(row) = successor.filter(|_| is_last) else {
        return Ok(Retired { is_done: true, has_successor: false });
    };
    store::keys::insert(transaction, row)?;
    transaction.audit(created_entry(context, row))?;
    Ok(Retired { is_done: true, has_successor: true })
}

/// The audit entry of a new key.
pub(super) fn created_entry(context: &RequestContext, key: &KeyRow) -> Entry {
    let activates_at = Timestamp::from(key.activates_at).to_string();
    context.done(Event::KeyCreated).about_key(&key.kid).with("activates_at", activates_at)
}
