//! `POST /api/admin/users`

use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use claims::Scopes;
use service_kit::{
    input::{Fields, FromFields, JsonBody},
    openapi::{
        BadRequest, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
        UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{EmailAddress, Ext, NewUser, Username, create_user},
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCall,
        admin_user_body::AdminUserBody,
        error_responses::{AdminForbidden, Conflict},
        ext_field::take_ext,
        if_match::etag,
    },
    scopes,
    state::State,
};

/// The user to make. It has no password: the person needs a link to set one.
#[derive(ToSchema)]
pub(crate) struct NewUserBody {
    #[schema(value_type = String, example = "ana", max_length = 64)]
    username: Username,
    #[schema(value_type = String, example = "ana@example.com")]
    email: EmailAddress,
    /// Scopes that the caller has, separated by spaces. If they are missing, the user gets the default scopes.
    #[schema(value_type = Option<String>, example = "users:read")]
    scope: Option<Scopes>,
    /// Further claims of the user's access tokens: at most 1024 bytes as JSON.
    #[schema(value_type = Option<Object>)]
    ext: Option<Ext>,
}

impl FromFields for NewUserBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.string("username"), fields.string("email"));
        let username = fields.parse("username", name, Username::parse_new);
        let email = fields.parse("email", address, EmailAddress::parse);
        let scope = fields.optional_string("scope");
        let scope = fields.parse("scope", scope, scopes::parse);
        let ext = take_ext(fields).flatten();
        Some(Self { username: username?, email: email?, scope, ext })
    }
}

/// Makes a user without a password.
///
/// # Errors
/// 400; 401, also without a fresh token; 403 `insufficient_scope`; 409 `user_exists`; 503.
#[utoipa::path(
    post,
    path = "/api/admin/users",
    tag = "administration",
    request_body(content = NewUserBody),
    responses((status = 201, body = AdminUserBody, headers(("Location" = String, description = "The path of the user"), ("ETag" = String, description = "The revision of the user"))), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, AdminForbidden, Conflict, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_user(
    call: AdminCall<JsonBody<NewUserBody>>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AdminCall { caller, input: body } = call;
    let NewUserBody { username, email, scope, ext } = body.0;
    let scopes = match scope {
        Some(asked) => caller.grantable(&state, asked)?,
        None => state.settings.default_scopes.clone(),
    };
    let by = caller.rights.clone();
    let new = NewUser { username, email, hash: None, scopes, ext, by };
    let made = create_user(&state.database, new, &caller.context).await;
    let user = made.inspect_err(|error| {
        caller.audit_refused_call(&state, error.audited_as(), None);
    })?;
    tracing::info!(user = %user.id, "made by an administrator");
    let location = format!("{}/api/admin/users/{}", state.settings.public_url.prefix(), user.id);
    let mut response = HttpResponse::Created();
    response.insert_header(NO_STORE).insert_header(etag(&user));
    Ok(response.insert_header((LOCATION, location)).json(AdminUserBody::from(&user)))
}
