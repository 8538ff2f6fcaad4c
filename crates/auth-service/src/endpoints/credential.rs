//! The one token that a refresh or a logout is about: as Bearer, in the body, or in the cookie.

use actix_web::HttpRequest;
use claims::{Rejection, actix::bearer_token};
use service_kit::{
    input::{Fields, FromFields},
    problem::Problem,
};

use super::{cookie, csrf, problems};
use crate::state::State;

/// A token with where it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The token, not verified.
    pub unverified_token: String,
    /// Whether it came in the cookie, and so needs its CSRF token.
    pub in_cookie: bool,
}

/// The body of such a call: it may be absent.
pub struct CredentialBody {
    refresh_token: Option<String>,
}

impl FromFields for CredentialBody {
    const MAY_BE_ABSENT: bool = true;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.optional_string("refresh_token") })
    }
}

impl Credential {
    /// Finds the one credential of a call.
    ///
    /// # Errors
    /// 401 without any, 400 with more than one, 403 with a cookie from an origin that is not listed.
    pub fn find(
        request: &HttpRequest,
        body: CredentialBody,
        state: &State,
    ) -> Result<Self, actix_web::Error> {
        let lifetimes = &state.settings.lifetimes;
        let refuse = |rejection| problems::rejected(rejection, lifetimes);
        let bearer = bearer_token(request.headers()).map_err(refuse)?.map(str::to_owned);
        let in_cookie = request.cookie(cookie::NAME).map(|cookie| cookie.value().to_owned());
        let from_cookie = in_cookie.is_some();
        let mut found: Vec<_> =
            [bearer, body.refresh_token, in_cookie].into_iter().flatten().collect();
        let token = found.pop().ok_or_else(|| refuse(Rejection::MissingAuthorization))?;
        if !found.is_empty() {
            let detail = "Send one token: as Bearer, in the body, or in the cookie";
            return Err(Problem::invalid_request(detail).into());
        }
        if from_cookie {
            csrf::check_origin(request, &state.settings.cors_origins)?;
        }
        Ok(Self { unverified_token: token, in_cookie: from_cookie })
    }
}
