//! `POST /api/auth/register`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use service_kit::{
    input::{Fields, FromFields},
    openapi::{
        BadRequest, PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable,
        UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{self, EmailAddress, Password, Registration, Username, forbidden_passwords},
    audit::Actor,
    http::{
        ApiError,
        admission::Admitted,
        error_responses::{Conflict, RegistrationClosed},
        open_registration::OpenRegistration,
        request_context,
        user_body::UserBody,
    },
    state::State,
};

/// The user to register.
#[derive(ToSchema)]
pub(crate) struct RegistrationBody {
    /// A user name (RFC 8265). Names that differ only in case are the same name.
    #[schema(value_type = String, example = "ana", max_length = 64)]
    username: Username,
    /// The e-mail address.
    #[schema(value_type = String, example = "ana@example.com")]
    email: EmailAddress,
    /// 8 to 256 characters. Must not be a common password or the user's own name or address.
    #[schema(value_type = String, example = "correct horse battery", min_length = 8, max_length = 256, format = Password)]
    password: Password,
}

impl FromFields for RegistrationBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.string("username"), fields.string("email"));
        let username = fields.parse("username", name, Username::parse_new);
        let email = fields.parse("email", address, EmailAddress::parse);
        let forbidden: Vec<_> = forbidden_passwords(username.as_ref(), email.as_ref()).collect();
        let text = fields.string("password");
        let password = fields.parse("password", text, |text| Password::parse_new(text, &forbidden));
        Some(Self { username: username?, email: email?, password: password? })
    }
}

/// The user was registered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Registered {
    #[schema(example = "User created")]
    message: &'static str,
    user: UserBody,
}

/// Registers a user.
///
/// # Errors
/// 400 with the errors of each field, 403 `registration_closed`, 409 `user_exists`, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "accounts",
    request_body(content = RegistrationBody),
    responses((status = 201, body = Registered), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, RegistrationClosed, Conflict, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_register(
    _: OpenRegistration,
    request: HttpRequest,
    admitted: Admitted<RegistrationBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let Admitted { permit, body: RegistrationBody { username, email, password } } = admitted;
    let scopes = state.settings.default_scopes.clone();
    let registration = Registration { username, email, password, scopes };
    let (database, passwords) = (&state.database, &state.passwords);
    let context = request_context(&request, &state, Actor::Anonymous);
    let user = accounts::register(database, passwords, &permit, registration, &context).await?;
    let body = Registered { message: "User created", user: UserBody::new(&user) };
    Ok(HttpResponse::Created().json(body))
}
