//! Introspection and revocation, for services that do not verify tokens themselves.

use std::time::Duration;

use authpair_testkit::{Answer, Session, TestPair};
use serde_json::json;

use crate::{
    on_both,
    support::oauth::{Account, clients, refused},
};

#[on_both]
async fn introspection_shows_the_claims_of_a_valid_token(pair: TestPair) {
    let (user, session) = pair.new_user("ana").await;
    let (account, other) =
        (Account::create(&pair, "tokens:introspect"), Account::create(&pair, "users:read"));
    let answer = account.introspect(&pair, &session.access).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let now = pair.clock.seconds();
    let body = answer.body;
    assert_eq!(
        [&body["active"], &body["token_type"], &body["scope"], &body["client_id"]],
        [&json!(true), &json!("Bearer"), &json!("users:read"), &json!("first-party")]
    );
    assert_eq!(
        [&body["username"], &body["sub"], &body["sid"], &body["iss"]],
        [&json!("ana"), &json!(user.id), &json!(session.id), &json!(pair.auth)]
    );
    assert_eq!(body["aud"], json!(["auth-service", "users-api"]));
    assert_eq!(body["exp"], now + 900);
    assert!(body["jti"].is_string() && body["iat"].is_i64(), "{body}");
    let refresh = account.introspect(&pair, &session.refresh).await.body;
    assert_eq!((&refresh["active"], &refresh["sid"]), (&json!(true), &json!(session.id)));
    // A service must not take it for an access token.
    assert_eq!((&refresh["token_type"], refresh.get("scope")), (&json!("refresh_token"), None));
    let service = account.introspect(&pair, &other.token(&pair).await).await.body;
    assert_eq!((&service["active"], &service["scope"]), (&json!(true), &json!("users:read")));
    assert_eq!((&service["sub"], &service["client_id"]), (&json!(other.id), &json!(other.id)));
    assert_eq!((service.get("sid"), service.get("username")), (None, None));
}

