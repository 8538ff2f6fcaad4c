//! Notices: mails that a user did not ask for.

use authpair_testkit::{Answer, PASSWORD, TestPair};
use serde_json::json;

use super::{Mailing, NEW, NEW_DEVICE, PASSWORD_CHANGED, address, proven, try_login};
use crate::on_both;

async fn login_from(pair: &TestPair, agent: &str, body: serde_json::Value) -> Answer {
    let call = pair.auth_call("POST", "/api/auth/login").header("user-agent", agent);
    Answer::of(call.json(&body)).await
}

#[on_both]
async fn a_log_in_from_a_new_device_sends_a_notice_and_one_from_a_known_device_does_not(
    Mailing(pair, server): Mailing,
) {
    // The first log-in of an account sends no notice.
    proven(&pair, &server, "ana").await;
    pair.clock.advance(std::time::Duration::from_secs(1));
    let plain = json!({ "username": "ana", "password": PASSWORD });
    let remembered = json!({ "username": "ana", "password": PASSWORD, "remember_device": true });
    // The client of the first log-in again.
    try_login(&pair, "ana", PASSWORD).await.ok(200);
    let later = || pair.clock.advance(std::time::Duration::from_secs(1));
    let first = login_from(&pair, "a new browser", remembered).await.ok(200);
    later();
    let notice = server.mail(&address("ana"), NEW_DEVICE, 1).await;
    assert!(!notice.text().contains("#token=") && notice.text().contains("ana"));
    let trusted = json!({
        "username": "ana", "password": PASSWORD, "device_token": first.string("device_token"),
    });
    login_from(&pair, "another name of it", trusted).await.ok(200);
    login_from(&pair, "a new browser", plain.clone()).await.ok(200);
    later();
    login_from(&pair, "a thief", plain).await.ok(200);
    server.mail(&address("ana"), NEW_DEVICE, 2).await;
    assert_eq!(server.find(&address("ana"), NEW_DEVICE).len(), 2);
}

#[on_both]
async fn a_new_password_sends_a_notice(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    pair.send("PUT", "/api/auth/password", &session.access, &body).await.ok(200);
    let notice = server.mail(&address("ana"), PASSWORD_CHANGED, 1).await;
    assert!(!notice.text().contains("#token="));
}
