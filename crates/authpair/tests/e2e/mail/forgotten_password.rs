//! A forgotten password, and the link that sets a new one.

use std::time::Duration;

use authpair_testkit::{PASSWORD, TestPair};
use serde_json::json;

use super::{
    FRONT, Mailing, NEW, PASSWORD_CHANGED, RESET, VERIFY, address, forgot, own, proven, reset,
    try_login, verify, with_mail,
};
use crate::{on_both, support::command_line::done};

#[on_both]
async fn a_reset_sets_the_password_and_ends_every_session_within_a_second(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    pair.me_at_users(&session.access).await.ok(200);
    forgot(&pair, " Ana@Example.com").await.ok(202);
    let mail = server.mail(&address("ana"), RESET, 1).await;
    assert!(mail.link().starts_with(&format!("{FRONT}/reset#token=")), "{}", mail.link());
    let done = reset(&pair, &mail.token(), NEW).await.ok(204);
    assert!(done.text.is_empty() && !done.headers.contains_key("authorization"));
    pair.wait_until_revoked(&session.access).await;
    pair.refresh(&session.refresh).await.expect(401, "token_revoked");
    try_login(&pair, "ana", PASSWORD).await.expect(401, "invalid_credentials");
    try_login(&pair, "ana", NEW).await.ok(200);
    server.mail(&address("ana"), PASSWORD_CHANGED, 1).await;
    reset(&pair, &mail.token(), PASSWORD).await.expect(400, "link_invalid");
}

#[on_both]
async fn every_address_gets_one_answer_and_strangers_and_disabled_users_get_no_mail(
    Mailing(pair, server): Mailing,
) {
    proven(&pair, &server, "ana").await;
    pair.register("unproven").await;
    pair.register("disabled").await;
    done(&pair, &["disable", "disabled"]);
    let mut answers = Vec::new();
    for name in ["disabled", "nobody", "unproven", "ana"] {
        let answer = forgot(&pair, &address(name)).await.ok(202);
        let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        answers.push((headers, answer.text));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    // Ana's was asked for last, so by now the others would be there.
    server.mail(&address("ana"), RESET, 1).await;
    server.mail(&address("unproven"), RESET, 1).await;
    assert!(server.find(&address("disabled"), RESET).is_empty());
    assert!(server.received().iter().all(|mail| mail.to != [address("nobody")]));
    forgot(&pair, "no address").await.expect(400, "invalid_request");
}

#[on_both]
async fn a_weak_password_is_refused_and_the_link_still_works(Mailing(pair, server): Mailing) {
    proven(&pair, &server, "ana").await;
    forgot(&pair, &address("ana")).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 1).await.token();
    for weak in ["short", "ana@example.com", "12345678"] {
        let refused = reset(&pair, &token, weak).await.expect(400, "invalid_request");
        assert!(refused.body["fields"]["new_password"].is_array(), "{weak}");
    }
    reset(&pair, &token, NEW).await.ok(204);
}

#[on_both]
async fn a_link_expires_half_an_hour_after_its_mail_was_sent(Mailing(pair, server): Mailing) {
    proven(&pair, &server, "ana").await;
    forgot(&pair, &address("ana")).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 1).await.token();
    pair.clock.advance(Duration::from_secs(1_801));
    reset(&pair, &token, NEW).await.expect(400, "link_invalid");
    forgot(&pair, &address("ana")).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 2).await.token();
    pair.clock.advance(Duration::from_secs(1_799));
    reset(&pair, &token, NEW).await.ok(204);
}

#[on_both]
async fn the_first_proof_by_a_reset_ends_sessions_links_and_devices_from_before(
    Mailing(pair, server): Mailing,
) {
    // Somebody registers with an address that is not theirs, and stays logged in with a trusted device.
    pair.register("mallory").await;
    let body = json!({ "username": "mallory", "password": PASSWORD, "remember_device": true });
    let signed_in = pair.post("/api/auth/login", &body).await.ok(200);
    let (access, device) = (signed_in.string("access_token"), signed_in.string("device_token"));
    let old_link = server.mail(&address("mallory"), VERIFY, 1).await.token();
    forgot(&pair, &address("mallory")).await.ok(202);
    let token = server.mail(&address("mallory"), RESET, 1).await.token();
    reset(&pair, &token, NEW).await.ok(204);
    pair.wait_until_revoked(&access).await;
    verify(&pair, &old_link).await.expect(400, "link_invalid");
    let body = json!({
        "username": "mallory", "password": NEW, "remember_device": true, "device_token": device,
    });
    let owner = pair.post("/api/auth/login", &body).await.ok(200);
    assert!(owner.body["device_token"].is_string(), "the device from before is not trusted");
    assert_eq!(own(&pair, &owner.string("access_token"), "email_verified").await, true);
}

#[on_both]
async fn a_reset_ends_the_block_of_an_account(pair: TestPair) {
    let (pair, server) =
        with_mail(pair, &[("AUTH_RATE_LIMITS", "on"), ("AUTH_LIMIT_LOGIN", "off")]).await;
    proven(&pair, &server, "ana").await;
    for _ in 0..5 {
        try_login(&pair, "ana", "wrong").await.expect(401, "invalid_credentials");
    }
    try_login(&pair, "ana", PASSWORD).await.expect(429, "rate_limited");
    forgot(&pair, &address("ana")).await.ok(202);
    let token = server.mail(&address("ana"), RESET, 1).await.token();
    reset(&pair, &token, NEW).await.ok(204);
    try_login(&pair, "ana", NEW).await.ok(200);
}
