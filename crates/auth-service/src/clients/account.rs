//! Service accounts: making, authenticating, issuing tokens, disabling.

use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use claims::Scopes;
use database::Database;
use service_kit::{ids::ClientId, unix_time::UnixSeconds};

use super::ClientSecret;
use crate::{
    audit::{self, Event, RequestContext},
    sessions::CLOCK_SKEW,
    store::{self, DbResult, HashText, clients::ClientRow, revocations::Revoked},
};

/// The stored expiry is set this much later than needed. So an account that requests many tokens causes one write a
/// minute, not one write a token.
const EXPIRY_RESERVE: Duration = Duration::from_secs(60);

/// A service account that is not stored yet.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The row to insert.
    pub row: ClientRow,
    /// The secret. Only its hash is stored.
    pub secret: ClientSecret,
}

/// Makes a service account that is not stored yet.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn new_account(
    name: Option<String>,
    scope: &Scopes,
    now: UnixSeconds,
) -> Result<NewAccount, Unspecified> {
    let secret = ClientSecret::generate()?;
    let row = ClientRow {
        id: ClientId::random(),
        name,
        secret_hash: secret.hash().into(),
        old_secret_hash: None,
        scope: scope.to_string(),
        created_at: now,
        disabled_at: None,
        access_expires_at: now,
    };
    Ok(NewAccount { row, secret })
}

/// Stores a new service account.
///
/// # Errors
/// When the database is unavailable.
pub async fn create(database: &Database, row: ClientRow, context: &RequestContext) -> DbResult<()> {
    let entry = context.done(Event::ClientCreated).about_client(&row.id);
    let entry = entry.with("scope", row.scope.as_str());
    audit::transaction(database, move |transaction| {
        store::clients::insert(transaction, &row)?;
        transaction.audit(entry.clone())
    })
    .await
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
    // A malformed id is looked up as the empty one, which no account has, so that it takes the same time.
    let id = ClientId::parse(id).unwrap_or_else(|| ClientId::from_trusted(String::new()));
    let found = database.read(move |connection| store::clients::by_id(connection, &id)).await?;
    let current = secret.matches(found.as_ref().map(|client| client.secret_hash.as_str()));
    let old = secret.matches(
        found.as_ref().and_then(|client| client.old_secret_hash.as_ref().map(HashText::as_str)),
    );
    // Both secrets are always compared, so that it takes the same time.
    let secret_matches = current | old;
    Ok(found.filter(|client| secret_matches && client.disabled_at.is_none()))
}

/// Whether a token that expires at `expires_at` may be signed for an account that was just read. After `true`,
/// disabling the account also revokes that token. `false` if the account was disabled meanwhile.
///
/// # Errors
/// When the database is unavailable.
pub async fn may_issue(
    database: &Database,
    client: &ClientRow,
    expires_at: UnixSeconds,
) -> DbResult<bool> {
    if expires_at <= client.access_expires_at {
        // If the account is disabled now, the stored expiry already covers this token.
        return Ok(true);
    }
    let (id, end) = (client.id.clone(), expires_at + EXPIRY_RESERVE);
    database
        .write_without_transaction(move |connection| {
            store::clients::raise_access_expiry(connection, &id, end)
        })
        .await
}

/// Disables an account permanently. Its id is added to the feed in the same transaction and stays there until its last
/// token has expired. `false` if it was already disabled, or there is no such account.
///
/// # Errors
/// When the database is unavailable.
pub async fn disable(
    database: &Database,
    id: ClientId,
    context: &RequestContext,
) -> DbResult<bool> {
    let (now, entry) = (context.at.seconds(), context.done(Event::ClientDisabled));
    let entry = entry.about_client(&id);
    audit::transaction(database, move |transaction| {
        if !store::clients::disable(transaction, &id, now)? {
            return Ok(false);
        }
        transaction.audit(entry.clone())?;
        // Read after the update: a token that was allowed before the update has already raised the expiry.
        if let Some(client) = store::clients::by_id(transaction, &id)? {
            let revoked =
                Revoked { sid: client.id.into(), until: client.access_expires_at + CLOCK_SKEW };
            store::revocations::insert(transaction, &[revoked])?;
        }
        Ok(true)
    })
    .await
}

/// Every service account, oldest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(database: &Database) -> DbResult<Vec<ClientRow>> {
    database.read(store::clients::all).await
}

/// The service account of that id.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(database: &Database, id: ClientId) -> DbResult<Option<ClientRow>> {
    database.read(move |connection| store::clients::by_id(connection, &id)).await
}

/// Whether the service account was disabled, or there is no such account.
///
/// # Errors
/// When the database is unavailable.
pub async fn is_disabled(database: &Database, id: ClientId) -> DbResult<bool> {
    database.read(move |connection| store::clients::is_disabled(connection, &id)).await
}

/// Adds a second secret. `false` if the account already has two or was disabled, or if there is no such account.
///
/// # Errors
/// When the database is unavailable.
pub async fn rotate_secret(
    database: &Database,
    id: ClientId,
    new: &ClientSecret,
    context: &RequestContext,
) -> DbResult<bool> {
    let (hash, entry) = (new.hash(), context.done(Event::ClientSecretRotated).about_client(&id));
    audit::transaction(database, move |transaction| {
        let rotated = store::clients::rotate_secret(transaction, &id, &hash)?;
        if rotated {
            transaction.audit(entry.clone())?;
        }
        Ok(rotated)
    })
    .await
}

/// Removes the older one of the account's two secrets. `false` if it has only one, or there is no such account.
///
/// # Errors
/// When the database is unavailable.
pub async fn retire_secret(
    database: &Database,
    id: ClientId,
    context: &RequestContext,
) -> DbResult<bool> {
    let entry = context.done(Event::ClientSecretRetired).about_client(&id);
    audit::transaction(database, move |transaction| {
        let retired = store::clients::retire_secret(transaction, &id)?;
        if retired {
            transaction.audit(entry.clone())?;
        }
        Ok(retired)
    })
    .await
}
