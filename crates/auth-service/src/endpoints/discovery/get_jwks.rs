//! `GET /.well-known/jwks.json`

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    web::Data,
};
use utoipa::ToSchema;

use crate::state::State;

/// A JWK Set (RFC 7517).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes: the key set is kept as text")]
pub(crate) struct JwksBody {
    keys: Vec<JwkBody>,
}

/// A public RSA key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes: the key set is kept as text")]
pub(crate) struct JwkBody {
    #[schema(example = "RSA")]
    kty: String,
    #[schema(example = "sig")]
    r#use: String,
    #[schema(example = "RS256")]
    alg: String,
    /// RFC 7638 thumbprint.
    kid: String,
    n: String,
    #[schema(example = "AQAB")]
    e: String,
}

/// The public keys (RFC 7517 §5). 304 if the caller's copy is current (RFC 9110 §13.1.2).
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "discovery",
    responses((status = 200, body = JwksBody, headers(("ETag" = String), ("Cache-Control" = String))), (status = 304, description = "The caller's copy is current")),
)]
pub(crate) async fn get_jwks(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let keys = state.keyring.keys();
    let max_age = state.settings.lifetimes.jwks_max_age.as_secs();
    let cache = (CACHE_CONTROL, format!("public, max-age={max_age}"));
    if is_known(&request, &keys.etag) {
        return HttpResponse::NotModified()
            .insert_header(cache)
            .insert_header((ETAG, keys.etag.clone()))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header(cache)
        .insert_header((ETAG, keys.etag.clone()))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(keys.jwks.clone())
}

fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let mut sent = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    sent.any(|line| {
        line.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    })
}
