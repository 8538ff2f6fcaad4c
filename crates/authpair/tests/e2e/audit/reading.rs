//! Who may read the log, and its pages.

use std::{collections::HashSet, time::Duration};

use authpair_testkit::{Answer, Session, TestPair};
use serde_json::{Value, json};

use super::{administrator, entries, events};
use crate::{
    on_both,
    support::{command_line::done, oauth::Account},
};

async fn get(pair: &TestPair, path: &str, token: &str) -> Answer {
    Answer::of(pair.auth_call("GET", path).bearer_auth(token)).await
}

/// All pages of a list.
async fn all(pair: &TestPair, path: &str, token: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(pair, &format!("{path}{cursor}"), token).await.ok(200);
        found.extend(page.body["entries"].as_array().unwrap().iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[on_both]
async fn a_user_sees_only_their_own_entries(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let (_, others) = pair.new_user("bob").await;
    let found = all(&pair, "/api/auth/activity?per_page=10", &session.access).await;
    assert_eq!(events(&found), ["user.login", "user.registered"]);
    assert!(found.iter().all(|entry| entry["subject"]["id"] == ana.id.as_str()));
    assert_eq!(found[0]["ip"], "127.0.0.1");
    // What an operator does to the account is seen, and by whom is not.
    done(&pair, &["scopes", "ana", "users:email"]);
    let session = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    let found = all(&pair, "/api/auth/activity?per_page=10", &session.access).await;
    assert_eq!(found[0]["event"], "admin.scopes_changed");
    assert_eq!(found[0]["actor"], json!({ "type": "operator", "id": null }));
    let found = all(&pair, "/api/auth/activity?per_page=10", &others.access).await;
    assert_eq!(events(&found), ["user.login", "user.registered"]);
    Answer::of(pair.auth_call("GET", "/api/auth/activity"))
        .await
        .expect(401, "authorization_header");
    let account = Account::create(&pair, "users:admin");
    let token = account.token(&pair).await;
    get(&pair, "/api/auth/activity", &token).await.expect(403, "user_required");
}

#[on_both]
async fn pages_repeat_and_hide_nothing_while_entries_are_added_and_foreign_cursors_are_refused(
    pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    for _ in 0..6 {
        pair.login("ana").await;
    }
    let before = all(&pair, "/api/auth/activity?per_page=100", &session.access).await;
    let first = get(&pair, "/api/auth/activity?per_page=3", &session.access).await.ok(200);
    let cursor = first.string("next_cursor");
    pair.login("ana").await;
    let mut found = first.body["entries"].as_array().unwrap().clone();
    let rest = format!("/api/auth/activity?per_page=3&cursor={cursor}");
    found.extend(
        get(&pair, &rest, &session.access).await.ok(200).body["entries"]
            .as_array()
            .unwrap()
            .iter()
            .cloned(),
    );
    assert_eq!(found[..], before[..6]);
    let by_pages = all(&pair, "/api/auth/activity?per_page=2", &session.access).await;
    let ids: HashSet<_> = by_pages.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), by_pages.len()), (9, 9));

    let (_, others) = pair.new_user("bob").await;
    let last = if cursor.ends_with('A') { "B" } else { "A" };
    let flipped = format!("{}{last}", &cursor[..cursor.len() - 1]);
    for (token, cursor) in [(&others, &cursor), (&session, &flipped), (&session, &String::new())] {
        let path = format!("/api/auth/activity?cursor={cursor}");
        get(&pair, &path, &token.access).await.expect(400, "invalid_request");
    }
    for size in ["0", "101", "-1", "abc", ""] {
        let path = format!("/api/auth/activity?per_page={size}");
        get(&pair, &path, &session.access).await.expect(400, "invalid_request");
    }
}

#[on_both]
async fn the_whole_log_is_for_administrators_with_a_fresh_token_and_for_service_accounts(
    pair: TestPair,
) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let path = "/api/admin/audit";
    Answer::of(pair.auth_call("GET", path)).await.expect(401, "authorization_header");
    get(&pair, path, &session.access).await.expect(403, "insufficient_scope");
    get(&pair, path, &admin.access).await.ok(200);
    let refreshed = Session::of(&pair.refresh(&admin.refresh).await.ok(200));
    get(&pair, path, &refreshed.access).await.expect(401, "fresh_token_required");
    pair.clock.advance(Duration::from_secs(301));
    get(&pair, path, &admin.access).await.expect(401, "fresh_token_required");
    let account = Account::create(&pair, "users:admin");
    let token = account.token(&pair).await;
    get(&pair, path, &token).await.ok(200);
    let token = Account::create(&pair, "users:read").token(&pair).await;
    get(&pair, path, &token).await.expect(403, "insufficient_scope");

    let admin = pair.login("chief").await;
    let query = format!("subject={}&event=user.*&outcome=success", ana.id.to_uppercase());
    assert_eq!(events(&entries(&pair, &admin, &query).await), ["user.login", "user.registered"]);
    for (query, count) in [
        ("from=2100-01-01T00:00:00Z", 0),
        ("to=2000-01-01T00:00:00Z", 0),
        ("event=made_up.event", 0),
    ] {
        assert_eq!(entries(&pair, &admin, query).await.len(), count, "{query}");
    }
    let cursor =
        get(&pair, "/api/admin/audit?per_page=1", &admin.access).await.string("next_cursor");
    for query in [
        "actor=a%20b",
        "subject=",
        "event=user",
        "event=user.login%00",
        "outcome=maybe",
        "from=yesterday",
        "to=1",
        "event=user.login&event=user.logout",
        &format!("outcome=refused&cursor={cursor}"),
    ] {
        get(&pair, &format!("{path}?{query}"), &admin.access).await.expect(400, "invalid_request");
    }
}

#[on_both]
async fn entries_and_addresses_past_their_time_are_not_shown(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    drop(session);
    done(&pair, &["scopes", "--all", "--add", "users:admin"]);
    pair.clock.advance(Duration::from_secs(91 * 86_400));
    let session = pair.login("ana").await;
    let own = all(&pair, "/api/auth/activity?per_page=100", &session.access).await;
    assert_eq!(events(&own), ["user.login"], "only the last 90 days");
    let query = format!("subject={}", ana.id);
    let found = entries(&pair, &session, &query).await;
    assert_eq!(found.len(), 4);
    assert_eq!((&found[0]["ip"], &found[2]["ip"]), (&json!("127.0.0.1"), &Value::Null));
    pair.clock.advance(Duration::from_secs(310 * 86_400));
    let session = pair.login("ana").await;
    assert_eq!(events(&entries(&pair, &session, &query).await), ["user.login", "user.login"]);
}
