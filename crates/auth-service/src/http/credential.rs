//! The one token that a refresh or a logout is about: as Bearer, in the body, or in the cookie.

use actix_web::{HttpRequest, HttpResponse, ResponseError};
use claims::{Rejection, actix::bearer_token, verify_refresh};
use service_kit::{
    input::{Fields, FromFields},
    problem::Problem,
};
use utoipa::ToSchema;

use super::{
    ApiError,
    api_error::auth_error,
    cookie::{SentCookie, SeveralCookies},
    csrf,
    own_tokens::own_policy,
};
use crate::{state::State, store};

/// A token with where it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The token, not verified.
    pub unverified_token: String,
    /// Whether it came in the cookie, and so needs its CSRF token.
    pub in_cookie: bool,
    /// Whether that cookie had its former name.
    pub in_former_cookie: bool,
}

/// The refresh token, where it is neither Bearer nor in the cookie.
#[derive(ToSchema)]
pub struct RefreshBody {
    refresh_token: Option<String>,
}

impl FromFields for RefreshBody {
    const MAY_BE_ABSENT: bool = true;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.optional_string("refresh_token") })
    }
}

impl Credential {
    /// Finds the one credential of a call. A browser sends its cookie with whatever a page sends, so beside a Bearer
    /// token it is passed over, and beside a token in the body it counts only while it is of use.
    ///
    /// # Errors
    /// 401 without any, 400 with more than one, 503.
    pub async fn find(
        request: &HttpRequest,
        body: RefreshBody,
        state: &State,
    ) -> Result<Self, ApiError> {
        let bearer = bearer_token(request.headers())?;
        match (bearer, body.refresh_token) {
            (Some(_), Some(_)) => Err(several_credentials()),
            (Some(token), None) => Ok(Self::explicit(token.to_owned())),
            (None, Some(token)) => {
                if is_cookie_of_use(request, state).await? {
                    return Err(several_credentials());
                }
                Ok(Self::explicit(token))
            }
            (None, None) => Self::find_cookie(request, state),
        }
    }

    /// The credential of a call that takes the cookie alone.
    ///
    /// # Errors
    /// 401 without a cookie, 400 with several.
    pub fn find_cookie(request: &HttpRequest, state: &State) -> Result<Self, ApiError> {
        let sent = state.refresh_cookie.sent(request.headers()).map_err(several_cookies)?;
        let cookie = sent.ok_or(Rejection::MissingAuthorization)?;
        let SentCookie { unverified_token, is_former } = cookie;
        Ok(Self { unverified_token, in_cookie: true, in_former_cookie: is_former })
    }

    fn explicit(unverified_token: String) -> Self {
        Self { unverified_token, in_cookie: false, in_former_cookie: false }
    }

    /// The refusal of this token. A cookie that can never be of use again is cleared with it.
    pub fn refused(&self, rejection: Rejection, state: &State) -> ApiError {
        if !self.in_cookie || !is_final(rejection) {
            return rejection.into();
        }
        let mut response = auth_error(rejection).error_response();
        self.clear_cookie(&mut response, state);
        ApiError::TokenWithAnswer(rejection, Box::new(response))
    }

    /// Checks what a cookie needs beside its token: that it counts under its name, and that one of our own pages
    /// sent it. The token must have been verified before: a page with a dead cookie is told that it is dead.
    ///
    /// # Errors
    /// 401 for a former cookie that does not count, 403 `csrf_failed`, 503.
    pub async fn check_cookie(
        &self,
        request: &HttpRequest,
        state: &State,
        session_id: &str,
    ) -> Result<(), ApiError> {
        if !self.in_cookie {
            return Ok(());
        }
        self.check_former(state, session_id).await?;
        csrf::check_origin(request, &state.settings)?;
        csrf::check_token(request, &state.csrf_key, session_id)
    }

    /// Checks that a cookie under its former name is one from before the present name.
    ///
    /// # Errors
    /// 401 as for no cookie, 503.
    pub async fn check_former(&self, state: &State, session_id: &str) -> Result<(), ApiError> {
        if self.counts_under_its_name(state, session_id).await? {
            return Ok(());
        }
        Err(Rejection::MissingAuthorization.into())
    }

    async fn counts_under_its_name(
        &self,
        state: &State,
        session_id: &str,
    ) -> Result<bool, ApiError> {
        if !self.in_former_cookie {
            return Ok(true);
        }
        let id = session_id.to_owned();
        let read = state.database.read(move |connection| store::sessions::began(connection, &id));
        // Of a session that is gone the next step tells.
        Ok(read.await?.is_none_or(|began| state.refresh_cookie.former_counts(began)))
    }

    /// The cookie of this session that a call has beside its credential.
    pub fn cookie_of(request: &HttpRequest, state: &State, session_id: &str) -> Option<Self> {
        let (cookie, found) = Self::signed_cookie(request, state)?;
        (found == session_id).then_some(cookie)
    }

    /// The one well signed cookie of a call, and its session.
    fn signed_cookie(request: &HttpRequest, state: &State) -> Option<(Self, String)> {
        let cookie = Self::find_cookie(request, state).ok()?;
        let (keys, policy) = (state.keyring.keys(), own_policy(state));
        let token =
            verify_refresh(&cookie.unverified_token, &keys.verifying, &policy, state.now()).ok()?;
        Some((cookie, token.into_claims().sid))
    }

    /// Makes the browser forget the cookie that was sent.
    pub fn clear_cookie(&self, response: &mut HttpResponse, state: &State) {
        let present = state.refresh_cookie.cleared();
        let former = self.in_former_cookie.then(|| state.refresh_cookie.former_cleared());
        for cookie in [Some(present), former].into_iter().flatten() {
            add_cookie(response, &cookie);
        }
    }

    /// Makes the browser forget the former cookie, if that was sent: the answer holds the present one.
    pub fn clear_former_cookie(&self, response: &mut HttpResponse, state: &State) {
        if self.in_former_cookie {
            add_cookie(response, &state.refresh_cookie.former_cleared());
        }
    }
}

/// Whether the request has a cookie that counts and whose session lives.
async fn is_cookie_of_use(request: &HttpRequest, state: &State) -> Result<bool, ApiError> {
    let Some((cookie, id)) = Credential::signed_cookie(request, state) else { return Ok(false) };
    if !cookie.counts_under_its_name(state, &id).await? {
        return Ok(false);
    }
    let read = state.database.read(move |connection| store::sessions::is_revoked(connection, &id));
    Ok(!read.await?)
}

/// Whether no later call with the same token can succeed. A session that has ended does not count: its end may come
/// from a race with a parallel answer, and the cookie that this answer sets must stay.
fn is_final(rejection: Rejection) -> bool {
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
    // A cookie of ours is a valid header: its parts are tokens, numbers and fixed texts.
    let _ = response.add_cookie(cookie);
}
