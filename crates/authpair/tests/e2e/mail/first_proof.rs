//! The first proof of an address.

use authpair_testkit::{Session, TestPair};
use serde_json::json;

use super::{FRONT, Mailing, VERIFY, address, own, refreshed, verify};
use crate::on_both;

#[on_both]
async fn a_new_user_gets_a_mail_whose_link_proves_the_address_once(Mailing(pair, server): Mailing) {
    let (_, session) = pair.new_user("ana").await;
    assert_eq!(own(&pair, &session.access, "email_verified").await, false);
    let mail = server.mail(&address("ana"), VERIFY, 1).await;
    assert!(mail.link().starts_with(&format!("{FRONT}/verify#token=")), "{}", mail.link());
    assert_eq!(mail.from, "no-reply@example.com");
    assert_eq!(mail.header("From").replace('"', ""), "Our Service <no-reply@example.com>");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.html().contains(&format!("href=\"{}\"", mail.link())));
    verify(&pair, &mail.token()).await.ok(204);
    let session = refreshed(&pair, &session).await;
    assert_eq!(own(&pair, &session.access, "email_verified").await, true);
    verify(&pair, &mail.token()).await.expect(400, "link_invalid");
}

#[on_both]
async fn the_mail_is_sent_again_until_the_address_is_proven(Mailing(pair, server): Mailing) {
    let (_, session) = pair.new_user("ana").await;
    let first = server.mail(&address("ana"), VERIFY, 1).await;
    let again = async |session: &Session| {
        pair.send("POST", "/api/auth/email/verification", &session.access, &json!({})).await
    };
    again(&session).await.ok(202);
    let second = server.mail(&address("ana"), VERIFY, 2).await;
    verify(&pair, &second.token()).await.ok(204);
    verify(&pair, &first.token()).await.expect(400, "link_invalid");
    again(&refreshed(&pair, &session).await).await.ok(202);
    // A mail to another user comes later in the outbox, so by now a third one would be there.
    pair.register("bob").await;
    server.mail(&address("bob"), VERIFY, 1).await;
    assert_eq!(server.find(&address("ana"), VERIFY).len(), 2);
}

#[on_both]
async fn the_language_is_that_of_the_registration_or_else_of_the_browser(
    Mailing(pair, server): Mailing,
) {
    for (name, locale, header, subject, known) in [
        ("ana", Some("es-MX"), "pt", "Confirma tu dirección de correo", "es"),
        ("bob", None, "fr, pt-BR;q=0.9, en;q=0.5", "Confirme o seu endereço de e-mail", "pt"),
        ("eve", Some("fr"), "es", VERIFY, "fr"),
    ] {
        let mut body = json!({
            "username": name, "email": address(name), "password": authpair_testkit::PASSWORD,
        });
        if let Some(locale) = locale {
            body["locale"] = locale.into();
        }
        let call = pair.auth_call("POST", "/api/auth/register").header("accept-language", header);
        authpair_testkit::Answer::of(call.json(&body)).await.ok(201);
        server.mail(&address(name), subject, 1).await;
        let session = pair.login(name).await;
        assert_eq!(own(&pair, &session.access, "locale").await, known);
    }
    let body = json!({
        "username": "zoe", "email": address("zoe"), "password": authpair_testkit::PASSWORD,
        "locale": "../en",
    });
    let refused = pair.post("/api/auth/register", &body).await.expect(400, "invalid_request");
    assert!(refused.body["fields"]["locale"].is_array());
}

#[on_both]
async fn with_mail_off_only_the_reset_is_there_and_no_mail_is_written(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for path in [
        "auth/email/verification",
        "auth/email/verify",
        "auth/email/revert",
        "auth/password/forgot",
        "admin/invites",
    ] {
        let body = json!({ "token": "x", "email": address("ana") });
        let answer = pair.send("POST", &format!("/api/{path}"), &session.access, &body).await;
        answer.expect(404, "not_found");
    }
    super::reset(&pair, &"A".repeat(43), super::NEW).await.expect(400, "link_invalid");
    let database = &pair.pair().auth().state().database;
    let counts = database.read(auth_service::store::outbox::counts).await.unwrap();
    assert_eq!(counts.waiting, 0);
    let changed = super::change_address(&pair, &session.access, "new@example.com").await.ok(200);
    assert_eq!(changed.body["email"], "new@example.com");
    assert!(changed.body["pending_email"].is_null());
}
