//! The OpenAPI 3.1 document, made from the handlers.

use actix_web::web::Data;
use service_kit::{
    http::PublicUrl,
    openapi::{Documentation, ProblemSchema},
};
use utoipa::OpenApi;

use crate::endpoints::{get_own_user, get_user, get_whoami, list_users};

/// The document at `/openapi.json`. `public` is where clients find the service, if that is known.
pub fn documentation(public: Option<PublicUrl>) -> Data<Documentation> {
    Documentation::new(Api::openapi, public)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "users-api",
        description = "Verifies access tokens statelessly and serves users. Errors are problem+json (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        list_users::list_users,
        get_own_user::get_own_user,
        get_user::get_user,
        get_whoami::get_whoami,
    ),
    components(schemas(ProblemSchema))
)]
struct Api;
