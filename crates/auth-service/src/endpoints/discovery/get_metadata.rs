//! `GET /.well-known/oauth-authorization-server` and `…/openid-configuration`

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::Data,
};
use claims::scope;
use serde_json::json;

use crate::state::State;

/// The metadata of the issuer (RFC 8414 §2): its endpoints and features.
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "discovery",
    responses((status = 200, description = "RFC 8414 metadata; the same at /.well-known/openid-configuration", body = Object)),
)]
pub(crate) async fn get_metadata(state: Data<State>) -> HttpResponse {
    let issuer = &state.settings.issuer;
    let client_methods = ["client_secret_basic", "client_secret_post"];
    let body = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "revoked_sessions_uri": format!("{issuer}/.well-known/revoked-sessions"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "token_endpoint_auth_methods_supported": client_methods,
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "revocation_endpoint_auth_methods_supported": client_methods,
        "introspection_endpoint": format!("{issuer}/oauth2/introspect"),
        "introspection_endpoint_auth_methods_supported": client_methods,
        "scopes_supported": [scope::USERS_READ, scope::USERS_EMAIL, scope::USERS_ADMIN],
        // Users sign in at /api/auth/login. There is no authorization endpoint, so there is no response type.
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let max_age = state.settings.lifetimes.jwks_max_age.as_secs();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, format!("public, max-age={max_age}")))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(body.to_string())
}
