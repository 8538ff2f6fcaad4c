//! How often a link works, for which purpose, and what ends it.

use authpair_testkit::{
    Answer, Backend, Fleet, FleetPlan, MailBehaviour, MailServer, OpenTransaction, PASSWORD,
    postgres::wait_for,
};
use serde_json::json;

use super::{
    Mailing, NEW, PASSWORD_CHANGED, RESET, VERIFY, address, all_noted, change_address, forgot,
    later, outages::tried, proven, reset, settings_for, simultaneous::sixteen_at_once, verify,
};
use crate::{backends::postgres, on_both, program, support::command_line::done};

#[on_both]
async fn of_sixteen_parallel_uses_of_one_link_one_succeeds(Mailing(pair, server): Mailing) {
    pair.register("ana").await;
    let token = server.mail(&address("ana"), VERIFY, 1).await.token();
    let (urls, verify) = ([pair.auth.as_str()], "/api/auth/email/verify");
    let body = |_| json!({ "token": token });
    assert_eq!(sixteen_at_once(&urls, verify, 204, body).await, 1);
    forgot(&pair, &address("ana")).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 1).await.token();
    let body = |_| json!({ "token": token, "new_password": NEW });
    assert_eq!(sixteen_at_once(&urls, "/api/auth/password/reset", 204, body).await, 1);
}

#[on_both]
async fn of_sixteen_parallel_uses_in_two_processes_one_succeeds(backend: Backend) {
    let server = MailServer::start().await;
    let mut plan = FleetPlan::pair_on(program(), backend).await.unwrap();
    (plan.auth, plan.users) = (2, 0);
    for (name, value) in settings_for(&server) {
        plan = plan.with(&name, &value);
    }
    // While both processes hash the passwords of sixteen calls, a mail may take longer than the second of other tests.
    let fleet = Fleet::start(plan.with("AUTH_MAIL_TIMEOUT", "10s")).await;
    fleet.auth[0].register("ana").await;
    let token = server.mail(&address("ana"), VERIFY, 1).await.token();
    let urls = [fleet.auth[0].url.as_str(), fleet.auth[1].url.as_str()];
    let body = |_| json!({ "token": token });
    assert_eq!(sixteen_at_once(&urls, "/api/auth/email/verify", 204, body).await, 1);
    let body = json!({ "email": address("ana") });
    fleet.auth[1].post("/api/auth/password/forgot", &body).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 1).await.token();
    let body = |_| json!({ "token": token, "new_password": NEW });
    assert_eq!(sixteen_at_once(&urls, "/api/auth/password/reset", 204, body).await, 1);
    // Two processes share the outbox: nothing came twice.
    assert_eq!(server.find(&address("ana"), VERIFY).len(), 1);
    assert_eq!(server.find(&address("ana"), RESET).len(), 1);
}

#[on_both]
async fn a_link_of_one_purpose_is_refused_for_every_other(Mailing(pair, server): Mailing) {
    pair.register("ana").await;
    let proof = server.mail(&address("ana"), VERIFY, 1).await.token();
    forgot(&pair, &address("ana")).await.ok(202);
    let new_password = server.mail(&address("ana"), RESET, 1).await.token();
    reset(&pair, &proof, NEW).await.expect(400, "link_invalid");
    verify(&pair, &new_password).await.expect(400, "link_invalid");
    for token in [&proof, &new_password] {
        super::revert(&pair, token).await.expect(400, "link_invalid");
    }
    // None of these calls used a link up.
    verify(&pair, &proof).await.ok(204);
    reset(&pair, &new_password, NEW).await.ok(204);
}

#[on_both]
async fn a_reset_link_dies_with_a_new_password_or_a_new_address(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    forgot(&pair, &address("ana")).await.ok(202);
    let before = server.mail(&address("ana"), RESET, 1).await.token();
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    pair.send("PUT", "/api/auth/password", &session.access, &body).await.ok(200);
    reset(&pair, &before, "yet another horse").await.expect(400, "link_invalid");

    let session = proven(&pair, &server, "bob").await;
    forgot(&pair, &address("bob")).await.ok(202);
    let before = server.mail(&address("bob"), RESET, 1).await.token();
    change_address(&pair, &session.access, "new@example.com").await.ok(200);
    let new = server.mail("new@example.com", super::CHANGE, 1).await.token();
    verify(&pair, &new).await.ok(204);
    reset(&pair, &before, NEW).await.expect(400, "link_invalid");
}

