//! Spans for a collector: OTLP over HTTP.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};
use authpair_testkit::{Answer, Backend, TestPair, eventually, free_port};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A collector that keeps what it is sent.
struct Collector {
    url: String,
    got: Arc<Mutex<Vec<(String, Span)>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::<Mutex<Vec<_>>>::default();
        let kept = Data::from(Arc::clone(&got));
        let server = HttpServer::new(move || {
            App::new().app_data(kept.clone()).route("/v1/traces", web::post().to(keep))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        tokio::spawn(server);
        Self { url, got }
    }

    fn spans(&self) -> Vec<(String, Span)> {
        self.got.lock().unwrap().clone()
    }

    /// The first span that is wanted, once it is here.
    async fn span(&self, wanted: impl Fn(&str, &Span) -> bool) -> Span {
        eventually("no such span", async || {
            let spans = self.spans();
            let found = spans.iter().find(|(service, span)| wanted(service, span));
            found.map(|(_, span)| span.clone()).ok_or_else(|| format!("{spans:?}"))
        })
        .await
    }
}

async fn keep(kept: Data<Mutex<Vec<(String, Span)>>>, body: Bytes) -> HttpResponse {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for part in request.resource_spans {
        let service = text(&part.resource.unwrap().attributes, "service.name");
        let spans = part.scope_spans.into_iter().flat_map(|scope| scope.spans);
        kept.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
    }
    HttpResponse::Ok().content_type("application/x-protobuf").finish()
}

/// An attribute as text; empty where there is none.
fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => other.map_or(String::new(), |other| format!("{other:?}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn traced(settings: &[(&str, &str)]) -> (Collector, TestPair) {
    let collector = Collector::start();
    let url = collector.url.clone();
    let own = [("AUTH_OTLP_ENDPOINT", url.as_str()), ("USERS_OTLP_ENDPOINT", url.as_str())];
    let pair = TestPair::start_with(Backend::Sqlite, &[&own, settings].concat()).await.unwrap();
    (collector, pair)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_becomes_a_child_of_its_callers_span_without_user_name_or_secret() {
    let (collector, pair) = traced(&[]).await;
    let (user, session) = pair.new_user("ana").await;
    let path = format!("/api/users/{}?username=ana", user.id);
    let call = pair.users_call("GET", &path).bearer_auth(&session.access);
    let call = call.header("traceparent", PARENT).header("tracestate", "rojo=1,congo=t61");
    let answer = Answer::of(call).await;
    let span =
        collector.span(|service, span| service == "users-api" && hex(&span.trace_id) == TRACE);
    let span = span.await;
    assert_eq!(hex(&span.parent_span_id), "00f067aa0ba902b7");
    assert_ne!(hex(&span.span_id), "00f067aa0ba902b7");
    assert_eq!((span.name.as_str(), span.kind()), ("GET /api/users/{id}", SpanKind::Server));
    assert_eq!(span.trace_state, "rojo=1,congo=t61");
    assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/api/users/{id}"),
        ("url.path", &format!("/api/users/{}", user.id)),
        ("http.response.status_code", &answer.status.to_string()),
    ] {
        assert_eq!(text(&span.attributes, key), value, "{key}");
    }
    let login = collector.span(|_, span| span.name == "POST /api/auth/login").await;
    assert!(login.parent_span_id.is_empty());
    let all = format!("{:?}", collector.spans());
    for secret in ["ana", &session.access, &session.refresh, "correct horse"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_of_keys_is_one_trace_through_both_services() {
    let (collector, _pair) = traced(&[]).await;
    let name = "GET /.well-known/jwks.json";
    let client = collector.span(|service, span| service == "users-api" && span.name == name).await;
    assert_eq!(client.kind(), SpanKind::Client);
    assert_eq!(text(&client.attributes, "http.response.status_code"), "200");
    assert!(text(&client.attributes, "url.full").ends_with("/.well-known/jwks.json"));
    let server = collector.span(|service, span| service == "auth-service" && span.name == name);
    let server = server.await;
    assert_eq!((&server.trace_id, &server.parent_span_id), (&client.trace_id, &client.span_id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_sampling_decision_is_followed_and_probes_are_not_recorded() {
    let (collector, mut pair) = traced(&[("AUTH_OTLP_SAMPLE_RATIO", "0")]).await;
    let unsampled = PARENT.replace("-01", "-00");
    for (url, parent) in [("/api/whoami", unsampled.as_str()), ("/healthz", "none")] {
        let call = pair.users_call("GET", url).header("traceparent", parent);
        Answer::of(call).await.ok(200);
    }
    Answer::of(pair.auth_call("GET", "/api/auth/csrf")).await;
    let sampled = pair.auth_call("GET", "/.well-known/openid-configuration");
    Answer::of(sampled.header("traceparent", PARENT)).await.ok(200);
    // The stop sends the remaining spans.
    pair.halt().await;
    let spans = collector.spans();
    let named = |name: &str| spans.iter().filter(|(_, span)| span.name == name).count();
    assert_eq!(named("GET /.well-known/openid-configuration"), 1);
    for name in ["GET /api/whoami", "GET /healthz", "GET /api/auth/csrf"] {
        assert_eq!(named(name), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_collector_a_service_drops_spans_answers_and_stops_within_ten_seconds() {
    let (nowhere, metrics) = (free_port(), free_port());
    let settings = [
        ("USERS_OTLP_ENDPOINT", &*format!("http://127.0.0.1:{nowhere}")),
        ("USERS_METRICS_LISTEN", &*format!("127.0.0.1:{metrics}")),
    ];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    eventually("no span is dropped", async || {
        Answer::of(pair.users_call("GET", "/api/whoami")).await.ok(200);
        let url = format!("http://127.0.0.1:{metrics}/metrics");
        let text = Answer::of(pair.http.get(url)).await.ok(200).text;
        let dropped = text.lines().find_map(|line| {
            line.strip_prefix("authpair_trace_spans_total{result=\"dropped\"} ")?
                .parse::<u64>()
                .ok()
        });
        dropped.unwrap() > 0
    })
    .await;
    let stopping = Instant::now();
    pair.halt().await;
    assert!(stopping.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_collector_that_hangs_a_service_stops_within_ten_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = [("AUTH_OTLP_ENDPOINT", url.as_str()), ("USERS_OTLP_ENDPOINT", url.as_str())];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    Answer::of(pair.users_call("GET", "/api/whoami")).await.ok(200);
    let stopping = Instant::now();
    pair.halt().await;
    assert!(stopping.elapsed() < Duration::from_secs(10), "{:?}", stopping.elapsed());
}
