//! Refused calls: each has an entry, until there are too many of them. Then one entry stands for several.

use authpair_testkit::{Answer, PASSWORD, Session, TestPair, client_from, eventually};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{administrator, at_least};
use crate::{on_both, support::oauth::Account};

/// More refused tries than get an entry each.
const TRIES: u64 = 400;

#[on_both]
async fn refused_calls_have_entries_with_what_was_tried_and_why(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let wrong = json!({ "username": "ana", "password": "not her password" });
    pair.post("/api/auth/login", &wrong).await.expect(401, "invalid_credentials");
    let nobody = json!({ "username": "nobody-here", "password": "not her password" });
    pair.post("/api/auth/login", &nobody).await.expect(401, "invalid_credentials");
    let again = json!({ "password": "not her password" });
    pair.send("POST", "/api/auth/reauthenticate", &session.access, &again)
        .await
        .expect(401, "invalid_credentials");
    let account = Account::create(&pair, "users:read");
    account.guessing("not its secret").ask(&pair, "").await;

    let found = at_least(&pair, &admin, "outcome=refused", 4).await;
    let mut shown: Vec<_> = found
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or("").to_owned();
            (
                text("event"),
                text("reason"),
                entry["subject"]["id"].as_str().unwrap_or("").to_owned(),
                text("session_id"),
            )
        })
        .collect();
    shown.sort();
    let expected = [
        ("client.authentication_failed", "invalid_client", account.id.as_str(), ""),
        ("user.login_failed", "unknown_user", "", ""),
        ("user.login_failed", "wrong_password", &ana.id, ""),
        ("user.login_failed", "wrong_password", &ana.id, &session.id),
    ];
    let expected =
        expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned()));
    assert_eq!(shown, expected);
    for entry in &found {
        assert!(entry["request_id"].is_string() && entry["ip"] == "127.0.0.1", "{entry}");
        let actor = if entry["session_id"].is_null() { "anonymous" } else { "user" };
        assert_eq!(entry["actor"]["type"], actor);
    }
}

#[on_both]
async fn refused_calls_of_users_cookies_verifiers_and_service_accounts_have_entries(
    mut pair: TestPair,
) {
    pair.set("AUTH_VERIFIER_SECRET", "the-secret-of-verifiers");
    pair.set("USERS_VERIFIER_SECRET", "the-secret-of-verifiers");
    pair.halt().await;
    pair.resume().await;
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let taken = json!({ "username": "chief" });
    let answer = pair.send("PATCH", "/api/auth/me", &session.access, &taken).await;
    answer.expect(409, "user_exists");
    let refreshed = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    let answer = pair.send("PATCH", "/api/auth/me", &refreshed.access, &taken).await;
    answer.expect(401, "fresh_token_required");
    let account = Account::create(&pair, "users:read");
    account.revoke(&pair, &refreshed.access).await.expect_status(400);
    let login = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let foreign =
        || pair.auth_call("POST", "/api/auth/login").header("origin", "https://evil.example");
    Answer::of(foreign().json(&login)).await.expect(403, "csrf_failed");
    let in_cookie =
        Answer::of(pair.auth_call("POST", "/api/auth/login").json(&login)).await.ok(200);
    let cookie = in_cookie.header("set-cookie").split(';').next().unwrap().to_owned();
    for (method, path) in [("POST", "/api/auth/refresh"), ("GET", "/api/auth/csrf")] {
        let call = pair.auth_call(method, path).header("cookie", &cookie);
        Answer::of(call).await.expect(403, "csrf_failed");
    }
    let feed = pair.auth_call("GET", "/.well-known/revoked-sessions");
    Answer::of(feed.bearer_auth("not that secret")).await.expect_status(401);

    let found = at_least(&pair, &admin, "outcome=refused", 7).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut shown: Vec<_> = found
        .iter()
        .map(|entry| {
            let [actor, session] = [&entry["actor"]["id"], &entry["session_id"]].map(text);
            (text(&entry["event"]), text(&entry["reason"]), actor, session)
        })
        .collect();
    shown.sort();
    let cookie_session = in_cookie.string("session_id");
    let mut expected = [
        ("call.refused", "csrf_failed", "", ""),
        ("call.refused", "csrf_failed", "", &cookie_session),
        ("call.refused", "csrf_failed", "", &cookie_session),
        ("call.refused", "fresh_token_required", &ana.id, &session.id),
        ("call.refused", "unauthorized_client", &account.id, &session.id),
        ("call.refused", "user_exists", &ana.id, &session.id),
        ("client.authentication_failed", "wrong_feed_secret", "", ""),
    ]
    .map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned()));
    expected.sort();
    assert_eq!(shown, expected);
}

#[on_both]
async fn a_flood_of_refused_calls_is_summed_up_and_each_is_counted(pair: TestPair) {
    let admin = administrator(&pair).await;
    let account = Account::create(&pair, "users:read");
    let http = client_from(7);
    let mut callers = JoinSet::new();
    for _ in 0..TRIES {
        let call = http.post(format!("{}/oauth2/token", pair.auth));
        let call = call.basic_auth(&account.id, Some("not its secret"));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        callers.spawn(call.body("grant_type=client_credentials").send());
    }
    callers.join_all().await;
    let query = "event=client.authentication_failed";
    let count = |found: &[Value]| -> u64 {
        found.iter().map(|entry| entry["details"]["count"].as_u64().unwrap_or(1)).sum()
    };
    eventually("not every try is counted", async || {
        count(&everything(&pair, &admin, query).await) == TRIES
    })
    .await;
    let found = everything(&pair, &admin, query).await;
    assert!(found.len() < 300, "{}", found.len());
    assert!(found.iter().all(|entry| entry["ip"] == "127.0.0.7"));
}

/// All pages.
async fn everything(pair: &TestPair, admin: &Session, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/admin/audit?per_page=100&{query}{cursor}");
        let call = pair.auth_call("GET", &path).bearer_auth(&admin.access);
        let page = Answer::of(call).await.ok(200);
        found.extend(page.body["entries"].as_array().unwrap().iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}
