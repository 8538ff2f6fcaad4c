//! A user's sessions and failed log-ins, as an administrator handles them.

use authpair_testkit::{PASSWORD, TestPair};
use serde_json::json;

use super::{administrator, call, path_of};
use crate::on_both;

#[on_both]
async fn an_administrator_lists_and_ends_sessions_one_by_one_and_all(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, first) = pair.new_user("ana").await;
    let second = pair.login("ana").await;
    let (bob, others) = pair.new_user("bob").await;
    let path = format!("{}/sessions", path_of(&ana.id));
    let listed = call(&pair, "GET", &path, &admin.access).await.ok(200);
    let sessions = listed.body["sessions"].as_array().unwrap();
    let mut ids: Vec<_> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected = [first.id.as_str(), second.id.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert!(sessions.iter().all(|session| session["current"] == false));
    let own = pair.me(&admin.access).await.ok(200).string("id");
    let own = call(&pair, "GET", &format!("{}/sessions", path_of(&own)), &admin.access).await;
    assert_eq!(own.ok(200).body["sessions"][0]["current"], true);

    // A session of another user is unknown under this one.
    for (user, session) in [(&bob.id, &first.id), (&ana.id, &others.id), (&ana.id, &bob.id)] {
        let path = format!("{}/sessions/{session}", path_of(user));
        call(&pair, "DELETE", &path, &admin.access).await.expect(404, "not_found");
    }
    let one = format!("{path}/{}", first.id);
    call(&pair, "DELETE", &one, &admin.access).await.ok(204);
    call(&pair, "DELETE", &one, &admin.access).await.expect(404, "not_found");
    pair.me(&first.access).await.expect(401, "token_revoked");
    pair.wait_until_revoked(&first.access).await;
    pair.me(&second.access).await.ok(200);
    let all = call(&pair, "DELETE", &path, &admin.access).await.ok(200);
    assert_eq!(all.body, json!({ "revoked": 1 }));
    pair.wait_until_revoked(&second.access).await;
    pair.me_at_users(&others.access).await.ok(200);
    pair.login("ana").await;
    for path in ["/api/admin/users/x/sessions", "/api/admin/users/x/sessions/y"] {
        assert_eq!(call(&pair, "DELETE", path, &admin.access).await.status, 404);
    }
}

#[on_both]
async fn an_unblocked_user_logs_in_again_at_once(mut pair: TestPair) {
    pair.set("AUTH_RATE_LIMITS", "on");
    pair.set("AUTH_LIMIT_LOGIN", "off");
    pair.set("AUTH_LIMIT_REGISTER", "off");
    pair.halt().await;
    pair.resume().await;
    let admin = administrator(&pair).await;
    let ana = pair.register("ana").await;
    let wrong = json!({ "username": "ana", "password": "not her password" });
    for _ in 0..5 {
        pair.post("/api/auth/login", &wrong).await.expect(401, "invalid_credentials");
    }
    let right = json!({ "username": "ana", "password": PASSWORD });
    pair.post("/api/auth/login", &right).await.expect(429, "rate_limited");
    let path = format!("{}/unblock", path_of(&ana.id));
    call(&pair, "POST", &path, &admin.access).await.ok(204);
    pair.post("/api/auth/login", &right).await.ok(200);
    // There was nothing to forget.
    call(&pair, "POST", &path, &admin.access).await.ok(204);
    call(&pair, "POST", "/api/admin/users/x/unblock", &admin.access)
        .await
        .expect(404, "user_not_found");
}
