//! `POST /api/auth/register`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use service_kit::{
    input::{Fields, FromFields},
    openapi::{
        PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable, UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{
        self, EmailAddress, InviteRejection, LinkError, Password, RegisterError, Registration,
        Username, forbidden_passwords, hashing::QueuePermit,
    },
    audit::{Actor, Event},
    http::{
        ApiError, accept_language,
        admission::Admitted,
        error_responses::{Conflict, LinkInvalid, RegistrationClosed},
        link::{rejected_link, require_token},
        open_registration::OpenRegistration,
        request_context,
        user_body::UserBody,
    },
    mail::{LinkToken, Locale},
    metrics::RegistrationOutcome,
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
    /// The language of mails to the user; by default the one that `Accept-Language` prefers.
    #[schema(value_type = Option<String>, example = "es")]
    locale: Option<Locale>,
    /// The token of an invite, from the fragment of its link. `email` must be the address that the invite was sent to;
    /// it is proven then.
    #[schema(value_type = Option<String>)]
    invite_token: Option<Option<LinkToken>>,
}

impl FromFields for RegistrationBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.string("username"), fields.string("email"));
        let username = fields.parse("username", name, Username::parse_new);
        let email = fields.parse("email", address, EmailAddress::parse);
        let forbidden: Vec<_> = forbidden_passwords(username.as_ref(), email.as_ref()).collect();
        let text = fields.string("password");
        let password = fields.parse("password", text, |text| Password::parse_new(text, &forbidden));
        let locale = fields.optional_string("locale");
        let locale = fields.parse("locale", locale, Locale::parse);
        let invite = fields.optional_string("invite_token");
        let parse = |text: &str| Ok::<_, &'static str>(LinkToken::parse(text));
        let invite_token = fields.parse("invite_token", invite, parse);
        Some(Self { username: username?, email: email?, password: password?, locale, invite_token })
    }
}

/// The user was registered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Registered {
    #[schema(example = "User created")]
    message: &'static str,
    user: UserBody,
}

/// The address has to be proven first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckYourMail {
    #[schema(example = "Check your mail")]
    message: &'static str,
}

/// Registers a user. Where log-ins need a proven address (`AUTH_EMAIL_VERIFICATION=required`), the answer is 202, also
/// for a taken address, whose owner gets a mail.
///
/// # Errors
/// 400 with the errors of each field, 400 `link_invalid` for an invite, 403 `registration_closed`, 409 `user_exists`,
/// 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "accounts",
    request_body(content = RegistrationBody),
    responses((status = 201, body = Registered), (status = 202, body = CheckYourMail, description = "A mail was sent to the address, which has to be proven"), LinkInvalid, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, RegistrationClosed, Conflict, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_register(
    open: OpenRegistration,
    request: HttpRequest,
    admitted: Admitted<RegistrationBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let Admitted { permit, body } = admitted;
    let RegistrationBody { username, email, password, locale, invite_token } = body;
    open.check_invite(&request, &state, invite_token.is_some())?;
    let invite = invite_token.map(|token| require_token(&request, &state, token)).transpose()?;
    let scopes = state.settings.default_scopes.clone();
    let locale = state.mailer.locale_of(locale, accept_language(&request));
    let registration = Registration { username, email, password, scopes, locale, invite };
    let made = register(&request, &state, &permit, registration).await?;
    state.mailer.wake();
    Ok(match made {
        accounts::Registered::User(user)
            if !state.mailer.settings().policy().refuses_login_of(&user) =>
        {
            let body = Registered { message: "User created", user: UserBody::new(&user) };
            HttpResponse::Created().json(body)
        }
        _ => HttpResponse::Accepted().json(CheckYourMail { message: "Check your mail" }),
    })
}

async fn register(
    request: &HttpRequest,
    state: &State,
    permit: &QueuePermit,
    registration: Registration,
) -> Result<accounts::Registered, ApiError> {
    let mut outcome = state.metrics.registration();
    let is_invited = registration.invite.is_some();
    let (database, passwords) = (&state.database, &state.passwords);
    let context = request_context(request, state, Actor::Anonymous);
    let policy = state.mailer.settings().policy();
    let made =
        accounts::register(database, passwords, permit, registration, &policy, &context).await;
    outcome.set(RegistrationOutcome::of(&made, is_invited));
    made.map_err(|error| {
        let reason = match &error {
            RegisterError::Invite(InviteRejection::Invalid) => {
                return rejected_link(request, state, LinkError::Invalid);
            }
            RegisterError::Invite(InviteRejection::OtherAddress) => Some("invite_other_address"),
            RegisterError::Taken(_) => Some("user_exists"),
            RegisterError::Password(_) | RegisterError::Database(_) => None,
        };
        if let Some(reason) = reason {
            state.refused_calls.add(context.refused(Event::UserRegistered, reason));
        }
        error.into()
    })
}
