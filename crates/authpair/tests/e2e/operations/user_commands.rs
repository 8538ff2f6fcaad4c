//! What operators do to users of a running pair, and `kill -9`.

use auth_service::{
    accounts::{LoginChanges, SignInError, sign_in},
    audit::RequestContext,
    sessions::{ClientInfo, NewSession},
    store::users::UserRow,
};
use authpair_testkit::{Answer, Process, Session, TestPair, authpair_command};
use serde_json::json;

use crate::{
    on_both,
    support::{
        command_line::{done, refused, run},
        databases::user_row,
        sessions::eventually_revoked,
    },
};

fn users(pair: &TestPair, arguments: &[&str], input: &str) -> Option<i32> {
    run(pair, &[&["users"], arguments].concat(), input).status.code()
}

#[on_both]
async fn a_user_disabled_by_the_command_line_is_refused_within_a_second(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    let (_, other) = pair.new_user("bob").await;
    assert_eq!(users(&pair, &["disable", "ana"], ""), Some(0));
    pair.wait_until_revoked(&session.access).await;
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
async fn a_user_made_by_the_command_line_logs_in_and_scopes_reach_the_next_token(pair: TestPair) {
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
async fn a_login_in_flight_gets_no_session_after_a_password_change_or_disabling(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    // Each log-in has read the user and checked the password; its session is about to be written.
    let before_change = user_row(&pair, &ana.id).await;
    let new = json!({
        "current_password": authpair_testkit::PASSWORD,
        "new_password": "a whole new horse",
    });
    pair.send("PUT", "/api/auth/password", &session.access, &new).await.ok(200);
    let refused = log_in_with(&pair, &before_change).await;
    assert!(
        matches!(refused, Err(SignInError::CredentialsChanged)),
        "the old password: {refused:?}"
    );

    let before_disabling = user_row(&pair, &ana.id).await;
    assert_eq!(users(&pair, &["disable", "ana"], ""), Some(0));
    let refused = log_in_with(&pair, &before_disabling).await;
    assert!(matches!(refused, Err(SignInError::CredentialsChanged)), "disabled: {refused:?}");
    assert_eq!(users(&pair, &["enable", "ana"], ""), Some(0));
    let refused = log_in_with(&pair, &before_disabling).await;
    assert!(matches!(refused, Err(SignInError::CredentialsChanged)), "enabled again: {refused:?}");
    let now = user_row(&pair, &ana.id).await;
    log_in_with(&pair, &now).await.expect("a log-in after all of it succeeds");
}

/// Ends a log-in that has read this row, and whose password was right.
async fn log_in_with(pair: &TestPair, user: &UserRow) -> Result<(), SignInError> {
    let state = pair.pair().auth().state();
    let context = RequestContext::system(pair.clock.now_micros());
    let new = NewSession { user, client: ClientInfo::default(), in_cookie: false };
    let rules = state.settings.session_rules();
    let changes = LoginChanges::default();
    sign_in(&state.database, rules, new, changes, None, context).await.map(drop)
}

#[on_both]
async fn kill_9_loses_no_acknowledged_write_and_no_revocation(mut pair: TestPair) {
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
    let (_, session) = pair.new_user("ana").await;
    let (_, gone) = pair.new_user("bob").await;
    let newest = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.logout(&gone.refresh).await.ok(204);
    process.kill();
    let mut process = start().await;
    // The repeat of a lost answer works across the kill.
    let again = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(again.string("refresh_token"), newest.refresh);
    pair.refresh(&gone.refresh).await.expect(401, "token_revoked");
    // users-api may have lost its connection before it got the entry. It connects again by itself.
    eventually_revoked(&pair, &gone.access).await;
    let third = Session::of(&pair.refresh(&newest.refresh).await.ok(200));
    // A token two rotations old is reuse, also within the grace period.
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    process.kill();
    let _process = start().await;
    pair.refresh(&third.refresh).await.expect(401, "token_revoked");
    pair.me(&third.access).await.expect(401, "token_revoked");
    Answer::of(pair.auth_call("GET", "/readyz")).await.ok(200);
}

#[on_both]
async fn users_are_found_by_name_address_and_status_and_their_address_and_language_are_set(
    pair: TestPair,
) {
    let ana = pair.register("ana").await;
    let anton = pair.register("anton").await;
    pair.register("bob").await;
    done(&pair, &["disable", "anton", "--reason", "left the company"]);
    let found = |arguments: &[&str]| -> Vec<String> {
        let list = done(&pair, &[&["list"], arguments].concat());
        list.lines().filter_map(|line| line.split("  ").nth(1)).map(str::to_owned).collect()
    };
    assert_eq!(found(&["--query", "AN"]), ["ana", "anton"]);
    assert_eq!(found(&["--query", "an", "--status", "disabled"]), ["anton"]);
    assert_eq!(found(&["--query", "bob@exam"]), ["bob"]);
    assert_eq!(found(&["--query", &ana.id]), ["ana"]);
    assert_eq!(found(&["--status", "enabled"]), ["bob", "ana"]);
    assert!(found(&["--query", "zoe"]).is_empty());

    done(&pair, &["email-verified", "ana", "true"]);
    done(&pair, &["locale", "ana", "es-MX"]);
    let shown = done(&pair, &["show", "ana"]);
    assert!(shown.contains("email verified: 20") && shown.contains("locale: es\n"), "{shown}");
    let session = pair.login("ana").await;
    let me = pair.me(&session.access).await.ok(200);
    assert_eq!((&me.body["email_verified"], &me.body["locale"]), (&json!(true), &json!("es")));
    done(&pair, &["email-verified", "ana", "false"]);
    done(&pair, &["locale", "ana", "none"]);
    let shown = done(&pair, &["show", "ana"]);
    assert!(shown.contains("email verified: never") && shown.contains("locale: none"), "{shown}");

    let long = "x".repeat(201);
    for arguments in [
        vec!["list", "--status", "gone"],
        vec!["list", "--irregular", "--query", "an"],
        vec!["email-verified", "ana", "yes"],
        vec!["locale", "ana", "español"],
    ] {
        refused(&pair, &arguments);
    }
    for reason in ["", "two\nlines", &long] {
        refused(&pair, &["disable", "ana", "--reason", reason]);
    }
    let shown = done(&pair, &["show", &anton.id]);
    assert!(shown.contains("(left the company)"), "{shown}");
    pair.login("ana").await;
}
