//! Calls that take a password.

use authpair_testkit::{Answer, TestPair};
use serde_json::json;

/// Logs in with a name or an address.
pub(crate) async fn try_login(pair: &TestPair, name: &str, password: &str) -> Answer {
    pair.post("/api/auth/login", &json!({ "username": name, "password": password })).await
}

/// Sets a new password with the token of a link.
pub(crate) async fn reset(pair: &TestPair, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "new_password": password });
    pair.post("/api/auth/password/reset", &body).await
}
