//! `GET /api/whoami`: the name of the caller, from its token. Works without a token; an invalid one is rejected.

use actix_web::HttpResponse;
use claims::actix::{Caller, MaybeCaller};
use serde::Serialize;
use service_kit::openapi::{Unauthorized, Unavailable};
use utoipa::ToSchema;

use super::no_store_response;

#[derive(Serialize, ToSchema)]
pub(crate) struct WhoAmI<'a> {
    /// The user's name, a service account's client id, or `anonymous user`.
    #[schema(example = "ana")]
    logged_in_as: &'a str,
}

/// Returns the name of the caller from its token, or `anonymous user` without a token. An invalid token is rejected.
#[utoipa::path(
    get,
    path = "/api/whoami",
    tag = "users",
    responses((status = 200, body = WhoAmI<'static>), Unauthorized, Unavailable),
    security((), ("access_token" = [])),
)]
pub(crate) async fn get_whoami(MaybeCaller(caller): MaybeCaller) -> HttpResponse {
    let logged_in_as = caller.as_ref().map_or("anonymous user", name);
    no_store_response().json(WhoAmI { logged_in_as })
}

/// Service accounts, and users of other issuers, have no `preferred_username`: then `sub` is shown.
fn name(caller: &Caller) -> &str {
    caller.preferred_username.as_deref().unwrap_or(&caller.sub)
}
