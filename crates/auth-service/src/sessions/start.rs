//! A password was right: a session begins, or becomes fresh again.

use database::{Database, DatabaseError};
use uuid::Uuid;

use super::{
    ClientInfo, cap,
    issuance::{ClientFingerprint, Issuance},
};
use crate::{
    settings::{Lifetimes, SessionRules},
    store::{self, sessions::SessionRow, users::UserRow},
};

/// A session to come.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Its user, as read when the password was checked.
    pub user: &'a UserRow,
    /// Where it begins.
    pub client: ClientInfo,
    /// Whether its refresh token goes into a cookie.
    pub cookie_mode: bool,
}

/// Starts a session, if the user may still sign in with what was checked; `None` if not (the password was
/// changed, or the user disabled or deleted, while it was being checked). If the user has too many sessions now, some
/// end (see `cap.rs`); the second value says how many.
///
/// Where `others_follow`, it may wait a moment to share their commit.
///
/// # Errors
/// When the database is away.
pub async fn start(
    database: &Database,
    rules: SessionRules,
    new: NewSession<'_>,
    others_follow: bool,
    now: i64,
) -> Result<Option<(SessionRow, usize)>, DatabaseError> {
    let version = new.user.credential_version;
    let session = new_row(&rules.lifetimes, new, now);
    database
        .write_batched(others_follow, move |connection| {
            if !store::users::note_login(connection, &session.user_id, version, now)? {
                return Ok(None);
            }
            let others = store::sessions::insert_and_count(connection, &session, rules.most)?;
            let ended = if others >= rules.most {
                cap::enforce(connection, &session, &rules, now)?
            } else {
                0
            };
            Ok(Some((session.clone(), ended)))
        })
        .await
}

/// Notes that a session's user gave the password again, and that an access token follows which expires at
/// `access_expires_at`. `false` if the session is over, or the user may not sign in any more.
///
/// # Errors
/// When the database is away.
pub async fn reauthenticated(
    database: &Database,
    user: &UserRow,
    session: &SessionRow,
    access_expires_at: i64,
    now: i64,
) -> Result<bool, DatabaseError> {
    let (user_id, version) = (user.id.clone(), user.credential_version);
    let (id, latest) = (session.id.clone(), access_expires_at.max(session.access_expires_at));
    database
        .write(move |connection| {
            let noted = store::users::note_login(connection, &user_id, version, now)?
                && store::sessions::note_password(connection, &id, now, latest)?;
            store::wrong_passwords::clear(connection, &id)?;
            Ok(noted)
        })
        .await
}

fn new_row(lifetimes: &Lifetimes, new: NewSession<'_>, now: i64) -> SessionRow {
    let expires_at = now + lifetimes.session;
    let issuance = Issuance {
        client: ClientFingerprint::of(&new.client),
        in_cookie: new.cookie_mode,
        replaced_unused: false,
    };
    SessionRow {
        id: Uuid::new_v4().to_string(),
        user_id: new.user.id.clone(),
        current_jti: Uuid::new_v4().to_string(),
        previous_jti: None,
        rotated_at: now,
        refresh_expires_at: expires_at.min(now + lifetimes.idle),
        access_expires_at: expires_at.min(now + lifetimes.access),
        auth_time: now,
        created_at: now,
        last_used_at: now,
        expires_at,
        revoked_at: None,
        user_agent: new.client.user_agent,
        ip: new.client.ip.map(|ip| ip.to_string()),
        issuance: Some(issuance.to_string()),
        repeats: 0,
    }
}

/// The session that takes the place of another one of the same user when the password changes: the same client, end
/// and cookie mode, and tokens of its own.
pub(super) fn in_place_of(old: &SessionRow, lifetimes: &Lifetimes, now: i64) -> SessionRow {
    SessionRow {
        id: Uuid::new_v4().to_string(),
        current_jti: Uuid::new_v4().to_string(),
        previous_jti: None,
        rotated_at: now,
        refresh_expires_at: old.expires_at.min(now + lifetimes.idle),
        access_expires_at: old.expires_at.min(now + lifetimes.access),
        auth_time: now,
        created_at: now,
        last_used_at: now,
        revoked_at: None,
        repeats: 0,
        ..old.clone()
    }
}
