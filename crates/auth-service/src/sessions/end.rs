//! Ending sessions. Each end stands in the feed in the same transaction.
//!
//! The locks are taken in one order: the user's row where more than one session ends, then sessions, and the feed's
//! own row last, since all processes wait for it. A login in flight takes the user's row as well, so it comes either
//! before, and its session ends too, or after, and is refused.

use database::{AnyConnection, Database, DatabaseError, share_budget};

use super::{MARGIN, decide::is_over, start::in_place_of};
use crate::{
    settings::Lifetimes,
    store::{
        self,
        revocations::Revoked,
        sessions::{End, SessionRow},
        users::UserRow,
    },
};

/// Sessions that one transaction ends at most.
const AT_ONCE: i64 = 2_000;

type Done<T> = Result<T, DatabaseError>;

/// Ends one session. `false` if it was over already, or there is none.
///
/// # Errors
/// When the database is away.
pub async fn one(database: &Database, id: String, now: i64) -> Done<bool> {
    let ids = [id];
    database.write(move |connection| Ok(these(connection, &ids, now)? > 0)).await
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
    let ids = [id];
    database
        .write(move |connection| {
            let [id] = &ids;
            let owned = store::sessions::with_user(connection, id)?
                .is_some_and(|(session, _)| session.user_id == user_id);
            Ok((owned && these(connection, &ids, now)? > 0).then_some(()))
        })
        .await
}

/// Ends every session of a user, and logins in flight. Returns how many sessions.
///
/// # Errors
/// When the database is away. Sessions that were ended before that stay ended.
pub async fn all_of_user(database: &Database, user_id: String, now: i64) -> Done<usize> {
    let first = thin_out(database, &user_id, "", now).await?;
    let rest = database.write(move |connection| {
        store::users::bump_credential_version(connection, &user_id)?;
        all(connection, &user_id, now)
    });
    Ok(first + rest.await?)
}

/// Ends the next sessions of any users, in the order of these users' ids, from one id on. Returns the last user, to go
/// on from, and how many sessions; `None` when there is none left.
///
/// # Errors
/// When the database is away. What was done before stays done.
pub async fn next_of_everybody(
    database: &Database,
    from: String,
    now: i64,
) -> Done<Option<(String, usize)>> {
    database
        .write(move |connection| {
            let live = store::sessions::live_from_user(connection, &from, AT_ONCE)?;
            let (mut users, ids): (Vec<_>, Vec<_>) = live.into_iter().unzip();
            users.dedup();
            let Some(last) = users.last().cloned() else { return Ok(None) };
            store::users::bump_credential_versions(connection, &users)?;
            Ok(Some((last, these(connection, &ids, now)?)))
        })
        .await
}

/// Ends sessions of a user until so few are left that one transaction can end them in time: a user from before there
/// was a cap may have a hundred thousand. Never ends `but`. Returns how many.
async fn thin_out(database: &Database, user_id: &str, but: &str, now: i64) -> Done<usize> {
    let (mut total, mut step) = (0, Some(0));
    while let Some(ended) = step {
        total += ended;
        // Each step has the time of a request: as long as there is progress, the caller waits.
        step = share_budget(end_some(database, user_id, but, now)).await?;
    }
    Ok(total)
}

/// One step of [`thin_out`]; `None` where few enough are left.
async fn end_some(database: &Database, user_id: &str, but: &str, now: i64) -> Done<Option<usize>> {
    let (id, but) = (user_id.to_owned(), but.to_owned());
    let read = move |connection: &mut AnyConnection| {
        store::sessions::some_of_user(connection, (&id, &but), AT_ONCE)
    };
    let some = database.read(read).await?;
    if i64::try_from(some.len()).is_ok_and(|count| count < AT_ONCE) {
        return Ok(None);
    }
    let id = user_id.to_owned();
    let end = database.write(move |connection| {
        store::users::bump_credential_version(connection, &id)?;
        these(connection, &some, now)
    });
    end.await.map(Some)
}

/// Sets a new password and ends every session. A new one takes the place of `by`, which asks for it; it is returned
/// with its user. `None` if `by` is over by now, or there is no such user: who lost the session while the password was
/// being hashed sets none.
///
/// # Errors
/// When the database is away.
pub async fn all_for_new_password(
    database: &Database,
    lifetimes: &Lifetimes,
    (user_id, by): (String, String),
    hash: String,
    now: i64,
) -> Done<Option<(SessionRow, UserRow)>> {
    thin_out(database, &user_id, &by, now).await?;
    let lifetimes = *lifetimes;
    database
        .write(move |connection| {
            if !store::users::bump_credential_version(connection, &user_id)? {
                return Ok(None);
            }
            let asking = store::sessions::with_user(connection, &by)?
                .filter(|(session, user)| user.id == user_id && !is_over(session, now));
            let Some((asking, user)) = asking else { return Ok(None) };
            store::users::set_password_hash(connection, &user_id, &hash)?;
            let new = in_place_of(&asking, &lifetimes, now);
            let ended = store::sessions::revoke_all(connection, &user_id, now)?;
            store::sessions::insert(connection, &new)?;
            announce(connection, ended, now)?;
            Ok(Some((new, user)))
        })
        .await
}

/// Disables a user and ends every session. `false` if there is no such user.
///
/// # Errors
/// When the database is away.
pub async fn all_and_disable(database: &Database, user: UserRow, now: i64) -> Done<bool> {
    thin_out(database, &user.id, "", now).await?;
    database
        .write(move |connection| {
            if !store::users::bump_credential_version(connection, &user.id)? {
                return Ok(false);
            }
            store::users::set_disabled(connection, &user.id, Some(now))?;
            all(connection, &user.id, now)?;
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
    thin_out(database, &user_id, &by, now).await?;
    database
        .write(move |connection| {
            if !store::users::bump_credential_version(connection, &user_id)?
                || store::sessions::is_over(connection, &by)?
            {
                return Ok(false);
            }
            all(connection, &user_id, now)?;
            store::users::remove(connection, &user_id)
        })
        .await
}

/// Ends those of these sessions that live. Returns how many. Each is one that the caller may end.
///
/// # Errors
/// When the database is away.
pub fn these(connection: &mut AnyConnection, ids: &[String], now: i64) -> Done<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ended = store::sessions::revoke(connection, ids, now)?;
    announce(connection, ended, now)
}

/// Ends every session of a user whose row the caller has changed. Returns how many.
fn all(connection: &mut AnyConnection, user_id: &str, now: i64) -> Done<usize> {
    let ended = store::sessions::revoke_all(connection, user_id, now)?;
    announce(connection, ended, now)
}

/// Puts ended sessions into the feed, as far as an access token of theirs may still be accepted. Returns how many
/// sessions there were. The last step of a transaction: it takes the lock that everybody waits for.
fn announce(connection: &mut AnyConnection, ended: Vec<End>, now: i64) -> Done<usize> {
    let count = ended.len();
    let revoked: Vec<_> = ended
        .into_iter()
        .map(|(sid, end)| Revoked { sid, until: end + MARGIN })
        .filter(|revoked| revoked.until > now)
        .collect();
    store::revocations::insert(connection, &revoked)?;
    Ok(count)
}
