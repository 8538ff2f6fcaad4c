//! Pages by number.

use std::time::Duration;

use crate::testing::{TestApi, TestDatabase};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_has_the_total_and_links_to_the_other_pages() {
    let api = TestApi::start(TestDatabase::with_users(45)).await;
    for path in ["/api/users", "/api/users/all", "/api/users?page=1&per_page=20"] {
        let answer = api.get(path).await;
        let body = answer.json();
        assert_eq!(answer.names().len(), 20);
        assert_eq!(answer.names()[0], "user1");
        assert_eq!((&body["page"], &body["per_page"]), (&1.into(), &20.into()));
        assert_eq!((&body["total"], &body["pages"]), (&45.into(), &3.into()));
        assert!(body["next_cursor"].is_string());
        assert_eq!(answer.header("cache-control"), "no-store");
        let link = answer.header("link");
        assert!(link.contains("</api/users?page=2&per_page=20>; rel=\"next\""), "{link}");
        assert!(link.contains("</api/users?page=3&per_page=20>; rel=\"last\""), "{link}");
        assert!(!link.contains("prev"), "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_ends_and_the_one_behind_it_is_empty() {
    let api = TestApi::start(TestDatabase::with_users(45)).await;
    let last = api.get("/api/users?page=3").await;
    assert_eq!(last.names().len(), 5);
    assert!(last.json()["next_cursor"].is_null());
    assert!(!last.header("link").contains("next"), "{last:?}");
    let behind = api.get("/api/users?page=4").await;
    assert_eq!(behind.status, 200);
    assert!(behind.names().is_empty());
    assert_eq!(behind.json()["total"], 45);
    assert!(behind.header("link").contains("page=3&per_page=20>; rel=\"prev\""), "{behind:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_last_page_has_nothing_behind_it() {
    let api = TestApi::start(TestDatabase::with_users(40)).await;
    let body = api.get("/api/users?page=2").await.json();
    assert_eq!(body["pages"], 2);
    assert!(body["next_cursor"].is_null(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_users_there_is_one_empty_page() {
    let api = TestApi::start(TestDatabase::new()).await;
    let answer = api.get("/api/users").await;
    let body = answer.json();
    assert_eq!((&body["total"], &body["pages"]), (&0.into(), &0.into()));
    assert!(answer.names().is_empty() && body["next_cursor"].is_null());
    let last = "</api/users?page=1&per_page=20>; rel=\"last\"";
    assert!(answer.header("link").contains(last), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_numbers_are_rejected_with_their_field() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    for (query, field) in [
        ("per_page=0", "per_page"),
        ("per_page=-1", "per_page"),
        ("per_page=101", "per_page"),
        ("per_page=1000000000", "per_page"),
        ("per_page=1e9", "per_page"),
        ("per_page=abc", "per_page"),
        ("per_page=1&per_page=2", "per_page"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=abc", "page"),
        ("page=1&page=1", "page"),
        ("page=9223372036854775807&per_page=100", "page"),
        ("page=1&cursor=x", "cursor"),
        ("username=%00", "username"),
        ("username=a&username=b", "username"),
    ] {
        let answer = api.get(&format!("/api/users?{query}")).await;
        answer.assert_problem(400, "invalid_request");
        assert!(answer.json()["fields"][field][0].is_string(), "{query}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_too_deep_is_rejected_and_the_error_names_the_cursor() {
    let api = TestApi::start(TestDatabase::with_users(1)).await;
    assert_eq!(api.get("/api/users?page=1001&per_page=100").await.status, 200);
    for page in ["1002", "99999999999999999999999999"] {
        let answer = api.get(&format!("/api/users?page={page}&per_page=100")).await;
        answer.assert_problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().unwrap().contains("next_cursor"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_narrows_pages_totals_and_links() {
    let api = TestApi::start(TestDatabase::with_users(45)).await;
    let answer = api.get("/api/users?username=USER4&per_page=2").await;
    assert_eq!(answer.names(), ["user4", "user40"]);
    assert_eq!(answer.json()["total"], 7);
    assert_eq!(answer.json()["pages"], 4);
    let next = "</api/users?page=2&per_page=2&username=user4>; rel=\"next\"";
    assert!(answer.header("link").contains(next), "{answer:?}");
    let second = api.get("/api/users?page=2&per_page=2&username=user4").await;
    assert_eq!(second.names(), ["user41", "user42"]);
    assert_eq!(api.get("/api/users?username=").await.json()["total"], 45);
    assert_eq!(api.get("/api/users?username=%25").await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_total_is_exact_for_thousands_and_follows_every_change() {
    let api = TestApi::start(TestDatabase::with_users(10_000)).await;
    let total = async || api.get("/api/users?per_page=1").await.json()["total"].clone();
    assert_eq!(total().await, 10_000);
    api.users.add(20_000, 1, "one-more");
    assert_eq!(total().await, 10_001);
    api.users.execute("DELETE FROM users WHERE username LIKE 'user1%'");
    assert_eq!(total().await, 10_001 - 1_112);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_total_of_many_is_remembered_for_ten_seconds_at_most() {
    let api = TestApi::start(TestDatabase::with_users(12_001)).await;
    let total = async || api.get("/api/users?per_page=1").await.json()["total"].clone();
    assert_eq!(total().await, 12_001);
    api.users.add(20_000, 1, "one-more");
    assert_eq!(total().await, 12_001);
    api.clock.advance(Duration::from_secs(11));
    assert_eq!(total().await, 12_002);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_total_of_many_is_counted_again_while_the_old_one_still_serves() {
    let api = TestApi::start(TestDatabase::with_users(12_001)).await;
    let total = async || api.get("/api/users?per_page=1").await.json()["total"].clone();
    assert_eq!(total().await, 12_001);
    api.users.add(20_000, 1, "one-more");
    api.clock.advance(Duration::from_secs(6));
    assert_eq!(total().await, 12_001);
    for _ in 0..200 {
        if total().await == 12_002 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never counted again: {}", total().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_under_a_filter_is_counted_to_ten_thousand_and_one() {
    let api = TestApi::start(TestDatabase::with_users(10_500)).await;
    let answer = api.get("/api/users?username=user").await;
    assert_eq!(answer.json()["total"], 10_001);
    assert!(!answer.header("link").contains("last"), "{answer:?}");
    assert_eq!(api.get("/api/users?username=user1").await.json()["total"], 1_612);
}
