//! `PATCH /api/admin/users/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::Value;
use service_kit::{
    input::{Fields, FromFields, JsonBody},
    openapi::{
        BadRequest, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
        UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{
        ChangeRules, DisableReason, EmailAddress, Ext, InvalidReason, RightsChange, ScopeChange,
        StatusChange, UserChanges, UserUpdate, Username,
    },
    http::{
        ApiError, NO_STORE,
        admin_caller::{AdminCall, AdminCaller},
        admin_path::user_id,
        admin_user_body::AdminUserBody,
        error_responses::{AdminConflict, AdminForbidden, PreconditionFailed, UserNotFound},
        ext_field::take_ext,
        if_match::{etag, expected_revisions},
    },
    mail::Locale,
    scopes,
    state::State,
    store::users::UserRow,
};

/// What is changed. What is missing stays as it is.
#[derive(ToSchema)]
pub(crate) struct UserChangesBody {
    #[schema(value_type = Option<String>, max_length = 64)]
    username: Option<Username>,
    #[schema(value_type = Option<String>)]
    email: Option<EmailAddress>,
    /// Whether the address counts as proven. A change makes older access tokens `token_stale`.
    email_verified: Option<bool>,
    /// A language tag such as `es`; `null` removes it.
    #[schema(value_type = Option<String>, example = "es")]
    locale: Option<Option<Locale>>,
    /// The scopes, separated by spaces. The caller must have those that the user does not have yet.
    #[schema(value_type = Option<String>)]
    scope: Option<ScopeChange>,
    /// Further claims of the user's access tokens, at most 1024 bytes as JSON; `null` removes them.
    #[schema(value_type = Option<Object>)]
    ext: Option<Option<Ext>>,
    /// An object, with a reason or without, disables the user; `null` enables it again.
    #[schema(value_type = Option<Disabling>)]
    disabled: Option<StatusChange>,
}

/// Why a user is disabled.
#[derive(ToSchema)]
#[schema(as = Disabling)]
#[expect(dead_code, reason = "it only describes; `StatusChange` is what is read")]
pub(crate) struct Disabling {
    #[schema(max_length = 200)]
    reason: Option<String>,
}

impl FromFields for UserChangesBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.optional_string("username"), fields.optional_string("email"));
        let scope = fields.optional_string("scope");
        Some(Self {
            username: fields.parse("username", name, Username::parse_new),
            email: fields.parse("email", address, EmailAddress::parse),
            email_verified: take_flag(fields),
            locale: take_locale(fields),
            scope: fields.parse("scope", scope, scopes::parse).map(ScopeChange::Set),
            ext: take_ext(fields),
            disabled: take_status(fields),
        })
    }
}

fn take_flag(fields: &mut Fields) -> Option<bool> {
    match fields.value("email_verified")? {
        Value::Bool(flag) => Some(flag),
        _ => fields.add_error("email_verified", "must be true or false"),
    }
}

/// `Some(None)` for `null`.
fn take_locale(fields: &mut Fields) -> Option<Option<Locale>> {
    match fields.value("locale")? {
        Value::Null => Some(None),
        Value::String(tag) => fields.parse("locale", Some(tag), Locale::parse).map(Some),
        _ => fields.add_error("locale", "must be one string, or null"),
    }
}

fn take_status(fields: &mut Fields) -> Option<StatusChange> {
    let object = match fields.value("disabled")? {
        Value::Null => return Some(StatusChange::Enable),
        Value::Object(object) => object,
        _ => return fields.add_error("disabled", "must be null or an object with a reason"),
    };
    if object.keys().any(|name| name != "reason") {
        return fields.add_error("disabled", "has a member that is unknown");
    }
    let reason = match object.get("reason") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(reason)) => DisableReason::parse(reason).map(Some),
        Some(_) => Err(InvalidReason),
    };
    match reason {
        Ok(reason) => Some(StatusChange::Disable { reason }),
        Err(error) => fields.add_error("disabled", format!("has a reason that {error}")),
    }
}

/// Changes a user. Other rights make older access tokens `token_stale`; disabling ends every session.
///
/// # Errors
/// 400; 401, also without a fresh token; 403 `insufficient_scope`; 404 `user_not_found`; 409 `user_exists`,
/// `last_administrator`; 412 `precondition_failed`; 503.
#[utoipa::path(
    patch,
    path = "/api/admin/users/{id}",
    tag = "administration",
    params(
        ("id" = String, Path, description = "The user, a UUID"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the user must have"),
    ),
    request_body(content = UserChangesBody),
    responses((status = 200, body = AdminUserBody, headers(("ETag" = String, description = "The revision of the user"))), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, AdminForbidden, UserNotFound, AdminConflict, PreconditionFailed, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn patch_user(
    call: AdminCall<JsonBody<UserChangesBody>>,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let user = change(&call.caller, &request, call.input.0, &state).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(NO_STORE).insert_header(etag(&user));
    Ok(response.json(AdminUserBody::from(&user)))
}

async fn change(
    caller: &AdminCaller,
    request: &HttpRequest,
    body: UserChangesBody,
    state: &State,
) -> Result<UserRow, ApiError> {
    let (id, context) = (user_id(request)?, &caller.context);
    let changes = UserChanges {
        username: body.username,
        email: body.email,
        email_verified: body.email_verified,
        locale: body.locale,
        rights: RightsChange { scope: body.scope, ext: body.ext },
        status: body.disabled,
    };
    let rules = ChangeRules {
        grantable: Some(caller.scopes.clone()),
        by: caller.rights.clone(),
        known: state.settings.known_scopes.clone(),
        access: state.settings.lifetimes.access,
        mail: state.mailer.settings().policy(),
        expected: expected_revisions(request),
    };
    let update = UserUpdate { id: id.clone(), changes, rules };
    let updated = update.apply(&state.database, context.clone()).await;
    let updated = updated.inspect_err(|error| {
        caller.audit_refused_call(state, error.audited_as(), Some(&id));
    });
    // Also after an error: sessions may have ended before it.
    state.feed.notify_written();
    state.mailer.wake();
    let user = updated?;
    tracing::info!(user = %user.id, "changed by an administrator");
    Ok(user)
}
