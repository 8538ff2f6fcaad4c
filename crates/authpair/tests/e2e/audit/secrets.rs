//! No entry holds a secret, a name or an address of a person.

use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::json;

use crate::{
    on_both,
    support::{
        command_line::{done, run},
        oauth::Account,
    },
};

#[on_both]
async fn no_password_token_name_or_address_is_in_any_entry(pair: TestPair) {
    let (_, session) = pair.new_user("canary-name").await;
    let wrong = json!({ "username": "canary-name", "password": "canary wrong password" });
    pair.post("/api/auth/login", &wrong).await.expect(401, "invalid_credentials");
    let typed = json!({ "username": "canary typed password", "password": "canary wrong password" });
    pair.post("/api/auth/login", &typed).await;
    let email = json!({ "email": "canary-new@example.com", "current_password": PASSWORD });
    pair.send("PATCH", "/api/auth/me", &session.access, &email).await.ok(200);
    let name = json!({ "username": "canary-other" });
    pair.send("PATCH", "/api/auth/me", &session.access, &name).await.ok(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "canary new password" });
    let changed = pair.send("PUT", "/api/auth/password", &session.access, &change).await.ok(200);
    let second = Session::of(&changed);
    let third = Session::of(&pair.refresh(&second.refresh).await.ok(200));
    let account = Account::create(&pair, "users:read");
    account.guessing("canary-secret").ask(&pair, "").await;
    let token = account.token(&pair).await;
    done(&pair, &["disable", "canary-other"]);
    authpair_testkit::eventually("the refused calls are not written", async || {
        listed(&pair).matches("\"outcome\":\"refused\"").count() >= 3
    })
    .await;
    let log = listed(&pair);
    let secrets = [
        "canary",
        PASSWORD,
        "example.com",
        &session.access,
        &session.refresh,
        &second.refresh,
        &third.access,
        &token,
        &account.secret,
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(log.lines().count() > 10, "{log}");
    Answer::of(pair.auth_call("GET", "/healthz")).await.ok(200);
}

/// The whole log as the command prints it.
fn listed(pair: &TestPair) -> String {
    let output = run(pair, &["audit", "list"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
