//! Finds the token of a refresh or a logout: as Bearer token, in the body, or in the cookie.

use actix_web::{HttpRequest, HttpResponse, ResponseError};
use claims::{Rejection, actix::bearer_token, verify_refresh};
use service_kit::{
    ids::SessionId,
    input::{Fields, FromFields},
    problem::Problem,
};
use utoipa::ToSchema;

use super::{
    ApiError,
    api_error::auth_error,
    cookie::{SentCookie, SeveralCookies},
    csrf,
    local_authenticator::local_token_policy,
};
use crate::{sessions, state::State};

/// A token, and where the request had it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The token, not verified.
    pub(crate) unverified_token: String,
    /// Whether it came in the cookie, so that a CSRF token is needed.
    pub(crate) in_cookie: bool,
    /// Whether that cookie had the name of earlier versions over https, `refresh_token_cookie`. It is accepted only for
    /// sessions that began before the `__Host-` name was used.
    pub(crate) cookie_has_old_name: bool,
}

/// The refresh token, if it is neither a Bearer token nor in the cookie.
#[derive(ToSchema)]
pub(crate) struct RefreshBody {
    refresh_token: Option<String>,
}

impl FromFields for RefreshBody {
    const MAY_BE_ABSENT: bool = true;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.optional_string("refresh_token") })
    }
}

impl Credential {
    /// Finds the token of a request. A browser adds its cookie to every request of a page, so with a Bearer token every
    /// cookie is ignored. With a token in the body, two cookies, or the cookie of a live session, are an error (400);
    /// any other cookie is ignored.
    ///
    /// # Errors
    /// 401 without a token, 400 with more than one, 503.
    pub(crate) async fn find(
        request: &HttpRequest,
        body: RefreshBody,
        state: &State,
    ) -> Result<Self, ApiError> {
        let bearer = bearer_token(request.headers())?;
        match (bearer, body.refresh_token) {
            (Some(_), Some(_)) => Err(several_credentials()),
            (Some(token), None) => Ok(Self::explicit(token.to_owned())),
            (None, Some(token)) => {
                state.refresh_cookie.find(request.headers()).map_err(several_cookies)?;
                if has_live_cookie(request, state).await? {
                    return Err(several_credentials());
                }
                Ok(Self::explicit(token))
            }
            (None, None) => Self::find_cookie(request, state),
        }
    }

    /// Finds the token of a request that accepts only the cookie.
    ///
    /// # Errors
    /// 401 without a cookie, 400 with several.
    pub(crate) fn find_cookie(request: &HttpRequest, state: &State) -> Result<Self, ApiError> {
        let sent = state.refresh_cookie.find(request.headers()).map_err(several_cookies)?;
        let cookie = sent.ok_or(Rejection::MissingAuthorization)?;
        let SentCookie { unverified_token, has_old_name } = cookie;
        Ok(Self { unverified_token, in_cookie: true, cookie_has_old_name: has_old_name })
    }

    fn explicit(unverified_token: String) -> Self {
        Self { unverified_token, in_cookie: false, cookie_has_old_name: false }
    }

    /// The error response for this token. It also deletes the cookie, if the token can never be accepted again.
    pub(crate) fn rejected(&self, rejection: Rejection, state: &State) -> ApiError {
        if !self.in_cookie || !is_permanent(rejection) {
            return rejection.into();
        }
        let mut response = auth_error(rejection).error_response();
        self.clear_cookie(&mut response, state);
        ApiError::TokenWithResponse(rejection, Box::new(response))
    }

    /// If the token came in a cookie, checks the rules for cookies: a cookie with the old name must belong to an old
    /// session, the request must come from an allowed origin, and it must have the CSRF token. The token must have been
    /// verified before, so that a page with an expired cookie gets 401 `token_expired` and not 403.
    ///
    /// # Errors
    /// 401 for a cookie with the old name that is not accepted, 403 `csrf_failed`, 503.
    pub(crate) async fn check_cookie_rules_if_cookie(
        &self,
        request: &HttpRequest,
        state: &State,
        session_id: &SessionId,
    ) -> Result<(), ApiError> {
        if !self.in_cookie {
            return Ok(());
        }
        self.check_cookie_name(state, session_id).await?;
        let checked = csrf::check_origin(request, &state.settings)
            .and_then(|()| csrf::check_token(request, &state.csrf_key, session_id));
        csrf::audit_if_refused(request, state, Some(session_id), checked)
    }

