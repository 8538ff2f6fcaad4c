//! A password was right: a session begins, or becomes fresh again.

use service_kit::database::{Database, DatabaseError};
use uuid::Uuid;

use crate::{
    settings::Lifetimes,
    store::{self, sessions::SessionRow, users::UserRow},
};

/// How many characters of a `User-Agent` are kept.
const USER_AGENT_CHARACTERS: usize = 256;

/// What is remembered of where a session began, for its owner to recognise it.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The client's address.
    pub ip: Option<String>,
}

/// Starts a session, if the user may still sign in with what was checked; `None` if not (the password was
/// changed, or the user disabled or deleted, while it was being checked).
///
/// Where `others_follow`, it may wait a moment to share their commit.
///
/// # Errors
/// When the database is away.
pub async fn start(
    database: &Database,
    lifetimes: &Lifetimes,
    user: &UserRow,
    device: Device,
    others_follow: bool,
    now: i64,
) -> Result<Option<SessionRow>, DatabaseError> {
    let session = new_row(lifetimes, &user.id, device, now);
    let (user_id, version) = (user.id.clone(), user.credential_version);
    database
        .write_in_company(others_follow, move |connection| {
            if !store::users::note_login(connection, &user_id, version, now)? {
                return Ok(None);
            }
            store::sessions::insert(connection, &session)?;
            Ok(Some(session.clone()))
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
            Ok(store::users::note_login(connection, &user_id, version, now)?
                && store::sessions::note_password(connection, &id, now, latest)?)
        })
        .await
}

fn new_row(lifetimes: &Lifetimes, user_id: &str, device: Device, now: i64) -> SessionRow {
    let expires_at = now + lifetimes.session;
    SessionRow {
        id: Uuid::new_v4().to_string(),
        user_id: user_id.to_owned(),
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
        user_agent: device
            .user_agent
            .map(|text| text.chars().take(USER_AGENT_CHARACTERS).collect()),
        ip: device.ip,
    }
}
