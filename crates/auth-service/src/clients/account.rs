//! Service accounts: making, authenticating, issuing tokens, disabling.

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

/// How many seconds later than needed the stored expiry is set, so that an account that requests many tokens costs one
/// write a minute and not one write a token.
const AHEAD: i64 = 60;

/// Makes a service account that is not stored yet, with its secret. Only the hash of the secret will be stored.
///
/// # Errors
/// When the operating system gives no random bytes.
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

/// The account with this id, if it is enabled and the secret is one of its secrets (it has two during a rotation). An
/// unknown id, a disabled account and a wrong secret take the same path and, except for the look-up itself, the same
/// time.
///
/// # Errors
/// When the database is unavailable.
pub async fn authenticate(
    database: &Database,
    id: &str,
    secret: &ClientSecret,
) -> DbResult<Option<ClientRow>> {
    // A malformed id is looked up as the nil UUID, which no account has, so that it takes the same time.
    let id = ClientId::parse(id).map_or_else(|| Uuid::nil().to_string(), String::from);
    let found = database.read(move |connection| store::clients::by_id(connection, &id)).await?;
    let current = secret.matches(found.as_ref().map(|client| client.secret_hash.as_str()));
    let old = secret.matches(found.as_ref().and_then(|client| client.old_secret_hash.as_deref()));
    // Both secrets are always compared, so that it takes the same time.
    let proven = current | old;
    Ok(found.filter(|client| proven && client.disabled_at.is_none()))
}

/// Whether a token that expires at `expires_at` may be signed for an account that was just read. After `true`,
/// disabling the account also revokes that token. `false` if the account was disabled meanwhile.
///
/// # Errors
/// When the database is unavailable.
pub async fn may_issue(database: &Database, client: &ClientRow, expires_at: i64) -> DbResult<bool> {
    if expires_at <= client.access_expires_at {
        // If the account is disabled now, the stored expiry already covers this token.
        return Ok(true);
    }
    let (id, end) = (client.id.clone(), expires_at + AHEAD);
    database
        .write_idempotent(move |connection| {
            store::clients::raise_access_expiry(connection, &id, end)
        })
        .await
}

/// Disables an account permanently. Its id is added to the feed in the same transaction and stays there until its last
/// token has expired. `false` if it was already disabled, or there is no such account.
///
/// # Errors
/// When the database is unavailable.
pub async fn disable(database: &Database, id: String, now: i64) -> DbResult<bool> {
    database
        .write(move |connection| {
            if !store::clients::disable(connection, &id, now)? {
                return Ok(false);
            }
            // Read after the update: a token that was allowed before the update has already raised the expiry.
            if let Some(client) = store::clients::by_id(connection, &id)? {
                let revoked =
                    Revoked { sid: client.id, until: client.access_expires_at + CLOCK_SKEW };
                store::revocations::insert(connection, &[revoked])?;
            }
            Ok(true)
        })
        .await
}