#[on_both]
async fn three_links_live_at_once_and_the_use_of_one_ends_the_others(
    Mailing(pair, server): Mailing,
) {
    proven(&pair, &server, "ana").await;
    let mut tokens = Vec::new();
    for number in 1..=4 {
        forgot(&pair, &address("ana")).await.ok(202);
        tokens.push(server.mail(&address("ana"), RESET, number).await.token());
        pair.clock.advance(std::time::Duration::from_secs(1));
    }
    reset(&pair, &tokens[0], NEW).await.expect(400, "link_invalid");
    reset(&pair, &tokens[1], NEW).await.ok(204);
    for dead in &tokens[2..] {
        reset(&pair, dead, PASSWORD).await.expect(400, "link_invalid");
    }
}

#[on_both]
async fn a_scanner_that_opens_every_address_uses_no_link_up(Mailing(pair, server): Mailing) {
    pair.register("ana").await;
    let mail = server.mail(&address("ana"), VERIFY, 1).await;
    // A browser sends no fragment, so the page's own address is all that a scanner can ask for; and it may guess that
    // the token belongs to the route of the API.
    let token = mail.token();
    for path in ["/verify", "/api/auth/email/verify"] {
        for method in ["GET", "HEAD", "OPTIONS"] {
            for _ in 0..10 {
                let path = format!("{path}?token={token}");
                Answer::of(pair.auth_call(method, &path)).await;
            }
        }
    }
    verify(&pair, &token).await.ok(204);
    verify(&pair, &token).await.expect(400, "link_invalid");
}

#[on_both]
async fn disabling_ends_the_links_of_a_user_for_good(Mailing(pair, server): Mailing) {
    pair.register("ana").await;
    let proof = server.mail(&address("ana"), VERIFY, 1).await.token();
    forgot(&pair, &address("ana")).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 1).await.token();
    done(&pair, &["disable", "ana"]);
    done(&pair, &["enable", "ana"]);
    verify(&pair, &proof).await.expect(400, "link_invalid");
    reset(&pair, &token, NEW).await.expect(400, "link_invalid");
}

#[on_both]
async fn a_mail_with_a_reset_link_that_waits_is_not_sent_after_a_new_password(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    all_noted(&pair).await;
    server.behave(MailBehaviour::RejectRecipients);
    forgot(&pair, &address("ana")).await.ok(202);
    tried(&pair, 1).await;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    pair.send("PUT", "/api/auth/password", &session.access, &body).await.ok(200);
    server.behave(MailBehaviour::Accept);
    later(&pair, 11);
    server.mail(&address("ana"), PASSWORD_CHANGED, 1).await;
    all_noted(&pair).await;
    assert!(server.find(&address("ana"), RESET).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_being_used_does_not_block_a_change_of_its_user() {
    let Some(Mailing(pair, server)) = postgres::<Mailing>().await else { return };
    pair.register("ana").await;
    let token = server.mail(&address("ana"), VERIFY, 1).await.token();
    all_noted(&pair).await;
    let url = pair.database_url.clone();
    // Locks as a change of the account does: the user, and later the links.
    let lock = "SET LOCAL lock_timeout = '100ms'; UPDATE users SET scope = scope";
    let change = OpenTransaction::begin(&url, lock);
    let call = pair.auth_call("POST", "/api/auth/email/verify").json(&json!({ "token": token }));
    let using = tokio::spawn(Answer::of(call));
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
         AND datname = current_database()";
    wait_for(&url, waits, "1").await;
    change.commit("DELETE FROM one_time_tokens");
    using.await.unwrap().expect(400, "link_invalid");
}
