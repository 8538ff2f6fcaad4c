//! `POST /api/admin/invites`

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use claims::Scopes;
use service_kit::{
    input::{Fields, FromFields, JsonBody},
    openapi::{
        BadRequest, NotFound, PayloadTooLarge, RequestTimeout, Unauthorized, Unavailable,
        UnsupportedMediaType,
    },
    problem::Problem,
};
use utoipa::ToSchema;

use crate::{
    accounts::{EmailAddress, Ext, Invite, invite},
    http::{
        ApiError,
        admin_caller::{AdminCall, AdminCaller},
        error_responses::{Conflict, InviteForbidden},
        ext_field::take_ext,
    },
    mail::Locale,
    scopes,
    settings::RegistrationMode,
    state::State,
};

/// The person to invite.
#[derive(ToSchema)]
pub(crate) struct InviteBody {
    /// Where the invite is sent: the address of the new user.
    #[schema(value_type = String, example = "ana@example.com")]
    email: EmailAddress,
    /// Scopes that the caller has, separated by spaces. If they are missing, the user gets the default scopes.
    #[schema(value_type = Option<String>, example = "users:read")]
    scope: Option<Scopes>,
    /// Further claims of the new user's access tokens: at most 1024 bytes as JSON.
    #[schema(value_type = Option<Object>)]
    ext: Option<Ext>,
    /// The language of the mail.
    #[schema(value_type = Option<String>, example = "es")]
    locale: Option<Locale>,
}

impl FromFields for InviteBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (address, scope) = (fields.string("email"), fields.optional_string("scope"));
        let email = fields.parse("email", address, EmailAddress::parse);
        let scope = fields.parse("scope", scope, scopes::parse);
        let ext = take_ext(fields).flatten();
        let locale = fields.optional_string("locale");
        let locale = fields.parse("locale", locale, Locale::parse);
        Some(Self { email: email?, scope, ext, locale })
    }
}

/// Sends a mail with a link to register. The new user gets the scopes and further claims that are given here.
///
/// # Errors
/// 400; 401, also without a fresh token; 403 `insufficient_scope`, `registration_closed`; 404 where mail is off; 409
/// `user_exists`; 503.
#[utoipa::path(
    post,
    path = "/api/admin/invites",
    tag = "administration",
    request_body(content = InviteBody),
    responses((status = 202, description = "The invite is sent"), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Unauthorized, InviteForbidden, NotFound, Conflict, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_invite(
    call: AdminCall<JsonBody<InviteBody>>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let AdminCall { caller, input: body } = call;
    require_open_registration(&caller, &state)?;
    let InviteBody { email, scope, ext, locale } = body.0;
    let scopes = scope.map(|asked| caller.grantable(&state, asked)).transpose()?;
    let invitation = Invite { email, scopes, ext, locale };
    let (policy, by) = (state.mailer.settings().policy(), caller.rights.clone());
    let invited = invite(&state.database, &policy, invitation, by, &caller.context).await;
    invited.inspect_err(|error| {
        caller.audit_refused_call(&state, error.audited_as(), None);
    })?;
    state.mailer.wake();
    Ok(HttpResponse::Accepted().finish())
}

/// While registration is closed, an invite could not be used.
fn require_open_registration(caller: &AdminCaller, state: &State) -> Result<(), Problem> {
    if state.settings.registration != RegistrationMode::Closed {
        return Ok(());
    }
    caller.audit_refused_call(state, Some("registration_closed"), None);
    let detail = "Registration is closed: make the user instead";
    Err(Problem::new(StatusCode::FORBIDDEN, "registration_closed", detail))
}
