//! Pages by cursor.

use crate::testing::{Answer, TestApi, TestDatabase};

fn next(answer: &Answer) -> Option<String> {
    answer.json()["next_cursor"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn from_any_page_the_cursor_goes_on_to_the_end() {
    let api = TestApi::start(TestDatabase::with_users(45)).await;
    let first = api.get("/api/users?page=2&per_page=10").await;
    let (mut seen, mut cursor) = (first.names(), next(&first));
    while let Some(text) = cursor {
        let answer = api.get(&format!("/api/users?cursor={text}&per_page=10")).await;
        let body = answer.json();
        assert_eq!(body["per_page"], 10);
        for absent in ["page", "total", "pages"] {
            assert!(body.get(absent).is_none(), "{body}");
        }
        seen.extend(answer.names());
        cursor = next(&answer);
        let link = cursor.as_ref().map_or(String::new(), |cursor| {
            format!("</api/users?cursor={cursor}&per_page=10>; rel=\"next\"")
        });
        assert_eq!(answer.header("link"), link);
    }
    assert_eq!(seen, (11..=45).map(|number| format!("user{number}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn users_who_come_and_go_neither_repeat_nor_hide_others() {
    let api = TestApi::start(TestDatabase::with_users(9)).await;
    let first = api.get("/api/users?per_page=3").await;
    api.users.remove(1);
    api.users.remove(3);
    api.users.remove(5);
    api.users.add(90, 1, "early");
    api.users.add(91, 90_000_000, "late");
    let cursor = next(&first).unwrap();
    let rest = api.get(&format!("/api/users?cursor={cursor}&per_page=100")).await;
    assert_eq!(rest.names(), ["user4", "user6", "user7", "user8", "user9", "late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_cursor_is_rejected_under_its_name() {
    let api = TestApi::start(TestDatabase::with_users(9)).await;
    let cursor = next(&api.get("/api/users?per_page=3").await).unwrap();
    for at in [0, 5, cursor.len() / 2, cursor.len() - 1] {
        let mut bytes = cursor.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let answer = api.get(&format!("/api/users?cursor={changed}")).await;
        answer.assert_problem(400, "invalid_request");
        assert!(answer.json()["fields"]["cursor"][0].is_string(), "{answer:?}");
    }
    for bad in ["", "x", "%00", &"A".repeat(4_000)] {
        api.get(&format!("/api/users?cursor={bad}")).await.assert_problem(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_keeps_to_the_filter_it_was_made_under() {
    let api = TestApi::start(TestDatabase::with_users(45)).await;
    let first = api.get("/api/users?username=user4&per_page=4").await;
    let cursor = next(&first).unwrap();
    let rest = api.get(&format!("/api/users?cursor={cursor}&username=User4")).await;
    assert_eq!(rest.names(), ["user43", "user44", "user45"]);
    for other in ["", "&username=user", "&username=user3"] {
        let answer = api.get(&format!("/api/users?cursor={cursor}{other}")).await;
        answer.assert_problem(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_accepts_the_cursors_of_another_unless_their_secrets_differ() {
    let api = TestApi::start(TestDatabase::with_users(9)).await;
    let first = api.get("/api/users?per_page=3").await;
    let path = format!("/api/users?cursor={}", next(&first).unwrap());
    let TestApi { issuer, users, running, .. } = api;
    running.stop().await;
    let replica = TestApi::start_under(issuer, users, &[]).await;
    replica.wait_until_ready().await;
    assert_eq!(replica.get(&path).await.names().len(), 6);
    let TestApi { issuer, users, .. } = replica;
    let other_url = users.url().replace("/test.db", "/./test.db");
    let elsewhere = [("USERS_DATABASE_URL", other_url.as_str())];
    let replica = TestApi::start_under(issuer, users, &elsewhere).await;
    replica.wait_until_ready().await;
    assert_eq!(replica.get(&path).await.names().len(), 6);
    let TestApi { issuer, users, .. } = replica;
    let secret = [("USERS_CURSOR_SECRET", "0123456789abcdef")];
    let stranger = TestApi::start_under(issuer, users, &secret).await;
    stranger.wait_until_ready().await;
    stranger.get(&path).await.assert_problem(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_thousands_match_is_paged_by_name_to_its_end() {
    let api = TestApi::start(TestDatabase::with_users(5_200)).await;
    let first = api.get("/api/users?username=user&page=52&per_page=100").await;
    assert_eq!(first.json()["total"], 5_200);
    let mut expected: Vec<_> = (1..=5_200).map(|number| format!("user{number}")).collect();
    expected.sort();
    assert_eq!(first.names(), expected[5_100..]);
    assert_eq!(next(&first), None);
    let mut answer = api.get("/api/users?username=user&page=50&per_page=100").await;
    let mut seen = answer.names();
    while let Some(cursor) = next(&answer) {
        answer = api.get(&format!("/api/users?username=user&per_page=90&cursor={cursor}")).await;
        seen.extend(answer.names());
    }
    assert_eq!(seen, expected[4_900..]);
}
