//! The whole API on one page.

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use claims::actix::Authenticator;
use service_kit::{
    health::{self, Readiness},
    http::{StrictTransport, catch_panics, cors, not_found, open_cors},
    input::BodyLimit,
    openapi::{self, Documentation},
    trace::Exporter,
};

use crate::{
    endpoints::{
        accounts::{
            delete_me::delete_me, get_me::get_me, list_activity::list_activity, patch_me::patch_me,
            post_register::post_register, put_password::put_password,
        },
        admin::{
            delete_user::delete_user, delete_user_session::delete_user_session,
            delete_user_sessions::delete_user_sessions, get_user::get_user, list_audit::list_audit,
            list_user_sessions::list_user_sessions, list_users::list_users, patch_user::patch_user,
            post_invite::post_invite, post_password_reset::post_password_reset,
            post_unblock::post_unblock, post_user::post_user,
        },
        discovery::{
            get_jwks::get_jwks, get_metadata::get_metadata,
            get_revoked_sessions::get_revoked_sessions,
        },
        email::{
            post_forgot::post_forgot, post_reset::post_reset, post_revert::post_revert,
            post_verification::post_verification, post_verify::post_verify,
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
    http::limited_endpoint::LimitedEndpoint as Limited,
    state::State,
    throttle::LimitClass::{Client, Forgot, Login, Refresh, Register, Secret, Unlimited},
};

/// The limit of bodies with credentials.
const CREDENTIALS_BODY: BodyLimit = BodyLimit(4 * 1024);

/// The parts that the routes need.
#[derive(Clone)]
pub(crate) struct Shared {
    /// The parts of the service.
    pub(crate) state: Data<State>,
    /// Authenticates access tokens.
    pub(crate) authenticator: Data<dyn Authenticator>,
    /// The checks of `/readyz`.
    pub(crate) readiness: Data<Readiness>,
    /// The OpenAPI document.
    pub(crate) documentation: Data<Documentation>,
    /// Exports the spans of requests.
    pub(crate) traces: Option<Exporter>,
}

/// Adds every route. Each names its class ([`crate::throttle::LimitClass`]): a call counts for its source in that
/// class, and over the limit it gets 429 before its body is read. (A log-in gets it later, because its body may have the
/// token of a trusted device: see `http::login_admission`.)
pub(crate) fn routes(config: &mut ServiceConfig, shared: &Shared) {
    if let Some(traces) = &shared.traces {
        config.app_data(traces.clone());
    }
    let public = &shared.state.settings.public_url;
    config
        .app_data(Data::new(shared.state.settings.trusted_proxies.clone()))
        // No HSTS on localhost: it would apply to all ports of the host, also to other programs.
        .app_data(StrictTransport(public.is_https() && !public.is_local()))
        .app_data(shared.state.clone())
        .app_data(shared.authenticator.clone())
        .app_data(shared.readiness.clone())
        .configure(health::routes)
        .configure(|config| openapi::routes(config, &shared.documentation))
        .service(
            web::scope("/.well-known")
                .service(Limited::at("/jwks.json").get(Unlimited, get_jwks))
                .service(Limited::at("/oauth-authorization-server").get(Unlimited, get_metadata))
                .service(Limited::at("/openid-configuration").get(Unlimited, get_metadata))
                .configure(|well_known| inserted_metadata(well_known, public.prefix()))
                .service(Limited::at("/revoked-sessions").get(Unlimited, get_revoked_sessions))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(open_cors()),
        )
        .service(
            web::scope("/api/auth")
                .app_data(CREDENTIALS_BODY)
                .service(Limited::at("/register").post(Register, post_register))
                .service(Limited::at("/login").post(Login, post_login))
                // A refresh token may be as long as 8 KiB.
                .service(
                    Limited::at("/refresh")
                        .body_limit(BodyLimit::DEFAULT)
                        .post(Refresh, post_refresh),
                )
                .service(Limited::at("/reauthenticate").post(Secret, post_reauthenticate))
                .service(
                    Limited::at("/logout")
                        .body_limit(BodyLimit::DEFAULT)
                        .post(Unlimited, post_logout),
                )
                .service(Limited::at("/logout-all").post(Unlimited, post_logout_all))
                .service(Limited::at("/sessions").get(Unlimited, list_sessions))
                .service(Limited::at("/sessions/{id}").delete(Unlimited, delete_session))
                .service(
                    Limited::at("/me")
                        .get(Unlimited, get_me)
                        .patch(Secret, patch_me)
                        .delete(Unlimited, delete_me),
                )
                .service(Limited::at("/password").put(Secret, put_password))
                // Also without mail, because administrators hand over such links.
                .service(Limited::at("/password/reset").post(Secret, post_reset))
                .configure(|auth| mail_routes(auth, shared.state.mailer.is_on()))
                .service(Limited::at("/csrf").get(Unlimited, get_csrf))
                .service(Limited::at("/activity").get(Unlimited, list_activity))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(cors(&shared.state.settings.http.cors_origins)),
        )
        .service(
            web::scope("/api/admin")
                .app_data(CREDENTIALS_BODY)
                .service(Limited::at("/audit").get(Unlimited, list_audit))
                .service(
                    Limited::at("/users")
                        .body_limit(BodyLimit::DEFAULT)
                        .get(Unlimited, list_users)
                        .post(Unlimited, post_user),
                )
                .service(
                    Limited::at("/users/{id}")
                        .body_limit(BodyLimit::DEFAULT)
                        .get(Unlimited, get_user)
                        .patch(Unlimited, patch_user)
                        .delete(Unlimited, delete_user),
                )
                .service(
                    Limited::at("/users/{id}/sessions")
                        .get(Unlimited, list_user_sessions)
                        .delete(Unlimited, delete_user_sessions),
                )
                .service(
                    Limited::at("/users/{id}/sessions/{sid}")
                        .delete(Unlimited, delete_user_session),
                )
                .service(Limited::at("/users/{id}/unblock").post(Unlimited, post_unblock))
                .service(
                    Limited::at("/users/{id}/password-reset").post(Unlimited, post_password_reset),
                )
                .configure(|admin| invite_route(admin, shared.state.mailer.is_on()))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(cors(&shared.state.settings.http.cors_origins)),
        )
        .service(
            web::scope("/oauth2")
                .app_data(CREDENTIALS_BODY)
                .service(Limited::at("/token").post(Client, post_token))
                .service(Limited::at("/revoke").post(Client, post_revoke))
                .service(Limited::at("/introspect").post(Client, post_introspect))
                .default_service(web::to(not_found))
                .wrap(from_fn(catch_panics))
                .wrap(cors(&shared.state.settings.http.cors_origins)),
        );
}

/// The routes that need mail. Where it is off, their paths do not exist.
fn mail_routes(auth: &mut ServiceConfig, is_on: bool) {
    if !is_on {
        return;
    }
    auth.service(Limited::at("/password/forgot").post(Forgot, post_forgot))
        .service(Limited::at("/email/verification").post(Secret, post_verification))
        .service(Limited::at("/email/verify").post(Secret, post_verify))
        .service(Limited::at("/email/revert").post(Secret, post_revert));
}

/// The route of invites. Without mail its path does not exist.
fn invite_route(admin: &mut ServiceConfig, is_on: bool) {
    if is_on {
        let invites = Limited::at("/invites").body_limit(BodyLimit::DEFAULT);
        admin.service(invites.post(Unlimited, post_invite));
    }
}

/// Metadata routes for an issuer with a path (RFC 8414 §3.1): `/.well-known/<name>/<issuer path>` at the root of the
/// host.
fn inserted_metadata(well_known: &mut ServiceConfig, issuer_path: &str) {
    if issuer_path.is_empty() {
        return;
    }
    for name in ["/oauth-authorization-server", "/openid-configuration"] {
        well_known
            .service(Limited::at(&format!("{name}{issuer_path}")).get(Unlimited, get_metadata));
    }
}
