//! Preflights of pages on other origins.

use authpair_testkit::{Answer, Backend, TestPair};
use reqwest::RequestBuilder;

/// Headers that front ends or their libraries set.
const USUAL: &str = "accept,accept-language,authorization,baggage,cache-control,content-type,idempotency-key,\
     if-none-match,sentry-trace,traceparent,tracestate,x-csrf-token,x-request-id,x-requested-with";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preflights_of_web_pages_and_apps_pass_with_their_usual_headers() {
    let origins =
        "https://app.example.com,capacitor://localhost,ionic://localhost,tauri://localhost";
    let settings = [("AUTH_CORS_ORIGINS", origins), ("USERS_CORS_ORIGINS", origins)];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    let preflights = |origin: &'static str, asked: &'static str| {
        let ask = move |call: RequestBuilder| {
            call.header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", asked)
        };
        [
            ask(pair.auth_call("OPTIONS", "/api/auth/login")),
            ask(pair.users_call("OPTIONS", "/api/users")),
        ]
    };
    for origin in origins.split(',') {
        for call in preflights(origin, USUAL) {
            let answer = Answer::of(call).await.ok(200);
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            let allowed = answer.header("access-control-allow-headers").to_lowercase();
            for name in USUAL.split(',') {
                assert!(allowed.split(',').any(|one| one.trim() == name), "{name} in {allowed}");
            }
        }
    }
    for asked in ["authorization,,content-type", ",authorization", "authorization, ", "", " , "] {
        for call in preflights("https://app.example.com", asked) {
            Answer::of(call).await.ok(200);
        }
    }
    for call in preflights("https://app.example.com", "authorization,x-forwarded-for") {
        Answer::of(call).await.expect(400, "invalid_request");
    }
    for call in preflights("capacitor://elsewhere", "authorization") {
        let answer = Answer::of(call).await.expect(400, "invalid_request");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}
