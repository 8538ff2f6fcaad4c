//! `GET /.well-known/oauth-authorization-server` and `…/openid-configuration`

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::State;

/// How a service account authenticates (RFC 6749 §2.3.1).
const CLIENT_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// The metadata of the issuer (RFC 8414 §2): its endpoints and features.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuerMetadata {
    issuer: String,
    jwks_uri: String,
    /// The revocation feed. Not a member of RFC 8414.
    revoked_sessions_uri: String,
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 2],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// The built-in scopes and those of `AUTH_SCOPES`.
    scopes_supported: Vec<String>,
    /// Empty: users log in at `/api/auth/login`, so there is no authorization endpoint.
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

impl IssuerMetadata {
    fn new(issuer: &str, scopes_supported: Vec<String>) -> Self {
        let at = |path: &str| format!("{issuer}{path}");
        Self {
            issuer: issuer.to_owned(),
            jwks_uri: at("/.well-known/jwks.json"),
            revoked_sessions_uri: at("/.well-known/revoked-sessions"),
            token_endpoint: at("/oauth2/token"),
            token_endpoint_auth_methods_supported: CLIENT_METHODS,
            revocation_endpoint: at("/oauth2/revoke"),
            revocation_endpoint_auth_methods_supported: CLIENT_METHODS,
            introspection_endpoint: at("/oauth2/introspect"),
            introspection_endpoint_auth_methods_supported: CLIENT_METHODS,
            scopes_supported,
            response_types_supported: [],
            grant_types_supported: ["client_credentials"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256"],
        }
    }
}

/// Returns the metadata of the issuer (RFC 8414 §2).
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "discovery",
    responses((status = 200, description = "RFC 8414 metadata; the same at /.well-known/openid-configuration", body = IssuerMetadata)),
)]
pub(crate) async fn get_metadata(state: Data<State>) -> HttpResponse {
    let settings = &state.settings;
    let body = IssuerMetadata::new(&settings.issuer, settings.known_scopes.for_users());
    let max_age = settings.lifetimes.jwks_max_age.as_secs();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, format!("public, max-age={max_age}")))
        .json(body)
}
