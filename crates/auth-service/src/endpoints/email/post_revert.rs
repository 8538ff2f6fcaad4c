//! `POST /api/auth/email/revert`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::openapi::{
    NotFound, PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable, UnsupportedMediaType,
};

use crate::{
    accounts,
    audit::Actor,
    http::{
        ApiError,
        admission::Admitted,
        error_responses::{Conflict, LinkInvalid},
        link::{LinkBody, rejected_link, require_token},
        request_context,
    },
    state::State,
};

/// Gives a user the previous address back, by the link in the mail about the change. Every session ends. The password
/// does not work any more until a new one is set by the link of another mail, which is sent now.
///
/// # Errors
/// 400 `link_invalid`, 404 where mail is off, 409 `user_exists`, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/email/revert",
    tag = "email",
    request_body(content = LinkBody),
    responses((status = 204, description = "The previous address is back, and every session has ended"), LinkInvalid, NotFound, RequestTimeout, Conflict, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_revert(
    request: HttpRequest,
    admitted: Admitted<LinkBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let Admitted { permit, body } = admitted;
    let token = require_token(&request, &state, body.token)?;
    let context = request_context(&request, &state, Actor::Anonymous);
    let (database, passwords) = (&state.database, &state.passwords);
    let policy = &state.mailer.settings().policy();
    let access = state.settings.lifetimes.access;
    let reverted =
        accounts::revert_email(database, passwords, policy, access, &permit, &token, &context);
    let user = reverted.await.map_err(|error| rejected_link(&request, &state, error))?;
    state.feed.notify_written();
    state.mailer.wake();
    tracing::info!(%user, "a previous address is back: every session ended");
    Ok(HttpResponse::NoContent().cookie(state.refresh_cookie.removal()).finish())
}
