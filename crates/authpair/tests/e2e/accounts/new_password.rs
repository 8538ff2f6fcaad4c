//! A password change: a new session replaces the one that asked for it.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::json;

use crate::{
    accounts::own_password::{change_password, patch, reauthenticate},
    on_both,
};

#[on_both]
async fn a_password_change_starts_a_fresh_session_that_has_the_client_and_the_end_of_the_old_one(
    pair: TestPair,
) {
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD });
    let login = pair.auth_call("POST", "/api/auth/login").header("user-agent", "tests/1.0");
    let login = Answer::of(login.json(&body)).await.ok(200);
    let mut session = Session::of(&login);
    for _ in 0..4 {
        pair.clock.advance(Duration::from_secs(6 * 86_400));
        session = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    }
    let fresh = reauthenticate(&pair, &session.access, PASSWORD).await.ok(200);
    let changed = change_password(&pair, &fresh.string("access_token"), PASSWORD).await.ok(200);
    // Day 24 of 30.
    assert_eq!(changed.body["refresh_expires_in"], 6 * 86_400);
    assert_eq!(changed.header("cache-control"), "no-store");
    assert_eq!(changed.body["user_id"], login.body["user_id"]);
    let changed = Session::of(&changed);
    let listed = pair.send("GET", "/api/auth/sessions", &changed.access, &json!({})).await.ok(200);
    let listed = listed.body["sessions"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["user_agent"], "tests/1.0");
    assert_eq!(listed[0]["ip"], "127.0.0.1");
    patch(&pair, &changed.access, json!({ "username": "anna" })).await.ok(200);
}

#[on_both]
async fn an_old_refresh_token_after_a_password_change_does_not_end_the_new_session(pair: TestPair) {
    let (_, first) = pair.new_user("ana").await;
    let second = Session::of(&pair.refresh(&first.refresh).await.ok(200));
    let fresh = reauthenticate(&pair, &second.access, PASSWORD).await.ok(200);
    let changed = change_password(&pair, &fresh.string("access_token"), PASSWORD).await.ok(200);
    let mut newest = Session::of(&changed);
    for old in [&first, &second] {
        for _ in 0..2 {
            pair.refresh(&old.refresh).await.expect(401, "token_revoked");
            newest = Session::of(&pair.refresh(&newest.refresh).await.ok(200));
            pair.clock.advance(Duration::from_secs(11));
        }
    }
    pair.me_at_users(&newest.access).await.ok(200);
}

#[on_both]
async fn of_two_password_changes_at_once_one_succeeds(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let other = pair.login("ana").await;
    let (one, two) = tokio::join!(
        change_password(&pair, &session.access, PASSWORD),
        change_password(&pair, &other.access, PASSWORD)
    );
    let (done, refused) = if one.status == 200 { (one, two) } else { (two, one) };
    let new = Session::of(&done.ok(200));
    assert_eq!(refused.status, 401, "{}", refused.text);
    pair.refresh(&new.refresh).await.ok(200);
}

const ORIGIN: &str = "https://app.example.com";

/// The name and value of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let kept = set.filter_map(|cookie| cookie.split(';').next()).find(|pair| !pair.ends_with('='));
    kept.unwrap_or_else(|| panic!("no cookie in {:?}", answer.headers)).to_owned()
}

#[on_both]
async fn in_cookie_mode_a_password_change_sets_the_cookie_of_the_new_session(mut pair: TestPair) {
    pair.set("AUTH_CORS_ORIGINS", ORIGIN);
    pair.halt().await;
    pair.resume().await;
    pair.register("ana").await;
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let login = pair.post("/api/auth/login", &body).await.ok(200);
    let refresh = async |cookie: &str, csrf: &str| {
        let call = pair.auth_call("POST", "/api/auth/refresh").header("origin", ORIGIN);
        Answer::of(call.header("cookie", cookie).header("x-csrf-token", csrf)).await
    };
    let changed = change_password(&pair, &login.string("access_token"), PASSWORD).await.ok(200);
    assert!(changed.body.get("refresh_token").is_none(), "{}", changed.text);
    let (old, new) = (cookie(&login), cookie(&changed));
    refresh(&old, &login.string("csrf_token")).await.expect(401, "token_revoked");
    let csrf = changed.string("csrf_token");
    let refreshed = refresh(&new, &csrf).await.ok(200);
    assert_eq!(refreshed.string("session_id"), changed.string("session_id"));
    // The session keeps its cookie mode after a refresh.
    let path = "/api/auth/reauthenticate";
    let new = json!({ "password": "a whole new horse" });
    let fresh = pair.send("POST", path, &refreshed.string("access_token"), &new).await.ok(200);
    let fresh = fresh.string("access_token");
    let changed = change_password(&pair, &fresh, "a whole new horse").await.ok(200);
    refresh(&cookie(&changed), &changed.string("csrf_token")).await.ok(200);
}