#[on_both]
async fn introspection_shows_nothing_of_an_invalid_token(pair: TestPair) {
    let (_, over) = pair.new_user("ana").await;
    let (account, gone) = (Account::create(&pair, "tokens:introspect"), Account::create(&pair, ""));
    let disabled = gone.token(&pair).await;
    assert!(clients(&pair, &["disable", &gone.id]).status.success());
    pair.logout(&over.refresh).await.ok(204);
    let (old, rotated) = (pair.login("ana").await, pair.login("ana").await);
    let newest = Session::of(&pair.refresh(&rotated.refresh).await.ok(200));
    let live = account.introspect(&pair, &rotated.refresh).await;
    assert_eq!(live.body["active"], true, "within the grace it still gets its successor");
    pair.clock.advance(Duration::from_secs(11));
    for token in [&over.access, &over.refresh, &disabled, &rotated.refresh, "a.b.c", "\0", "x"] {
        let answer = account.introspect(&pair, token).await;
        assert_eq!(answer.text, r#"{"active":false}"#, "{token}");
    }
    let live = account.introspect(&pair, &newest.refresh).await;
    assert_eq!(live.body["active"], true, "to ask is not to use");
    pair.clock.advance(Duration::from_secs(900 + 31));
    let expired = account.introspect(&pair, &old.access).await;
    assert_eq!(expired.body, json!({ "active": false }));
    refused(account.call(&pair, "/oauth2/introspect", &[]).await, 400, "invalid_request");
}

#[on_both]
async fn without_a_scope_for_it_a_client_introspects_only_its_own_tokens(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let others = Account::create(&pair, "users:read").token(&pair).await;
    let tokens = [&session.access, &session.refresh, &others];
    for scope in ["", "users:email"] {
        let account = Account::create(&pair, scope);
        for token in tokens {
            let answer = account.introspect(&pair, token).await;
            assert_eq!(answer.text, r#"{"active":false}"#, "{scope:?}");
        }
        let own = account.token(&pair).await;
        assert_eq!(account.introspect(&pair, &own).await.body["active"], true, "{scope:?}");
    }
    for scope in ["tokens:introspect", "users:read", "users:admin"] {
        let account = Account::create(&pair, scope);
        for token in tokens {
            let answer = account.introspect(&pair, token).await;
            assert_eq!(answer.body["active"], true, "{scope:?}");
        }
    }
}

#[on_both]
async fn revoking_either_token_of_a_user_ends_the_session_at_both_services(pair: TestPair) {
    pair.register("ana").await;
    let admin = Account::create(&pair, "users:admin");
    let kept = pair.login("ana").await;
    for by_refresh_token in [false, true] {
        let session = pair.login("ana").await;
        let token = if by_refresh_token { &session.refresh } else { &session.access };
        // Twice, because it is idempotent.
        for _ in 0..2 {
            let answer = admin.revoke(&pair, token).await.ok(200);
            assert_eq!((answer.text.as_str(), answer.header("cache-control")), ("", "no-store"));
        }
        pair.wait_until_revoked(&session.access).await;
        pair.me(&session.access).await.expect(401, "token_revoked");
        pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    }
    pair.me(&kept.access).await.ok(200);
    for unknown in ["x", "a.b.c", "\0"] {
        admin.revoke(&pair, unknown).await.ok(200);
    }
    let hinted = [("token", kept.access.as_str()), ("token_type_hint", "refresh_token")];
    admin.call(&pair, "/oauth2/revoke", &hinted).await.ok(200);
    pair.me(&kept.access).await.expect(401, "token_revoked");
    refused(admin.call(&pair, "/oauth2/revoke", &[]).await, 400, "invalid_request");
}

#[on_both]
async fn revoking_a_users_token_needs_a_scope(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let account = Account::create(&pair, "users:read users:email");
    for token in [&session.access, &session.refresh] {
        refused(account.revoke(&pair, token).await, 400, "unauthorized_client");
    }
    account.revoke(&pair, "x").await.ok(200);
    pair.me(&session.access).await.ok(200);
    pair.refresh(&session.refresh).await.ok(200);
}

#[on_both]
async fn the_token_of_a_service_account_cannot_be_revoked(pair: TestPair) {
    let (account, admin) =
        (Account::create(&pair, "users:read"), Account::create(&pair, "users:admin"));
    let token = account.token(&pair).await;
    for revoker in [&account, &admin] {
        refused(revoker.revoke(&pair, &token).await, 400, "unsupported_token_type");
    }
    pair.get_users("/api/users", &token).await.ok(200);
}

#[on_both]
async fn the_metadata_names_the_endpoints_and_their_authentication_methods(pair: TestPair) {
    let path = "/.well-known/oauth-authorization-server";
    let metadata = Answer::of(pair.auth_call("GET", path)).await.ok(200);
    for (name, path) in
        [("token", "token"), ("revocation", "revoke"), ("introspection", "introspect")]
    {
        let url = metadata.string(&format!("{name}_endpoint"));
        assert_eq!(url, format!("{}/oauth2/{path}", pair.auth));
        let methods = &metadata.body[format!("{name}_endpoint_auth_methods_supported")];
        assert_eq!(*methods, json!(["client_secret_basic", "client_secret_post"]));
    }
    assert_eq!(metadata.body["grant_types_supported"], json!(["client_credentials"]));
    let built_in = json!(["users:read", "users:email", "users:admin"]);
    assert_eq!(metadata.body["scopes_supported"], built_in);
}

#[on_both]
async fn the_metadata_lists_the_scopes_that_the_operator_declared(mut pair: TestPair) {
    pair.set("AUTH_SCOPES", "reports:read");
    pair.halt().await;
    pair.resume().await;
    let path = "/.well-known/oauth-authorization-server";
    let metadata = Answer::of(pair.auth_call("GET", path)).await.ok(200);
    let all = json!(["users:read", "users:email", "users:admin", "reports:read"]);
    assert_eq!(metadata.body["scopes_supported"], all);
}
