//! `POST /api/auth/email/verify`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::{
    input::JsonBody,
    openapi::{
        NotFound, PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable,
        UnsupportedMediaType,
    },
};

use crate::{
    accounts,
    audit::Actor,
    http::{
        ApiError,
        error_responses::{Conflict, LinkInvalid},
        link::{LinkBody, rejected_link, require_token},
        request_context,
    },
    state::State,
};

/// Accepts the link of a mail that proves an address: the first one of an account, or a new one, which then replaces
/// the old one. Older access tokens become `token_stale`.
///
/// # Errors
/// 400 `link_invalid`, 404 where mail is off, 409 `user_exists`, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/email/verify",
    tag = "email",
    request_body(content = LinkBody),
    responses((status = 204, description = "The address is proven"), LinkInvalid, NotFound, RequestTimeout, Conflict, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_verify(
    request: HttpRequest,
    body: JsonBody<LinkBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let token = require_token(&request, &state, body.0.token)?;
    let context = request_context(&request, &state, Actor::Anonymous);
    let policy = state.mailer.settings().policy();
    let (database, access) = (&state.database, state.settings.lifetimes.access);
    let verified = accounts::verify_email(database, &policy, access, &token, &context).await;
    let user = verified.map_err(|error| rejected_link(&request, &state, error))?;
    state.feed.notify_written();
    state.mailer.wake();
    tracing::info!(%user, "an address was proven");
    Ok(HttpResponse::NoContent().finish())
}
