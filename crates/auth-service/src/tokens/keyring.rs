//! The keys in memory, as the table and the folder say they are.

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::{Jwk, JwkSet, KeySet, VerifyingKey};
use service_kit::{clock::Clock, database::Database};

use super::{KeyFolder, SigningKey, schedule::schedule};
use crate::{
    settings::Lifetimes,
    store::{self, keys::KeyRow},
};

/// There is no key to sign or to check with; the text is for the log and for `/readyz`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("keys: {0}")]
pub struct KeysAway(pub String);

/// The keys of one moment.
#[derive(Debug, Default)]
pub struct Keys {
    active: Option<Arc<SigningKey>>,
    active_since: Option<i64>,
    /// The JWKS as it is served.
    pub jwks: Vec<u8>,
    /// Its entity tag, with quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// What this service checks its own tokens with.
    pub checking: KeySet,
    loaded: Vec<Arc<SigningKey>>,
    /// What cannot sign here, and why.
    pub missing: Vec<String>,
}

/// The keys, kept up to date. Cheap to clone; clones agree.
#[derive(Clone, Debug)]
pub struct Keyring {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keys: ArcSwap<Keys>,
    folder: KeyFolder,
    database: Database,
    clock: Clock,
    lifetimes: Lifetimes,
}

impl Keyring {
    /// Opens the keyring, making the first key where there is none. However many processes do this at once on
    /// one database and one folder, they end with the same one.
    ///
    /// # Errors
    /// When the database is away, or the folder or a key in it cannot be used.
    pub async fn open(
        database: Database,
        folder: KeyFolder,
        bits: usize,
        clock: Clock,
        lifetimes: Lifetimes,
    ) -> Result<Self, KeysAway> {
        let inner = Inner { keys: ArcSwap::default(), folder, database, clock, lifetimes };
        let keyring = Self { inner: Arc::new(inner) };
        keyring.ensure_first(bits).await?;
        keyring.reload().await?;
        Ok(keyring)
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// When its file is not here, or there is none at all.
    pub fn active(&self) -> Result<Arc<SigningKey>, KeysAway> {
        let keys = self.inner.keys.load();
        keys.active.clone().ok_or_else(|| {
            KeysAway(format!("there is no key to sign with; {}", keys.missing.join("; ")))
        })
    }

    /// From when on the active key signs, in seconds since the epoch.
    pub fn active_since(&self) -> Option<i64> {
        self.inner.keys.load().active_since
    }

    /// The keys of this moment.
    pub fn keys(&self) -> Arc<Keys> {
        self.inner.keys.load_full()
    }

    /// Reads the table again, and those files that are not loaded yet.
    ///
    /// # Errors
    /// When the database is away; then the keys stay as they are.
    pub async fn reload(&self) -> Result<(), KeysAway> {
        let rows = self.rows().await?;
        let now = self.inner.clock.seconds();
        let known = self.inner.keys.load();
        let keys = self.assemble(&rows, &known.loaded, now);
        if keys.jwks != known.jwks {
            tracing::info!(
                active = keys.active.as_ref().map(|key| key.kid()),
                "signing keys changed"
            );
        }
        if keys.missing != known.missing && !keys.missing.is_empty() {
            tracing::warn!(keys = keys.missing.join("; "), "keys in use cannot be loaded");
        }
        self.inner.keys.store(Arc::new(keys));
        Ok(())
    }

    async fn rows(&self) -> Result<Vec<KeyRow>, KeysAway> {
        self.inner
            .database
            .read(store::keys::all)
            .await
            .map_err(|error| KeysAway(error.to_string()))
    }

    fn assemble(&self, rows: &[KeyRow], known: &[Arc<SigningKey>], now: i64) -> Keys {
        let plan = schedule(rows, &self.inner.lifetimes, now);
        let mut keys = Keys::default();
        let mut jwks = JwkSet::default();
        let mut checking = Vec::new();
        for row in rows.iter().filter(|row| plan.checking.contains(&row.kid)) {
            let jwk = public_jwk(row);
            checking.extend(VerifyingKey::from_jwk(&jwk).ok());
            if plan.published.contains(&row.kid) {
                jwks.keys.push(jwk);
            }
            match self.find(known, &row.kid) {
                Ok(key) => keys.loaded.push(key),
                // It cannot sign here; others sign with it, and what they sign is checked here.
                Err(error) => keys.missing.push(error.0),
            }
        }
        let active = plan.active.as_deref();
        keys.active = keys.loaded.iter().find(|key| Some(key.kid()) == active).cloned();
        keys.active_since =
            rows.iter().find(|row| Some(row.kid.as_str()) == active).map(|row| row.signs_from);
        keys.checking = KeySet::from_keys(checking);
        keys.jwks = serde_json::to_vec(&jwks).unwrap_or_default();
        keys.etag =
            format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest(&SHA256, &keys.jwks).as_ref()[..16]));
        keys
    }

    fn find(&self, known: &[Arc<SigningKey>], kid: &str) -> Result<Arc<SigningKey>, KeysAway> {
        if let Some(key) = known.iter().find(|key| key.kid() == kid) {
            return Ok(Arc::clone(key));
        }
        match self.inner.folder.load(kid) {
            Ok(Some(key)) => Ok(Arc::new(key)),
            Ok(None) => {
                let folder = self.inner.folder.path().display();
                Err(KeysAway(format!("the file of key {kid} is not in {folder}")))
            }
            Err(error) => Err(KeysAway(error.to_string())),
        }
    }

    /// Adopts a key of the folder, or makes one, if the table knows none.
    async fn ensure_first(&self, bits: usize) -> Result<(), KeysAway> {
        if self.rows().await?.iter().any(|row| row.retired_at.is_none()) {
            return Ok(());
        }
        let folder = self.inner.folder.clone();
        let key = tokio::task::spawn_blocking(move || first_key(&folder, bits))
            .await
            .map_err(|error| KeysAway(error.to_string()))??;
        let now = self.inner.clock.seconds();
        let row = KeyRow {
            kid: key.kid.clone(),
            modulus: key.modulus.clone(),
            created_at: now,
            signs_from: now,
            retired_at: None,
        };
        let ours = self.inner.database.write(move |connection| {
            store::keys::lock(connection)?;
            let rows = store::keys::all(connection)?;
            if rows.iter().all(|other| other.retired_at.is_some() && other.kid != row.kid) {
                store::keys::insert(connection, &row)?;
                return Ok(true);
            }
            // Another process may have found our file before we came to insert it.
            Ok(rows.iter().any(|other| other.kid == row.kid))
        });
        let ours = ours.await.map_err(|error| KeysAway(error.to_string()))?;
        if !ours && key.made {
            // Another process was first; a key file nobody knows would only confuse.
            self.inner.folder.remove(&key.kid).map_err(|error| KeysAway(error.to_string()))?;
        }
        Ok(())
    }
}

struct FirstKey {
    kid: String,
    modulus: String,
    made: bool,
}

impl FirstKey {
    fn new(key: &SigningKey, made: bool) -> Self {
        Self { kid: key.kid().to_owned(), modulus: key.public_parts().0.to_owned(), made }
    }
}

fn first_key(folder: &KeyFolder, bits: usize) -> Result<FirstKey, KeysAway> {
    let away = |error: &dyn std::fmt::Display| KeysAway(error.to_string());
    let found = folder.load_all().map_err(|error| away(&error))?;
    if let Some(key) = found.first() {
        return Ok(FirstKey::new(key, false));
    }
    let (_, pem) = SigningKey::generate(bits).map_err(|error| away(&error))?;
    let key = folder.store(&pem).map_err(|error| away(&error))?;
    Ok(FirstKey::new(&key, true))
}

fn public_jwk(key: &KeyRow) -> Jwk {
    Jwk {
        kty: "RSA".to_owned(),
        use_: Some("sig".to_owned()),
        key_ops: None,
        alg: Some("RS256".to_owned()),
        kid: Some(key.kid.clone()),
        n: Some(key.modulus.clone()),
        // 65537, the one exponent that keys of ours have.
        e: Some("AQAB".to_owned()),
    }
}
