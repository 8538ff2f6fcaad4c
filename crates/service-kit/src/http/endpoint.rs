//! One path with its methods. `HEAD` answers wherever `GET` does; what is left is 405 with `Allow`.

use actix_web::{
    FromRequest, Handler, HttpRequest, Resource, Responder,
    dev::{AppService, HttpServiceFactory},
    http::{Method, header::HeaderValue},
    web,
};

use crate::{input::BodyLimit, problem::Problem};

/// One path of the route table.
pub struct Endpoint {
    resource: Resource,
    allow: Vec<Method>,
}

impl Endpoint {
    /// The endpoint at this path.
    pub fn at(path: &str) -> Self {
        Self { resource: web::resource(path), allow: Vec::new() }
    }

    /// Bodies here may have this many bytes at most.
    pub fn body_limit(mut self, limit: BodyLimit) -> Self {
        self.resource = self.resource.app_data(limit);
        self
    }

    /// `GET`, and with it `HEAD` (RFC 9110 §9.3.2).
    pub fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::GET, handler.clone()).on(Method::HEAD, handler)
    }

    /// `POST`.
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::POST, handler)
    }

    /// `PUT`.
    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PUT, handler)
    }

    /// `PATCH`.
    pub fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PATCH, handler)
    }

    /// `DELETE`.
    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::DELETE, handler)
    }

    fn on<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.resource = self.resource.route(web::method(method.clone()).to(handler));
        self.allow.push(method);
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allow: Vec<_> = self.allow.iter().map(Method::as_str).collect();
        let allow = HeaderValue::from_str(&allow.join(", "))
            .unwrap_or_else(|_| HeaderValue::from_static(""));
        let refuse = move || {
            let problem = Problem::method_not_allowed(allow.clone());
            async move { Err::<(), _>(problem) }
        };
        self.resource.default_service(web::to(refuse)).register(config);
    }
}

/// The answer where there is no path.
///
/// # Errors
/// Always: 404 `not_found`.
pub async fn not_found(_: HttpRequest) -> Result<(), Problem> {
    Err(Problem::not_found())
}
