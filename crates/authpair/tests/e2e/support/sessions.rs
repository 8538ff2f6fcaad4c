//! Sessions as their user sees them.

use authpair_testkit::{Answer, LOGOUT_LIMIT, TestPair, eventually, within};

/// The ids of the caller's sessions, as the list has them.
pub(crate) async fn listed(pair: &TestPair, access: &str) -> Vec<String> {
    let answer = Answer::of(pair.auth_call("GET", "/api/auth/sessions").bearer_auth(access)).await;
    let answer = answer.ok(200);
    let sessions = answer.body["sessions"].as_array().unwrap().iter();
    sessions.map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

/// Waits until users-api rejects the token as revoked, for tests without a time limit: it may have to read thousands of
/// entries of the feed first.
pub(crate) async fn eventually_revoked(pair: &TestPair, access: &str) {
    eventually("users-api still accepts the token", async || {
        pair.me_at_users(access).await.with_code("token_revoked")
    })
    .await;
}

/// Waits until users-api rejects the token as stale, which it does within a second.
pub(crate) async fn stale_at_users_api(pair: &TestPair, access: &str) {
    within(LOGOUT_LIMIT, "users-api still accepts the token", async || {
        pair.me_at_users(access).await.with_code("token_stale")
    })
    .await;
}
