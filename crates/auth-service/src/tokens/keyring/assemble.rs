//! The keys of one moment, from the table, the folder and the time.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::{Jwk, JwkSet, KeySet, VerifyingKey};

use crate::{
    store::keys::KeyRow,
    tokens::{KeyFolder, SigningKey, schedule::Schedule},
};

/// The keys of one moment.
#[derive(Debug, Default)]
pub struct Keys {
    pub(super) active: Option<ActiveKey>,
    /// The JWKS as it is served.
    pub jwks: Vec<u8>,
    /// Its entity tag, with quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// What this service checks its own tokens with.
    pub verifying: KeySet,
    pub(super) loaded: Vec<Arc<SigningKey>>,
    /// Keys that cannot sign here.
    pub missing: Vec<MissingKey>,
}

/// The key that signs here.
#[derive(Clone, Debug)]
pub(super) struct ActiveKey {
    pub(super) key: Arc<SigningKey>,
    /// From when on it signs, in seconds since the epoch.
    pub(super) since: i64,
    /// A newer key should sign, and cannot be loaded here.
    pub(super) in_place_of: Option<String>,
}

/// A key in use that this process cannot load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKey {
    /// The key's id.
    pub kid: String,
    /// Why, as anybody may know it.
    pub problem: &'static str,
    /// Why, with paths and modes: for the log.
    pub cause: String,
}

/// Puts the keys together. Those of `known` are not read again.
pub(super) fn assemble(
    rows: &[KeyRow],
    plan: &Schedule,
    folder: &KeyFolder,
    known: &[Arc<SigningKey>],
) -> Keys {
    let mut keys = Keys::default();
    let mut jwks = JwkSet::default();
    let mut verifying = Vec::new();
    for row in rows.iter().filter(|row| plan.verifying.contains(&row.kid)) {
        let jwk = public_jwk(row);
        verifying.extend(VerifyingKey::from_jwk(&jwk).ok());
        if plan.published.contains(&row.kid) {
            jwks.keys.push(jwk);
        }
        match find(folder, known, &row.kid) {
            Ok(key) => keys.loaded.push(key),
            // It cannot sign here; others sign with it, and what they sign is checked here.
            Err(missing) => keys.missing.push(missing),
        }
    }
    keys.active = active(rows, plan, &keys.loaded);
    keys.verifying = KeySet::from_keys(verifying);
    keys.jwks = serde_json::to_vec(&jwks).unwrap_or_default();
    keys.etag =
        format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest(&SHA256, &keys.jwks).as_ref()[..16]));
    keys
}

/// The first of the schedule's signers that is loaded.
fn active(rows: &[KeyRow], plan: &Schedule, loaded: &[Arc<SigningKey>]) -> Option<ActiveKey> {
    let loaded = |kid: &String| loaded.iter().find(|key| key.kid() == kid);
    let key = Arc::clone(plan.signers.iter().find_map(loaded)?);
    let since = rows.iter().find(|row| row.kid == key.kid()).map_or(0, |row| row.activates_at);
    let in_place_of = plan.signers.first().filter(|kid| *kid != key.kid()).cloned();
    Some(ActiveKey { key, since, in_place_of })
}

fn find(
    folder: &KeyFolder,
    known: &[Arc<SigningKey>],
    kid: &str,
) -> Result<Arc<SigningKey>, MissingKey> {
    if let Some(key) = known.iter().find(|key| key.kid() == kid) {
        return Ok(Arc::clone(key));
    }
    let missing = |problem, cause| Err(MissingKey { kid: kid.to_owned(), problem, cause });
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
        // 65537, the one exponent that keys of ours have.
        e: Some("AQAB".to_owned()),
    }
}
