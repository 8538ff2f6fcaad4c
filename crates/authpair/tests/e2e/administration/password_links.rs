//! Links with which users set their passwords, made by administrators and operators.

use std::time::Duration;

use authpair_testkit::{PASSWORD, Session, TestPair};
use serde_json::json;

use super::{administrator, authorization::refused_calls_are_audited, call, patch, path_of};
use crate::{
    mail::with_mail,
    on_both,
    support::{
        command_line::{done, refused},
        passwords::{reset, try_login},
    },
};

const NEW: &str = "a whole new horse";

fn path(id: &str) -> String {
    format!("{}/password-reset", path_of(id))
}

/// The token of a link that begins like this.
fn token_of<'a>(link: &'a str, front: &str) -> &'a str {
    let token = link.strip_prefix(&format!("{front}/reset#token="));
    token.unwrap_or_else(|| panic!("{link} is no link")).trim_end()
}

async fn login(pair: &TestPair, name: &str, password: &str) -> Session {
    Session::of(&try_login(pair, name, password).await.ok(200))
}

#[on_both]
async fn without_mail_the_link_is_in_the_answer_and_sets_the_password_once(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let made = call(&pair, "POST", &path(&ana.id), &admin.access).await.ok(200);
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.body["expires_in"], 1_800);
    // Nothing has changed yet.
    pair.me(&session.access).await.ok(200);
    let link = made.string("reset_url");
    let token = token_of(&link, "http://localhost:3000");
    reset(&pair, token, "12345678").await.expect(400, "invalid_request");
    reset(&pair, token, NEW).await.ok(204);
    pair.wait_until_revoked(&session.access).await;
    let session = login(&pair, "ana", NEW).await;
    // A link that was handed over does not show that the address is Ana's.
    assert_eq!(pair.me(&session.access).await.ok(200).body["email_verified"], false);
    reset(&pair, token, PASSWORD).await.expect(400, "link_invalid");
    // Each kind of change ends the links of before.
    let made = call(&pair, "POST", &path(&ana.id), &admin.access).await.ok(200);
    let (link, change) = (made.string("reset_url"), json!({ "email": "moved@example.com" }));
    patch(&pair, &admin.access, &ana.id, &change).await.ok(200);
    let dead = reset(&pair, token_of(&link, "http://localhost:3000"), PASSWORD).await;
    dead.expect(400, "link_invalid");
}

#[on_both]
async fn a_user_without_a_password_gets_one_by_the_link_of_an_operator(pair: TestPair) {
    done(&pair, &["create", "ana", "ana@example.com", "--no-password"]);
    let link = done(&pair, &["password-reset", "ana"]);
    reset(&pair, token_of(&link, "http://localhost:3000"), NEW).await.ok(204);
    login(&pair, "ana", NEW).await;
}

#[on_both]
async fn with_mail_the_link_is_sent_to_the_users_address_and_proves_it(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (pair, server) = with_mail(pair, &[]).await;
    let body = json!({ "username": "ana", "email": "ana@example.com" });
    let made = pair.send("POST", "/api/admin/users", &admin.access, &body).await.ok(201);
    let answer = call(&pair, "POST", &path(&made.string("id")), &admin.access).await.ok(202);
    assert_eq!(answer.text, "");
    let mail = server.mail("ana@example.com", "Choose your password", 1).await;
    reset(&pair, token_of(&mail.link(), "https://app.example.com"), NEW).await.ok(204);
    let session = login(&pair, "ana", NEW).await;
    assert_eq!(pair.me(&session.access).await.ok(200).body["email_verified"], true);
    let said = done(&pair, &["password-reset", "ana"]);
    assert!(said.ends_with("  ana  a link is sent\n"), "{said}");
    // The command line has the clock of the machine.
    pair.clock.advance(Duration::from_secs(60));
    server.mail("ana@example.com", "Choose your password", 2).await;
}

#[on_both]
async fn no_link_is_made_for_a_user_with_other_scopes_or_for_a_disabled_one(pair: TestPair) {
    administrator(&pair).await;
    let ana = pair.register("ana").await;
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    let admin = pair.login("chief").await;
    let answer = call(&pair, "POST", &path(&ana.id), &admin.access).await;
    answer.expect(403, "insufficient_scope");
    refused_calls_are_audited(&pair, &admin, &ana.id, "scope_not_held", 1).await;
    let less = json!({ "scope": "users:read", "disabled": {} });
    patch(&pair, &admin.access, &ana.id, &less).await.ok(200);
    call(&pair, "POST", &path(&ana.id), &admin.access).await.expect(409, "user_disabled");
    assert!(refused(&pair, &["password-reset", "ana"]).contains("disabled"));
    refused_calls_are_audited(&pair, &admin, &ana.id, "user_disabled", 2).await;
    for unknown in ["x", "00000000-0000-4000-8000-000000000000"] {
        let answer = call(&pair, "POST", &path(unknown), &admin.access).await;
        answer.expect(404, "user_not_found");
    }
    patch(&pair, &admin.access, &ana.id, &json!({ "disabled": null })).await.ok(200);
    call(&pair, "POST", &path(&ana.id), &admin.access).await.ok(200);
    let entries = format!("/api/admin/audit?event=password.reset_requested&subject={}", ana.id);
    let entries = call(&pair, "GET", &entries, &admin.access).await.ok(200);
    assert_eq!(entries.body["entries"].as_array().unwrap().len(), 1);
    assert_eq!(entries.body["entries"][0]["details"]["handed_over"], true);
}

#[on_both]
async fn a_link_that_was_handed_over_ends_with_the_rights_of_its_maker(pair: TestPair) {
    administrator(&pair).await;
    let ana = pair.register("ana").await;
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    done(&pair, &["create", "second", "second@example.org", "--admin", "--no-password"]);
    let admin = pair.login("chief").await;
    let made = call(&pair, "POST", &path(&ana.id), &admin.access).await.ok(200);
    let link = made.string("reset_url");
    let token = token_of(&link, "http://localhost:3000");
    // Ana has a scope now that the maker does not have.
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    reset(&pair, token, NEW).await.expect(400, "link_invalid");
    done(&pair, &["scopes", "ana", "users:read"]);
    done(&pair, &["disable", "chief"]);
    reset(&pair, token, NEW).await.expect(400, "link_invalid");
    done(&pair, &["enable", "chief"]);
    reset(&pair, token, NEW).await.ok(204);
}

#[on_both]
async fn a_mailed_link_as_well_is_refused_for_a_user_with_other_scopes(pair: TestPair) {
    administrator(&pair).await;
    let ana = pair.register("ana").await;
    let (pair, _server) = with_mail(pair, &[]).await;
    done(&pair, &["scopes", "ana", "users:read users:email"]);
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    let admin = pair.login("chief").await;
    let answer = call(&pair, "POST", &path(&ana.id), &admin.access).await;
    answer.expect(403, "insufficient_scope");
}
