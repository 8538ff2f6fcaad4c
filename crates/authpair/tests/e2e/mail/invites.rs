//! Invites: who may register with one, and what the new user gets.

use std::time::Duration;

use authpair_testkit::{
    Answer, Backend, Fleet, FleetPlan, MailServer, PASSWORD, Session, TestPair, eventually,
};
use serde_json::{Value, json};

use super::{
    FRONT, INVITED, Mailing, VERIFY, address, later, own, settings_for,
    simultaneous::sixteen_at_once, try_login, with_administrator,
};
use crate::{
    administration::{call, path_of},
    on_both, program,
    support::{command_line::done, tokens::claims_of},
};

const INVITE_ONLY: (&str, &str) = ("AUTH_REGISTRATION", "invite");

async fn invite(pair: &TestPair, admin: &Session, body: Value) -> Answer {
    pair.send("POST", "/api/admin/invites", &admin.access, &body).await
}

/// The token of invite number `number` to this address.
async fn invited(server: &MailServer, email: &str, number: usize) -> String {
    server.mail(email, INVITED, number).await.token()
}

fn body(name: &str, email: &str, token: &str) -> Value {
    json!({ "username": name, "email": email, "password": PASSWORD, "invite_token": token })
}

async fn register(pair: &TestPair, body: &Value) -> Answer {
    pair.post("/api/auth/register", body).await
}

/// Waits for the audit entry of a refused registration.
async fn wait_for_audit_entry(pair: &TestPair, admin: &Session, reason: &str) {
    eventually(&format!("{reason} is not audited"), async || {
        let path = "/api/admin/audit?event=user.registered&outcome=refused";
        let answer = call(pair, "GET", path, &admin.access).await.ok(200);
        let entries = answer.body["entries"].as_array().unwrap();
        entries.iter().any(|entry| entry["reason"] == reason)
    })
    .await;
}

#[on_both]
async fn only_the_holder_of_an_invite_registers_and_gets_what_it_grants(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[INVITE_ONLY]).await;
    let scope = "users:read users:email";
    let sent = json!({ "email": "Guest@Example.com", "scope": scope, "ext": { "plan": "pro" } });
    invite(&pair, &admin, sent).await.ok(202);
    let mail = server.mail("Guest@example.com", INVITED, 1).await;
    assert!(mail.link().starts_with(&format!("{FRONT}/invite#token=")), "{}", mail.link());
    let token = mail.token();

    let plain = json!({ "username": "guest", "email": address("guest"), "password": PASSWORD });
    register(&pair, &plain).await.expect(403, "registration_closed");
    for other in ["x", &"A".repeat(43)] {
        let body = body("guest", &address("guest"), other);
        register(&pair, &body).await.expect(400, "link_invalid");
    }
    // These calls do not use it up.
    let refused = register(&pair, &body("guest", &address("other"), &token)).await;
    assert!(refused.expect(400, "invalid_request").body["fields"]["email"].is_array());
    let mut weak = body("guest", &address("guest"), &token);
    weak["password"] = "12345678".into();
    register(&pair, &weak).await.expect(400, "invalid_request");
    register(&pair, &body("chief", &address("guest"), &token)).await.expect(409, "user_exists");
    for reason in ["invite_other_address", "user_exists"] {
        wait_for_audit_entry(&pair, &admin, reason).await;
    }

    let made = register(&pair, &body("guest", "guest@EXAMPLE.com", &token)).await.ok(201);
    assert_eq!(made.body["user"]["email"], "Guest@example.com");
    let session = pair.login("guest").await;
    assert_eq!(own(&pair, &session.access, "email_verified").await, true);
    let claims = claims_of(&pair, &session.access);
    assert_eq!((&claims["scope"], &claims["ext"]), (&json!(scope), &json!({ "plan": "pro" })));
    register(&pair, &body("second", &address("guest"), &token)).await.expect(400, "link_invalid");
    invite(&pair, &admin, json!({ "email": address("guest") })).await.expect(409, "user_exists");
    assert!(server.received().iter().all(|mail| mail.header("Subject") != VERIFY));

    let entries = async |event: &str| {
        let path = format!("/api/admin/audit?event={event}&outcome=success&per_page=1");
        call(&pair, "GET", &path, &admin.access).await.ok(200).body["entries"][0].clone()
    };
    let (sent, used) = (entries("admin.invited").await, entries("user.registered").await);
    assert_eq!(sent["details"]["scope"], scope);
    assert!(sent["details"]["invite"].is_string());
    assert_eq!(sent["details"]["invite"], used["details"]["invite"]);
    assert!(!sent.to_string().contains("example.com"), "{sent}");
}

