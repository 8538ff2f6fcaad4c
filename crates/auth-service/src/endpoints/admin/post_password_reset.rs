//! `POST /api/admin/users/{id}/password-reset`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use service_kit::openapi::{Unauthorized, Unavailable};
use utoipa::ToSchema;

use crate::{
    accounts::{MadeLink, PasswordLink, PasswordLinkError},
    http::{
        ApiError, NO_STORE,
        admin_caller::AdminCaller,
        admin_path::user_id,
        error_responses::{AdminForbidden, UserDisabled, UserNotFound},
    },
    mail::{LinkPurpose, LinkToken},
    state::State,
};

/// A link to hand over, where mail is off.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordLinkBody {
    /// The link. It is shown once.
    #[schema(
        example = "http://localhost:3000/reset#token=Zr0c0Sd7mTt5iQb0a1W8kq0gN3o4aVYy1u9o8V0x2eE"
    )]
    reset_url: String,
    /// Seconds until the link expires.
    #[schema(example = 1800)]
    expires_in: u64,
}

/// Sends the user a mail with a link to set a new password. Where mail is off, the answer has the link.
///
/// # Errors
/// 401, also without a fresh token; 403 `insufficient_scope`, also for a user with a scope that the caller does not
/// have; 404 `user_not_found`; 409 `user_disabled`; 503.
#[utoipa::path(
    post,
    path = "/api/admin/users/{id}/password-reset",
    tag = "administration",
    params(("id" = String, Path, description = "The user, a UUID")),
    responses((status = 202, description = "The mail is sent"), (status = 200, body = PasswordLinkBody, description = "Mail is off: the link to hand over"), Unauthorized, AdminForbidden, UserNotFound, UserDisabled, Unavailable),
    security(("access_token" = [])),
)]
pub(crate) async fn post_password_reset(
    caller: AdminCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let made = make_link(&caller, &request, &state).await?;
    Ok(match made {
        MadeLink::Mailed => {
            state.mailer.wake();
            HttpResponse::Accepted().finish()
        }
        MadeLink::ToHandOver(token) => {
            let body = PasswordLinkBody::of(&token, &state);
            HttpResponse::Ok().insert_header(NO_STORE).json(body)
        }
    })
}

async fn make_link(
    caller: &AdminCaller,
    request: &HttpRequest,
    state: &State,
) -> Result<MadeLink, ApiError> {
    let (user_id, mail) = (user_id(request)?, state.mailer.settings());
    let link = PasswordLink {
        user_id: user_id.clone(),
        held: Some(caller.scopes.clone()),
        by: caller.rights.clone(),
        lifetime: mail.lifetimes.of(LinkPurpose::HandedReset),
    };
    let made = link.make(&state.database, &mail.policy(), caller.context.clone()).await;
    Ok(made.inspect_err(|error| {
        if let PasswordLinkError::Rejected(rejection) = error {
            caller.audit_refused_call(state, rejection.audited_as(), Some(&user_id));
        }
    })?)
}

impl PasswordLinkBody {
    fn of(token: &LinkToken, state: &State) -> Self {
        let (mail, purpose) = (state.mailer.settings(), LinkPurpose::HandedReset);
        Self {
            reset_url: token.link(mail.front_url.as_str(), purpose),
            expires_in: mail.lifetimes.of(purpose).as_secs(),
        }
    }
}