    /// If the token came in a cookie with the old name, checks that its session began before the current name was used.
    ///
    /// # Errors
    /// 401 as for no cookie, 503.
    pub(crate) async fn check_cookie_name(
        &self,
        state: &State,
        session_id: &SessionId,
    ) -> Result<(), ApiError> {
        if self.has_accepted_name(state, session_id).await? {
            return Ok(());
        }
        Err(Rejection::MissingAuthorization.into())
    }

    async fn has_accepted_name(
        &self,
        state: &State,
        session_id: &SessionId,
    ) -> Result<bool, ApiError> {
        if !self.cookie_has_old_name {
            return Ok(true);
        }
        let started_at = sessions::started_at(&state.database, session_id.clone()).await?;
        // A missing session is reported by the next step.
        Ok(started_at.is_none_or(|started_at| state.refresh_cookie.accepts_old_for(started_at)))
    }

    /// The cookie of this session that a request has in addition to its token.
    pub(crate) fn cookie_for_session(
        request: &HttpRequest,
        state: &State,
        session_id: &SessionId,
    ) -> Option<Self> {
        let cookie = SignedCookie::find(request, state)?;
        (cookie.session_id == *session_id).then_some(cookie.credential)
    }

    /// Makes the browser delete the cookie that was sent.
    pub(crate) fn clear_cookie(&self, response: &mut HttpResponse, state: &State) {
        let current = state.refresh_cookie.removal();
        let old = self.cookie_has_old_name.then(|| state.refresh_cookie.old_removal());
        for cookie in [Some(current), old].into_iter().flatten() {
            add_cookie(response, &cookie);
        }
    }

    /// Makes the browser delete the cookie with the old name, if it was sent: the response has one with the current
    /// name.
    pub(crate) fn clear_old_cookie(&self, response: &mut HttpResponse, state: &State) {
        if self.cookie_has_old_name {
            add_cookie(response, &state.refresh_cookie.old_removal());
        }
    }
}

/// A cookie with a valid token.
struct SignedCookie {
    credential: Credential,
    session_id: SessionId,
}

impl SignedCookie {
    /// The cookie of a request, if its token is valid.
    fn find(request: &HttpRequest, state: &State) -> Option<Self> {
        let credential = Credential::find_cookie(request, state).ok()?;
        let (keys, policy) = (state.keyring.keys(), local_token_policy(state));
        let (token, now) = (&credential.unverified_token, state.now().as_i64());
        let claims = verify_refresh(token, &keys.verifying, &policy, now).ok()?.into_claims();
        Some(Self { credential, session_id: SessionId::from_trusted(claims.sid) })
    }
}

/// Whether the request has an acceptable cookie of a live session.
async fn has_live_cookie(request: &HttpRequest, state: &State) -> Result<bool, ApiError> {
    let Some(cookie) = SignedCookie::find(request, state) else { return Ok(false) };
    let SignedCookie { credential, session_id } = cookie;
    if !credential.has_accepted_name(state, &session_id).await? {
        return Ok(false);
    }
    Ok(!sessions::is_revoked(&state.database, session_id).await?)
}

/// Whether no later request with the same token can succeed. `false` for a session that has ended: a parallel request
/// may have changed the password and set the cookie of a new session, which must stay.
fn is_permanent(rejection: Rejection) -> bool {
    !matches!(
        rejection,
        Rejection::Revoked
            | Rejection::NotYetValid
            | Rejection::IssuedInFuture
            | Rejection::MissingAuthorization
            | Rejection::NotBearer
    )
}

fn several_credentials() -> ApiError {
    Problem::invalid_request("Send one token: as Bearer, in the body, or in the cookie").into()
}

fn several_cookies(_: SeveralCookies) -> ApiError {
    Problem::invalid_request("There are several cookies with the refresh token's name").into()
}

fn add_cookie(response: &mut HttpResponse, cookie: &actix_web::cookie::Cookie<'_>) {
    // Our cookie is always a valid header: its parts are tokens, numbers and fixed texts.
    let _ = response.add_cookie(cookie);
}
