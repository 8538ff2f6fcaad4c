//! Administration: through the API, who is authorized to do what there, and at the command line.

mod authorization;
mod closed_registration;
mod commands;
mod last_administrator;
mod lists;
mod password_links;
mod revisions;
mod sessions;
mod users;

use authpair_testkit::{Answer, Session, TestPair};
use serde_json::Value;

use crate::support::command_line::done;

/// The administrator's name.
const CHIEF: &str = "chief";

/// A session of an administrator with every scope.
pub(crate) async fn administrator(pair: &TestPair) -> Session {
    pair.register(CHIEF).await;
    done(pair, &["scopes", CHIEF, "users:read users:email users:admin"]);
    pair.login(CHIEF).await
}

/// A call without a body.
pub(crate) async fn call(pair: &TestPair, method: &str, path: &str, token: &str) -> Answer {
    Answer::of(pair.auth_call(method, path).bearer_auth(token)).await
}

/// The API's path of a user.
pub(crate) fn path_of(id: &str) -> String {
    format!("/api/admin/users/{id}")
}

/// Changes a user.
pub(crate) async fn patch(pair: &TestPair, token: &str, id: &str, change: &Value) -> Answer {
    pair.send("PATCH", &path_of(id), token, change).await
}
