//! The trace that each call to the issuer carries (W3C Trace Context).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use claims::remote::{CallTracer, TokenSource, TracedCall};
use claims::testing::FakeIssuer;

use crate::common::{builder, eventually, quick};

const JWKS: &str = "/.well-known/jwks.json";
const FEED: &str = "/.well-known/revoked-sessions";

#[tokio::test]
async fn every_call_to_the_issuer_begins_a_trace_of_its_own() {
    let issuer = FakeIssuer::start().await;
    let verifier = builder(&issuer).timing(quick()).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    eventually("a second poll", || issuer.requests(FEED).len() >= 2).await;
    let tokens = issuer.issuer() + "/oauth2/token";
    TokenSource::new(&tokens, "reports", "s3cret", "").unwrap().token().await.unwrap();
    let calls = issuer.requests("/");
    let sent: BTreeSet<_> = calls.iter().map(|call| call.header("traceparent").unwrap()).collect();
    assert_eq!(sent.len(), calls.len(), "{sent:?}");
    for text in sent {
        assert!(text.starts_with("00-") && text.ends_with("-00") && text.len() == 55, "{text}");
    }
}

/// Gives each call a numbered `traceparent` and records the calls that ended.
#[derive(Default)]
struct Recorder {
    begun: AtomicU64,
    ended: Mutex<Vec<EndedCall>>,
}

/// Parent, path and status of a call.
type EndedCall = (String, String, Option<u16>);

impl Recorder {
    fn ended_calls(&self) -> Vec<EndedCall> {
        self.ended.lock().unwrap().clone()
    }
}

impl CallTracer for Recorder {
    fn traceparent(&self) -> String {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{number:016x}-01")
    }

    fn ended(&self, call: &TracedCall<'_>) {
        let ended = (call.traceparent.to_owned(), call.url.path().to_owned(), call.status);
        self.ended.lock().unwrap().push(ended);
    }
}

#[tokio::test]
async fn a_tracer_names_the_calls_and_hears_how_they_ended() {
    let issuer = FakeIssuer::start().await;
    let recorder = Arc::new(Recorder::default());
    let verifier =
        builder(&issuer).timing(quick()).tracer(Arc::clone(&recorder) as _).start().unwrap();
    eventually("readiness", || verifier.readiness().is_ok()).await;
    for path in [JWKS, FEED] {
        eventually("an end", || recorder.ended_calls().iter().any(|call| call.1 == path)).await;
        let sent = issuer.requests(path)[0].header("traceparent").unwrap().to_owned();
        let calls = recorder.ended_calls();
        assert!(calls.contains(&(sent, path.to_owned(), Some(200))), "{calls:?}");
    }
}

/// Records the URLs of calls.
#[derive(Default)]
struct Urls(Mutex<Vec<String>>);

impl CallTracer for Urls {
    fn traceparent(&self) -> String {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()
    }

    fn ended(&self, call: &TracedCall<'_>) {
        self.0.lock().unwrap().push(call.url.to_string());
    }
}

#[tokio::test]
async fn a_secret_in_the_query_of_an_address_is_sent_and_not_traced() {
    let issuer = FakeIssuer::start().await;
    let urls = Arc::new(Urls::default());
    let secret = |path: &str| format!("{}{path}?key=s3cret", issuer.issuer());
    let builder = builder(&issuer).jwks_url(secret(JWKS)).revocations_url(Some(secret(FEED)));
    let _verifier = builder.tracer(Arc::clone(&urls) as _).start().unwrap();
    eventually("both calls", || urls.0.lock().unwrap().len() >= 2).await;
    let mut traced = urls.0.lock().unwrap().clone();
    traced.sort_unstable();
    traced.dedup();
    assert_eq!(traced, [JWKS, FEED].map(|path| issuer.issuer() + path));
    assert!(issuer.requests(JWKS)[0].target.contains("key=s3cret"));
    let tokens = TokenSource::new(&secret("/oauth2/token"), "reports", "s3cret", "").unwrap();
    assert!(!format!("{tokens:?}").contains("s3cret"), "{tokens:?}");
}

#[tokio::test]
async fn a_call_without_an_answer_ends_without_a_status() {
    let mut issuer = FakeIssuer::start().await;
    issuer.go_down().await;
    let recorder = Arc::new(Recorder::default());
    let verifier =
        builder(&issuer).timing(quick()).tracer(Arc::clone(&recorder) as _).start().unwrap();
    eventually("a failure", || recorder.ended_calls().iter().any(|call| call.2.is_none())).await;
    assert!(verifier.readiness().is_err());
}
