//! Rights that change while tokens are in use: the change takes effect within a second, and no user is logged out.

mod changes;
mod feed;
mod races;

use authpair_testkit::{LOGOUT_LIMIT, TestPair, within};

/// Waits until users-api rejects the token as stale.
async fn stale_at_users_api(pair: &TestPair, access: &str) {
    within(LOGOUT_LIMIT, "users-api still accepts the token", async || {
        pair.me_at_users(access).await.with_code("token_stale")
    })
    .await;
}
