//! The OpenAPI 3.1 document, made from the handlers.

use actix_web::web::Data;
use service_kit::openapi::{Documentation, ProblemSchema};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    endpoints::{
        accounts::{delete_me, get_me, list_activity, patch_me, post_register, put_password},
        admin::{
            delete_user, delete_user_session, delete_user_sessions, get_user, list_audit,
            list_user_sessions, list_users, patch_user, post_invite, post_password_reset,
            post_unblock, post_user,
        },
        discovery::{get_jwks, get_metadata, get_revoked_sessions},
        email::{post_forgot, post_reset, post_revert, post_verification, post_verify},
        oauth::{post_introspect, post_revoke, post_token},
        sessions::{
            delete_session, get_csrf, list_sessions, post_login, post_logout, post_logout_all,
            post_reauthenticate, post_refresh,
        },
    },
    http::page_query::PageSize,
    state::State,
};

/// The document at `/openapi.json`, with this service's name of the cookie.
pub(crate) fn documentation(state: &State) -> Data<Documentation> {
    let cookie = state.refresh_cookie.name();
    Documentation::new(move || document(cookie), Some(state.settings.public_url.clone()))
}

fn document(cookie: &str) -> Document {
    let mut document = Api::openapi();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie)));
    document.components.get_or_insert_default().add_security_scheme("refresh_cookie", cookie);
    document
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "auth-service",
        description = "Stores users and sessions and signs the tokens. Errors are problem+json (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        post_register::post_register,
        post_login::post_login,
        post_refresh::post_refresh,
        post_reauthenticate::post_reauthenticate,
        post_logout::post_logout,
        post_logout_all::post_logout_all,
        list_sessions::list_sessions,
        delete_session::delete_session,
        get_me::get_me,
        patch_me::patch_me,
        delete_me::delete_me,
        list_activity::list_activity,
        list_audit::list_audit,
        list_users::list_users,
        post_user::post_user,
        get_user::get_user,
        patch_user::patch_user,
        delete_user::delete_user,
        list_user_sessions::list_user_sessions,
        delete_user_sessions::delete_user_sessions,
        delete_user_session::delete_user_session,
        post_unblock::post_unblock,
        post_password_reset::post_password_reset,
        post_invite::post_invite,
        put_password::put_password,
        post_forgot::post_forgot,
        post_reset::post_reset,
        post_verification::post_verification,
        post_verify::post_verify,
        post_revert::post_revert,
        get_csrf::get_csrf,
        get_jwks::get_jwks,
        get_metadata::get_metadata,
        get_revoked_sessions::get_revoked_sessions,
        post_token::post_token,
        post_revoke::post_revoke,
        post_introspect::post_introspect,
    ),
    components(schemas(ProblemSchema, PageSize)),
    modifiers(&Credentials),
)]
struct Api;

/// The security schemes in addition to the access token.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let http = |scheme, text: &str| {
            SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(text)).build())
        };
        let refresh = http(HttpAuthScheme::Bearer, "A refresh token");
        components.add_security_scheme("refresh_token", refresh);
        let client = http(HttpAuthScheme::Basic, "A service account's id and secret");
        components.add_security_scheme("client", client);
        let csrf = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-CSRF-TOKEN")));
        components.add_security_scheme("csrf_token", csrf);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::document;

    #[test]
    fn every_reference_in_the_document_leads_to_something() {
        let text = serde_json::to_string(&document("refresh_token")).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let references: Vec<_> = text.split("\"$ref\":\"#").skip(1).collect();
        assert!(references.len() > 20, "{}", references.len());
        for reference in references {
            let pointer = reference.split('"').next().unwrap();
            assert!(value.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
