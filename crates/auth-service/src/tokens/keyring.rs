//! The keys in memory, kept up to date with the key table and the key folder.

mod assemble;
mod first_key;

use std::{fmt::Display, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use database::Database;
use service_kit::{clock::Clock, unix_time::UnixSeconds};

use self::assemble::{ActiveKey, assemble};
pub use self::assemble::{KeySnapshot, MissingKey};
use super::{KeyFolder, SigningKey, schedule::schedule};
use crate::{
    lifetimes::Lifetimes,
    store::{self, keys::KeyRow},
};

/// Interval at which a process that signs with an older key records this in the key table.
pub(super) const LATE_SIGNATURE_INTERVAL: Duration = Duration::from_secs(10);

/// There is no key to sign with, or keys cannot be read or written; the text is for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("keys: {0}")]
pub struct SigningKeyUnavailable(String);

impl SigningKeyUnavailable {
    pub(super) fn new(cause: impl Display) -> Self {
        Self(cause.to_string())
    }
}

/// The keys of this process. Cheap to clone; clones share the keys.
#[derive(Clone, Debug)]
pub struct Keyring {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keys: ArcSwap<KeySnapshot>,
    folder: KeyFolder,
    database: Database,
    clock: Clock,
    lifetimes: Lifetimes,
}

impl Keyring {
    /// Opens the keyring and makes the first key if there is none. If several processes do this at once on one database
    /// and one folder, all of them get the same key.
    ///
    /// # Errors
    /// When the database is unavailable, or the folder or a key in it cannot be used.
    pub async fn open(
        database: Database,
        folder: KeyFolder,
        bits: usize,
        clock: Clock,
        lifetimes: Lifetimes,
    ) -> Result<Self, SigningKeyUnavailable> {
        let inner = Inner { keys: ArcSwap::default(), folder, database, clock, lifetimes };
        first_key::ensure(&inner, bits).await?;
        let keyring = Self { inner: Arc::new(inner) };
        keyring.reload().await?;
        if keyring.keys().active.is_none() {
            tracing::error!("no signing key can be loaded");
        }
        Ok(keyring)
    }

    /// The key that signs now: the newest activated key that this process can load.
    ///
    /// # Errors
    /// When the file of no published key can be loaded.
    pub fn active(&self) -> Result<Arc<SigningKey>, SigningKeyUnavailable> {
        let keys = self.inner.keys.load();
        keys.active.as_ref().map(|active| Arc::clone(&active.key)).ok_or_else(|| {
            let causes: Vec<_> =
                keys.missing.iter().map(|missing| missing.cause.as_str()).collect();
            SigningKeyUnavailable(format!("there is no key to sign with; {}", causes.join("; ")))
        })
    }

    /// The activation of the active key.
    pub fn active_since(&self) -> Option<UnixSeconds> {
        self.inner.keys.load().active.as_ref().map(|active| active.since)
    }

    /// The id of the key that should sign instead of the active one, but cannot be loaded by this process.
    pub fn missing_newer_key(&self) -> Option<String> {
        self.inner.keys.load().active.as_ref()?.missing_newer_key.clone()
    }

    /// The keys as of now.
    pub fn keys(&self) -> Arc<KeySnapshot> {
        self.inner.keys.load_full()
    }

    /// Reads the table again, and the key files that are not loaded yet. Then records in the table, for other
    /// processes, the keys that were loaded, and whether an older key still signs.
    ///
    /// # Errors
    /// When the database is unavailable; then the keys stay as they are.
    pub async fn reload(&self) -> Result<(), SigningKeyUnavailable> {
        let Inner { keys, folder, database, clock, lifetimes } = self.inner.as_ref();
        let rows = database.read(store::keys::all).await.map_err(SigningKeyUnavailable::new)?;
        let now = clock.now();
        let before = keys.load();
        let after = assemble(&rows, &schedule(&rows, lifetimes, now), folder, &before.loaded);
        self.record_key_use(&rows, &after, now).await?;
        log_changes(&rows, &before, &after);
        keys.store(Arc::new(after));
        Ok(())
    }

    /// Records in the table the keys that no service had loaded before, and that this process still signs with an older
    /// key. Writes nothing if there is neither.
    async fn record_key_use(
        &self,
        rows: &[KeyRow],
        keys: &KeySnapshot,
        now: UnixSeconds,
    ) -> Result<(), SigningKeyUnavailable> {
        let is_new = |row: &&KeyRow| {
            row.first_loaded_at.is_none() && keys.loaded.iter().any(|key| key.kid() == row.kid)
        };
        for row in rows.iter().filter(is_new) {
            let kid = row.kid.clone();
            let recorded = self
                .inner
                .database
                .write(move |connection| store::keys::record_first_load(connection, &kid, now));
            recorded.await.map_err(SigningKeyUnavailable::new)?;
        }
        // Written before the first signature, so that other processes keep the key in the key set.
        let Some(ActiveKey { key, missing_newer_key: Some(_), .. }) = &keys.active else {
            return Ok(());
        };
        let row = rows.iter().find(|row| row.kid == key.kid());
        let recorded = row.and_then(|row| row.last_late_signature_at);
        if recorded.is_none_or(|at| at + LATE_SIGNATURE_INTERVAL <= now) {
            let kid = key.kid().to_owned();
            let recorded = self
                .inner
                .database
                .write(move |connection| store::keys::record_late_signature(connection, &kid, now));
            recorded.await.map_err(SigningKeyUnavailable::new)?;
        }
        Ok(())
    }
}

/// Logs each change once: of the active key, of loaded keys, of keys that cannot be loaded.
fn log_changes(rows: &[KeyRow], before: &KeySnapshot, after: &KeySnapshot) {
    let kid = |keys: &KeySnapshot| keys.active.as_ref().map(|active| active.key.kid().to_owned());
    let (previous, active) = (kid(before), kid(after));
    if previous != active {
        match &active {
            Some(kid) => tracing::info!(kid, previous, "signing key activated"),
            None => tracing::error!(previous, "no signing key can be loaded any more"),
        }
    }
    let known = |kid: &str| {
        before.loaded.iter().any(|key| key.kid() == kid)
            || before.missing.iter().any(|missing| missing.kid == kid)
    };
    for key in after.loaded.iter().filter(|key| !known(key.kid())) {
        let row = rows.iter().find(|row| row.kid == key.kid());
        tracing::info!(
            kid = key.kid(),
            activates_at = row.map(|row| row.activates_at.as_i64()),
            "signing key loaded"
        );
    }
    let missing_newer = after.active.as_ref().and_then(|active| active.missing_newer_key.as_ref());
    for missing in after.missing.iter().filter(|missing| !before.missing.contains(missing)) {
        let MissingKey { kid, cause, .. } = missing;
        let signs_with_older = missing_newer == Some(kid);
        tracing::warn!(kid, cause, signs_with_older, "the file of a signing key cannot be loaded");
    }
    for missing in &before.missing {
        if after.loaded.iter().any(|key| key.kid() == missing.kid) {
            tracing::info!(kid = missing.kid, "a missing signing key was loaded");
        }
    }
}
