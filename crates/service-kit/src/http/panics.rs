//! A panic in a handler becomes 500 `internal` for its caller; other calls are not affected.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use futures_util::FutureExt;

use crate::problem::Problem;

/// Middleware: turns a panic into a problem. It runs inside the CORS middleware, so that the 500 has CORS headers.
///
/// # Errors
/// The error of the inner service, or 500 `internal` after a panic.
pub async fn catch_panics<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(Problem::internal(format!("panic: {}", message(&*panic))).into()),
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
