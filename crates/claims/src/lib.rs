//! Access tokens: their claims, and a strict verifier.
//!
//! The verifier is for RS256 access tokens (RFC 7519, RFC 9068): one acceptance policy, a key set
//! that bad answers of the issuer never replace, and rejections with stable codes. A service that
//! trusts auth-service needs no other crate. It works with any issuer of RS256 tokens.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | `verify.rs` | **verification**, a pure function: token, keys and time in, claims or [`Rejection`] out; start reading here |
//! | `jose_header.rs`, `claim_rules.rs`, `own_claims.rs`, `numeric_date.rs`, `strict_json.rs`, `strict_value.rs` | its parts: the JOSE header, the rules for claims, JSON without duplicates |
//! | `token_claims.rs`, `scopes.rs` | [`AccessClaims`], [`RefreshClaims`], [`Scopes`], and verified tokens: [`AccessToken`], [`RefreshToken`] |
//! | `policy.rs` | what is demanded besides a good signature: [`Policy`] |
//! | `key_set.rs`, `verifying_key.rs`, `jwk.rs` | which keys are usable, JWK wire types, thumbprints |
//! | `signature_cache.rs` | tokens whose signature was already verified |
//! | `revocation_feed.rs`, `problem.rs`, `trace_context.rs` | wire formats that both services share |
//! | `rejection.rs` | stable reasons and their codes: [`Rejection`], [`VerifyError`] |
//! | `remote/` | feature `remote`: the JWKS client, the revocation poller, the token source |
//! | `actix/` | feature `actix`: extractors that prove the caller |
//! | `testing/` | feature `testing`: test keys, a token builder, a fake issuer |
//!
//! # Features
//!
//! None is on by default. The dependencies that each adds:
//!
//! | feature | gives | dependencies |
//! |---|---|---|
//! | (none) | verifying with keys that the service already has | aws-lc-rs, base64, serde, serde_json, thiserror |
//! | `remote` | `RemoteVerifier`, `TokenSource` | arc-swap, dashmap, form_urlencoded, rand, reqwest (rustls), tokio, tracing |
//! | `actix` | extractors and their errors | actix-web (no default features), tracing |
//! | `testing` | tokens and an issuer for tests; **not for production** | jsonwebtoken, tokio |
//!
//! # Verifying with known keys
//!
//! Time is an argument, so a test can choose any moment.
//!
//! ```
//! use claims::testing::{TestKey, TokenBuilder, jwk_set};
//! use claims::{KeySet, Policy, Rejection, verify_access};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = 1_800_000_000;
//! let published = serde_json::to_vec(&jwk_set(&[TestKey::FIRST]))?;
//! let token = TokenBuilder::access(TestKey::FIRST, "https://auth.example", "users-api", now).sign();
//!
//! let keys = KeySet::from_json(&published)?;
//! let policy = Policy::new("https://auth.example", "users-api");
//! let caller = verify_access(&token, &keys, &policy, now)?;
//! assert_eq!(caller.preferred_username.as_deref(), Some("ana"));
//! assert!(caller.scope.contains("users:read"));
//!
//! let late = verify_access(&token, &keys, &policy, now + 3600);
//! assert_eq!(late, Err(Rejection::Expired));
//! assert_eq!(Rejection::Expired.code(), "token_expired");
//! # Ok(()) }
//! ```
//!
//! # Feature `remote`: keys and revocations from the issuer
//!
//! ```
//! use claims::remote::RemoteVerifier;
//! use claims::testing::{FakeIssuer, TestKey, TokenBuilder};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = FakeIssuer::start().await;
//! let verifier = RemoteVerifier::builder(&issuer.issuer(), "users-api").start()?;
//! while verifier.readiness().is_err() {
//!     tokio::task::yield_now().await;
//! }
//!
//! let now = verifier.now();
//! let token = TokenBuilder::access(TestKey::FIRST, &issuer.issuer(), "users-api", now).sign();
//! let caller = verifier.verify(&token).await?;
//! assert_eq!(caller.sid.as_deref(), Some("session-1"));
//! # Ok(()) }
//! ```
//!
//! For another issuer, start with [`Policy::any_issuer`] and switch the feed of revoked sessions off:
//!
//! ```
//! use claims::{Claim, Policy};
//! use claims::remote::RemoteVerifier;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = "https://login.example.org/tenant";
//! let verifier = RemoteVerifier::builder(issuer, "api://reports")
//!     .jwks_url("https://login.example.org/tenant/keys")
//!     .revocations_url(None)
//!     .policy(Policy::any_issuer(issuer, "api://reports").require(Claim::Scope))
//!     .start()?;
//! # Ok(()) }
//! ```
//!
//! # Feature `actix`: extractors
//!
//! A handler with a caller among its arguments runs only for a verified token.
//! `examples/third_service.rs` is a whole service.
//!
//! ```
//! use actix_web::{App, test, web};
//! use claims::actix::{UserCaller, authenticator};
//! # use claims::remote::RemoteVerifier;
//! # use claims::testing::{FakeIssuer, TestKey, TokenBuilder};
//!
//! async fn profile(user: UserCaller) -> String {
//!     format!("user {} in {}", user.user_id(), user.session_id())
//! }
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let issuer = FakeIssuer::start().await;
//! # let verifier = RemoteVerifier::builder(&issuer.issuer(), "users-api").start()?;
//! # while verifier.readiness().is_err() { tokio::task::yield_now().await; }
//! # let now = verifier.now();
//! # let token = TokenBuilder::access(TestKey::FIRST, &issuer.issuer(), "users-api", now).sign();
//! let app = App::new()
//!     .app_data(authenticator(verifier))
//!     .route("/profile", web::get().to(profile));
//!
//! let app = test::init_service(app).await;
//! let request = test::TestRequest::get().uri("/profile");
//! let request = request.insert_header(("Authorization", format!("Bearer {token}")));
//! let body = test::call_and_read_body(&app, request.to_request()).await;
//! assert!(body.ends_with(b"in session-1"));
//! # Ok(()) }
//! ```
//!
//! # Feature `testing`: bad tokens on purpose
//!
//! ```
//! use claims::testing::{TestKey, TokenBuilder, key_set};
//! use claims::{Policy, Rejection, verify_access};
//!
//! let now = 1_800_000_000;
//! let good = TokenBuilder::access(TestKey::FIRST, "https://auth.example", "users-api", now);
//! let keys = key_set(&[TestKey::FIRST]);
//! let policy = Policy::new("https://auth.example", "users-api");
//! let rejection = |token: &str| verify_access(token, &keys, &policy, now).unwrap_err();
//!
//! assert_eq!(rejection(&good.clone().header("alg", "none").unsigned()), Rejection::Algorithm);
//! assert_eq!(rejection(&good.clone().claim("exp", "soon").sign()), Rejection::ClaimType("exp"));
//! assert_eq!(rejection(&good.sign_hs256(b"guess")), Rejection::Algorithm);
//! ```

