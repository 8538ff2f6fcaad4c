//! Traces from service to service: W3C Trace Context in logs and calls.

use authpair_testkit::{Backend, Fleet, FleetPlan, Service};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn fleet(settings: &[(&str, &str)]) -> Fleet {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    Fleet::start(settings.iter().fold(plan, |plan, (name, value)| plan.with(name, value))).await
}

fn id<'a>(line: &'a Value, name: &str) -> &'a str {
    line["span"][name].as_str().unwrap_or_else(|| panic!("no {name} in {line}"))
}

async fn get(service: &Service, path: &str, parents: &[&str]) {
    let call = parents
        .iter()
        .fold(service.call("GET", path), |call, parent| call.header("traceparent", *parent));
    call.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_request_has_its_callers_trace_and_a_span_of_its_own() {
    let fleet = fleet(&[("AUTH_LOG_FORMAT", "human")]).await;
    get(&fleet.users[0], "/api/whoami?with=caller", &[PARENT]).await;
    let text = fleet.users[0].log_line(|line| line.contains("/api/whoami")).await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(id(&json, "trace_id"), TRACE);
    assert_eq!(id(&json, "span_id").len(), 16);
    assert_ne!(id(&json, "span_id"), "00f067aa0ba902b7");
    get(&fleet.auth[0], "/.well-known/jwks.json", &[PARENT]).await;
    let text = fleet.auth[0].log_line(|line| line.contains(TRACE)).await;
    assert!(text.contains(&format!("trace_id={TRACE} span_id=")), "{text}");
    assert!(text.contains("answered"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_repeated_or_missing_parent_begins_a_new_trace() {
    let fleet = fleet(&[]).await;
    let (upper, zero) = (PARENT.to_uppercase(), PARENT.replace(TRACE, &"0".repeat(32)));
    let cases: [(&str, &[&str]); 4] =
        [("/upper", &[&upper]), ("/zero", &[&zero]), ("/twice", &[PARENT, PARENT]), ("/none", &[])];
    let mut seen = Vec::new();
    for (path, parents) in cases {
        get(&fleet.users[0], path, parents).await;
        let text = fleet.users[0].log_line(|line| line.contains(path)).await;
        let json: Value = serde_json::from_str(&text).unwrap();
        let trace = id(&json, "trace_id").to_owned();
        assert!(trace.len() == 32 && !trace.eq_ignore_ascii_case(TRACE), "{path}: {trace}");
        assert!(trace != "0".repeat(32) && !seen.contains(&trace), "{path}: {trace}");
        seen.push(trace);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warning_has_its_trace_where_only_warnings_are_logged() {
    let fleet = fleet(&[("AUTH_LOG", "warn")]).await;
    let auth = &fleet.auth[0];
    auth.register("ana").await;
    let session = auth.login("ana").await;
    let second = auth.refresh(&session.refresh).await.ok(200).string("refresh_token");
    auth.refresh(&second).await.ok(200);
    let reuse = auth.call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
    assert_eq!(reuse.header("traceparent", PARENT).send().await.unwrap().status(), 401);
    let text = auth.log_line(|line| line.contains("refresh token reused")).await;
    assert_eq!(id(&serde_json::from_str(&text).unwrap(), "trace_id"), TRACE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_of_keys_and_a_poll_have_one_trace_in_both_logs() {
    let fleet = fleet(&[("USERS_LOG", "info,claims=debug")]).await;
    for (message, path) in [
        ("the key set is up to date", "/.well-known/jwks.json"),
        ("revocations polled", "/.well-known/revoked-sessions"),
    ] {
        let text = fleet.users[0].log_line(|line| line.contains(message)).await;
        let json: Value = serde_json::from_str(&text).unwrap();
        let trace = id(&json, "trace_id").to_owned();
        let text = fleet.auth[0].log_line(|line| line.contains(&trace)).await;
        let answered: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(id(&answered, "path"), path);
        assert_ne!(id(&answered, "span_id"), id(&json, "span_id"));
    }
}
