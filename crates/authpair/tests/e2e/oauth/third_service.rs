//! The example of `claims`, a third service in a few lines, against a live auth-service.

use std::sync::Arc;

use actix_web::{App, HttpServer, dev::ServerHandle};
use authpair_testkit::{Answer, TestPair, eventually};
use claims::remote::{RemoteVerifier, TokenSource};

use crate::{
    on_both,
    support::oauth::{Account, clients},
};

#[path = "../../../../claims/examples/third_service.rs"]
mod example;

struct ThirdService {
    url: String,
    handle: ServerHandle,
}

impl ThirdService {
    async fn start(pair: &TestPair) -> Self {
        let clock = pair.clock.clone();
        let verifier = RemoteVerifier::builder(&pair.auth, "users-api")
            .now(Arc::new(move || clock.seconds()))
            .start()
            .unwrap();
        let app = move || App::new().configure(example::routes(verifier.clone()));
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let service = Self { url, handle: server.handle() };
        tokio::spawn(server);
        eventually("the third service is not ready", async || {
            service.get("/readyz", "").await.with_status(200)
        })
        .await;
        service
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        let call = authpair_testkit::client().get(format!("{}{path}", self.url));
        Answer::of(call.bearer_auth(token)).await
    }

    async fn wait_until_revoked(&self, token: &str) {
        eventually("the token is still accepted", async || {
            self.get("/report", token).await.with_code("token_revoked")
        })
        .await;
    }
}

#[on_both]
async fn a_third_service_accepts_users_and_service_accounts_until_they_are_revoked(pair: TestPair) {
    let third = ThirdService::start(&pair).await;
    let (user, session) = pair.new_user("ana").await;
    let account = Account::create(&pair, "users:read");
    let url = format!("{}/oauth2/token", pair.auth);
    let source = TokenSource::new(&url, &account.id, &account.secret, "").unwrap();
    let token = source.token().await.unwrap();
    assert_eq!(
        third.get("/report", &session.access).await.ok(200).text,
        format!("report for user {}", user.id)
    );
    assert_eq!(
        third.get("/report", &token).await.ok(200).text,
        format!("report for service {}", account.id)
    );
    assert_eq!(third.get("/greeting", &session.access).await.ok(200).text, "hello, ana");
    third.get("/profile", &session.access).await.ok(200);
    third.get("/profile", &token).await.expect(403, "user_required");
    third.get("/report", "a.b.c").await.expect(401, "invalid_token");
    pair.logout(&session.refresh).await.ok(204);
    third.wait_until_revoked(&session.access).await;
    third.get("/report", &token).await.ok(200);
    assert!(clients(&pair, &["disable", &account.id]).status.success());
    third.wait_until_revoked(&token).await;
    third.handle.stop(false).await;
}
