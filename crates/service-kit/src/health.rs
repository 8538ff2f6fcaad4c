//! `/healthz`: the process lives. `/readyz`: what it depends on does, too.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::{http::Endpoint, server::Drain};

/// What one dependency says of itself.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The dependency's name, such as `database`.
    pub name: &'static str,
    /// `Err` with the reason, in words an operator may see, when it cannot be used.
    pub outcome: Result<(), String>,
    /// Figures worth seeing, such as the lag of a feed; `null` when there are none.
    pub facts: Value,
}

type Checks = dyn Fn() -> Pin<Box<dyn Future<Output = Vec<CheckResult>>>> + Send + Sync;

/// The checks behind `/readyz`.
#[derive(Clone)]
pub struct Readiness(Arc<Checks>);

impl Readiness {
    /// Readiness is what these checks say, each time anew.
    pub fn new<F, R>(checks: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Vec<CheckResult>> + 'static,
    {
        Self(Arc::new(move || Box::pin(checks())))
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
    let mut checks = (readiness.0)().await;
    if drain.has_begun() {
        let outcome = Err("the service is stopping".to_owned());
        checks.push(CheckResult { name: "drain", outcome, facts: Value::Null });
    }
    let ready = checks.iter().all(|check| check.outcome.is_ok());
    let listed: Map<_, _> = checks.into_iter().map(described).collect();
    let body = json!({ "status": if ready { "ready" } else { "not ready" }, "checks": listed });
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.insert_header(("cache-control", "no-store")).json(body)
}

fn described(check: CheckResult) -> (String, Value) {
    let mut body = match check.outcome {
        Ok(()) => json!({ "ok": true }),
        Err(reason) => json!({ "ok": false, "reason": reason }),
    };
    if !check.facts.is_null() {
        body["facts"] = check.facts;
    }
    (check.name.to_owned(), body)
}
