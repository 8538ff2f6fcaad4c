//! `GET /api/whoami`: whom we take the caller for. Works without a token; a bad one is refused.

use actix_web::HttpResponse;
use claims::actix::{Caller, MaybeCaller};
use serde::Serialize;

use super::private_answer;

#[derive(Serialize)]
struct WhoAmI<'a> {
    logged_in_as: &'a str,
}

/// The name in the token; the database is not asked.
pub(crate) async fn get_whoami(MaybeCaller(caller): MaybeCaller) -> HttpResponse {
    let logged_in_as = caller.as_ref().map_or("anonymous user", name);
    private_answer().json(WhoAmI { logged_in_as })
}

/// A service account has no name but its client id; nor has a person with a foreign issuer's token.
fn name(caller: &Caller) -> &str {
    caller.preferred_username.as_deref().unwrap_or(&caller.sub)
}
