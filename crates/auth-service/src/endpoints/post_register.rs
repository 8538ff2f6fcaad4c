//! `POST /api/auth/register`

use crate::endpoints::schemas::{Registered, RegistrationBody};
use actix_web::{HttpResponse, web::Data};
use claims::Scopes;
use database::DatabaseError;
use serde_json::json;
use service_kit::openapi::{
    BadRequest, Conflict, PayloadTooLarge, RequestTimeout, Unavailable, UnsupportedMediaType,
};
use service_kit::{
    input::{Fields, FromFields},
    problem::Problem,
};
use uuid::Uuid;

use super::{admission::Admitted, problems, responses::UserBody};
use crate::{
    accounts::{EmailAddress, Password, Username, hashing::PasswordHash, naming},
    state::State,
    store::users::UserRow,
};

/// The body: who wants to be a user.
pub struct Registration {
    username: Username,
    email: EmailAddress,
    password: Password,
}

impl FromFields for Registration {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, address) = (fields.string("username"), fields.string("email"));
        let username = fields.parse("username", name, Username::chosen);
        let email = fields.parse("email", address, EmailAddress::parse);
        let owner: Vec<_> = owner_names(username.as_ref(), email.as_ref()).collect();
        let secret = fields.string("password");
        let password = fields.parse("password", secret, |text| Password::new_secret(text, &owner));
        Some(Self { username: username?, email: email?, password: password? })
    }
}

/// What a password must not be, for it is known.
pub fn owner_names<'a>(
    username: Option<&'a Username>,
    email: Option<&'a EmailAddress>,
) -> impl Iterator<Item = &'a str> {
    let username = username.into_iter().map(Username::canonical);
    let email =
        email.into_iter().flat_map(|email| [email.canonical(), email.canonical_local_part()]);
    username.chain(email)
}

/// Makes a user.
///
/// # Errors
/// 400 with the faults of each field, 409 `user_exists`, 503.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "accounts",
    request_body(content = RegistrationBody),
    responses((status = 201, body = Registered), BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType, Conflict, Unavailable),
)]
pub async fn post_register(
    admitted: Admitted<Registration>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let Admitted { place, body: Registration { username, email, password } } = admitted;
    let hash = state.counts.hash(state.hasher.hash(&place, password)).await;
    let hash = hash.map_err(problems::hashing)?;
    let scopes = &state.settings.default_scopes;
    let user = new_user((&username, &email), hash, scopes, state.clock.micros());
    let row = user.clone();
    let inserted = state
        .database
        .write(move |connection| naming::insert_user(connection, &row, (&username, &email)));
    inserted.await.map_err(|error| match error {
        DatabaseError::Conflict(_) => problems::user_exists(error),
        error => error.into(),
    })?;
    let body = json!({ "message": "User created", "user": UserBody::new(&user) });
    Ok(HttpResponse::Created().json(body))
}

/// The row of a new user, made at `created_at` (microseconds since the epoch).
pub fn new_user(
    (username, email): (&Username, &EmailAddress),
    hash: PasswordHash,
    scopes: &Scopes,
    created_at: i64,
) -> UserRow {
    UserRow {
        id: Uuid::new_v4().to_string(),
        username: username.display().to_owned(),
        username_key: username.canonical().to_owned(),
        email: email.display().to_owned(),
        email_key: email.canonical().to_owned(),
        password_hash: hash.into_string(),
        scope: scopes.to_string(),
        credential_version: 1,
        last_login_at: None,
        disabled_at: None,
        created_at,
    }
}
