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
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_in_capitals_is_the_same_id() {
    let api = TestApi::start(TestDatabase::with_users(10)).await;
    let lower = user_id(10);
    let answer = api.get(&format!("/api/users/{lower}")).await;
    assert_eq!(answer.json()["id"], lower);
    for same in [lower.to_uppercase(), lower.replace('0', "%30")] {
        assert_eq!(api.get(&format!("/api/users/{same}")).await.text, answer.text, "{same}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_unknown_or_no_uuid_is_no_user() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    let (one, plain) = (user_id(1), user_id(1).replace('-', ""));
    for id in [
        &user_id(2),
        &plain,
        &format!("%7B{one}%7D"),
        &format!("urn:uuid:{one}"),
        &format!("{one}%00"),
        &format!("{one}%20"),
        "1",
        "null",
        "%00",
        "%ff",
        "..%2f",
        "' OR 1=1",
        "all,me",
    ] {
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
