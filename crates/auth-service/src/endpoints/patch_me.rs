//! `PATCH /api/auth/me`

use actix_web::{HttpResponse, web::Data};
use claims::actix::FreshCaller;
use service_kit::{
    database::DatabaseError,
    input::{Fields, FromFields, JsonBody},
    problem::Problem,
};

use super::{
    get_me::own_user,
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
    fn apply(self, mut user: UserRow) -> UserRow {
        if let Some(username) = self.username {
            user.username = username.display().to_owned();
            user.username_key = username.canonical().to_owned();
        }
        if let Some(email) = self.email {
            user.email = email.display().to_owned();
            user.email_key = email.canonical().to_owned();
        }
        user
    }
}

/// Changes the caller's name or address. Tokens carry the new name from the next refresh on.
///
/// # Errors
/// 400, 401 `fresh_token_required`, 409 `user_exists`, 503.
pub async fn patch_me(
    caller: FreshCaller,
    body: JsonBody<Changes>,
    state: Data<State>,
) -> Result<HttpResponse, actix_web::Error> {
    let user = body.0.apply(own_user(&caller, &state).await?);
    let row = user.clone();
    let changed = state.database.write(move |connection| store::users::set_names(connection, &row));
    changed.await.map_err(|error| match error {
        DatabaseError::Conflict(_) => problems::user_exists(error),
        error => Problem::from(error),
    })?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserBody::with_scope(&user)))
}
