//! Access tokens for a service that calls other services.

use std::time::Duration;

use claims::remote::{BuildError, TokenSource, TokenSourceError};
use claims::testing::{Answer, FakeIssuer};

use crate::common::{eventually, skip};

const ENDPOINT: &str = "/oauth2/token";

fn source(issuer: &FakeIssuer) -> TokenSource {
    let url = issuer.issuer() + ENDPOINT;
    TokenSource::new(&url, "reports", "s3cret", "users:read").unwrap()
}

fn asked(issuer: &FakeIssuer) -> usize {
    issuer.requests(ENDPOINT).len()
}

#[tokio::test]
async fn a_token_is_asked_for_as_rfc_6749_says() {
    let issuer = FakeIssuer::start().await;
    let url = issuer.issuer() + ENDPOINT;
    let odd = TokenSource::new(&url, "a:b c", "p%+é", "users:read users:email").unwrap();
    assert_eq!(&*odd.token().await.unwrap(), "token-1");
    let request = issuer.requests(ENDPOINT).remove(0);
    assert_eq!(request.method, "POST");
    assert_eq!(request.body, "grant_type=client_credentials&scope=users%3Aread+users%3Aemail");
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    // "a%3Ab+c:p%25%2B%C3%A9": both parts are form-encoded before they are joined (§2.3.1).
    let expected = "Basic YSUzQWIrYzpwJTI1JTJCJUMzJUE5";
    assert_eq!(request.header("authorization"), Some(expected));
}

#[tokio::test]
async fn no_scope_is_left_out() {
    let issuer = FakeIssuer::start().await;
    let url = issuer.issuer() + ENDPOINT;
    TokenSource::new(&url, "reports", "s3cret", "").unwrap().token().await.unwrap();
    assert_eq!(issuer.requests(ENDPOINT)[0].body, "grant_type=client_credentials");
}

#[tokio::test]
async fn a_token_is_kept_and_shared_by_clones() {
    let issuer = FakeIssuer::start().await;
    let source = source(&issuer);
    for _ in 0..100 {
        assert_eq!(&*source.clone().token().await.unwrap(), "token-1");
    }
    assert_eq!(asked(&issuer), 1);
}

