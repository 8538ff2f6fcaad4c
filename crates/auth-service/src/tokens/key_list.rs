//! The signing keys, each with its state.

use std::fmt;

use database::Database;
use service_kit::unix_time::UnixSeconds;

use super::{SigningKeyUnavailable, schedule::schedule};
use crate::{
    lifetimes::Lifetimes,
    store::{self, keys::KeyRow},
};

/// What a key does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// An operator retired it.
    Retired,
    /// It signs.
    Active,
    /// It will sign later.
    Pending,
    /// It signed tokens that may still be valid.
    Published,
    /// It signed refresh tokens of sessions that may not have ended yet.
    VerifiesRefreshTokens,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retired => "retired",
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Published => "published",
            Self::VerifiesRefreshTokens => "verifies refresh tokens",
        })
    }
}

/// A key of the list.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The key.
    pub key: KeyRow,
    /// What it does now.
    pub state: KeyState,
}

/// All keys, also retired ones.
///
/// # Errors
/// When the database is unavailable.
pub async fn list_keys(
    database: &Database,
    lifetimes: &Lifetimes,
    now: UnixSeconds,
) -> Result<Vec<ListedKey>, SigningKeyUnavailable> {
    let rows = database.read(store::keys::all).await.map_err(SigningKeyUnavailable::new)?;
    let schedule = schedule(&rows, lifetimes, now);
    let state = |key: &KeyRow| {
        if key.retired_at.is_some() {
            KeyState::Retired
        } else if schedule.active() == Some(key.kid.as_str()) {
            KeyState::Active
        } else if key.activates_at > now {
            KeyState::Pending
        } else if schedule.published.contains(&key.kid) {
            KeyState::Published
        } else {
            KeyState::VerifiesRefreshTokens
        }
    };
    Ok(rows.into_iter().map(|key| ListedKey { state: state(&key), key }).collect())
}
