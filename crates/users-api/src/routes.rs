//! The whole API on one page.

use actix_web::{
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use service_kit::{
    health,
    http::{Endpoint, Origin, catch_panics, cors, not_found},
    openapi::{self, Documentation},
};

use crate::endpoints::{
    get_own_user::get_own_user, get_user::get_user, get_whoami::get_whoami, list_users::list_users,
};

/// Adds every path. The application data they need is added by [`crate::service`].
///
/// Paths are tried in this order, so the fixed ones come before the one with an id.
pub fn routes(
    config: &mut ServiceConfig,
    cors_origins: &[Origin],
    documentation: &Data<Documentation>,
) {
    let api = web::scope("/api")
        .service(Endpoint::at("/users").get(list_users))
        // The path of the Flask tutorials that this project grew out of.
        .service(Endpoint::at("/users/all").get(list_users))
        .service(Endpoint::at("/users/me").get(get_own_user))
        .service(Endpoint::at("/users/{id}").get(get_user))
        .service(Endpoint::at("/whoami").get(get_whoami))
        .default_service(web::to(not_found))
        .wrap(from_fn(catch_panics))
        .wrap(cors(cors_origins));
    config.configure(health::routes).service(api);
    openapi::routes(config, documentation);
}
