//! `POST /oauth2/introspect`

use crate::endpoints::schemas::{IntrospectionBody, OAuthErrorBody, PresentedForm};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use claims::{AccessToken, FIRST_PARTY, RefreshToken, Scopes, scope};
use database::DatabaseError;
use serde_json::{Value, json};
use service_kit::openapi::{PayloadTooLarge, RequestTimeout, Unavailable, UnsupportedMediaType};
use service_kit::{input::FormBody, problem::Problem};

use super::{Parameters, answer, authenticated_client};
use crate::{
    endpoints::presented::PresentedToken,
    scopes::TOKENS_INTROSPECT,
    sessions,
    state::State,
    store::{self, clients::ClientRow, sessions::SessionRow, users::UserRow},
};

/// What a token says and whether it counts now (RFC 7662). A client sees its own tokens; those of others with the scope
/// `tokens:introspect`, or with `users:read` or `users:admin`, which open more than that. What a client may not see, and
/// what is no live token of ours, is `{"active":false}` and nothing more (§2.2).
///
/// # Errors
/// RFC 6749 §5.2; 413, 415, 503 as everywhere.
#[utoipa::path(
    post,
    path = "/oauth2/introspect",
    tag = "service accounts",
    request_body(content = PresentedForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 400, body = OAuthErrorBody), (status = 401, body = OAuthErrorBody), (status = 200, body = IntrospectionBody), RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unavailable),
    security(("client" = []), ()),
)]
pub async fn post_introspect(
    request: HttpRequest,
    form: FormBody,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let mut parameters = Parameters::new(form)?;
    let client = authenticated_client(&request, &mut parameters, &state).await?;
    let token = parameters.require("token", "token is missing")?;
    let members = match PresentedToken::verify(&state, &token) {
        Ok(token) if !may_see(&client, &token) => Ok(None),
        Ok(PresentedToken::Access(token)) => of_access_token(&state, token).await,
        Ok(PresentedToken::Refresh(token)) => of_refresh_token(&state, token).await,
        Err(_) => Ok(None),
    };
    let members = members.map_err(Problem::from)?.unwrap_or_else(|| json!({ "active": false }));
    Ok(answer(StatusCode::OK).json(members))
}

/// Whether the client may hear of this token.
fn may_see(client: &ClientRow, token: &PresentedToken) -> bool {
    let own = matches!(token, PresentedToken::Access(token) if token.sub == client.id);
    let held: Scopes = client.scope.parse().unwrap_or_default();
    own || [TOKENS_INTROSPECT, scope::USERS_READ, scope::USERS_ADMIN]
        .iter()
        .any(|scope| held.contains(scope))
}

/// The members for an access token; `None` when its session is over, or its account disabled.
async fn of_access_token(
    state: &State,
    token: AccessToken,
) -> Result<Option<Value>, DatabaseError> {
    let mut members = json!({
        "active": true,
        "token_type": "Bearer",
        "scope": token.scope,
        "client_id": token.client_id,
        "sub": token.sub,
        "aud": token.aud,
        "iss": token.iss,
        "jti": token.jti,
        "iat": token.iat,
        "exp": token.exp,
    });
    let Some(sid) = token.sid.clone() else {
        let id = token.into_claims().sub;
        let over = state.database.read(move |connection| store::clients::is_over(connection, &id));
        return Ok((!over.await?).then_some(members));
    };
    let Some((session, user)) = session(state, &sid, &token.sub).await? else { return Ok(None) };
    members["sid"] = sid.into();
    members["username"] = user.username.into();
    Ok(session.revoked_at.is_none().then_some(members))
}

/// The members for a refresh token; `None` when it gives no successor any more. It is no Bearer token and has no
/// scope, lest somebody takes it for an access token.
async fn of_refresh_token(
    state: &State,
    token: RefreshToken,
) -> Result<Option<Value>, DatabaseError> {
    let Some((row, user)) = session(state, &token.sid, &token.sub).await? else { return Ok(None) };
    let lifetimes = &state.settings.lifetimes;
    if !sessions::is_usable(&row, lifetimes, &token.jti, state.now()) {
        return Ok(None);
    }
    Ok(Some(json!({
        "active": true,
        "token_type": "refresh_token",
        "client_id": FIRST_PARTY,
        "username": user.username,
        "sub": token.sub,
        "sid": token.sid,
        "aud": token.aud,
        "iss": token.iss,
        "jti": token.jti,
        "iat": token.iat,
        "exp": token.exp,
    })))
}

/// The session of that id with its user, if it is that user's.
async fn session(
    state: &State,
    id: &str,
    user_id: &str,
) -> Result<Option<(SessionRow, UserRow)>, DatabaseError> {
    let id = id.to_owned();
    let row = state.database.read(move |connection| store::sessions::with_user(connection, &id));
    Ok(row.await?.filter(|(_, user)| user.id == user_id && user.disabled_at.is_none()))
}
