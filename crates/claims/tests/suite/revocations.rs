//! Following the list of revoked sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use claims::remote::RemoteVerifier;
use claims::testing::{Answer, FakeIssuer, TestKey, TokenBuilder};
use claims::{Jwk, Policy, Rejection, VerifyError};

use crate::common::{AUDIENCE, NOW, builder, eventually, skip, token_of};

pub(crate) const FEED: &str = "/.well-known/revoked-sessions";

pub(crate) async fn ready(issuer: &FakeIssuer) -> RemoteVerifier {
    let verifier = builder(issuer).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    verifier
}

pub(crate) fn session(issuer: &FakeIssuer, sid: &str) -> String {
    token_of(issuer, TestKey::FIRST).claim("sid", sid).sign()
}

pub(crate) fn is_revoked(verifier: &RemoteVerifier, token: &str) -> bool {
    match verifier.try_verify(token) {
        Some(Ok(_)) => false,
        Some(Err(VerifyError::Rejected(Rejection::Revoked))) => true,
        other => panic!("neither good nor revoked: {other:?}"),
    }
}

#[tokio::test]
async fn a_revoked_session_is_rejected_soon_and_no_other() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    assert!(!is_revoked(&verifier, &one));
    let began = Instant::now();
    issuer.revoke("one", NOW + 960);
    eventually("the rejection", || is_revoked(&verifier, &one)).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(!is_revoked(&verifier, &two));
}

#[tokio::test]
async fn a_disabled_service_account_is_rejected_and_people_of_its_name_are_not() {
    let issuer = FakeIssuer::start().await;
    let verifier = ready(&issuer).await;
    let url = issuer.issuer();
    let account = TokenBuilder::service(TestKey::FIRST, &url, AUDIENCE, NOW, "reports").sign();
    let person = token_of(&issuer, TestKey::FIRST).claim("sub", "reports").sign();
    issuer.revoke("reports", NOW + 960);
    eventually("the rejection", || is_revoked(&verifier, &account)).await;
    assert!(!is_revoked(&verifier, &person));
}

#[tokio::test]
async fn nothing_is_accepted_before_the_first_full_list() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_feed(Answer::Hang);
    issuer.revoke("one", NOW + 960);
    let verifier = builder(&issuer).start().unwrap();
    eventually("the keys", || verifier.status().keys.count == 1).await;
    let good = session(&issuer, "two");
    let rejected = verifier.try_verify(&good).unwrap().unwrap_err();
    assert!(matches!(rejected, VerifyError::RevocationsUnavailable { .. }));
    assert!(verifier.readiness().is_err());
    let bad = token_of(&issuer, TestKey::FIRST).claim("exp", 1).sign();
    let rejected = verifier.try_verify(&bad).unwrap().unwrap_err();
    assert_eq!(rejected, VerifyError::Rejected(Rejection::Expired), "a bad token is a bad token");
    issuer.answer_feed(Answer::Proper);
    eventually("readiness", || verifier.readiness().is_ok()).await;
    assert!(is_revoked(&verifier, &session(&issuer, "one")));
    assert!(!is_revoked(&verifier, &good));
}

#[tokio::test]
async fn a_full_list_of_many_pages_counts_when_its_last_page_is_in() {
    let issuer = FakeIssuer::start().await;
    issuer.set_page_size(100);
    for n in 0..1_050 {
        issuer.revoke(&format!("s{n}"), NOW + 960);
    }
    let verifier = ready(&issuer).await;
    assert_eq!(verifier.status().feed.unwrap().entries, 1_050);
    assert!(is_revoked(&verifier, &session(&issuer, "s0")));
    assert!(is_revoked(&verifier, &session(&issuer, "s1049")));
    assert!(!is_revoked(&verifier, &session(&issuer, "s1050")));
    let requests = issuer.requests(FEED);
    assert!(requests.len() >= 11);
    assert!(requests[..11].iter().all(|request| request.target.contains("wait=0")));
    eventually("a long poll", || {
        issuer.requests(FEED).last().is_some_and(|request| request.target.contains("wait=25"))
    })
    .await;
}

#[tokio::test]
async fn a_reset_forgets_no_revocation_that_still_matters() {
    let issuer = FakeIssuer::start().await;
    issuer.revoke("one", NOW + 960);
    issuer.revoke("two", NOW + 960);
    let verifier = ready(&issuer).await;
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    let four = session(&issuer, "four");
    issuer.set_page_size(1);
    issuer.forget_revocations();
    issuer.revoke("two", NOW + 960);
    issuer.revoke("three", NOW + 960);
    let three = session(&issuer, "three");
    eventually("the new list", || {
        assert!(is_revoked(&verifier, &two), "on both lists");
        assert!(is_revoked(&verifier, &one), "on the first list, which an issuer's database lost");
        is_revoked(&verifier, &three)
    })
    .await;
    assert!(!is_revoked(&verifier, &four));
    let feed = verifier.status().feed.unwrap();
    assert_eq!((feed.entries, feed.resets), (3, 1));
}

#[tokio::test]
async fn a_verifier_that_was_cut_off_while_the_issuer_lost_revocations_still_knows_them() {
    let mut issuer = FakeIssuer::start().await;
    issuer.revoke("one", NOW + 960);
    let verifier = ready(&issuer).await;
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    issuer.go_down().await;
    issuer.forget_revocations();
    issuer.revoke("two", NOW + 960);
    issuer.come_back().await;
    eventually("the new list", || is_revoked(&verifier, &two)).await;
    assert!(is_revoked(&verifier, &one));
}

