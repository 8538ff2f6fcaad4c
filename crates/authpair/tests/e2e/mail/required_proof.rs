//! `AUTH_EMAIL_VERIFICATION=required`: users log in only after their address is proven.

use std::time::Duration;

use authpair_testkit::{Answer, PASSWORD, TestPair, eventually};
use serde_json::json;

use super::{TAKEN, VERIFY, address, try_login, verify, with_mail};
use crate::on_both;

const REQUIRED: [(&str, &str); 1] = [("AUTH_EMAIL_VERIFICATION", "required")];

async fn register(pair: &TestPair, name: &str, email: &str) -> Answer {
    let body = json!({ "username": name, "email": email, "password": PASSWORD });
    pair.post("/api/auth/register", &body).await
}

#[on_both]
async fn a_log_in_before_the_proof_is_refused_and_sends_the_mail_again(pair: TestPair) {
    let (pair, server) = with_mail(pair, &REQUIRED).await;
    register(&pair, "ana", &address("ana")).await.ok(202);
    let first = server.mail(&address("ana"), VERIFY, 1).await;
    try_login(&pair, "ana", PASSWORD).await.expect(403, "email_unverified");
    try_login(&pair, "ana", "wrong").await.expect(401, "invalid_credentials");
    let second = server.mail(&address("ana"), VERIFY, 2).await;
    assert_ne!(first.token(), second.token());
    verify(&pair, &second.token()).await.ok(204);
    try_login(&pair, "ana", PASSWORD).await.ok(200);
    assert_eq!(server.find(&address("ana"), VERIFY).len(), 2);
}

#[on_both]
async fn a_taken_address_is_answered_as_a_new_one_and_a_taken_name_is_not(pair: TestPair) {
    let (pair, server) = with_mail(pair, &REQUIRED).await;
    let new = register(&pair, "ana", &address("ana")).await.ok(202);
    let taken = register(&pair, "other", "Ana@EXAMPLE.com").await.ok(202);
    assert_eq!(new.text, taken.text);
    assert!(!new.text.contains("ana"), "{}", new.text);
    let notice = server.mail(&address("ana"), TAKEN, 1).await;
    // The mail names the account only if the address is proven.
    assert!(!notice.text().contains("user name"), "{}", notice.text());
    let link = server.mail(&address("ana"), VERIFY, 1).await.token();
    verify(&pair, &link).await.ok(204);
    register(&pair, "other", &address("ana")).await.ok(202);
    let notice = server.mail(&address("ana"), TAKEN, 2).await;
    assert!(notice.text().contains("user name ana"), "{}", notice.text());
    try_login(&pair, "other", PASSWORD).await.expect(401, "invalid_credentials");
    // Whether the name is taken does not depend on the address.
    for email in [address("ana"), address("free")] {
        let refused = register(&pair, "ana", &email).await.expect(409, "user_exists");
        assert!(refused.body["fields"]["username"].is_array(), "{email}: {}", refused.text);
    }
}

#[on_both]
async fn accounts_that_are_never_proven_are_removed_and_older_ones_are_not(pair: TestPair) {
    pair.register("older").await;
    let (pair, server) = with_mail(pair, &REQUIRED).await;
    register(&pair, "ana", &address("ana")).await.ok(202);
    register(&pair, "bob", &address("bob")).await.ok(202);
    let proof = server.mail(&address("bob"), VERIFY, 1).await.token();
    verify(&pair, &proof).await.ok(204);
    pair.clock.advance(Duration::from_secs(7 * 86_400 + 1));
    // The job runs once a minute.
    let state = pair.pair().auth().state();
    let context = auth_service::audit::RequestContext::system(state.clock.now_micros());
    let policy = state.mailer.settings().policy();
    let removed = auth_service::accounts::remove_unproven(&state.database, &policy, &context).await;
    assert_eq!(removed.unwrap(), 1);
    try_login(&pair, "ana", PASSWORD).await.expect(401, "invalid_credentials");
    try_login(&pair, "older", PASSWORD).await.expect(403, "email_unverified");
    try_login(&pair, "bob", PASSWORD).await.ok(200);
    register(&pair, "ana", &address("ana")).await.ok(202);
    eventually("no second mail", async || server.find(&address("ana"), VERIFY).len() == 2).await;
}

#[on_both]
async fn of_parallel_registrations_with_one_address_one_makes_a_user_and_all_are_answered_alike(
    pair: TestPair,
) {
    let (pair, server) = with_mail(pair, &REQUIRED).await;
    let calls = (0..8).map(|number| {
        let body = json!({
            "username": format!("user{number}"), "email": address("ana"), "password": PASSWORD,
        });
        let call = pair.auth_call("POST", "/api/auth/register").json(&body);
        tokio::spawn(Answer::of(call))
    });
    let mut texts = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        texts.insert(call.await.unwrap().ok(202).text);
    }
    assert_eq!(texts.len(), 1);
    server.mail(&address("ana"), VERIFY, 1).await;
    let mut users = 0;
    for number in 0..8 {
        let answer = try_login(&pair, &format!("user{number}"), PASSWORD).await;
        users += usize::from(answer.code() == "email_unverified");
    }
    assert_eq!(users, 1);
}
