//! A service account's life: made, proven, given tokens, disabled for good.

use aws_lc_rs::error::Unspecified;
use claims::Scopes;
use database::Database;
use uuid::Uuid;

use super::ClientSecret;
use crate::store::DbResult;
use crate::{
    ids::ClientId,
    sessions::CLOCK_SKEW,
    store::{self, clients::ClientRow, revocations::Revoked},
};

/// By how many seconds the latest expiry is written down ahead of time, so that an account that asks for
/// many tokens costs one write a minute, and not one a token.
const AHEAD: i64 = 60;

/// A service account that is not stored yet, with its secret, which is known now and never again.
///
/// # Errors
/// When the machine has no randomness.
pub fn new_account(
    name: Option<String>,
    scope: &Scopes,
    now: i64,
) -> Result<(ClientRow, ClientSecret), Unspecified> {
    let secret = ClientSecret::generate()?;
    let row = ClientRow {
        id: Uuid::new_v4().to_string(),
        name,
        secret_hash: secret.hash(),
        old_secret_hash: None,
        scope: scope.to_string(),
        created_at: now,
        disabled_at: None,
        access_expires_at: now,
    };
    Ok((row, secret))
}

/// The account of that id, if it lives and the secret is one of its own: it has two while they are rotated. An unknown id, a disabled account and a wrong
/// secret take the same path, and the same time but for the look-up itself.
///
/// # Errors
/// When the database is unavailable.
pub async fn authenticate(
    database: &Database,
    id: &str,
    secret: &ClientSecret,
) -> DbResult<Option<ClientRow>> {
    // What is no id is looked up as one that no account has.
    let id = ClientId::parse(id).map_or_else(|| Uuid::nil().to_string(), String::from);
    let found = database.read(move |connection| store::clients::by_id(connection, &id)).await?;
    let current = secret.matches(found.as_ref().map(|client| client.secret_hash.as_str()));
    let old = secret.matches(found.as_ref().and_then(|client| client.old_secret_hash.as_deref()));
    // Both are compared, whichever it is.
    let proven = current | old;
    Ok(found.filter(|client| proven && client.disabled_at.is_none()))
}

/// Whether a token that expires at `expires_at` may be signed for an account just read. Once this said yes,
/// disabling the account reaches that token too. `false` if the account was disabled meanwhile.
///
/// # Errors
/// When the database is unavailable.
pub async fn may_issue(database: &Database, client: &ClientRow, expires_at: i64) -> DbResult<bool> {
    if expires_at <= client.access_expires_at {
        // A disabling that comes now reads an expiry that covers this token.
        return Ok(true);
    }
    let (id, end) = (client.id.clone(), expires_at + AHEAD);
    database
        .write_idempotent(move |connection| {
            store::clients::raise_access_expiry(connection, &id, end)
        })
        .await
}

/// Disables an account for good. Its id stands in the feed in the same transaction, until its last token has
/// expired. `false` if it was disabled before, or there is none.
///
/// # Errors
/// When the database is unavailable.
pub async fn disable(database: &Database, id: String, now: i64) -> DbResult<bool> {
    database
        .write(move |connection| {
            if !store::clients::disable(connection, &id, now)? {
                return Ok(false);
            }
            // Read after the update: a token that was allowed before it has raised the expiry by now.
            if let Some(client) = store::clients::by_id(connection, &id)? {
                let revoked =
                    Revoked { sid: client.id, until: client.access_expires_at + CLOCK_SKEW };
                store::revocations::insert(connection, &[revoked])?;
            }
            Ok(true)
        })
        .await
}
