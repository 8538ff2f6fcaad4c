//! `POST /api/auth/password/reset`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::{
    input::{Fields, FromFields},
    openapi::{
        PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    accounts::{PasswordResetter, ResetPasswordError},
    audit::Actor,
    http::{
        ApiError,
        admission::Admitted,
        error_responses::LinkInvalid,
        link::{rejected_link, require_token, take_token},
        request_context,
    },
    mail::LinkToken,
    state::State,
};

/// The token of a link, and the new password.
#[derive(ToSchema)]
pub(crate) struct ResetBody {
    #[schema(value_type = String, example = "Zr0c0Sd7mTt5iQb0a1W8kq0gN3o4aVYy1u9o8V0x2eE")]
    token: Option<LinkToken>,
    // The rules for it need the user's name and address, which are read later.
    #[schema(value_type = String, min_length = 8, max_length = 256, format = Password)]
    new_password: Zeroizing<String>,
}

impl FromFields for ResetBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, new) = (take_token(fields, "token"), fields.string("new_password"));
        Some(Self { new_password: new?.into(), token: token? })
    }
}

/// Sets a new password by the link of a mail, or by one that an administrator handed over. Every session of the user
/// ends, and no new one begins. The address that a mail was sent to counts as proven.
///
/// # Errors
/// 400 `link_invalid`, or `invalid_request` for a password that breaks a rule: then the link still works; 429; 503.
#[utoipa::path(
    post,
    path = "/api/auth/password/reset",
    tag = "email",
    request_body(content = ResetBody),
    responses((status = 204, description = "The password is set, and every session has ended"), LinkInvalid, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_reset(
    request: HttpRequest,
    admitted: Admitted<ResetBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let Admitted { permit, body } = admitted;
    let token = require_token(&request, &state, body.token)?;
    let context = request_context(&request, &state, Actor::Anonymous);
    let (database, passwords, keys) = (&state.database, &state.passwords, &state.attempt_keys);
    let policy = &state.mailer.settings().policy();
    let access = state.settings.lifetimes.access;
    let resetter = PasswordResetter { database, passwords, keys, policy, access };
    let reset = resetter.reset(&permit, &token, &body.new_password, &context).await;
    let user = reset.map_err(|error| match error {
        ResetPasswordError::Link(error) => rejected_link(&request, &state, error),
        ResetPasswordError::Password(error) => {
            ApiError::invalid_new_password("new_password", error.to_string())
        }
        ResetPasswordError::NewPassword(error) => {
            ApiError::rejected_new_password(error, "new_password")
        }
    })?;
    state.feed.notify_written();
    state.mailer.wake();
    tracing::info!(%user, "password reset by a link: every session ended");
    Ok(HttpResponse::NoContent().cookie(state.refresh_cookie.removal()).finish())
}
