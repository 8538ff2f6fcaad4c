//! `GET /api/users/{id}`: one user.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use claims::actix::{UsersRead, WithScope};
use service_kit::{
    openapi::{Forbidden, NotFound, Unauthorized, Unavailable},
    problem::Problem,
};
use uuid::Uuid;

use super::{private_answer, user_not_found, viewer};
use crate::{state::UsersState, store, users::user::User};

/// One user. Needs `users:read`; what is no UUID is an unknown id.
#[utoipa::path(
    get,
    path = "/api/users/{id}",
    tag = "users",
    params(("id" = String, Path, description = "The user's id, a UUID")),
    responses((status = 200, body = User<'static>), Unauthorized, Forbidden, NotFound, Unavailable),
    security(("access_token" = ["users:read"])),
)]
pub(crate) async fn get_user(
    caller: WithScope<UsersRead>,
    request: HttpRequest,
    state: Data<UsersState>,
) -> Result<HttpResponse, Problem> {
    let id = canonical_id(request.match_info().query("id")).ok_or_else(user_not_found)?;
    let row = state.database.read(move |connection| store::users::by_id(connection, &id)).await?;
    let row = row.ok_or_else(user_not_found)?;
    Ok(private_answer().json(User::seen_by(viewer(&caller), &row)))
}

/// The id as it is stored. Of the ways to write a UUID only the hyphenated one is taken, in either case
/// (RFC 9562 §4).
fn canonical_id(text: &str) -> Option<String> {
    const HYPHENATED: usize = 36;
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == HYPHENATED)?;
    Some(id.hyphenated().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hyphenated_uuid_is_an_id() {
        let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
        assert_eq!(canonical_id(id).as_deref(), Some(id));
        assert_eq!(canonical_id(&id.to_uppercase()).as_deref(), Some(id));
        for other in ["", "1", &id.replace('-', ""), &format!("{{{id}}}"), &id.replace('0', "é")] {
            assert_eq!(canonical_id(other), None, "{other}");
        }
    }
}
