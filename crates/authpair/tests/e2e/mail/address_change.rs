//! A change of address counts once the new one is proven.

use authpair_testkit::PASSWORD;
use serde_json::json;

use super::{
    ADDRESS_CHANGED, BACK, CHANGE, FRONT, Mailing, NEW, RESET, VERIFY, address, change_address,
    forgot, own, proven, refreshed, reset, revert, try_login, verify,
};
use crate::on_both;

const NEW_ADDRESS: &str = "ana@new.example.com";

#[on_both]
async fn a_new_address_is_pending_until_the_link_to_it_is_used(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    let changed = change_address(&pair, &session.access, NEW_ADDRESS).await.ok(200);
    assert_eq!(changed.body["email"], address("ana"));
    assert_eq!(changed.body["pending_email"], NEW_ADDRESS);
    try_login(&pair, NEW_ADDRESS, PASSWORD).await.expect(401, "invalid_credentials");
    let mail = server.mail(NEW_ADDRESS, CHANGE, 1).await;
    assert!(mail.link().starts_with(&format!("{FRONT}/verify#token=")));
    verify(&pair, &mail.token()).await.ok(204);
    let session = refreshed(&pair, &session).await;
    assert_eq!(own(&pair, &session.access, "email").await, NEW_ADDRESS);
    assert_eq!(own(&pair, &session.access, "email_verified").await, true);
    assert!(own(&pair, &session.access, "pending_email").await.is_null());
    try_login(&pair, NEW_ADDRESS, PASSWORD).await.ok(200);
    let notice = server.mail(&address("ana"), ADDRESS_CHANGED, 1).await;
    assert!(notice.link().starts_with(&format!("{FRONT}/revert#token=")));
}

#[on_both]
async fn a_link_to_an_address_that_is_no_longer_wanted_is_invalid(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    change_address(&pair, &session.access, NEW_ADDRESS).await.ok(200);
    let first = server.mail(NEW_ADDRESS, CHANGE, 1).await.token();
    change_address(&pair, &session.access, "other@example.com").await.ok(200);
    let second = server.mail("other@example.com", CHANGE, 1).await.token();
    verify(&pair, &first).await.expect(400, "link_invalid");
    let cancelled = change_address(&pair, &session.access, &address("ana")).await.ok(200);
    assert!(cancelled.body["pending_email"].is_null());
    verify(&pair, &second).await.expect(400, "link_invalid");
    assert_eq!(own(&pair, &session.access, "email").await, address("ana"));
}

#[on_both]
async fn a_taken_address_is_refused_at_once_and_when_the_link_is_used(
    Mailing(pair, server): Mailing,
) {
    pair.register("bob").await;
    let session = proven(&pair, &server, "ana").await;
    change_address(&pair, &session.access, &address("bob")).await.expect(409, "user_exists");
    change_address(&pair, &session.access, &address("eve")).await.ok(200);
    let link = server.mail(&address("eve"), CHANGE, 1).await.token();
    pair.register("eve").await;
    verify(&pair, &link).await.expect(409, "user_exists");
    assert_eq!(own(&pair, &session.access, "email").await, address("ana"));
}

#[on_both]
async fn a_previous_address_that_was_never_proven_gets_a_revert_link_as_well(
    Mailing(pair, server): Mailing,
) {
    let (_, session) = pair.newcomer("ana").await;
    server.mail(&address("ana"), VERIFY, 1).await;
    change_address(&pair, &session.access, NEW_ADDRESS).await.ok(200);
    let link = server.mail(NEW_ADDRESS, CHANGE, 1).await;
    assert!(link.text().starts_with("Hello,\n"), "{}", link.text());
    verify(&pair, &link.token()).await.ok(204);
    let notice = server.mail(&address("ana"), ADDRESS_CHANGED, 1).await;
    assert!(notice.text().starts_with("Hello,\n"), "{}", notice.text());
    // No other user gets the address before the link has ended.
    let body = json!({ "username": "other", "email": address("ana"), "password": PASSWORD });
    pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    revert(&pair, &notice.token()).await.ok(204);
    try_login(&pair, "ana", PASSWORD).await.expect(401, "invalid_credentials");
    let link = server.mail(&address("ana"), BACK, 1).await.token();
    reset(&pair, &link, NEW).await.ok(204);
    let login = try_login(&pair, &address("ana"), NEW).await.ok(200);
    assert_eq!(own(&pair, &login.string("access_token"), "email").await, address("ana"));
}

#[on_both]
async fn a_new_password_drops_the_pending_address(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    change_address(&pair, &session.access, NEW_ADDRESS).await.ok(200);
    let link = server.mail(NEW_ADDRESS, CHANGE, 1).await.token();
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    let changed = pair.send("PUT", "/api/auth/password", &session.access, &body).await.ok(200);
    let access = changed.string("access_token");
    assert!(own(&pair, &access, "pending_email").await.is_null());
    verify(&pair, &link).await.expect(400, "link_invalid");
    // The same for a reset.
    let body = json!({ "email": NEW_ADDRESS, "current_password": NEW });
    pair.send("PATCH", "/api/auth/me", &access, &body).await.ok(200);
    forgot(&pair, &address("ana")).await.ok(202);
    let reset_link = server.mail(&address("ana"), RESET, 1).await.token();
    reset(&pair, &reset_link, PASSWORD).await.ok(204);
    let session = pair.login("ana").await;
    assert!(own(&pair, &session.access, "pending_email").await.is_null());
    assert_eq!(own(&pair, &session.access, "email").await, address("ana"));
}
