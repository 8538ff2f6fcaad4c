//! `/healthz`: the process is alive. `/readyz`: its dependencies work.
//!
//! Both are public, so they name the check that failed; paths, modes and causes go only to the log.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::{http::Endpoint, server::Drain};

/// The result of one check.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The dependency's name, such as `database`.
    pub name: &'static str,
    /// `Err` with the reason when it cannot be used. It is a fixed text without paths, because it is public.
    pub outcome: Result<(), &'static str>,
    /// Details, such as the lag of a feed; `null` if there are none. They are public.
    pub facts: Value,
}

type Checks = dyn Fn() -> Pin<Box<dyn Future<Output = Vec<CheckResult>>>> + Send + Sync;

/// The checks behind `/readyz`.
#[derive(Clone)]
pub struct Readiness {
    checks: Arc<Checks>,
    /// The names of the checks that failed last time; `None` at first.
    last: Arc<Mutex<Option<Vec<&'static str>>>>,
}

impl Readiness {
    /// Runs these checks at each call.
    pub fn new<F, R>(checks: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Vec<CheckResult>> + 'static,
    {
        Self { checks: Arc::new(move || Box::pin(checks())), last: Arc::default() }
    }

    /// Logs a change, and not each call: probes come every few seconds.
    fn log_change(&self, failed: Vec<&'static str>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(&failed) {
            return;
        }
        if failed.is_empty() {
            tracing::info!("ready");
        } else {
            tracing::warn!(checks = failed.join(", "), "not ready");
        }
        *last = Some(failed);
    }
}

/// Adds both endpoints to the route table.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(Endpoint::at("/healthz").get(healthz))
        .service(Endpoint::at("/readyz").get(readyz));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

async fn readyz(readiness: web::Data<Readiness>, drain: web::Data<Drain>) -> HttpResponse {
    let mut checks = (readiness.checks)().await;
    if drain.is_draining() {
        let outcome = Err("the service is stopping");
        checks.push(CheckResult { name: "drain", outcome, facts: Value::Null });
    }
    let failed = checks.iter().filter(|check| check.outcome.is_err());
    let failed: Vec<_> = failed.map(|check| check.name).collect();
    let ready = failed.is_empty();
    readiness.log_change(failed);
    let listed: Map<_, _> = checks.into_iter().map(listed_check).collect();
    let body = json!({ "status": if ready { "ready" } else { "not ready" }, "checks": listed });
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.insert_header(("cache-control", "no-store")).json(body)
}

/// The entry of a check in the response.
fn listed_check(check: CheckResult) -> (String, Value) {
    let mut body = match check.outcome {
        Ok(()) => json!({ "ok": true }),
        Err(reason) => json!({ "ok": false, "reason": reason }),
    };
    if !check.facts.is_null() {
        body["facts"] = check.facts;
    }
    (check.name.to_owned(), body)
}
