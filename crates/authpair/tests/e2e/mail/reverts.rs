//! The way back for the owner of an account that somebody else has taken.

use std::time::Duration;

use authpair_testkit::{Answer, MailBehaviour, MailServer, PASSWORD, Session, TestPair};
use serde_json::json;

use super::{
    ADDRESS_CHANGED, BACK, CHANGE, Mailing, NEW, RESET, TAKEN, VERIFY, address, all_noted,
    change_address, forgot, later, outages::tried, own, proven, reset, revert, try_login, verify,
    with_mail,
};
use crate::{administration::administrator, on_both, support::command_line::done};

const THIEF: &str = "thief@example.net";

/// A thief with the password and a session has moved the account to another address. Returns the revert link's token.
async fn stolen(pair: &TestPair, server: &MailServer, session: &Session, to: &str) -> String {
    change_address(pair, &session.access, to).await.ok(200);
    let link = server.mail(to, CHANGE, 1).await.token();
    verify(pair, &link).await.ok(204);
    server.mail(&address("ana"), ADDRESS_CHANGED, 1).await.token()
}

#[on_both]
async fn a_revert_gives_the_address_back_ends_sessions_and_stops_the_password(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    let way_back = stolen(&pair, &server, &session, THIEF).await;
    forgot(&pair, THIEF).await.ok(202);
    let thiefs = server.mail(THIEF, RESET, 1).await.token();
    revert(&pair, &way_back).await.ok(204);
    pair.wait_until_revoked(&session.access).await;
    try_login(&pair, "ana", PASSWORD).await.expect(401, "invalid_credentials");
    reset(&pair, &thiefs, PASSWORD).await.expect(400, "link_invalid");
    let own_link = server.mail(&address("ana"), BACK, 1).await.token();
    reset(&pair, &own_link, NEW).await.ok(204);
    let login = try_login(&pair, &address("ana"), NEW).await.ok(200);
    let access = login.string("access_token");
    assert_eq!(own(&pair, &access, "email").await, address("ana"));
    assert_eq!(own(&pair, &access, "email_verified").await, true);
    revert(&pair, &way_back).await.expect(400, "link_invalid");
}

#[on_both]
async fn a_reset_by_the_thief_does_not_close_the_way_back(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    let way_back = stolen(&pair, &server, &session, THIEF).await;
    forgot(&pair, THIEF).await.ok(202);
    let thiefs = server.mail(THIEF, RESET, 1).await.token();
    reset(&pair, &thiefs, "the password of a thief").await.ok(204);
    revert(&pair, &way_back).await.ok(204);
    try_login(&pair, "ana", "the password of a thief").await.expect(401, "invalid_credentials");
}

#[on_both]
async fn after_a_revert_the_links_of_later_changes_are_dead(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    let way_back = stolen(&pair, &server, &session, THIEF).await;
    pair.clock.advance(Duration::from_secs(1));
    let session = pair.login("ana").await;
    change_address(&pair, &session.access, "second@example.net").await.ok(200);
    let link = server.mail("second@example.net", CHANGE, 1).await.token();
    verify(&pair, &link).await.ok(204);
    let to_thief = server.mail(THIEF, ADDRESS_CHANGED, 1).await.token();
    revert(&pair, &way_back).await.ok(204);
    revert(&pair, &to_thief).await.expect(400, "link_invalid");
    let own_link = server.mail(&address("ana"), BACK, 1).await.token();
    reset(&pair, &own_link, NEW).await.ok(204);
    try_login(&pair, &address("ana"), NEW).await.ok(200);
}

#[on_both]
async fn after_a_revert_no_link_is_made_for_a_later_change_whose_notice_still_waits(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    let way_back = stolen(&pair, &server, &session, THIEF).await;
    pair.clock.advance(Duration::from_secs(1));
    let session = pair.login("ana").await;
    change_address(&pair, &session.access, "second@example.net").await.ok(200);
    let link = server.mail("second@example.net", CHANGE, 1).await.token();
    // The notice to the thief's first address cannot be sent yet.
    server.behave(MailBehaviour::Hang);
    verify(&pair, &link).await.ok(204);
    revert(&pair, &way_back).await.ok(204);
    server.behave(MailBehaviour::Accept);
    // The first pause after a failed try is 10 s.
    later(&pair, 11);
    server.mail(&address("ana"), BACK, 1).await;
    all_noted(&pair).await;
    for mail in server.find(THIEF, ADDRESS_CHANGED) {
        revert(&pair, &mail.token()).await.expect(400, "link_invalid");
    }
    let own_link = server.mail(&address("ana"), BACK, 1).await.token();
    reset(&pair, &own_link, NEW).await.ok(204);
    try_login(&pair, &address("ana"), NEW).await.ok(200);
}

#[on_both]
async fn the_previous_address_is_reserved_for_as_long_as_it_can_be_taken_back(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    let way_back = stolen(&pair, &server, &session, THIEF).await;
    let body = json!({ "username": "squatter", "email": address("ana"), "password": PASSWORD });
    pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    pair.clock.advance(Duration::from_secs(7 * 86_400 + 1));
    revert(&pair, &way_back).await.expect(400, "link_invalid");
    pair.post("/api/auth/register", &body).await.ok(201);
}

