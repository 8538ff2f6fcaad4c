//! The list of users: pages, search and status.

use std::collections::HashSet;

use authpair_testkit::{Session, TestPair};
use serde_json::json;

use super::{administrator, call, patch};
use crate::on_both;

/// The names on all pages of a list.
async fn names(pair: &TestPair, admin: &Session, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/admin/users?per_page=2&{query}{cursor}");
        let page = call(pair, "GET", &path, &admin.access).await.ok(200);
        let users = page.body["users"].as_array().unwrap();
        assert!(users.len() <= 2);
        found.extend(users.iter().map(|user| user["username"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[on_both]
async fn users_are_listed_newest_first_and_found_by_name_address_and_id(pair: TestPair) {
    let admin = administrator(&pair).await;
    let mut ids = Vec::new();
    for name in ["ana", "anatol", "bob", "zoe"] {
        ids.push(pair.register(name).await.id);
    }
    let change = json!({ "email": "ana.maria@example.org" });
    patch(&pair, &admin.access, &ids[2], &change).await.ok(200);
    assert_eq!(names(&pair, &admin, "").await, ["zoe", "bob", "anatol", "ana", "chief"]);
    // By name first, then by address. No user is listed twice, although Ana's address begins the same way.
    assert_eq!(names(&pair, &admin, "q=AN").await, ["ana", "anatol", "bob"]);
    assert_eq!(names(&pair, &admin, "q=ana%40").await, ["ana"]);
    assert_eq!(names(&pair, &admin, "q=ana.maria%40example").await, ["bob"]);
    assert_eq!(names(&pair, &admin, &format!("q={}", ids[3].to_uppercase())).await, ["zoe"]);
    for nothing in ["q=x", "q=%25", "q=_", "q=an%25", "q=00000000-0000-4000-8000-000000000000"] {
        assert_eq!(names(&pair, &admin, nothing).await, [""; 0], "{nothing}");
    }
    patch(&pair, &admin.access, &ids[0], &json!({ "disabled": {} })).await.ok(200);
    assert_eq!(names(&pair, &admin, "status=disabled").await, ["ana"]);
    assert_eq!(names(&pair, &admin, "status=enabled").await, ["zoe", "bob", "anatol", "chief"]);
    assert_eq!(names(&pair, &admin, "status=disabled&q=an").await, ["ana"]);
    assert_eq!(names(&pair, &admin, "status=active&q=an").await, ["anatol", "bob"]);
    assert_eq!(names(&pair, &admin, &format!("status=enabled&q={}", ids[0])).await, [""; 0]);
}

#[on_both]
async fn pages_repeat_and_hide_no_user_while_users_come_and_go(pair: TestPair) {
    let admin = administrator(&pair).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(pair.register(&format!("user{number}")).await.id);
    }
    let path = "/api/admin/users?per_page=3&q=user";
    let first = call(&pair, "GET", path, &admin.access).await.ok(200);
    let cursor = first.string("next_cursor");
    // The last one of the page goes, and one comes before and one behind it.
    call(&pair, "DELETE", &super::path_of(&ids[2]), &admin.access).await.ok(204);
    pair.register("user00").await;
    pair.register("user9").await;
    let path = format!("/api/admin/users?per_page=10&q=user&cursor={cursor}");
    let second = call(&pair, "GET", &path, &admin.access).await.ok(200);
    let shown = [&first, &second].map(|page| page.body["users"].as_array().unwrap().clone());
    let shown: Vec<_> = shown.concat().iter().map(|user| user["username"].to_string()).collect();
    let unique: HashSet<_> = shown.iter().collect();
    assert_eq!(unique.len(), shown.len(), "{shown:?}");
    for number in [0, 1, 3, 4, 5, 9] {
        assert!(unique.contains(&format!("\"user{number}\"")), "{number}: {shown:?}");
    }
}

#[on_both]
async fn bad_queries_and_foreign_cursors_are_400(pair: TestPair) {
    let admin = administrator(&pair).await;
    for number in 0..3 {
        pair.register(&format!("user{number}")).await;
    }
    let first = call(&pair, "GET", "/api/admin/users?per_page=1", &admin.access).await.ok(200);
    let cursor = first.string("next_cursor");
    let flipped = cursor.chars().rev().collect::<String>();
    let long = "a".repeat(321);
    for query in [
        format!("cursor={flipped}"),
        format!("cursor={cursor}&q=user"),
        format!("cursor={cursor}&status=enabled"),
        "cursor=x".to_owned(),
        "status=gone".to_owned(),
        "per_page=0".to_owned(),
        "per_page=101".to_owned(),
        "q=a&q=b".to_owned(),
        "q=a%00b".to_owned(),
        format!("q={long}"),
    ] {
        let path = format!("/api/admin/users?{query}");
        call(&pair, "GET", &path, &admin.access).await.expect(400, "invalid_request");
    }
}
