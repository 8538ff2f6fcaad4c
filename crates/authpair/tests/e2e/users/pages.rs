//! Pages of users, cursors, filters and scopes.

use authpair_testkit::{Answer, Backend, TestPair};
use serde_json::json;

use crate::on_both;

async fn names(answer: &Answer) -> Vec<String> {
    let users = answer.body["users"].as_array().unwrap();
    users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

#[on_both]
async fn pages_and_cursors_return_each_user_once(pair: TestPair) {
    let all: Vec<_> = (0..7).map(|number| format!("user{number}")).collect();
    for name in &all {
        pair.register(name).await;
    }
    let token = pair.login("user0").await.access;
    let mut by_page = Vec::new();
    for page in 1..=3 {
        let answer =
            pair.get_users(&format!("/api/users/all?page={page}&per_page=3"), &token).await.ok(200);
        assert_eq!((&answer.body["total"], &answer.body["pages"]), (&json!(7), &json!(3)));
        assert!(answer.header("link").contains("rel=\"first\""), "{}", answer.header("link"));
        assert_eq!(answer.header("link").contains("rel=\"next\""), page < 3);
        by_page.extend(names(&answer).await);
    }
    assert_eq!(by_page, all);
    let mut by_cursor = Vec::new();
    let mut path = "/api/users?per_page=3".to_owned();
    loop {
        let answer = pair.get_users(&path, &token).await.ok(200);
        by_cursor.extend(names(&answer).await);
        let Some(cursor) = answer.body["next_cursor"].as_str() else { break };
        path = format!("/api/users?per_page=3&cursor={cursor}");
    }
    assert_eq!(by_cursor, all);
}

#[on_both]
async fn users_created_or_deleted_between_pages_neither_repeat_nor_hide_others(pair: TestPair) {
    for number in 0..4 {
        pair.register(&format!("user{number}")).await;
    }
    let session = pair.login("user1").await;
    let first = pair.get_users("/api/users?per_page=2", &session.access).await.ok(200);
    pair.register("late").await;
    Answer::of(pair.auth_call("DELETE", "/api/auth/me").bearer_auth(&session.access)).await.ok(204);
    let token = pair.login("user0").await.access;
    let path = format!("/api/users?per_page=10&cursor={}", first.string("next_cursor"));
    let rest = pair.get_users(&path, &token).await.ok(200);
    assert_eq!(names(&rest).await, ["user2", "user3", "late"]);
    assert!(
        rest.body.get("total").is_none() && rest.body["next_cursor"].is_null(),
        "{}",
        rest.text
    );
}

#[on_both]
async fn a_cursor_with_a_changed_character_is_refused(pair: TestPair) {
    for number in 0..3 {
        pair.register(&format!("user{number}")).await;
    }
    let token = pair.login("user0").await.access;
    let cursor =
        pair.get_users("/api/users?per_page=1", &token).await.ok(200).string("next_cursor");
    for index in 0..cursor.len() {
        let mut bytes = cursor.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let path = format!("/api/users?per_page=1&cursor={}", String::from_utf8(bytes).unwrap());
        pair.get_users(&path, &token).await.expect(400, "invalid_request");
    }
}

#[on_both]
async fn a_name_filter_takes_percent_and_underscore_literally(pair: TestPair) {
    for name in ["ana", "Andrea", "an_drea", "bob"] {
        pair.register(name).await;
    }
    let token = pair.login("bob").await.access;
    for (filter, expected) in [
        ("an", vec!["ana", "Andrea", "an_drea"]),
        ("AN", vec!["ana", "Andrea", "an_drea"]),
        ("an_", vec!["an_drea"]),
        ("%25", vec![]),
        ("_", vec![]),
        ("b", vec!["bob"]),
        ("x", vec![]),
    ] {
        let answer = pair.get_users(&format!("/api/users?username={filter}"), &token).await.ok(200);
        assert_eq!(names(&answer).await, expected, "{filter}");
        assert_eq!(answer.body["total"], expected.len(), "{filter}");
    }
}

#[on_both]
async fn an_unknown_user_and_a_bad_id_are_answered_alike(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let found = pair.get_users(&format!("/api/users/{}", ana.id), &session.access).await.ok(200);
    assert_eq!(found.body["username"], "ana");
    for id in ["00000000-0000-4000-8000-000000000000", "1", "x'y"] {
        pair.get_users(&format!("/api/users/{id}"), &session.access)
            .await
            .expect(404, "user_not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_and_lists_need_their_scopes() {
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    pair.register("bob").await;
    let (ana, session) = pair.new_user("ana").await;
    let list = pair.get_users("/api/users", &session.access).await.ok(200);
    assert_eq!(list.body["users"][0]["email"], json!(null));
    assert_eq!(list.body["users"][1]["email"], "ana@example.com");
    let own = pair.get_users(&format!("/api/users/{}", ana.id), &session.access).await.ok(200);
    assert_eq!(own.body["email"], "ana@example.com");

    let settings = [("AUTH_DEFAULT_SCOPES", "users:email")];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    let (_, session) = pair.new_user("ana").await;
    let refused =
        pair.get_users("/api/users", &session.access).await.expect(403, "insufficient_scope");
    assert!(refused.header("www-authenticate").contains("error=\"insufficient_scope\""));
    pair.me_at_users(&session.access).await.ok(200);
}
