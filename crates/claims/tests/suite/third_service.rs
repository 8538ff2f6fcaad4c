//! The example service, run for real: its own HTTP server, a live issuer, tokens of people and of
//! service accounts.

use std::time::Duration;

use actix_web::{App, HttpServer};
use claims::remote::{RemoteVerifier, TokenSource};
use claims::testing::{Answer, FakeIssuer, TestKey, TokenBuilder};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::common::{AUDIENCE, NOW, builder, eventually, quick, token_of};

#[path = "../../examples/third_service.rs"]
mod example;

struct Service {
    address: String,
    issuer: FakeIssuer,
    verifier: RemoteVerifier,
}

/// The example on a free port.
async fn service() -> Service {
    let issuer = FakeIssuer::start().await;
    let mut timing = quick();
    timing.cooldown = Duration::from_millis(300);
    let verifier = builder(&issuer).timing(timing).start().unwrap();
    let shared = verifier.clone();
    let app = move || App::new().configure(example::routes(shared.clone()));
    let server = HttpServer::new(app).workers(1).disable_signals();
    let server = server.bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    eventually("readiness", || verifier.readiness().is_ok()).await;
    Service { address, issuer, verifier }
}

impl Service {
    async fn get(&self, path: &str, token: &str) -> Response {
        let request = Client::new().get(self.address.clone() + path);
        request.bearer_auth(token).send().await.unwrap()
    }
}

#[actix_web::test]
async fn a_person_reads_and_a_revoked_session_does_not() {
    let service = service().await;
    let token = token_of(&service.issuer, TestKey::FIRST).sign();
    let answer = service.get("/report", &token).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().starts_with("report for user 7f6c"));
    service.issuer.revoke("session-1", NOW + 960);
    eventually("the rejection", || matches!(service.verifier.try_verify(&token), Some(Err(_))))
        .await;
    let answer = service.get("/report", &token).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "token_revoked");
}

#[actix_web::test]
async fn a_service_account_with_a_token_source_reads_what_is_not_for_people_only() {
    let service = service().await;
    let url = service.issuer.issuer();
    let account = TokenBuilder::service(TestKey::FIRST, &url, AUDIENCE, NOW, "reports").sign();
    let grant = json!({"access_token": account, "token_type": "Bearer", "expires_in": 900});
    service.issuer.answer_tokens(Answer::json(grant.to_string()));
    let source = TokenSource::new(&(url + "/oauth2/token"), "reports", "s3cret", "").unwrap();
    let token = source.token().await.unwrap();
    let answer = service.get("/report", &token).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "report for service reports");
    let answer = service.get("/profile", &token).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "user_required");
}

#[actix_web::test]
async fn a_rotated_key_is_learnt_on_the_way() {
    let service = service().await;
    service.issuer.serve_keys(&[TestKey::FIRST, TestKey::SECOND]);
    let token = token_of(&service.issuer, TestKey::SECOND).sign();
    eventually("the end of the cooldown", || service.verifier.try_verify(&token).is_none()).await;
    assert_eq!(service.get("/report", &token).await.status(), 200);
    assert_eq!(service.issuer.key_requests(), 2);
}