#[on_both]
async fn of_sixteen_parallel_uses_of_one_invite_one_makes_a_user(Mailing(pair, server): Mailing) {
    done(&pair, &["invite", &address("guest"), "--locale", "en"]);
    // The command line has the clock of the machine.
    later(&pair, 60);
    let token = invited(&server, &address("guest"), 1).await;
    let bodies = |number| body(&format!("guest{number}"), &address("guest"), &token);
    let urls = [pair.auth.as_str()];
    assert_eq!(sixteen_at_once(&urls, "/api/auth/register", 201, bodies).await, 1);
}

#[on_both]
async fn of_sixteen_parallel_uses_of_one_invite_in_two_processes_one_makes_a_user(
    backend: Backend,
) {
    let server = MailServer::start().await;
    let mut plan = FleetPlan::pair_on(program(), backend).await.unwrap();
    (plan.auth, plan.users) = (2, 0);
    for (name, value) in settings_for(&server) {
        plan = plan.with(&name, &value);
    }
    let fleet = Fleet::start(plan.with(INVITE_ONLY.0, INVITE_ONLY.1)).await;
    let (code, said) = fleet.auth_command(&["users", "invite", &address("guest")]);
    assert_eq!((code, said.as_str()), (Some(0), "guest@example.com  invited\n"));
    let token = invited(&server, &address("guest"), 1).await;
    let bodies = |number| body(&format!("guest{number}"), &address("guest"), &token);
    let urls = [fleet.auth[0].url.as_str(), fleet.auth[1].url.as_str()];
    assert_eq!(sixteen_at_once(&urls, "/api/auth/register", 201, bodies).await, 1);
}

#[on_both]
async fn an_invite_works_for_72_hours_and_a_newer_one_ends_it(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[]).await;
    let mut tokens = Vec::new();
    for (number, scope) in [(1, "users:read users:admin"), (2, "users:read")] {
        let body = json!({ "email": address("guest"), "scope": scope });
        invite(&pair, &admin, body).await.ok(202);
        tokens.push(invited(&server, &address("guest"), number).await);
        pair.clock.advance(Duration::from_secs(1));
    }
    let use_of = async |token| register(&pair, &body("guest", &address("guest"), token)).await;
    use_of(&tokens[0]).await.expect(400, "link_invalid");
    // Registration is open, and an invite works there too.
    use_of(&tokens[1]).await.ok(201);
    let session = pair.login("guest").await;
    assert_eq!(claims_of(&pair, &session.access)["scope"], "users:read");
    let mut tokens = Vec::new();
    for name in ["punctual", "late"] {
        invite(&pair, &admin, json!({ "email": address(name) })).await.ok(202);
        tokens.push(invited(&server, &address(name), 1).await);
    }
    pair.clock.advance(Duration::from_secs(72 * 3_600 - 1));
    let punctual = register(&pair, &body("punctual", &address("punctual"), &tokens[0])).await;
    punctual.ok(201);
    pair.clock.advance(Duration::from_secs(1));
    let late = register(&pair, &body("late", &address("late"), &tokens[1])).await;
    late.expect(400, "link_invalid");
}

