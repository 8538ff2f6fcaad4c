//! Extractors for actix-web. A handler with one of them among its arguments runs only for callers whom the
//! extractor accepts.
//!
//! | extractor | who passes |
//! |---|---|
//! | [`Caller`] | any verified access token |
//! | [`UserCaller`] | a person; a service account gets 403 `user_required` |
//! | [`FreshCaller`] | a person who just gave their password; else 401 `fresh_token_required` |
//! | [`WithScope`] | a token with a scope; else 403 `insufficient_scope` |
//! | [`MaybeCaller`] | any verified token, or no token (`None`); a bad one is rejected |
//! | [`LenientCaller`] | everyone; no token and a bad one are both `None` |
//!
//! They ask the [`Authenticator`] that was registered as application data:
//!
//! ```
//! # #[cfg(feature = "remote")] {
//! use actix_web::{App, web};
//! use claims::actix::{Authenticator, UsersRead, WithScope, authenticator};
//!
//! async fn report(caller: WithScope<UsersRead>) -> String {
//!     format!("for {}", caller.sub)
//! }
//!
//! fn routes(verifier: claims::remote::RemoteVerifier) -> impl FnOnce(&mut web::ServiceConfig) {
//!     move |config| {
//!         config.app_data(authenticator(verifier)).route("/report", web::get().to(report));
//!     }
//! }
//! # }
//! ```

mod authenticator;
mod authorization_header;
mod caller;
mod error;
mod extraction;
mod extractors;

pub use authenticator::{AuthFuture, Authenticator, authenticator};
pub use authorization_header::bearer_token;
pub use caller::Caller;
pub use error::AuthError;
pub use extraction::Extraction;
pub use extractors::{
    FreshCaller, LenientCaller, MaybeCaller, RequiredScope, UserCaller, UsersAdmin, UsersEmail,
    UsersRead, WithScope,
};