#[on_both]
async fn the_reservation_lasts_as_long_as_a_link_that_was_sent_late(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    change_address(&pair, &session.access, THIEF).await.ok(200);
    let link = server.mail(THIEF, CHANGE, 1).await.token();
    server.behave(MailBehaviour::RejectRecipients);
    verify(&pair, &link).await.ok(204);
    tried(&pair, 1).await;
    server.behave(MailBehaviour::Accept);
    // The first pause after a failed try is 10 s.
    later(&pair, 11);
    let way_back = server.mail(&address("ana"), ADDRESS_CHANGED, 1).await.token();
    pair.clock.advance(Duration::from_secs(7 * 86_400 - 5));
    let body = json!({ "username": "squatter", "email": address("ana"), "password": PASSWORD });
    pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    revert(&pair, &way_back).await.ok(204);
}

#[on_both]
async fn a_change_by_an_administrator_can_be_taken_back_as_well(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (pair, server) = with_mail(pair, &[]).await;
    let session = proven(&pair, &server, "ana").await;
    let id = pair.me(&session.access).await.ok(200).string("id");
    let change = json!({ "email": "moved@example.com" });
    let path = format!("/api/admin/users/{id}");
    pair.send("PATCH", &path, &admin.access, &change).await.ok(200);
    // The new address is to be proven, and the previous one gets the revert link.
    server.mail("moved@example.com", VERIFY, 1).await;
    let way_back = server.mail(&address("ana"), ADDRESS_CHANGED, 1).await.token();
    let body = json!({ "username": "squatter", "email": address("ana"), "password": PASSWORD });
    pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    revert(&pair, &way_back).await.ok(204);
    let read = pair.auth_call("GET", &path).bearer_auth(&admin.access);
    let user = Answer::of(read).await.ok(200).body;
    assert_eq!((&user["email"], &user["email_verified"]), (&json!(address("ana")), &json!(true)));
}

#[on_both]
async fn the_owner_of_a_previous_address_is_told_of_a_registration_with_it(pair: TestPair) {
    let required = [("AUTH_EMAIL_VERIFICATION", "required")];
    pair.register("ana").await;
    let (pair, server) = with_mail(pair, &required).await;
    try_login(&pair, "ana", PASSWORD).await.expect(403, "email_unverified");
    let link = server.mail(&address("ana"), VERIFY, 1).await.token();
    verify(&pair, &link).await.ok(204);
    stolen(&pair, &server, &pair.login("ana").await, THIEF).await;
    let body = json!({ "username": "other", "email": address("ana"), "password": PASSWORD });
    pair.post("/api/auth/register", &body).await.ok(202);
    let notice = server.mail(&address("ana"), TAKEN, 1).await;
    assert!(notice.text().starts_with("Hello,\n"), "{}", notice.text());
    assert!(server.find(THIEF, TAKEN).is_empty());
}

#[on_both]
async fn an_administrator_who_changes_an_address_there_and_back_plants_no_way_back(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (pair, server) = with_mail(pair, &[]).await;
    let session = proven(&pair, &server, "ana").await;
    let id = pair.me(&session.access).await.ok(200).string("id");
    let path = format!("/api/admin/users/{id}");
    let patch = async |email: &str| {
        let change = json!({ "email": email, "email_verified": true });
        pair.send("PATCH", &path, &admin.access, &change).await.ok(200);
        pair.clock.advance(Duration::from_secs(1));
    };
    patch(THIEF).await;
    let way_back = server.mail(&address("ana"), ADDRESS_CHANGED, 1).await.token();
    patch("second@example.net").await;
    let between = server.mail(THIEF, ADDRESS_CHANGED, 1).await.token();
    patch(&address("ana")).await;
    all_noted(&pair).await;
    assert!(server.find("second@example.net", ADDRESS_CHANGED).is_empty());
    for dead in [between, way_back] {
        revert(&pair, &dead).await.expect(400, "link_invalid");
    }
    // A later change to the same address is a change: Ana has her way back again.
    patch(THIEF).await;
    let way_back = server.mail(&address("ana"), ADDRESS_CHANGED, 2).await.token();
    revert(&pair, &way_back).await.ok(204);
}

#[on_both]
async fn the_owner_who_changes_the_address_back_leaves_the_thief_no_link(
    Mailing(pair, server): Mailing,
) {
    let session = proven(&pair, &server, "ana").await;
    stolen(&pair, &server, &session, THIEF).await;
    pair.clock.advance(Duration::from_secs(1));
    let owner = pair.login("ana").await;
    change_address(&pair, &owner.access, &address("ana")).await.ok(200);
    let link = server.mail(&address("ana"), CHANGE, 1).await.token();
    verify(&pair, &link).await.ok(204);
    all_noted(&pair).await;
    assert!(server.find(THIEF, ADDRESS_CHANGED).is_empty());
}

#[on_both]
async fn a_revert_waits_until_a_disabled_user_is_enabled(Mailing(pair, server): Mailing) {
    let session = proven(&pair, &server, "ana").await;
    let way_back = stolen(&pair, &server, &session, THIEF).await;
    done(&pair, &["disable", "ana"]);
    revert(&pair, &way_back).await.expect(400, "link_invalid");
    done(&pair, &["enable", "ana"]);
    revert(&pair, &way_back).await.ok(204);
}