#[on_both]
async fn an_invite_ends_with_the_rights_of_its_sender(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[]).await;
    done(&pair, &["create", "second", "second@example.org", "--admin", "--no-password"]);
    for (name, scope) in [("one", "users:read users:email"), ("two", "users:read")] {
        let body = json!({ "email": address(name), "scope": scope });
        invite(&pair, &admin, body).await.ok(202);
    }
    let (one, two) =
        (invited(&server, &address("one"), 1).await, invited(&server, &address("two"), 1).await);
    // The sender first loses a scope that the first invite grants, and then the administrator's scope.
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    register(&pair, &body("one", &address("one"), &one)).await.expect(400, "link_invalid");
    done(&pair, &["scopes", "chief", "users:read"]);
    register(&pair, &body("two", &address("two"), &two)).await.expect(400, "link_invalid");
    // A refused invite is not consumed.
    done(&pair, &["scopes", "chief", "users:read users:email users:admin"]);
    register(&pair, &body("two", &address("two"), &two)).await.ok(201);
    register(&pair, &body("one", &address("one"), &one)).await.ok(201);
}

#[on_both]
async fn an_invite_does_not_make_an_account_again_that_was_deleted(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[]).await;
    invite(&pair, &admin, json!({ "email": address("guest") })).await.ok(202);
    let token = invited(&server, &address("guest"), 1).await;
    let guest = pair.register("guest").await;
    call(&pair, "DELETE", &path_of(&guest.id), &admin.access).await.ok(204);
    register(&pair, &body("guest", &address("guest"), &token)).await.expect(400, "link_invalid");
}

#[on_both]
async fn an_invited_user_logs_in_at_once_where_addresses_must_be_proven(pair: TestPair) {
    let required = ("AUTH_EMAIL_VERIFICATION", "required");
    let (pair, server, admin) = with_administrator(pair, &[required]).await;
    invite(&pair, &admin, json!({ "email": address("guest"), "locale": "es" })).await.ok(202);
    let subject = "Invitación a app.example.com";
    let token = server.mail(&address("guest"), subject, 1).await.token();
    register(&pair, &body("guest", &address("guest"), &token)).await.ok(201);
    try_login(&pair, "guest", PASSWORD).await.ok(200);
}

#[on_both]
async fn an_invite_needs_the_scopes_it_grants_and_registration_that_is_not_closed(pair: TestPair) {
    let (mut pair, server, admin) = with_administrator(pair, &[]).await;
    let with_scope = |scope: &str| json!({ "email": address("guest"), "scope": scope });
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    let cut = pair.login("chief").await;
    let refused = invite(&pair, &cut, with_scope("users:email")).await;
    refused.expect(403, "insufficient_scope");
    invite(&pair, &cut, with_scope("users:raed")).await.expect(403, "insufficient_scope");
    invite(&pair, &admin, with_scope("users:read")).await.expect(401, "token_stale");
    let refreshed = Session::of(&pair.refresh(&cut.refresh).await.ok(200));
    let unfresh = invite(&pair, &refreshed, with_scope("users:read")).await;
    unfresh.expect(401, "fresh_token_required");
    invite(&pair, &cut, json!({ "email": "nowhere" })).await.expect(400, "invalid_request");
    let (_, ana) = pair.new_user("ana").await;
    invite(&pair, &ana, with_scope("users:read")).await.expect(403, "insufficient_scope");
    invite(&pair, &cut, with_scope("users:read")).await.ok(202);
    let token = invited(&server, &address("guest"), 1).await;
    assert_eq!(server.find(&address("guest"), INVITED).len(), 1);

    pair.set("AUTH_REGISTRATION", "closed");
    pair.halt().await;
    pair.resume().await;
    invite(&pair, &cut, with_scope("users:read")).await.expect(403, "registration_closed");
    let closed = register(&pair, &body("guest", &address("guest"), &token)).await;
    closed.expect(403, "registration_closed");
}