#[tokio::test]
async fn a_verifier_whose_secret_is_rejected_is_not_ready_and_counts_it() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_feed(Answer::status(401));
    let verifier = builder(&issuer).start().unwrap();
    eventually("two rejections", || verifier.status().feed.unwrap().polls_unauthorized >= 2).await;
    let reason = verifier.readiness().unwrap_err().reason;
    assert!(reason.contains("secret"), "{reason}");
    issuer.answer_feed(Answer::Proper);
    eventually("readiness", || verifier.readiness().is_ok()).await;
    // Rejected later, it is not ready, and judges tokens with what it knows.
    issuer.revoke("one", NOW + 960);
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    eventually("the entry", || is_revoked(&verifier, &one)).await;
    issuer.answer_feed(Answer::status(401));
    issuer.revoke("another", NOW + 960);
    eventually("the rejection", || verifier.readiness().is_err()).await;
    assert!(is_revoked(&verifier, &one) && !is_revoked(&verifier, &two));
}

#[tokio::test]
async fn what_ended_long_ago_is_dropped() {
    let issuer = FakeIssuer::start().await;
    let clock = Arc::new(AtomicI64::new(NOW));
    let now = Arc::clone(&clock);
    let verifier = builder(&issuer).now(Arc::new(move || now.load(Ordering::Relaxed)));
    let verifier = verifier.start().unwrap();
    issuer.revoke("one", NOW + 960);
    let entries = || verifier.status().feed.unwrap().entries;
    eventually("the entry", || entries() == 1).await;
    clock.store(NOW + 960 + 30 + 601, Ordering::Relaxed);
    skip(Duration::from_secs(61)).await;
    issuer.revoke("two", NOW + 9600);
    issuer.revoke("three", NOW + 9600);
    eventually("the exchange", || entries() == 2).await;
}

#[tokio::test]
async fn a_long_leeway_revives_no_revoked_token() {
    let issuer = FakeIssuer::start().await;
    let clock = Arc::new(AtomicI64::new(NOW));
    let now = Arc::clone(&clock);
    let policy = Policy::new(issuer.issuer(), AUDIENCE).leeway(1_000);
    let builder = builder(&issuer).policy(policy);
    let verifier = builder.now(Arc::new(move || now.load(Ordering::Relaxed))).start().unwrap();
    let (one, two) = (session(&issuer, "one"), session(&issuer, "two"));
    issuer.revoke("one", NOW + 960);
    eventually("readiness", || verifier.readiness().is_ok()).await;
    eventually("the entry", || is_revoked(&verifier, &one)).await;
    clock.store(NOW + 900 + 999, Ordering::Relaxed);
    assert!(!is_revoked(&verifier, &two), "accepted in its leeway");
    assert!(is_revoked(&verifier, &one));
    // The next page prunes.
    skip(Duration::from_secs(61)).await;
    issuer.revoke("three", NOW + 9600);
    eventually("the third entry", || is_revoked(&verifier, &session(&issuer, "three"))).await;
    assert!(is_revoked(&verifier, &one));
}

#[tokio::test]
async fn an_issuer_without_a_feed_is_not_asked_for_one() {
    let issuer = FakeIssuer::start().await;
    let verifier = builder(&issuer).revocations_url(None).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    assert!(verifier.status().feed.is_none());
    assert!(!is_revoked(&verifier, &session(&issuer, "one")));
    assert!(issuer.requests(FEED).is_empty());
}

#[tokio::test]
async fn a_verifier_reports_to_the_issuer_which_keys_it_holds() {
    let issuer = FakeIssuer::start().await;
    issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
    let verifier = builder(&issuer)
        .verifier_identity("users-api-1".to_owned(), "shared secret".to_owned())
        .start()
        .unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    issuer.revoke("one", NOW + 960);
    eventually("two polls", || issuer.requests(FEED).len() >= 3).await;
    let last = issuer.requests(FEED).pop().unwrap();
    assert_eq!(last.header("verifier-id"), Some("users-api-1"));
    assert_eq!(last.header("authorization"), Some("Bearer shared secret"));
    let mut kids = [TestKey::FIRST.kid(), TestKey::SECOND.kid()];
    kids.sort_unstable();
    assert_eq!(last.header("verifier-kids"), Some(kids.join(" ").as_str()));
    let keys = issuer.requests("/.well-known/jwks.json");
    assert!(keys[0].header("authorization").is_none(), "the secret is sent only to the feed");
}

#[tokio::test]
async fn a_kid_that_a_header_cannot_carry_is_not_reported_and_breaks_no_poll() {
    let issuer = FakeIssuer::start().await;
    let renamed = |key: TestKey, kid: &str| Jwk { kid: Some(kid.to_owned()), ..key.jwk() };
    let keys = [
        TestKey::FIRST.jwk(),
        renamed(TestKey::SECOND, "a\nb"),
        renamed(TestKey::THIRD, "c d"),
        renamed(TestKey::STRONG, "é"),
    ];
    issuer.answer_keys(Answer::json(serde_json::json!({ "keys": keys }).to_string()));
    let identity = ("users-api-1".to_owned(), "shared secret".to_owned());
    let verifier = builder(&issuer).verifier_identity(identity.0, identity.1).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    issuer.revoke("one", NOW + 960);
    eventually("the entry", || is_revoked(&verifier, &session(&issuer, "one"))).await;
    eventually("the next poll", || issuer.requests(FEED).len() >= 3).await;
    let last = issuer.requests(FEED).pop().unwrap();
    assert_eq!(last.header("verifier-kids"), Some(TestKey::FIRST.kid().as_str()));
    assert_eq!(verifier.status().feed.unwrap().polls_failed, 0);
    let renamed = token_of(&issuer, TestKey::SECOND).header("kid", "a\nb").sign();
    assert!(!is_revoked(&verifier, &renamed), "the key itself is as good as any other");
}
