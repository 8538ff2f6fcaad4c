//! The response of log-in, refresh and password change: both tokens of a session.

use std::time::Duration;

use actix_web::HttpResponse;
use claims::Scopes;
use serde::Serialize;
use service_kit::{ids::TokenId, problem::Problem, unix_time::UnixSeconds};
use utoipa::ToSchema;

use super::{ApiError, NO_STORE, csrf};
use crate::{
    state::State,
    store::{sessions::SessionRow, users::UserRow},
    tokens::{AccessTokenParams, ActiveKeySigner, RefreshTokenParams},
};

/// The response of log-in and refresh (RFC 6749 §5.1, with further fields).
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
    /// The token of this device for its next log-in, unless it is sent in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

/// How the refresh token is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenDelivery {
    /// In the body.
    Body,
    /// In the cookie, with a CSRF token in the body.
    Cookie,
}

impl TokenDelivery {
    /// `Cookie` if `in_cookie`.
    pub(crate) fn in_cookie_if(in_cookie: bool) -> Self {
        if in_cookie { Self::Cookie } else { Self::Body }
    }
}

/// A signed access token, with the values of the response that describe it.
#[derive(Debug)]
pub(crate) struct SignedAccess {
    /// The token.
    pub(crate) token: String,
    /// Seconds until it expires.
    pub(crate) expires_in: i64,
    /// Its scopes.
    pub(crate) scope: String,
}

/// A session whose tokens are to be signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionTokens<'a> {
    /// Its row. Its `current_jti` and `rotated_at` go into the refresh token.
    pub(crate) session: &'a SessionRow,
    /// Its user.
    pub(crate) user: &'a UserRow,
    /// Whether a password was just checked.
    pub(crate) fresh: bool,
}

impl SessionTokens<'_> {
    /// Signs an access token. It expires with the session at the latest.
    ///
    /// # Errors
    /// 503 `keys_unavailable`.
    pub(crate) fn access_token(
        &self,
        state: &State,
        signer: &ActiveKeySigner<'_>,
        now: UnixSeconds,
    ) -> Result<SignedAccess, ApiError> {
        let Self { session, user, fresh } = *self;
        let expires_at = session.expires_at.min(now + state.settings.lifetimes.access);
        let scope: Scopes = user.scope.parse().map_err(|_| Problem::internal("stored scopes"))?;
        let text = scope.to_string();
        let ext = user.ext.as_deref().map(serde_json::from_str).transpose();
        let ext = ext.map_err(|_| Problem::internal("stored further claims"))?;
        let token = signer.access_token(AccessTokenParams {
            user_id: &user.id,
            username: &user.username,
            session_id: &session.id,
            scope,
            rights_version: user.rights_version,
            ext,
            fresh,
            auth_time: session.auth_time,
            jti: TokenId::random(),
            issued_at: now,
            expires_at,
        })?;
        Ok(SignedAccess { token, expires_in: expires_at.seconds_since(now), scope: text })
    }

    fn refresh_token(&self, signer: &ActiveKeySigner<'_>) -> Result<String, ApiError> {
        let Self { session, user, .. } = *self;
        Ok(signer.refresh_token(&RefreshTokenParams {
            user_id: &user.id,
            session_id: &session.id,
            jti: &session.current_jti,
            issued_at: session.rotated_at,
            expires_at: session.refresh_expires_at,
        })?)
    }

    /// Signs both tokens and makes the response, with the device token if there is one.
    ///
    /// # Errors
    /// 503 `keys_unavailable`.
    pub(crate) fn response(
        &self,
        state: &State,
        signer: &ActiveKeySigner<'_>,
        delivery: TokenDelivery,
        device: Option<String>,
    ) -> Result<HttpResponse, ApiError> {
        let now = state.now();
        let access = self.access_token(state, signer, now)?;
        let refresh = self.refresh_token(signer)?;
        let refresh_expires_in = self.session.refresh_expires_at.seconds_since(now).max(0);
        let mut body = TokenBody {
            access_token: access.token,
            token_type: "Bearer",
            expires_in: access.expires_in,
            refresh_token: None,
            refresh_expires_in,
            scope: access.scope,
            user_id: self.user.id.clone().into(),
            session_id: self.session.id.clone().into(),
            csrf_token: None,
            device_token: None,
        };
        let mut response = HttpResponse::Ok();
        response.insert_header(NO_STORE);
        match delivery {
            TokenDelivery::Body => {
                (body.refresh_token, body.device_token) = (Some(refresh), device);
            }
            TokenDelivery::Cookie => {
                body.csrf_token = Some(csrf::token(&state.csrf_key, &self.session.id));
                let max_age = Duration::from_secs(refresh_expires_in.unsigned_abs());
                response.cookie(state.refresh_cookie.with_token(refresh, max_age));
                if let Some(device) = device {
                    response.cookie(state.device_cookie.with_token(device));
                }
            }
        }
        Ok(response.json(body))
    }
}
