//! Ending sessions. Each end stands in the feed in the same transaction.
//!
//! The user's row is changed first where more than one session ends: a login in flight takes the same row's
//! lock, so it comes either before, and its session ends too, or after, and is refused.

use service_kit::database::{AnyConnection, Database, DatabaseError};

use super::MARGIN;
use crate::store::{self, revocations::Revoked, users::UserRow};

type Done<T> = Result<T, DatabaseError>;

/// Ends one session. `false` if it was over already, or there is none.
///
/// # Errors
/// When the database is away.
pub async fn one(database: &Database, id: String, now: i64) -> Done<bool> {
    database.write(move |connection| revoke(connection, &id, now)).await
}

/// Ends one session of a user; someone else's is as none. `None` if there is none that lives.
///
/// # Errors
/// When the database is away.
pub async fn one_of_user(
    database: &Database,
    user_id: String,
    id: String,
    now: i64,
) -> Done<Option<()>> {
    database
        .write(move |connection| {
            let owned = store::sessions::with_user(connection, &id)?
                .is_some_and(|(session, _)| session.user_id == user_id);
            Ok((owned && revoke(connection, &id, now)?).then_some(()))
        })
        .await
}

/// Ends every session of a user, and logins in flight. Returns how many sessions.
///
/// # Errors
/// When the database is away.
pub async fn all_of_user(database: &Database, user_id: String, now: i64) -> Done<usize> {
    database
        .write(move |connection| {
            store::users::bump_credential_version(connection, &user_id)?;
            revoke_all(connection, &user_id, None, now)
        })
        .await
}

/// Sets a new password and ends every session but `keep`, which asks for it. `false` if that one is over by now,
/// or there is no such user: whoever lost the session while the password was being hashed sets none.
///
/// # Errors
/// When the database is away.
pub async fn others_for_new_password(
    database: &Database,
    user_id: String,
    keep: String,
    hash: String,
    now: i64,
) -> Done<bool> {
    database
        .write(move |connection| {
            if !store::users::bump_credential_version(connection, &user_id)?
                || store::sessions::is_over(connection, &keep)?
            {
                return Ok(false);
            }
            store::users::set_password_hash(connection, &user_id, &hash)?;
            revoke_all(connection, &user_id, Some(&keep), now)?;
            Ok(true)
        })
        .await
}

/// Disables a user and ends every session. `false` if there is no such user.
///
/// # Errors
/// When the database is away.
pub async fn all_and_disable(database: &Database, user: UserRow, now: i64) -> Done<bool> {
    database
        .write(move |connection| {
            if !store::users::bump_credential_version(connection, &user.id)? {
                return Ok(false);
            }
            store::users::set_disabled(connection, &user.id, Some(now))?;
            revoke_all(connection, &user.id, None, now)?;
            Ok(true)
        })
        .await
}

/// Deletes a user with every session, at the wish of the session `by`. `false` if that one is over by now, or
/// there is no such user.
///
/// # Errors
/// When the database is away.
pub async fn all_and_delete(
    database: &Database,
    user_id: String,
    by: String,
    now: i64,
) -> Done<bool> {
    database
        .write(move |connection| {
            if !store::users::bump_credential_version(connection, &user_id)?
                || store::sessions::is_over(connection, &by)?
            {
                return Ok(false);
            }
            revoke_all(connection, &user_id, None, now)?;
            store::users::remove(connection, &user_id)
        })
        .await
}

fn revoke(connection: &mut AnyConnection, id: &str, now: i64) -> Done<bool> {
    if !store::sessions::revoke(connection, id, now)? {
        return Ok(false);
    }
    // Read after the update: a refresh that came before it has told its access token's end by now.
    let end = store::sessions::access_end(connection, id)?;
    announce(connection, end.map(|end| (id.to_owned(), end)).into_iter().collect(), now)?;
    Ok(true)
}

fn revoke_all(
    connection: &mut AnyConnection,
    user_id: &str,
    keep: Option<&str>,
    now: i64,
) -> Done<usize> {
    let ids = store::sessions::unrevoked_of_user(connection, user_id)?;
    let mut ended = Vec::new();
    for id in ids.iter().filter(|id| Some(id.as_str()) != keep) {
        if store::sessions::revoke(connection, id, now)? {
            ended.extend(store::sessions::access_end(connection, id)?.map(|end| (id.clone(), end)));
        }
    }
    let count = ended.len();
    announce(connection, ended, now)?;
    Ok(count)
}

fn announce(connection: &mut AnyConnection, ended: Vec<(String, i64)>, now: i64) -> Done<()> {
    let revoked: Vec<_> = ended
        .into_iter()
        .map(|(sid, end)| Revoked { sid, until: end + MARGIN })
        .filter(|revoked| revoked.until > now)
        .collect();
    store::revocations::insert(connection, &revoked)
}
