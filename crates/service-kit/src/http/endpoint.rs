//! One path with its methods. `HEAD` answers wherever `GET` does; other methods get 405 with `Allow`.

use actix_web::{
    Error, FromRequest, Handler, HttpRequest, Resource, Responder, Route,
    body::BoxBody,
    dev::{AppService, HttpServiceFactory, ServiceRequest},
    http::{Method, header::HeaderValue},
    middleware::{Next, from_fn},
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

    /// Limits the bodies of requests to this path.
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

    /// Any method.
    pub fn on<F, Args>(self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::method(method.clone()).to(handler);
        self.route(method, route)
    }

    /// A method whose calls `check` may refuse, before anything of the body is read.
    pub fn on_checked<F, Args>(
        self,
        method: Method,
        check: impl Fn(&ServiceRequest) -> Result<(), Error> + 'static,
        handler: F,
    ) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let check = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
            let checked = check(&request);
            async move {
                match checked {
                    Ok(()) => next.call(request).await,
                    Err(error) => Ok(request.error_response(error)),
                }
            }
        });
        let route = web::method(method.clone()).to(handler).wrap(check);
        self.route(method, route)
    }

    fn route(mut self, method: Method, route: Route) -> Self {
        self.resource = self.resource.route(route);
        self.allow.push(method);
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allow: Vec<_> = self.allow.iter().map(Method::as_str).collect();
        let allow = HeaderValue::from_str(&allow.join(", "))
            .unwrap_or_else(|_| HeaderValue::from_static(""));
        let method_not_allowed = move || {
            let problem = Problem::method_not_allowed(allow.clone());
            async move { Err::<(), _>(problem) }
        };
        self.resource.default_service(web::to(method_not_allowed)).register(config);
    }
}

/// The handler for unknown paths.
///
/// # Errors
/// Always: 404 `not_found`.
pub async fn not_found(_: HttpRequest) -> Result<(), Problem> {
    Err(Problem::not_found())
}
