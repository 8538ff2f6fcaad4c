//! How many mails one address gets that anybody can cause.

use std::time::Duration;

use authpair_testkit::{Answer, TestPair};
use serde_json::json;

use super::{RESET, VERIFY, address, all_noted, forgot, with_mail};
use crate::on_both;

#[on_both]
async fn an_address_gets_one_mail_of_a_kind_a_minute_and_five_an_hour(pair: TestPair) {
    let limits = [("AUTH_RATE_LIMITS", "on"), ("AUTH_LIMIT_FORGOT", "off")];
    let (pair, server) = with_mail(pair, &limits).await;
    pair.register("ana").await;
    server.mail(&address("ana"), VERIFY, 1).await;
    for number in 1..=5 {
        // Only the first of three is sent, and the answer does not tell.
        for _ in 0..3 {
            forgot(&pair, &address("ana")).await.ok(202);
        }
        server.mail(&address("ana"), RESET, number).await;
        all_noted(&pair).await;
        pair.clock.advance(Duration::from_secs(61));
    }
    forgot(&pair, &address("ana")).await.ok(202);
    // Another address is not affected; its mail comes after what was dropped.
    pair.register("bob").await;
    server.mail(&address("bob"), VERIFY, 1).await;
    assert_eq!(server.find(&address("ana"), RESET).len(), 5);
    all_noted(&pair).await;
    pair.clock.advance(Duration::from_secs(3_600));
    forgot(&pair, &address("ana")).await.ok(202);
    server.mail(&address("ana"), RESET, 6).await;
}

#[on_both]
async fn a_source_asks_for_twenty_resets_an_hour(pair: TestPair) {
    let limits = [("AUTH_RATE_LIMITS", "on"), ("AUTH_TRUSTED_PROXIES", "127.0.0.1")];
    let (pair, _server) = with_mail(pair, &limits).await;
    let from = async |source: &str, number: usize| {
        let body = json!({ "email": format!("user{number}@example.com") });
        let call = pair.auth_call("POST", "/api/auth/password/forgot");
        Answer::of(call.header("x-forwarded-for", source).json(&body)).await
    };
    for number in 0..20 {
        from("203.0.113.1", number).await.ok(202);
    }
    let refused = from("203.0.113.1", 20).await.expect(429, "rate_limited");
    assert!(!refused.header("retry-after").is_empty());
    from("203.0.113.2", 21).await.ok(202);
}
