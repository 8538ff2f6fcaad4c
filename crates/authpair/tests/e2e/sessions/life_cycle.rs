//! One user from registration to logout, and the claims of the tokens.

use authpair_testkit::{Answer, TestPair};

use crate::on_both;

#[on_both]
async fn a_user_registers_logs_in_reads_users_and_logs_out(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let page = pair.get_users("/api/users?page=1&per_page=20", &session.access).await.ok(200);
    assert_eq!(page.body["users"][0]["username"], "ana");
    assert_eq!(page.body["users"][0]["email"], "ana@example.com");
    assert_eq!((&page.body["total"], &page.body["pages"]), (&1.into(), &1.into()));
    assert_eq!(pair.me(&session.access).await.ok(200).body["id"], ana.id);
    assert_eq!(pair.me_at_users(&session.access).await.ok(200).body["id"], ana.id);
    let whoami = pair.get_users("/api/whoami", &session.access).await.ok(200);
    assert_eq!(whoami.body["logged_in_as"], "ana");
    let anonymous = Answer::of(pair.users_call("GET", "/api/whoami")).await.ok(200);
    assert_eq!(anonymous.body["logged_in_as"], "anonymous user");
    let refreshed = pair.refresh(&session.refresh).await.ok(200);
    pair.logout(&refreshed.string("refresh_token")).await.ok(204);
    pair.refresh(&refreshed.string("refresh_token")).await.expect(401, "token_revoked");
}

#[on_both]
async fn the_tokens_have_the_claims_of_the_contract(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let keys = Answer::of(pair.auth_call("GET", "/.well-known/jwks.json")).await.ok(200);
    let keys = claims::KeySet::from_json(keys.text.as_bytes()).unwrap();
    let policy = claims::Policy::new(pair.auth.as_str(), "users-api");
    let now = pair.clock.seconds();
    let access = claims::verify_access(&session.access, &keys, &policy, now).unwrap();
    assert_eq!(
        (access.sub.as_str(), access.sid.as_deref()),
        (ana.id.as_str(), Some(session.id.as_str()))
    );
    assert_eq!(access.aud, ["auth-service", "users-api"]);
    assert_eq!(access.exp - access.iat, 900);
    assert_eq!(access.scope.to_string(), "users:read");
    assert_eq!(access.client_id.as_deref(), Some("first-party"));
    assert_eq!((access.fresh, access.auth_time), (Some(true), Some(access.iat)));
    assert_eq!(access.preferred_username.as_deref(), Some("ana"));
    let own = claims::Policy::new(pair.auth.as_str(), "auth-service");
    let refresh = claims::verify_refresh(&session.refresh, &keys, &own, now).unwrap();
    assert_eq!((refresh.aud.as_str(), refresh.exp - refresh.iat), ("auth-service", 7 * 86_400));
    assert_eq!(
        claims::verify_refresh(&session.refresh, &keys, &policy, now),
        Err(claims::Rejection::WrongAudience)
    );
}
