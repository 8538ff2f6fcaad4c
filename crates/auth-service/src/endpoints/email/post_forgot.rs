//! `POST /api/auth/password/forgot`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::{
    input::{Fields, FromFields, JsonBody},
    openapi::{
        BadRequest, NotFound, PayloadTooLarge, RequestTimeout, TooManyRequests, Unavailable,
        UnsupportedMediaType,
    },
};
use utoipa::ToSchema;

use crate::{
    accounts::{self, EmailAddress},
    audit::Actor,
    http::{ApiError, accept_language, request_context},
    state::State,
};

/// The address of an account.
#[derive(ToSchema)]
pub(crate) struct ForgotBody {
    #[schema(value_type = String, example = "ana@example.com")]
    email: EmailAddress,
}

impl FromFields for ForgotBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let text = fields.string("email");
        // White space around it comes from keyboards that complete words, as at a log-in.
        let email = fields.parse("email", text, |text| EmailAddress::parse(text.trim()))?;
        Some(Self { email })
    }
}

/// Sends a mail with a link to set a new password, if a user has this address. The answer is the same for every
/// address, in the same time.
///
/// # Errors
/// 400, 404 where mail is off, 429, 503.
#[utoipa::path(
    post,
    path = "/api/auth/password/forgot",
    tag = "email",
    request_body(content = ForgotBody),
    responses((status = 202, description = "If a user has this address, a mail is sent"), BadRequest, NotFound, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
)]
pub(crate) async fn post_forgot(
    request: HttpRequest,
    body: JsonBody<ForgotBody>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let policy = state.mailer.settings().policy();
    let context = request_context(&request, &state, Actor::Anonymous);
    let locale = state.mailer.locale_of(None, accept_language(&request));
    let (database, address) = (&state.database, body.0.email);
    accounts::request_password_reset(database, &policy, address, locale, context).await?;
    // The job is not woken; it looks the user up within a second. If it ran at once, a next request could be slower
    // while the mail is sent, and its time would show that there is a user.
    Ok(HttpResponse::Accepted().finish())
}
