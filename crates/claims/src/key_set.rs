//! The keys of one issuer, by `kid`.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use crate::verifying_key::{leaked_modulus, read_key};
use crate::{KeyError, VerifyingKey};

/// The usable keys of one issuer by `kid` (a JWK Set, RFC 7517 §5). Immutable.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
    ambiguous: HashSet<String>,
    skipped: Vec<SkippedKey>,
    /// The moduli of keys that the document publishes with their private half: keys that must not stay in use.
    #[cfg(feature = "remote")]
    leaked: HashSet<Vec<u8>>,
}

/// A key of a document that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its `kid`, if it has one; at most 64 characters of it.
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: KeyError,
}

/// The most skipped keys that are remembered for the log.
const MAX_SKIPPED: usize = 16;

/// Why a document gave no key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Not a JWK Set (RFC 7517 §5).
    #[error("not a JWK Set")]
    Malformed,
    /// No key in it is usable.
    #[error("no usable key in the set")]
    Empty,
}

impl KeySet {
    /// Reads a JWK Set. Unusable keys are left out one by one. Two different keys under one `kid` are
    /// both left out, because it is unknown which one is meant; the same key twice counts once. A key whose
    /// private half is in the document is left out under every `kid`.
    ///
    /// # Errors
    /// When the document is no JWK Set, or holds no usable key.
    pub fn from_json(json: &[u8]) -> Result<Self, KeySetError> {
        Self::from_document(json).and_then(Self::non_empty)
    }

    /// The set if there is a key in it.
    pub(crate) fn non_empty(self) -> Result<Self, KeySetError> {
        if self.is_empty() { Err(KeySetError::Empty) } else { Ok(self) }
    }

    /// The same as [`KeySet::from_json`], but also a set without a usable key, so that the log can say why.
    pub(crate) fn from_document(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document =
            serde_json::from_slice(json).map_err(|_| KeySetError::Malformed)?;
        let leaked: HashSet<_> = document.keys.iter().filter_map(leaked_modulus).collect();
        let mut skipped = Vec::new();
        let usable = document.keys.into_iter().filter_map(|value| {
            let kid = value.get("kid").and_then(Value::as_str);
            let kid = kid.map(|kid| kid.chars().take(64).collect());
            let skip = |reason| {
                if skipped.len() < MAX_SKIPPED {
                    skipped.push(SkippedKey { kid, reason });
                }
            };
            let key = read_key(value).and_then(|key| match leaked.contains(key.modulus()) {
                true => Err(KeyError::Private),
                false => Ok(key),
            });
            key.map_err(skip).ok()
        });
        let set = Self::from_keys(usable);
        Ok(Self {
            skipped,
            #[cfg(feature = "remote")]
            leaked,
            ..set
        })
    }

    /// A set of keys that are already parsed, by the same rule for a `kid` that occurs twice.
    #[must_use]
    pub fn from_keys(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let mut set = Self::default();
        for key in keys {
            match set.keys.get(key.kid()) {
                Some(other) if other.modulus() != key.modulus() => {
                    set.ambiguous.insert(key.kid().to_owned());
                }
                Some(_) => {}
                None => {
                    set.keys.insert(key.kid().to_owned(), key);
                }
            }
        }
        set.keys.retain(|kid, _| !set.ambiguous.contains(kid));
        set
    }

    /// The key with this id.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }

    /// How many usable keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no usable key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Keys of the document that are not used, with the reason: the first 16 of them.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// Logs which keys of a fetched document are not used, and why.
    #[cfg(feature = "remote")]
    pub(crate) fn log_unused(&self) {
        for SkippedKey { kid, reason } in &self.skipped {
            let kid = kid.as_deref().unwrap_or("none");
            tracing::warn!(kid, %reason, "a key of the fetched set is not used");
        }
        for kid in &self.ambiguous {
            tracing::warn!(
                ?kid,
                "two keys of the fetched set have one kid; the key that was in use before stays, a new one is not used"
            );
        }
    }

    /// The ids of all keys, in no particular order.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// For each `kid` that is ambiguous here, keeps the key that `older` has for it: a second key
    /// under a known id must not disable the first one.
    #[cfg(feature = "remote")]
    pub(crate) fn resolve_ambiguous_with(mut self, older: &Self) -> Self {
        for kid in &self.ambiguous {
            if let Some(key) = older.get(kid).filter(|key| !self.leaked.contains(key.modulus())) {
                self.keys.insert(kid.clone(), key.clone());
            }
        }
        self
    }

    /// This set without the keys whose private half `newer` publishes; `None` if it has no such key.
    #[cfg(feature = "remote")]
    pub(crate) fn without_leaked_by(&self, newer: &Self) -> Option<Self> {
        let mut kept = self.clone();
        kept.keys.retain(|_, key| !newer.leaked.contains(key.modulus()));
        (kept.len() < self.len()).then_some(kept)
    }
}
