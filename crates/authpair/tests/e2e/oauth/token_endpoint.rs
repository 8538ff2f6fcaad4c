//! Requests for tokens that are refused, and their answers.

use authpair_testkit::{Answer, TestPair};

use crate::{
    on_both,
    support::oauth::{Account, clients, post_form, refused},
};

#[on_both]
async fn a_wrong_secret_an_unknown_and_a_disabled_client_get_the_same_answer(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let disabled = Account::create(&pair, "users:read");
    assert!(clients(&pair, &["disable", &disabled.id]).status.success());
    let unknown = |id: &str| Account { id: id.to_owned(), secret: account.secret.clone() };
    let mut answers = Vec::new();
    for account in [
        account.guessing("guess"),
        account.guessing(""),
        unknown("9b2f1c57-5d3e-4b1c-8f8c-0d6f3a1f2e4d"),
        unknown("nobody"),
        unknown("x' OR '1'='1"),
        unknown("\0"),
        unknown("first-party"),
        disabled,
    ] {
        for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
            let form = [("grant_type", "client_credentials"), ("token", "x")];
            let answer = refused(account.call(&pair, path, &form).await, 401, "invalid_client");
            answers.push((answer.text.clone(), answer.header("www-authenticate").to_owned()));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    account.token(&pair).await;
}

#[on_both]
async fn only_a_complete_client_credentials_request_is_answered(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    let (id, secret) = (account.id.as_str(), account.secret.as_str());
    let grant = ("grant_type", "client_credentials");
    let in_form = [("client_id", id), ("client_secret", secret)];
    let form = [grant, in_form[0], in_form[1], ("unknown", "is passed over"), ("scope", "")];
    Answer::of(post_form(&pair, "/oauth2/token", &form)).await.ok(200);
    for (form, code) in [
        (vec![], "invalid_request"),
        (vec![("grant_type", "")], "invalid_request"),
        (vec![grant, grant], "invalid_request"),
        (vec![grant, ("scope", "users:read"), ("scope", "users:read")], "invalid_request"),
        (vec![grant, in_form[0], in_form[1]], "invalid_request"),
        (vec![grant, ("client_id", "another")], "invalid_request"),
        (
            vec![("grant_type", "password"), ("username", "ana"), ("password", "x")],
            "unsupported_grant_type",
        ),
        (vec![("grant_type", "refresh_token")], "unsupported_grant_type"),
        (vec![("grant_type", "Client_Credentials")], "unsupported_grant_type"),
    ] {
        refused(account.call(&pair, "/oauth2/token", &form).await, 400, code);
    }
    let token = || post_form(&pair, "/oauth2/token", &[grant]);
    refused(Answer::of(token()).await, 401, "invalid_client");
    refused(Answer::of(token().bearer_auth("a.b.c")).await, 401, "invalid_client");
    let query = format!("/oauth2/token?client_id={id}&client_secret={secret}");
    refused(Answer::of(post_form(&pair, &query, &[grant])).await, 401, "invalid_client");
    let json = pair.auth_call("POST", "/oauth2/token").json(&serde_json::json!({}));
    Answer::of(json).await.expect(415, "unsupported_media_type");
    let large = "x".repeat(5_000);
    Answer::of(token().body(large)).await.expect(413, "payload_too_large");
    let get = Answer::of(pair.auth_call("GET", "/oauth2/token")).await;
    assert_eq!(get.expect(405, "method_not_allowed").header("allow"), "POST");
}
