//! One file per endpoint: its request, its response, its handler.

pub(crate) mod get_own_user;
pub(crate) mod get_user;
pub(crate) mod get_whoami;
pub(crate) mod list_users;
#[cfg(test)]
mod tests;

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue},
    },
};
use claims::{actix::Caller, scope};
use service_kit::problem::Problem;

use crate::users::user::Viewer;

/// The caller as a viewer of users, with the right to see e-mail addresses or without.
fn viewer_of(caller: &Caller) -> Viewer<'_> {
    let sees_emails = caller.scope.contains(scope::USERS_EMAIL);
    Viewer { own_id: caller.user_id().ok(), sees_emails }
}

/// A 200 response builder with `Cache-Control: no-store`, because the body depends on the caller.
fn no_store_response() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response
}

service_kit::error_responses! {
    UserNotFound "404" "`user_not_found`" [];
}

/// 404 `user_not_found`.
fn user_not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "user_not_found", "There is no such user")
}
