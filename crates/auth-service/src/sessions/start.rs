//! Starting a session.

use database::DatabaseError;
use service_kit::{
    ids::{SessionId, TokenId},
    unix_time::UnixSeconds,
};

use super::{
    ClientInfo, cap,
    issued_token::{ClientFingerprint, IssuedToken},
};
use crate::{
    audit::{Entry, RequestContext},
    lifetimes::{Lifetimes, SessionRules},
    store::{self, Transaction, sessions::SessionRow, users::UserRow},
};

/// A session to start.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Its user, as read when the password was checked.
    pub user: &'a UserRow,
    /// The client that signs in.
    pub client: ClientInfo,
    /// Whether its refresh token goes into a cookie.
    pub in_cookie: bool,
}

impl NewSession<'_> {
    /// The row to insert.
    pub(crate) fn into_row(self, lifetimes: &Lifetimes, now: UnixSeconds) -> SessionRow {
        let expires_at = now + lifetimes.session;
        let issuance = IssuedToken {
            client: ClientFingerprint::of(&self.client),
            in_cookie: self.in_cookie,
            replaced_an_unused_token: false,
        };
        SessionRow {
            id: SessionId::random(),
            user_id: self.user.id.clone(),
            current_jti: TokenId::random(),
            previous_jti: None,
            rotated_at: now,
            refresh_expires_at: expires_at.min(now + lifetimes.idle),
            access_expires_at: expires_at.min(now + lifetimes.access),
            auth_time: now,
            created_at: now,
            last_used_at: now,
            expires_at,
            revoked_at: None,
            user_agent: self.client.user_agent,
            ip: self.client.ip.map(|ip| ip.to_string()),
            issuance: Some(issuance.to_string()),
            replays: 0,
        }
    }
}

/// Inserts a session and the audit entry of its log-in. If the user then has more than the session cap, ends sessions:
/// first those that were never refreshed and whose access token has expired, then the least recently used ones. Returns
/// how many were ended. The caller has locked the user's row, and this is the last step of its transaction.
///
/// # Errors
/// When the database is unavailable.
pub(crate) fn insert_and_enforce_cap(
    transaction: &mut Transaction<'_>,
    session: &SessionRow,
    rules: &SessionRules,
    context: &RequestContext,
    login: Entry,
) -> Result<usize, DatabaseError> {
    let login = login.in_session(&session.id).into_row();
    let max = rules.max_sessions;
    let others = store::sessions::insert_audited_and_count(transaction, session, max, login)?;
    if others < max {
        return Ok(0);
    }
    cap::enforce(transaction, session, rules, context)
}

/// The session that replaces `old` when its user changes the password: the same client, end and cookie mode, but a new
/// id and new tokens.
pub(crate) fn replacement_for(
    old: &SessionRow,
    lifetimes: &Lifetimes,
    now: UnixSeconds,
) -> SessionRow {
    SessionRow {
        id: SessionId::random(),
        current_jti: TokenId::random(),
        previous_jti: None,
        rotated_at: now,
        refresh_expires_at: old.expires_at.min(now + lifetimes.idle),
        access_expires_at: old.expires_at.min(now + lifetimes.access),
        auth_time: now,
        created_at: now,
        last_used_at: now,
        revoked_at: None,
        replays: 0,
        ..old.clone()
    }
}
