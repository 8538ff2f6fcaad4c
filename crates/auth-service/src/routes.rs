//! The whole API on one page.

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use claims::actix::Authenticator;
use service_kit::{
    health::{self, Readiness},
    http::{Endpoint, StrictTransport, catch_panics, cors, not_found, open_cors},
    input::BodyLimit,
    openapi,
    trace::Exporter,
};

use crate::{
    endpoints::{
        accounts::{
            delete_me::delete_me, get_me::get_me, patch_me::patch_me, post_register::post_register,
            put_password::put_password,
        },
        discovery::{
            get_jwks::get_jwks, get_metadata::get_metadata,
            get_revoked_sessions::get_revoked_sessions,
        },
        oauth::{
            post_introspect::post_introspect, post_revoke::post_revoke, post_token::post_token,
        },
        sessions::{
            delete_session::delete_session, get_csrf::get_csrf, list_sessions::list_sessions,
            post_login::post_login, post_logout::post_logout, post_logout_all::post_logout_all,
            post_reauthenticate::post_reauthenticate, post_refresh::post_refresh,
        },
    },
    openapi::document,
    state::State,
};

/// The parts that the routes need.
#[derive(Clone)]
pub struct Shared {
    /// The parts of the service.
    pub state: Data<State>,
    /// Authenticates access tokens.
    pub authenticator: Data<dyn Authenticator>,
    /// The checks of `/readyz`.
    pub readiness: Data<Readiness>,
    /// Exports the spans of requests.
    pub traces: Option<Exporter>,
}

/// Adds every route.
pub fn routes(config: &mut ServiceConfig, shared: &Shared) {
    if let Some(traces) = &shared.traces {
        config.app_data(traces.clone());
    }
    let (state, public) = (&shared.state, &shared.state.settings.public_url);
    let document = document(&state.refresh_cookie);
    config
        .app_data(Data::new(shared.state.settings.trusted_proxies.clone()))
        // No HSTS on localhost: it would apply to all ports of the host, also to other programs.
        .app_data(StrictTransport(public.is_https() && !public.is_local()))
        .app_data(shared.state.clone())
        .app_data(shared.authenticator.clone())
        .app_data(shared.readiness.clone())
        .configure(health::routes)
        .configure(|config| openapi::routes(config, document, Some(public)))
        .service(
            web::scope("/.well-known")
                .service(Endpoint::at("/jwks.json").get(get_jwks))
                .service(Endpoint::at("/oauth-authorization-server").get(get_metadata))
                .service(Endpoint::at("/openid-configuration").get(get_metadata))
                .configure(|well_known| inserted_metadata(well_known, public.prefix()))
                .service(Endpoint::at("/revoked-sessions").get(get_revoked_sessions))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(open_cors()),
        )
        .service(
            web::scope("/api/auth")
                .app_data(BodyLimit::CREDENTIALS)
                .service(Endpoint::at("/register").post(post_register))
                .service(Endpoint::at("/login").post(post_login))
                .service(Endpoint::at("/refresh").body_limit(BodyLimit::DEFAULT).post(post_refresh))
                .service(Endpoint::at("/reauthenticate").post(post_reauthenticate))
                .service(Endpoint::at("/logout").body_limit(BodyLimit::DEFAULT).post(post_logout))
                .service(Endpoint::at("/logout-all").post(post_logout_all))
                .service(Endpoint::at("/sessions").get(list_sessions))
                .service(Endpoint::at("/sessions/{id}").delete(delete_session))
                .service(Endpoint::at("/me").get(get_me).patch(patch_me).delete(delete_me))
                .service(Endpoint::at("/password").put(put_password))
                .service(Endpoint::at("/csrf").get(get_csrf))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(cors(&shared.state.settings.cors_origins)),
        )
        .service(
            web::scope("/oauth2")
                .app_data(BodyLimit::CREDENTIALS)
                .service(Endpoint::at("/token").post(post_token))
                .service(Endpoint::at("/revoke").post(post_revoke))
                .service(Endpoint::at("/introspect").post(post_introspect))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(cors(&shared.state.settings.cors_origins)),
        );
}

/// Metadata routes for an issuer with a path (RFC 8414 §3.1): `/.well-known/<name>/<issuer path>` at the root of the
/// host.
fn inserted_metadata(well_known: &mut ServiceConfig, issuer_path: &str) {
    if issuer_path.is_empty() {
        return;
    }
    for name in ["/oauth-authorization-server", "/openid-configuration"] {
        well_known.service(Endpoint::at(&format!("{name}{issuer_path}")).get(get_metadata));
    }
}
