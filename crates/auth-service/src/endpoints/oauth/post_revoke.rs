//! `POST /oauth2/revoke`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use claims::{Scopes, scope};
use service_kit::openapi::{
    PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable, UnsupportedMediaType,
};

use crate::{
    audit::{self, Actor, Event},
    http::{
        ApiError,
        any_token::AnyToken,
        authenticated_client::AuthenticatedClient,
        oauth_error::{OAuthError, OAuthErrorBody, oauth_answer},
        request_context,
        token_query_form::TokenQueryForm,
    },
    sessions::revoke::revoke,
    state::State,
    store::clients::ClientRow,
};

/// Ends the session of a user's token, access or refresh (RFC 7009 §2.1). Needs the scope `users:admin`, because the
/// session does not belong to the client. An unknown, expired or malformed token answers 200: it is already unusable.
///
/// A service account's token is `unsupported_token_type`: verifiers are informed about sessions and accounts, not about
/// single tokens. `auth-service clients disable` revokes all tokens of an account. Until then a token is valid for its
/// lifetime (15 minutes by default).
///
/// # Errors
/// RFC 6749 §5.2; 413, 415, 429, 503 as for other endpoints.
#[utoipa::path(
    post,
    path = "/oauth2/revoke",
    tag = "service accounts",
    request_body(content = TokenQueryForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 400, body = OAuthErrorBody), (status = 401, body = OAuthErrorBody), (status = 200, description = "The token can no longer be used"), RequestTimeout, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
    security(("client" = []), ()),
)]
pub(crate) async fn post_revoke(
    call: AuthenticatedClient<TokenQueryForm>,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AuthenticatedClient { client, form } = call;
    if let Ok(token) = AnyToken::verify(&state, &form.token) {
        let user_id = token.subject();
        let id = token.into_session_id().ok_or(OAuthError::UnsupportedTokenType)?;
        let context = request_context(&request, &state, Actor::Client(client.id.clone()));
        require_admin(&client).inspect_err(|_| {
            let refused = context.refused(Event::CallRefused, "unauthorized_client");
            state.refused_calls.add(refused.about_user(&user_id).in_session(&id));
        })?;
        let entry = context.done(Event::SessionEnded).because("client").about_user(&user_id);
        let session = id.clone();
        let revoked = audit::transaction(&state.database, move |transaction| {
            revoke(transaction, &session, context.at.seconds(), &entry)
        });
        if revoked.await? {
            state.feed.notify_written();
            tracing::info!(client = %client.id, session = %id, "revoked");
        }
    }
    Ok(oauth_answer(StatusCode::OK).finish())
}

fn require_admin(client: &ClientRow) -> Result<(), OAuthError> {
    let held: Result<Scopes, _> = client.scope.parse();
    if held.is_ok_and(|held| held.contains(scope::USERS_ADMIN)) {
        return Ok(());
    }
    Err(OAuthError::UnauthorizedClient("Ending a user's session needs the scope users:admin"))
}
