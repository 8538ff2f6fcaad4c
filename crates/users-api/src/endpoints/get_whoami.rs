//! `GET /api/whoami`: whom we take the caller for. Works without a token; a bad one is refused.

use actix_web::HttpResponse;
use claims::actix::{Caller, MaybeCaller};
use serde::Serialize;
use service_kit::openapi::{Unauthorized, Unavailable};
use utoipa::ToSchema;

use super::private_answer;

#[derive(Serialize, ToSchema)]
pub(crate) struct WhoAmI<'a> {
    /// The user's name, a service account's client id, or `anonymous user`.
    #[schema(example = "ana")]
    logged_in_as: &'a str,
}

/// Whom the service takes the caller for. A token is optional; a bad one is refused.
#[utoipa::path(
    get,
    path = "/api/whoami",
    tag = "users",
    responses((status = 200, body = WhoAmI<'static>), Unauthorized, Unavailable),
    security((), ("access_token" = [])),
)]
pub(crate) async fn get_whoami(MaybeCaller(caller): MaybeCaller) -> HttpResponse {
    let logged_in_as = caller.as_ref().map_or("anonymous user", name);
    private_answer().json(WhoAmI { logged_in_as })
}

/// A service account has no name but its client id; nor has a person with a foreign issuer's token.
fn name(caller: &Caller) -> &str {
    caller.preferred_username.as_deref().unwrap_or(&caller.sub)
}
