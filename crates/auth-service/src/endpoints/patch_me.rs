//! `PATCH /api/auth/me`

use crate::endpoints::schemas::ChangesBody;
use actix_web::{HttpResponse, web::Data};
use claims::{Rejection, actix::FreshCaller};
use service_kit::openapi::{
    BadRequest, Conflict, Forbidden, TooLarge, TooSlow, Unauthorized, Unavailable,
    UnsupportedMediaType,
};
use service_kit::{
    database::{AnyConnection, DatabaseError},
    input::{Fields, FromFields, JsonBody},
    problem::Problem,
};

use super::{
    problems,
    responses::{NO_STORE, UserBody},
};
use crate::{
    accounts::{EmailAddress, Username},
    state::State,
    store::{self, users::UserRow},
};

/// The body: what shall change.
pub struct Changes {
    username: Option<Username>,
    email: Option<EmailAddress>,
}

impl FromFields for Changes {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.optional_string("username"), fields.optional_string("email"));
        if name.is_none() && address.is_none() {
            return fields.fault("username", "is missing, as is email: send what shall change");
        }
        Some(Self {
            username: fields.parse("username", name, Username::parse),
            email: fields.parse("email", address, EmailAddress::parse),
        })
    }
}

impl Changes {
    /// Changes what was sent and nothing else, for two calls at once may change two things. `None` if the session
    /// is over by now.
    fn apply(
        &self,
        connection: &mut AnyConnection,
        (user_id, session_id): (&str, &str),
    ) -> Result<Option<UserRow>, DatabaseError> {
        if store::sessions::is_over(connection, session_id)? {
            return Ok(None);
        }
        if let Some(name) = &self.username {
            store::users::set_username(connection, user_id, name.display(), name.canonical())?;
        }
        if let Some(email) = &self.email {
            store::users::set_email(connection, user_id, email.display(), email.canonical())?;
        }
        store::users::by_id(connection, user_id)
    }
}

/// Changes the caller's name or address. Tokens carry the new name from the next refresh on.
///
/// # Errors
/// 400, 401 `fresh_token_required`, 409 `user_exists`, 503.
#[utoipa::path(
    patch,
    path = "/api/auth/me",
    tag = "accounts",
    request_body(content = ChangesBody),
    responses((status = 200, body = UserBody), BadRequest, TooSlow, TooLarge, UnsupportedMediaType, Unauthorized, Forbidden, Conflict, Unavailable),
    security(("access_token" = [])),
)]
pub async fn patch_me(
    caller: FreshCaller,
    body: JsonBody<Changes>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let (user_id, session_id) = (caller.user_id().to_owned(), caller.session_id().to_owned());
    let JsonBody(changes) = body;
    let changed = state
        .database
        .write(move |connection| changes.apply(connection, (&user_id, &session_id)))
        .await;
    let user = changed.map_err(|error| match error {
        DatabaseError::Conflict(_) => problems::user_exists(error),
        error => Problem::from(error),
    })?;
    let revoked = || problems::rejected(Rejection::Revoked, &state.settings.lifetimes);
    let user = user.ok_or_else(revoked)?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserBody::with_scope(&user)))
}
