//! One user.

use crate::testing::{TestApi, TestDatabase, user_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_four_members_and_no_cache_keeps_them() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let answer = api.get(&format!("/api/users/{}", user_id(1))).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.text,
        format!(
            "{{\"id\":\"{}\",\"username\":\"user1\",\"email\":\"u1@example.org\",\
             \"created_at\":\"1970-01-01T00:00:01.000000Z\"}}",
            user_id(1)
        )
    );
    let upper = api.get(&format!("/api/users/{}", user_id(1).to_uppercase())).await;
    assert_eq!(upper.text, answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_unknown_or_no_uuid_is_no_user() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    for id in [&user_id(2), "1", "null", "%00", "%ff", "..%2f", "' OR 1=1", "all,me"] {
        api.get(&format!("/api/users/{id}")).await.assert_problem(404, "user_not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_row_is_gone_once_deleted() {
    let api = TestApi::start(TestDatabase::with_users(2)).await;
    let token = api.token(&user_id(2)).sign();
    assert_eq!(api.get_as(&token, "/api/users/me").await.json()["username"], "user2");
    api.users.remove(2);
    api.get_as(&token, "/api/users/me").await.assert_problem(404, "user_not_found");
}
