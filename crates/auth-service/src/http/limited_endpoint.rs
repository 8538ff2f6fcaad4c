//! One path of the route table, where each method names the limit that it counts for.

use actix_web::{
    Error, FromRequest, Handler, Responder,
    dev::{AppService, HttpServiceFactory, ServiceRequest},
    http::Method,
};
use service_kit::{http::Endpoint, input::BodyLimit};

use super::source_limit::check;
use crate::throttle::LimitClass;

/// One path. A call over a limit is refused before its body is read, except a log-in: see `http::login_admission`.
pub(crate) struct LimitedEndpoint(Endpoint);

impl LimitedEndpoint {
    /// The endpoint at this path.
    pub(crate) fn at(path: &str) -> Self {
        Self(Endpoint::at(path))
    }

    /// Limits the bytes of bodies here.
    #[must_use]
    pub(crate) fn body_limit(self, limit: BodyLimit) -> Self {
        Self(self.0.body_limit(limit))
    }

    /// `GET`, and with it `HEAD`.
    #[must_use]
    pub(crate) fn get<F, Args>(self, class: LimitClass, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::GET, class, handler.clone()).on(Method::HEAD, class, handler)
    }

    /// `POST`.
    #[must_use]
    pub(crate) fn post<F, Args>(self, class: LimitClass, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::POST, class, handler)
    }

    /// `PUT`.
    #[must_use]
    pub(crate) fn put<F, Args>(self, class: LimitClass, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PUT, class, handler)
    }

    /// `PATCH`.
    #[must_use]
    pub(crate) fn patch<F, Args>(self, class: LimitClass, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PATCH, class, handler)
    }

    /// `DELETE`.
    #[must_use]
    pub(crate) fn delete<F, Args>(self, class: LimitClass, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::DELETE, class, handler)
    }

    fn on<F, Args>(self, method: Method, class: LimitClass, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        if class == LimitClass::Unlimited {
            return Self(self.0.on(method, handler));
        }
        let check =
            move |request: &ServiceRequest| check(request.request(), class).map_err(Error::from);
        Self(self.0.on_checked(method, check, handler))
    }
}

impl HttpServiceFactory for LimitedEndpoint {
    fn register(self, config: &mut AppService) {
        self.0.register(config);
    }
}
