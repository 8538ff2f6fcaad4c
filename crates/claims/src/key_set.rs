//! The keys of one issuer, by `kid`.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use crate::VerifyingKey;
use crate::verifying_key::read_key;

/// The keys of one issuer by `kid`. Immutable.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
    ambiguous: HashSet<String>,
}

/// A document that gives no usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Not a JWK Set (RFC 7517 §5).
    #[error("not a JWK Set")]
    Malformed,
    /// No key in it is fit.
    #[error("no usable key in the set")]
    Empty,
}

impl KeySet {
    /// Reads a JWK Set. Unfit keys are left out one by one. Two different keys under one `kid` are
    /// both left out, for nobody can tell which one is meant; the same key twice is one.
    ///
    /// # Errors
    /// When the document is no JWK Set, or holds no usable key.
    pub fn from_json(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document =
            serde_json::from_slice(json).map_err(|_| KeySetError::Malformed)?;
        let fit = document.keys.into_iter().filter_map(|value| read_key(value).ok());
        let set = Self::from_keys(fit);
        if set.is_empty() { Err(KeySetError::Empty) } else { Ok(set) }
    }

    /// A set of keys that are already parsed, by the same rule for a `kid` that occurs twice.
    #[must_use]
    pub fn from_keys(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let mut set = Self::default();
        for key in keys {
            match set.keys.get(key.kid()) {
                Some(other) if !other.same_material(&key) => {
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

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The ids of all keys, in no particular order.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// For each `kid` that is ambiguous here, goes on with the key that `older` has for it: a
    /// second key under a known id must not put the first one out of use.
    #[cfg(feature = "remote")]
    pub(crate) fn settle_with(mut self, older: &Self) -> Self {
        for kid in &self.ambiguous {
            if let Some(key) = older.get(kid) {
                self.keys.insert(kid.clone(), key.clone());
            }
        }
        self
    }
}
