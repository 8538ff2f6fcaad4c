//! A service with one route for each extractor, and what it answers.

use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{App, test, web};
use claims::actix::{
    AuthFuture, Authenticator, Caller, FreshCaller, LenientCaller, MaybeCaller, UserCaller,
    UsersAdmin, UsersEmail, UsersRead, WithScope, authenticator,
};
use claims::testing::{TestKey, TokenBuilder, key_set};
use claims::{AccessToken, Policy, VerifyError, verify_access};
use serde_json::Value;

use crate::common::{AUDIENCE, ISSUER, NOW};

/// Verifies with a fixed key. With `error` it always answers with that error; with `slow` it never answers without
/// waiting.
#[derive(Clone, Copy, Default)]
pub(crate) struct FixedKeyAuthenticator {
    pub(crate) error: Option<VerifyError>,
    pub(crate) slow: bool,
}

impl FixedKeyAuthenticator {
    fn decide(self, token: &str) -> Result<AccessToken, VerifyError> {
        let keys = key_set(&[TestKey::FIRST]);
        let policy = Policy::new(ISSUER, AUDIENCE);
        self.error.map_or_else(|| Ok(verify_access(token, &keys, &policy, NOW)?), Err)
    }
}

impl Authenticator for FixedKeyAuthenticator {
    fn try_authenticate(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        (!self.slow).then(|| self.decide(token))
    }

    fn authenticate(&self, token: String) -> AuthFuture<'_> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.decide(&token)
        })
    }

    fn now(&self) -> i64 {
        NOW
    }

    fn fresh_ttl(&self) -> i64 {
        300
    }
}

fn routes(config: &mut web::ServiceConfig) {
    let name = |caller: Option<Caller>| caller.map_or("nobody".to_owned(), |c| c.sub.clone());
    config
        .route("/caller", web::to(|caller: Caller| async move { caller.sub.clone() }))
        .route("/user", web::to(|user: UserCaller| async move { user.user_id().to_owned() }))
        .route("/session", web::to(|user: UserCaller| async move { user.session_id().to_owned() }))
        .route("/fresh", web::to(|user: FreshCaller| async move { user.user_id().to_owned() }))
        .route("/read", web::to(|c: WithScope<UsersRead>| async move { c.sub.clone() }))
        .route("/email", web::to(|c: WithScope<UsersEmail>| async move { c.sub.clone() }))
        .route("/admin", web::to(|c: WithScope<UsersAdmin>| async move { c.sub.clone() }))
        .route("/maybe", web::to(move |c: MaybeCaller| async move { name(c.0) }))
        .route("/lenient", web::to(move |c: LenientCaller| async move { name(c.0) }));
}

pub(crate) struct AppResponse {
    pub(crate) status: u16,
    pub(crate) challenge: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: String,
}

impl AppResponse {
    pub(crate) fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["status"], self.status);
        assert_eq!(body["type"], "about:blank");
        assert!(body["title"].is_string() && body["detail"].is_string());
        assert_eq!(body.as_object().unwrap().len(), 5);
        body["error"].as_str().unwrap().to_owned()
    }
}

/// Calls `path` with these `Authorization` headers.
pub(crate) async fn call_with(
    verifier: Option<FixedKeyAuthenticator>,
    path: &str,
    headers: &[&str],
) -> AppResponse {
    let app = App::new().configure(routes);
    let app = match verifier {
        Some(verifier) => app.app_data(authenticator(verifier)),
        None => app,
    };
    let app = test::init_service(app).await;
    let mut request = test::TestRequest::get().uri(path);
    for value in headers {
        request = request.append_header((AUTHORIZATION, HeaderValue::from_str(value).unwrap()));
    }
    read_response(app.call(request.to_request()).await.unwrap()).await
}

async fn read_response(response: ServiceResponse) -> AppResponse {
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let status = response.status().as_u16();
    if status >= 400 {
        assert_eq!(header("content-type").as_deref(), Some("application/problem+json"));
    }
    let (challenge, retry_after) = (header("www-authenticate"), header("retry-after"));
    let body = to_bytes(response.into_body()).await.unwrap();
    AppResponse { status, challenge, retry_after, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) async fn call(path: &str, token: &TokenBuilder) -> AppResponse {
    let header = format!("Bearer {}", token.sign());
    call_with(Some(FixedKeyAuthenticator::default()), path, &[&header]).await
}
