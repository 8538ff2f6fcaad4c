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

#[cfg(test)]
mod tests {
    use actix_web::{App, http::header, middleware::from_fn, test, web};

    use super::*;
    use crate::{
        http::{Origin, cors, request_middleware},
        settings::FromSetting,
    };

    #[actix_web::test]
    async fn a_page_of_a_listed_origin_can_read_the_500_after_a_panic() {
        let origin = "https://app.example.com";
        let origins = [Origin::from_setting(origin).unwrap()];
        async fn panics() -> &'static str {
            panic!("in a handler")
        }
        let scope = web::scope("/api").wrap(from_fn(catch_panics)).wrap(cors(&origins));
        let app = App::new().service(scope.route("/x", web::get().to(panics)));
        let app = test::init_service(app.wrap(from_fn(request_middleware))).await;
        let request = test::TestRequest::get().uri("/api/x");
        let request = request.insert_header((header::HOST, "api.example.com"));
        let request = request.insert_header((header::ORIGIN, origin)).to_request();
        let response = match test::try_call_service(&app, request).await {
            Ok(response) => response.into_parts().1.map_into_boxed_body(),
            Err(error) => error.error_response(),
        };
        assert_eq!(response.status(), 500);
        let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).unwrap();
        assert_eq!(allowed, origin);
        assert_eq!(response.headers().get_all(header::CONTENT_TYPE).count(), 1);
    }
}
