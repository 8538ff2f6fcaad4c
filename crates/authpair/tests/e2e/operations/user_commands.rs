//! What operators do to a running pair: the command line, kill -9, a database that goes away.

use std::{io::Write, process::Stdio};

use authpair_testkit::{Answer, Process, Session, TestPair, authpair_command};
use serde_json::json;

use crate::{on_both, support::sessions::eventually_refused};

fn users(pair: &TestPair, arguments: &[&str], input: &str) -> Option<i32> {
    let arguments: Vec<_> = ["auth-service", "users"].iter().chain(arguments).copied().collect();
    let mut command = authpair_command(
        crate::program(),
        &arguments,
        &pair.settings_of("AUTH_"),
        pair.folder.path(),
    );
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait().unwrap().code()
}

#[on_both]
async fn a_user_disabled_by_the_command_line_is_out_within_a_second(pair: TestPair) {
    let (_, session) = pair.newcomer("ana").await;
    let (_, other) = pair.newcomer("bob").await;
    assert_eq!(users(&pair, &["disable", "ana"], ""), Some(0));
    pair.refused_as_revoked(&session.access).await;
    pair.me(&session.access).await.expect(401, "token_revoked");
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    let login = json!({ "username": "ana", "password": authpair_testkit::PASSWORD });
    pair.post("/api/auth/login", &login).await.expect(401, "invalid_credentials");
    pair.me_at_users(&other.access).await.ok(200);
    assert_eq!(users(&pair, &["enable", "ana@example.com"], ""), Some(0));
    pair.login("ana").await;
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    assert_eq!(users(&pair, &["disable", "nobody"], ""), Some(1));
}

#[on_both]
async fn a_user_made_by_the_command_line_signs_in_and_scopes_reach_the_next_token(pair: TestPair) {
    assert_eq!(users(&pair, &["create", "eve", "eve@example.com"], "short\n"), Some(1));
    assert_eq!(users(&pair, &["create", "eve", "eve@example.com"], "a long password\n"), Some(0));
    assert_eq!(users(&pair, &["list"], ""), Some(0));
    let login = json!({ "username": "eve", "password": "a long password" });
    let session = Session::of(&pair.post("/api/auth/login", &login).await.ok(200));
    assert_eq!(users(&pair, &["scopes", "eve", "users:read users:admin"], ""), Some(0));
    let refreshed = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(refreshed.string("scope"), "users:read users:admin");
    assert_eq!(users(&pair, &["scopes", "eve", "users\"read"], ""), Some(1));
}

#[on_both]
async fn a_password_change_or_disabling_outruns_a_login_in_flight(pair: TestPair) {
    let (ana, session) = pair.newcomer("ana").await;
    let state = pair.pair().auth().state();
    let id = ana.id.clone();
    // The login has read the user and checked the password; its session is about to be written.
    let read =
        state.database.read(move |connection| auth_service::store::users::by_id(connection, &id));
    let user = read.await.unwrap().unwrap();
    let new = json!({
        "current_password": authpair_testkit::PASSWORD,
        "new_password": "a whole new horse",
    });
    pair.send("PUT", "/api/auth/password", &session.access, &new).await.ok(200);
    let (rules, now) = (state.settings.session_rules(), pair.clock.seconds());
    let client = auth_service::sessions::ClientInfo::default();
    let new = auth_service::sessions::NewSession { user: &user, client, cookie_mode: false };
    let late =
        auth_service::accounts::sign_in(&state.database, &state.passwords, rules, new, now).await;
    let refused = matches!(late, Err(auth_service::accounts::SignInError::CredentialsChanged));
    assert!(refused, "a login with the old password got a session");
}

#[on_both]
async fn kill_9_forgets_no_acknowledged_write_and_no_revocation(mut pair: TestPair) {
    pair.halt_auth().await;
    let start = || {
        let settings = pair.settings_of("AUTH_");
        let command = authpair_command(
            crate::program(),
            &["auth-service", "serve"],
            &settings,
            pair.folder.path(),
        );
        Process::start(command, &pair.auth)
    };
    let mut process = start().await;
    let (_, session) = pair.newcomer("ana").await;
    let (_, gone) = pair.newcomer("bob").await;
    let newest = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.logout(&gone.refresh).await.ok(204);
    process.kill();
    let mut process = start().await;
    // The lost response, across the kill.
    let again = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(again.string("refresh_token"), newest.refresh);
    pair.refresh(&gone.refresh).await.expect(401, "token_revoked");
    // The follower may have been cut off before it heard; it comes back by itself.
    eventually_refused(&pair, &gone.access).await;
    let third = Session::of(&pair.refresh(&newest.refresh).await.ok(200));
    // Two rotations old: reuse, whatever the grace.
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    process.kill();
    let _process = start().await;
    pair.refresh(&third.refresh).await.expect(401, "token_revoked");
    pair.me(&third.access).await.expect(401, "token_revoked");
    Answer::of(pair.auth_call("GET", "/readyz")).await.ok(200);
}
