//! `POST /api/auth/email/verification`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::Rejection;
use service_kit::openapi::{Forbidden, NotFound, TooManyRequests, Unauthorized, Unavailable};

use crate::{
    accounts,
    http::{ApiError, caller::SignedInUser, user_context},
    state::State,
};

/// Sends the mail that proves the caller's address once more: to the pending address, if there is one. Nothing is sent
/// if the address is proven already, or got too many mails.
///
/// # Errors
/// 401, 404 where mail is off, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/email/verification",
    tag = "email",
    responses((status = 202, description = "The mail is sent, if the address is not proven"), Unauthorized, Forbidden, NotFound, TooManyRequests, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_verification(
    caller: SignedInUser,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let policy = state.mailer.settings().policy();
    let context = user_context(&request, &state, &caller.user_id);
    let (database, user_id) = (&state.database, caller.user_id);
    let found = accounts::send_verification(database, &policy, user_id, context).await?;
    // If the user was deleted, the token counts as revoked.
    if !found {
        return Err(Rejection::Revoked.into());
    }
    state.mailer.wake();
    Ok(HttpResponse::Accepted().finish())
}
