//! Refresh tokens of the application that users came from.

use std::time::Duration;

use authpair_testkit::{PASSWORD, Session, TestPair};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::support::{file, imported};
use crate::{
    on_both,
    support::{command_line::done, passwords::try_login},
};

const SECRET: &str = "q8Zr3Wm5Tn1Yp6Xc4Vb2Nk7Lj9Hg0Fd3";

/// A refresh token of flask-jwt-extended.
fn token(pair: &TestPair, user: &Value, jti: &str) -> String {
    signed(pair, user, jti, SECRET)
}

/// The same with a signature of this secret.
fn signed(pair: &TestPair, user: &Value, jti: &str, secret: &str) -> String {
    let now = pair.clock.seconds();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(json!({
        "fresh": false, "iat": now - 60, "jti": jti, "type": "refresh", "sub": user,
        "nbf": now - 60, "csrf": "x", "exp": now + 1_000_000,
    }));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = hmac::sign(&key, format!("{header}.{claims}").as_bytes());
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A pair that takes the old application's tokens, with its users.
async fn moved(pair: &mut TestPair) {
    let row = |number: usize, name: &str, scope: &str| {
        let hash = format!("plain$${PASSWORD}");
        json!({
            "id": number.to_string(), "username": name, "email": format!("{name}@example.com"),
            "password_hash": hash, "scope": scope,
        })
    };
    let rows = [
        row(1, "ana", "users:read"),
        row(2, "bob", "users:read"),
        row(3, "eve", "users:read users:admin"),
    ];
    file(pair, "users.jsonl", &rows.map(|row| row.to_string()).join("\n"));
    let revoked = file(pair, "revoked.csv", "jti\n\"blocked\"\n").display().to_string();
    let text = imported(pair, "users.jsonl", &["--apply", "--revoked-jti", &revoked], 0);
    assert!(text.contains("1 revoked tokens"), "{text}");
    pair.set("AUTH_LEGACY_JWT_SECRET", SECRET);
    pair.set("AUTH_LEGACY_JWT_CUTOFF", "2100-01-01");
    pair.halt_auth().await;
    pair.resume_auth().await;
}

#[on_both]
async fn an_old_refresh_token_is_exchanged_once_and_a_repeat_gets_the_same_session(
    mut pair: TestPair,
) {
    moved(&mut pair).await;
    let old = token(&pair, &json!(1), "first");
    let answer = pair.refresh(&old).await.ok(200);
    let session = Session::of(&answer);
    pair.me_at_users(&session.access).await.ok(200);
    let name = json!({ "username": "x1" });
    let change = pair.send("PATCH", "/api/auth/me", &session.access, &name).await;
    change.expect(401, "fresh_token_required");
    // A lost answer, and a second tab.
    for _ in 0..2 {
        let again = Session::of(&pair.refresh(&old).await.ok(200));
        assert_eq!((&again.id, &again.refresh), (&session.id, &session.refresh));
    }
    // Another device of the same user, and a token that the old application had revoked.
    let other = token(&pair, &json!("1"), "second");
    pair.refresh(&other).await.expect(401, "token_revoked");
    let blocked = token(&pair, &json!(2), "blocked");
    pair.refresh(&blocked).await.expect(401, "token_revoked");
    // Both sides have used it: the old one again is reuse.
    let next = Session::of(&pair.refresh(&session.refresh).await.ok(200));
    pair.clock.advance(Duration::from_secs(11));
    pair.refresh(&old).await.expect(401, "token_revoked");
    pair.refresh(&next.refresh).await.expect(401, "token_revoked");
}

#[on_both]
async fn parallel_exchanges_of_one_token_give_one_session(mut pair: TestPair) {
    moved(&mut pair).await;
    let old = token(&pair, &json!("2"), "first");
    let call = || pair.refresh(&old);
    let (a, b, c, d, e, f) = tokio::join!(call(), call(), call(), call(), call(), call());
    let mut sessions = [a, b, c, d, e, f].map(|answer| Session::of(&answer.ok(200)).id).to_vec();
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), 1);
}

#[on_both]
async fn where_log_ins_need_a_proven_address_an_exchange_needs_one_too(mut pair: TestPair) {
    moved(&mut pair).await;
    let proven = json!({
        "id": "4", "username": "dora", "email": "dora@example.com", "email_verified": true,
    });
    file(&pair, "proven.jsonl", &proven.to_string());
    imported(&pair, "proven.jsonl", &["--apply"], 0);
    let mails = pair.folder.path().join("mails").display().to_string();
    pair.set("AUTH_MAIL", &format!("file:{mails}"));
    pair.set("AUTH_EMAIL_VERIFICATION", "required");
    pair.halt_auth().await;
    pair.resume_auth().await;
    let (ana, dora) = (token(&pair, &json!("1"), "first"), token(&pair, &json!("4"), "second"));
    pair.refresh(&ana).await.expect(401, "token_revoked");
    try_login(&pair, "ana", PASSWORD).await.expect(403, "email_unverified");
    pair.refresh(&dora).await.ok(200);
}

#[on_both]
async fn an_old_token_must_have_the_issuer_and_the_audience_of_the_settings(mut pair: TestPair) {
    moved(&mut pair).await;
    let old = token(&pair, &json!("1"), "first");
    for (name, other, own) in
        [("AUTH_LEGACY_JWT_ISSUER", "other", "none"), ("AUTH_LEGACY_JWT_AUDIENCE", "other", "none")]
    {
        pair.set(name, other);
        pair.halt_auth().await;
        pair.resume_auth().await;
        pair.refresh(&old).await.expect(401, "invalid_token");
        pair.set(name, own);
    }
    pair.halt_auth().await;
    pair.resume_auth().await;
    pair.refresh(&old).await.ok(200);
}

#[on_both]
async fn an_old_token_is_refused_where_it_must_not_log_in(mut pair: TestPair) {
    moved(&mut pair).await;
    let bob = |pair: &TestPair, jti| token(pair, &json!("2"), jti);
    let administrator = token(&pair, &json!("3"), "first");
    pair.refresh(&administrator).await.expect(401, "token_revoked");
    let unknown = token(&pair, &json!("17"), "first");
    pair.refresh(&unknown).await.expect(401, "token_revoked");
    // Once the user logged out everywhere, no old token counts.
    let session = Session::of(&try_login(&pair, "bob", PASSWORD).await.ok(200));
    pair.send("POST", "/api/auth/logout-all", &session.access, &json!({})).await.ok(200);
    pair.refresh(&bob(&pair, "first")).await.expect(401, "token_revoked");
    // Disabled, and enabled again.
    done(&pair, &["disable", "ana"]);
    let ana = token(&pair, &json!("1"), "first");
    pair.refresh(&ana).await.expect(401, "token_revoked");
    done(&pair, &["enable", "ana"]);
    pair.refresh(&ana).await.expect(401, "token_revoked");
    // A signature of another secret, and one that is too long.
    let forged = signed(&pair, &json!("2"), "second", &SECRET.replace('q', "Q"));
    let longer = format!("{}x", bob(&pair, "second"));
    for refused in [forged, longer] {
        pair.refresh(&refused).await.expect(401, "invalid_token");
    }
    // A pair that takes no such tokens any more.
    pair.set("AUTH_LEGACY_JWT_CUTOFF", "2020-01-01");
    pair.halt_auth().await;
    pair.resume_auth().await;
    pair.refresh(&bob(&pair, "third")).await.expect(401, "invalid_token");
}
