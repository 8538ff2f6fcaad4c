//! Names and headers that try to get into a mail.

use authpair_testkit::{Answer, PASSWORD};
use serde_json::json;

use super::{FRONT, Mailing, RESET, VERIFY, address, verify};
use crate::{on_both, support::databases::execute};

#[on_both]
async fn links_begin_with_the_front_end_whatever_host_a_request_names(
    Mailing(pair, server): Mailing,
) {
    pair.register("ana").await;
    let call = pair
        .auth_call("POST", "/api/auth/password/forgot")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "http")
        .header("forwarded", "host=evil.example")
        .header("origin", "https://evil.example")
        .header("referer", "https://evil.example/");
    Answer::of(call.json(&json!({ "email": address("ana") }))).await.ok(202);
    let mail = server.mail(&address("ana"), RESET, 1).await;
    assert!(mail.link().starts_with(&format!("{FRONT}/reset#token=")));
    assert!(!mail.data.contains("evil.example") && !mail.html().contains("evil.example"));
}

#[on_both]
async fn a_name_adds_no_header_and_no_markup(Mailing(pair, server): Mailing) {
    let user = pair.register("ana").await;
    let link = server.mail(&address("ana"), VERIFY, 1).await;
    // A name may be meant for the owner of an address that is not the user's.
    assert!(link.text().starts_with("Hello,\n"), "{}", link.text());
    verify(&pair, &link.token()).await.ok(204);
    // Registration refuses such a name; an import or an older version may have stored it.
    let name = "<b>x</b>\r\n\r\nBcc: victim@example.net\u{202e}\" onload=\"";
    let sql = format!("UPDATE users SET username = '{name}' WHERE id = '{}'", user.id);
    execute(&pair, sql).await;
    super::forgot(&pair, &address("ana")).await.ok(202);
    let mail = server.mail(&address("ana"), RESET, 1).await;
    assert_eq!((mail.to.len(), mail.header("Bcc")), (1, String::new()));
    assert!(!mail.text().contains('\u{202e}') && !mail.html().contains("<b>x</b>"));
    assert!(!mail.text().lines().any(|line| line.starts_with("Bcc")), "{}", mail.text());
    assert!(mail.html().contains("&lt;b&gt;x&lt;/b&gt;"));
}

#[on_both]
async fn text_that_is_no_token_is_an_invalid_link(Mailing(pair, _server): Mailing) {
    for token in ["", "x", "\u{0}", "' OR '1'='1", &"A".repeat(43), &"é".repeat(43)] {
        verify(&pair, token).await.expect(400, "link_invalid");
        let body = json!({ "token": token, "new_password": PASSWORD });
        pair.post("/api/auth/password/reset", &body).await.expect(400, "link_invalid");
    }
    for body in [json!({}), json!({ "token": 1 }), json!({ "token": "x", "more": 1 })] {
        pair.post("/api/auth/email/verify", &body).await.expect(400, "invalid_request");
    }
}

#[on_both]
async fn the_row_of_a_link_holds_the_hash_of_its_token_and_not_the_token(
    Mailing(pair, server): Mailing,
) {
    pair.register("ana").await;
    let token = server.mail(&address("ana"), VERIFY, 1).await.token();
    let database = &pair.pair().auth().state().database;
    let hash = auth_service::mail::LinkToken::parse(&token).unwrap().hash();
    let now = pair.clock.now();
    let wanted = hash.clone();
    let found = database.read(move |connection| {
        auth_service::store::one_time_tokens::find(connection, &wanted, &["verify"], now)
    });
    let row = found.await.unwrap().unwrap();
    assert_eq!(row.hash, hash);
    assert!(!hash.contains(&token) && hash != token);
    let row = format!("{row:?}");
    assert!(!row.contains(&token), "{row}");
}