#[tokio::test]
async fn many_callers_cause_one_request() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_tokens(Answer::Proper.slow(Duration::from_millis(100)));
    let source = source(&issuer);
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { source.token().await })
        })
        .collect();
    for answer in waiting {
        assert_eq!(&*answer.await.unwrap().unwrap(), "token-1");
    }
    assert_eq!(asked(&issuer), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_cancel_the_request_of_others() {
    let issuer = FakeIssuer::start().await;
    issuer.answer_tokens(Answer::Proper.slow(Duration::from_millis(100)));
    let source = source(&issuer);
    let first = tokio::spawn({
        let source = source.clone();
        async move { source.token().await }
    });
    eventually("the request", || asked(&issuer) == 1).await;
    first.abort();
    assert_eq!(&*source.token().await.unwrap(), "token-1");
    assert_eq!(asked(&issuer), 1);
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_in_the_background() {
    let issuer = FakeIssuer::start().await;
    issuer.set_expires_in(2);
    let source = source(&issuer);
    assert_eq!(&*source.token().await.unwrap(), "token-1");
    issuer.answer_tokens(Answer::Proper.slow(Duration::from_millis(50)));
    skip(Duration::from_millis(1_700)).await;
    assert_eq!(&*source.token().await.unwrap(), "token-1", "no caller waits for the renewal");
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(&*source.token().await.unwrap(), "token-2");
    assert_eq!(asked(&issuer), 2);
}

#[tokio::test]
async fn a_token_without_any_lifetime_is_a_failure_with_a_pause_like_any_other() {
    let issuer = FakeIssuer::start().await;
    issuer.set_expires_in(0);
    let source = source(&issuer);
    for _ in 0..20 {
        let error = source.token().await.unwrap_err();
        assert_eq!(error, TokenSourceError::Unavailable("the token expired at once".to_owned()));
    }
    assert_eq!(asked(&issuer), 1);
    issuer.set_expires_in(900);
    skip(Duration::from_secs(1)).await;
    assert_eq!(&*source.token().await.unwrap(), "token-2");
}

#[tokio::test]
async fn the_old_token_serves_while_a_renewal_fails_and_not_beyond_its_end() {
    let issuer = FakeIssuer::start().await;
    issuer.set_expires_in(2);
    let source = source(&issuer);
    assert_eq!(&*source.token().await.unwrap(), "token-1");
    issuer.answer_tokens(Answer::status(503));
    skip(Duration::from_millis(1_700)).await;
    assert_eq!(&*source.token().await.unwrap(), "token-1");
    eventually("the failed renewal", || asked(&issuer) == 2).await;
    assert_eq!(&*source.token().await.unwrap(), "token-1");
    assert_eq!(asked(&issuer), 2, "after a failure there is a pause");
    skip(Duration::from_millis(350)).await;
    assert!(source.token().await.is_err());
    issuer.answer_tokens(Answer::Proper);
    eventually_a_token(&source).await;
}

async fn eventually_a_token(source: &TokenSource) {
    for _ in 0..100 {
        if source.token().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no token came");
}

#[tokio::test]
async fn a_rejected_client_gets_the_error_code_and_the_next_request_waits() {
    let issuer = FakeIssuer::start().await;
    let Answer::Always { headers, .. } = Answer::json("") else { panic!("a fixed answer") };
    let body = br#"{"error":"invalid_client"}"#.to_vec();
    issuer.answer_tokens(Answer::Always { status: 401, headers, body });
    let source = source(&issuer);
    for _ in 0..50 {
        let rejected = source.token().await.unwrap_err();
        assert_eq!(rejected, TokenSourceError::Rejected("invalid_client".to_owned()));
    }
    assert_eq!(asked(&issuer), 1);
}

#[tokio::test]
async fn answers_that_are_no_grant_give_no_token() {
    let bad = [
        Answer::status(500),
        Answer::json("{}"),
        Answer::json(r#"{"access_token":"","token_type":"Bearer"}"#),
        Answer::json(r#"{"access_token":"x","token_type":"mac"}"#),
        Answer::json(r#"{"access_token":"x"}"#),
        Answer::typed("text/html", "<html>"),
        Answer::json(" ".repeat(70_000)),
        Answer::redirect("http://127.0.0.1:1/"),
        Answer::Close,
    ];
    for answer in bad {
        let issuer = FakeIssuer::start().await;
        issuer.answer_tokens(answer.clone());
        let rejected = source(&issuer).token().await;
        assert!(matches!(rejected, Err(TokenSourceError::Unavailable(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn any_lifetime_is_survived() {
    for lifetime in ["0", "18446744073709551615"] {
        let issuer = FakeIssuer::start().await;
        let body =
            format!(r#"{{"access_token":"x","token_type":"bearer","expires_in":{lifetime}}}"#);
        issuer.answer_tokens(Answer::json(body));
        let answer = source(&issuer).token().await;
        assert_eq!(answer.is_ok(), lifetime != "0", "{lifetime}");
    }
}

#[tokio::test]
async fn a_token_that_a_service_rejected_is_forgotten() {
    let issuer = FakeIssuer::start().await;
    let source = source(&issuer);
    let first = source.token().await.unwrap();
    source.forget("another");
    assert_eq!(source.token().await.unwrap(), first);
    source.forget(&first);
    assert_eq!(&*source.token().await.unwrap(), "token-2");
}

#[test]
fn a_source_does_not_print_its_secret() {
    let source = TokenSource::new("http://127.0.0.1:1/t", "reports", "s3cret", "").unwrap();
    assert!(!format!("{source:?}").contains("s3cret"));
    let rejected = TokenSource::new("nonsense", "reports", "s3cret", "");
    assert!(matches!(rejected, Err(BuildError::Url(_))));
}
