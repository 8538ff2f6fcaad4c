//! What the holder of a token sees when an operator changes the user's rights.

use authpair_testkit::{Fleet, LOGOUT_LIMIT, Session, TestPair, within};
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{
        command_line::{done, refused},
        oauth::Account,
        sessions::stale_at_users_api,
        tokens::claims_of,
    },
};

#[on_both]
async fn after_a_scope_cut_old_tokens_are_stale_and_one_refresh_brings_the_new_rights(
    pair: TestPair,
) {
    pair.register("ana").await;
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    let (ana, other) = (pair.login("ana").await, pair.login("ana").await);
    let (_, bob) = pair.new_user("bob").await;
    done(&pair, &["scopes", "ana", "users:email"]);
    // auth-service follows at once, in every session of the user.
    for session in [&ana, &other] {
        let refused = pair.me(&session.access).await.expect(401, "token_stale");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
        stale_at_users_api(&pair, &session.access).await;
    }
    let refreshed = pair.refresh(&ana.refresh).await.ok(200);
    assert_eq!(
        (refreshed.string("scope"), refreshed.string("session_id")),
        ("users:email".into(), ana.id)
    );
    let fresh = Session::of(&refreshed);
    pair.me(&fresh.access).await.ok(200);
    pair.me_at_users(&fresh.access).await.ok(200);
    pair.get_users("/api/users", &fresh.access).await.expect(403, "insufficient_scope");
    Session::of(&pair.refresh(&other.refresh).await.ok(200));
    pair.me_at_users(&bob.access).await.ok(200);
    pair.me(&bob.access).await.ok(200);
}

#[on_both]
async fn further_claims_are_in_the_next_token_and_older_tokens_are_stale(pair: TestPair) {
    let (_, ana) = pair.new_user("ana").await;
    let before = claims_of(&pair, &ana.access);
    assert_eq!((before["ver"].as_i64(), before.get("ext")), (Some(0), None));
    done(&pair, &["ext", "ana", r#"{"plan": "pro", "scope": "users:admin"}"#]);
    pair.me(&ana.access).await.expect(401, "token_stale");
    stale_at_users_api(&pair, &ana.access).await;
    let second = Session::of(&pair.refresh(&ana.refresh).await.ok(200));
    let claims = claims_of(&pair, &second.access);
    assert_eq!(claims["ext"], json!({ "plan": "pro", "scope": "users:admin" }));
    assert_eq!((claims["ver"].as_i64(), &claims["scope"]), (Some(1), &json!("users:read")));
    assert_eq!(claims_of(&pair, &pair.login("ana").await.access)["ver"], 1);
    done(&pair, &["ext", "ana", "--clear"]);
    stale_at_users_api(&pair, &second.access).await;
    let third = Session::of(&pair.refresh(&second.refresh).await.ok(200));
    assert_eq!(claims_of(&pair, &third.access).get("ext"), None);
    pair.me_at_users(&third.access).await.ok(200);
    for bad in ["[]", "plan=pro", &json!({ "a": "x".repeat(1024) }).to_string()] {
        refused(&pair, &["ext", "ana", bad]);
    }
    pair.me(&third.access).await.ok(200);
}

#[on_both]
async fn a_change_that_changes_nothing_leaves_tokens_as_they_are(pair: TestPair) {
    let (_, ana) = pair.new_user("ana").await;
    done(&pair, &["ext", "ana", r#"{"a":1,"b":2}"#]);
    let ana = Session::of(&pair.refresh(&ana.refresh).await.ok(200));
    let before = feed(&pair).await;
    done(&pair, &["scopes", "ana", "users:read"]);
    done(&pair, &["scopes", "ana", "--remove", "users:admin"]);
    done(&pair, &["scopes", "--all", "--remove", "users:admin"]);
    done(&pair, &["ext", "ana", r#"{ "b":2, "a":1 }"#]);
    assert_eq!(feed(&pair).await, before);
    pair.me(&ana.access).await.ok(200);
}

#[on_both]
async fn a_change_of_all_users_reaches_each_session(pair: TestPair) {
    let mut sessions = Vec::new();
    for name in ["ana", "bob", "eve"] {
        sessions.push(pair.new_user(name).await.1);
    }
    pair.register("zoe").await;
    assert_eq!(done(&pair, &["scopes", "--all", "--add", "users:email"]), "4 users changed\n");
    for session in sessions {
        pair.me(&session.access).await.expect(401, "token_stale");
        stale_at_users_api(&pair, &session.access).await;
        let fresh = pair.refresh(&session.refresh).await.ok(200);
        assert_eq!(fresh.string("scope"), "users:read users:email");
        pair.me_at_users(&fresh.string("access_token")).await.ok(200);
    }
    // Zoe had no session, so verifiers need not know.
    assert_eq!(feed(&pair).await["revoked"].as_array().unwrap().len(), 3);
    assert_eq!(claims_of(&pair, &pair.login("zoe").await.access)["ver"], 1);
}

#[on_both]
async fn introspection_shows_version_and_further_claims_and_calls_a_stale_token_inactive(
    pair: TestPair,
) {
    let account = Account::create(&pair, "tokens:introspect");
    let (_, ana) = pair.new_user("ana").await;
    done(&pair, &["ext", "ana", r#"{"plan":"pro"}"#]);
    assert_eq!(account.introspect(&pair, &ana.access).await.text, r#"{"active":false}"#);
    let refresh = account.introspect(&pair, &ana.refresh).await.body;
    assert_eq!((&refresh["active"], refresh.get("ver")), (&json!(true), None));
    let ana = Session::of(&pair.refresh(&ana.refresh).await.ok(200));
    let body = account.introspect(&pair, &ana.access).await.body;
    assert_eq!((&body["ver"], &body["ext"]), (&json!(1), &json!({ "plan": "pro" })));
    let own = account.token(&pair).await;
    assert_eq!(account.introspect(&pair, &own).await.body.get("ver"), None);
}

#[on_both]
async fn a_stale_token_still_logs_its_session_out(pair: TestPair) {
    let (_, ana) = pair.new_user("ana").await;
    done(&pair, &["scopes", "ana", ""]);
    pair.logout(&ana.access).await.ok(204);
    pair.me(&ana.access).await.expect(401, "token_revoked");
    pair.refresh(&ana.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn two_processes_of_each_service_follow_a_change_that_a_third_process_made(fleet: Fleet) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let (here, there) = (a.login("ana").await, b.login("ana").await);
    let (code, printed) = fleet.auth_command(&["users", "scopes", "ana", "users:email"]);
    assert_eq!(code, Some(0), "{printed}");
    for (auth, session) in [(a, &there), (b, &here)] {
        auth.get("/api/auth/me", &session.access).await.expect(401, "token_stale");
        for users in &fleet.users {
            within(LOGOUT_LIMIT, "users-api still accepts the token", async || {
                users.get("/api/users/me", &session.access).await.with_code("token_stale")
            })
            .await;
        }
        let fresh = Session::of(&auth.refresh(&session.refresh).await.ok(200));
        for users in &fleet.users {
            users.get("/api/users/me", &fresh.access).await.ok(200);
        }
    }
}

/// The whole feed.
async fn feed(pair: &TestPair) -> Value {
    let call = pair.auth_call("GET", "/.well-known/revoked-sessions?wait=0");
    authpair_testkit::Answer::of(call).await.ok(200).body
}
