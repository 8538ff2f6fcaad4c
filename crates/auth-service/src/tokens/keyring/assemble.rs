//! Makes one snapshot of the keys from the table, the folder and the schedule.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::{Jwk, JwkSet, KeySet, VerifyingKey};
use service_kit::unix_time::UnixSeconds;

use crate::{
    store::keys::KeyRow,
    tokens::{KeyFolder, SigningKey, schedule::Schedule, signing_key::EXPONENT_BASE64URL},
};

/// A snapshot of the keys.
#[derive(Debug, Default)]
pub struct KeySnapshot {
    pub(super) active: Option<ActiveKey>,
    /// The JSON of the key set.
    pub jwks: Vec<u8>,
    /// Its entity tag, with quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// The public keys with which this service verifies its own tokens.
    pub verifying: KeySet,
    pub(super) loaded: Vec<Arc<SigningKey>>,
    /// Keys in use that this process cannot load.
    pub missing: Vec<MissingKey>,
}

/// The key with which this process signs.
#[derive(Clone, Debug)]
pub(super) struct ActiveKey {
    pub(super) key: Arc<SigningKey>,
    /// Its activation.
    pub(super) since: UnixSeconds,
    /// The id of a newer key that should sign, but cannot be loaded by this process.
    pub(super) missing_newer_key: Option<String>,
}

/// A key in use that this process cannot load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKey {
    /// The key's id.
    pub kid: String,
    /// Why it cannot be loaded, without details: for `/readyz`, which is public.
    pub public_reason: &'static str,
    /// Why it cannot be loaded, with paths and modes: for the log.
    pub cause: String,
}

/// Makes the snapshot. Keys in `known` are not read again.
pub(super) fn assemble(
    rows: &[KeyRow],
    schedule: &Schedule,
    folder: &KeyFolder,
    known: &[Arc<SigningKey>],
) -> KeySnapshot {
    let mut keys = KeySnapshot::default();
    let mut jwks = JwkSet::default();
    let mut verifying = Vec::new();
    for row in rows.iter().filter(|row| schedule.verifying.contains(&row.kid)) {
        let jwk = public_jwk(row);
        verifying.extend(VerifyingKey::from_jwk(&jwk).ok());
        if schedule.published.contains(&row.kid) {
            jwks.keys.push(jwk);
        }
        match find(folder, known, &row.kid) {
            Ok(key) => keys.loaded.push(key),
            // This process cannot sign with it, but verifies the tokens that other processes sign with it.
            Err(missing) => keys.missing.push(missing),
        }
    }
    keys.active = active(rows, schedule, &keys.loaded);
    keys.verifying = KeySet::from_keys(verifying);
    keys.jwks = serde_json::to_vec(&jwks).unwrap_or_default();
    keys.etag =
        format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest(&SHA256, &keys.jwks).as_ref()[..16]));
    keys
}

/// The first loaded key of the schedule's signers.
fn active(rows: &[KeyRow], schedule: &Schedule, loaded: &[Arc<SigningKey>]) -> Option<ActiveKey> {
    let loaded = |kid: &String| loaded.iter().find(|key| key.kid() == kid);
    let key = Arc::clone(schedule.signers.iter().find_map(loaded)?);
    let since = rows.iter().find(|row| row.kid == key.kid())?.activates_at;
    let missing_newer_key = schedule.signers.first().filter(|kid| *kid != key.kid()).cloned();
    Some(ActiveKey { key, since, missing_newer_key })
}

fn find(
    folder: &KeyFolder,
    known: &[Arc<SigningKey>],
    kid: &str,
) -> Result<Arc<SigningKey>, MissingKey> {
    if let Some(key) = known.iter().find(|key| key.kid() == kid) {
        return Ok(Arc::clone(key));
    }
    let missing =
        |public_reason, cause| Err(MissingKey { kid: kid.to_owned(), public_reason, cause });
    match folder.load(kid) {
        Ok(Some(key)) => Ok(Arc::new(key)),
        Ok(None) => missing(
            "its file is not here",
            format!("the file of key {kid} is not in {}", folder.path().display()),
        ),
        Err(error) => missing("its file cannot be used", error.to_string()),
    }
}

fn public_jwk(key: &KeyRow) -> Jwk {
    Jwk {
        kty: "RSA".to_owned(),
        use_: Some("sig".to_owned()),
        key_ops: None,
        alg: Some("RS256".to_owned()),
        kid: Some(key.kid.clone()),
        n: Some(key.modulus.clone()),
        e: Some(EXPONENT_BASE64URL.to_owned()),
    }
}
