//! The bodies that several calls answer with.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, HeaderValue},
};
use claims::Scopes;
use serde::Serialize;
use service_kit::problem::Problem;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{csrf, problems};
use crate::{
    state::State,
    store::{sessions::SessionRow, users::UserRow},
    tokens::{AccessGrant, RefreshGrant, Signer},
};

const MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A user as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserBody {
    id: String,
    username: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    created_at: String,
}

impl UserBody {
    /// Without the scopes, as registration answers.
    pub fn new(user: &UserRow) -> Self {
        Self {
            id: user.id.clone(),
            username: user.username.clone(),
            email: user.email.clone(),
            scope: None,
            created_at: rfc3339_micros(user.created_at),
        }
    }

    /// With the scopes.
    pub fn with_scope(user: &UserRow) -> Self {
        Self { scope: Some(user.scope.clone()), ..Self::new(user) }
    }
}

/// The answer of login and refresh (RFC 6749 §5.1, with our additions).
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenBody {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    refresh_expires_in: i64,
    scope: String,
    user_id: String,
    session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

/// Where the refresh token goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Into the body.
    Body,
    /// Into the cookie, with a CSRF token in the body.
    Cookie,
}

/// Signs both tokens of a session as its row stands, and answers with them.
///
/// # Errors
/// 503 when there is no key to sign with.
pub fn token_response(
    state: &State,
    signer: &Signer<'_>,
    (session, user): (&SessionRow, &UserRow),
    fresh: bool,
    delivery: Delivery,
) -> Result<HttpResponse, Problem> {
    let now = state.now();
    let access = access_token(state, signer, (session, user), fresh, now)?;
    let refresh = signer
        .refresh_token(&RefreshGrant {
            user_id: &user.id,
            session_id: &session.id,
            jti: &session.current_jti,
            issued_at: session.rotated_at,
            expires_at: session.refresh_expires_at,
        })
        .map_err(problems::keys_away)?;
    let refresh_expires_in = (session.refresh_expires_at - now).max(0);
    let mut body = TokenBody {
        access_token: access.token,
        token_type: "Bearer",
        expires_in: access.expires_in,
        refresh_token: None,
        refresh_expires_in,
        scope: access.scope,
        user_id: user.id.clone(),
        session_id: session.id.clone(),
        csrf_token: None,
    };
    let mut response = HttpResponse::Ok();
    response.insert_header(NO_STORE);
    match delivery {
        Delivery::Body => body.refresh_token = Some(refresh),
        Delivery::Cookie => {
            body.csrf_token = Some(csrf::token(&state.csrf_key, &session.id));
            response.cookie(state.refresh_cookie.holding(refresh, refresh_expires_in));
        }
    }
    Ok(response.json(body))
}

/// No cache may keep an answer with a token in it (RFC 6749 §5.1).
pub const NO_STORE: (actix_web::http::header::HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// A signed access token with what is told beside it.
pub struct SignedAccess {
    /// The token.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: i64,
    /// Its scopes.
    pub scope: String,
}

/// Signs an access token of a session. It never outlives the session.
///
/// # Errors
/// 503 when there is no key to sign with.
pub fn access_token(
    state: &State,
    signer: &Signer<'_>,
    (session, user): (&SessionRow, &UserRow),
    fresh: bool,
    now: i64,
) -> Result<SignedAccess, Problem> {
    let expires_at = session.expires_at.min(now + state.settings.lifetimes.access);
    let scope: Scopes = user.scope.parse().map_err(|_| Problem::internal("stored scopes"))?;
    let text = scope.to_string();
    let token = signer
        .access_token(AccessGrant {
            user_id: &user.id,
            username: &user.username,
            session_id: &session.id,
            scope,
            fresh,
            auth_time: session.auth_time,
            jti: Uuid::new_v4().to_string(),
            issued_at: now,
            expires_at,
        })
        .map_err(problems::keys_away)?;
    Ok(SignedAccess { token, expires_in: expires_at - now, scope: text })
}

/// Whole seconds since the epoch, in the one form that all times have.
pub fn rfc3339(seconds: i64) -> String {
    rfc3339_micros(seconds.saturating_mul(1_000_000))
}

/// Microseconds since the epoch as RFC 3339 in UTC, always with six digits: texts of one length sort as times do,
/// and a client that reads one time reads every time.
pub fn rfc3339_micros(micros: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .ok()
        .and_then(|time| time.format(MICROS).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_times_have_one_form() {
        assert_eq!(rfc3339(1_700_000_000), "2023-11-14T22:13:20.000000Z");
        assert_eq!(rfc3339_micros(1_700_000_000_000_042), "2023-11-14T22:13:20.000042Z");
    }
}