mod claim_rules;
mod jose_header;
mod jwk;
mod key_set;
mod numeric_date;
mod own_claims;
mod policy;
mod problem;
mod rejection;
mod revocation_feed;
mod scopes;
mod signature_cache;
mod strict_json;
mod strict_value;
mod token_claims;
mod trace_context;
mod verify;
mod verifying_key;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "testing")]
pub mod testing;

pub use jose_header::TokenUse;
pub use jwk::{Jwk, JwkSet, thumbprint};
pub use key_set::{KeySet, KeySetError, SkippedKey};
pub use policy::{Claim, LEEWAY_SECONDS, Policy};
pub use problem::{PROBLEM_JSON, ProblemBody};
pub use rejection::{Rejection, VerifyError};
pub use revocation_feed::{Revocation, RevocationPage, VERIFIER_ID_HEADER, VERIFIER_KIDS_HEADER};
pub use scopes::{InvalidScope, Scopes, scope};
pub use token_claims::{
    AccessClaims, AccessToken, ExtError, FIRST_PARTY, RefreshClaims, RefreshToken,
};
pub use trace_context::{Parent, TRACEPARENT, TraceContext};
pub use verify::{MAX_TOKEN_BYTES, UnverifiedToken, verify_access, verify_refresh};
pub use verifying_key::{KeyError, VerifyingKey};
