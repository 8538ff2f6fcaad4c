//! A running service on a free port, with a fake issuer and a database of its own.

use std::time::Duration;

use claims::testing::{FakeIssuer, TestKey, TokenBuilder};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use service_kit::clock::Clock;

use super::TestDatabase;
use crate::{
    service::{UsersApi, start},
    settings::UsersSettings,
};

/// The service with all it depends on.
pub(crate) struct TestApi {
    pub(crate) issuer: FakeIssuer,
    pub(crate) users: TestDatabase,
    pub(crate) clock: Clock,
    pub(crate) running: UsersApi,
    client: Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl TestApi {
    /// A service that is ready.
    pub(crate) async fn start(users: TestDatabase) -> Self {
        let api = Self::start_unready(users, &[]).await;
        api.wait_until_ready().await;
        api
    }

    /// A service that may not be ready yet, with more settings.
    pub(crate) async fn start_unready(users: TestDatabase, more: &[(&str, &str)]) -> Self {
        Self::start_under(FakeIssuer::start().await, users, more).await
    }

    /// The same under this issuer, which may be down.
    pub(crate) async fn start_under(
        issuer: FakeIssuer,
        users: TestDatabase,
        more: &[(&str, &str)],
    ) -> Self {
        let clock = Clock::frozen();
        let (url, name) = (users.url(), issuer.issuer());
        let mut pairs = vec![
            ("USERS_LISTEN", "127.0.0.1:0"),
            ("USERS_METRICS_LISTEN", "off"),
            ("USERS_WORKERS", "1"),
            ("USERS_DRAIN_DELAY", "0s"),
            ("USERS_CORS_ORIGINS", "https://app.example.com"),
            ("USERS_DATABASE_URL", &url),
            ("USERS_ISSUER", &name),
        ];
        pairs.extend_from_slice(more);
        let settings = UsersSettings::from_pairs(pairs).unwrap();
        let listener = settings.http.bind("USERS_LISTEN").unwrap();
        let running = start(&settings, listener, clock.clone()).unwrap();
        Self { issuer, users, clock, running, client: Client::new() }
    }

    pub(crate) async fn wait_until_ready(&self) {
        for _ in 0..500 {
            if self.running.readiness().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not ready: {:?}", self.running.readiness().await);
    }

    /// A token of the person with this id, to be changed and signed.
    pub(crate) fn token(&self, id: &str) -> TokenBuilder {
        let issuer = self.issuer.issuer();
        TokenBuilder::access(TestKey::FIRST, &issuer, "users-api", self.clock.seconds())
            .claim("sub", id)
    }

    /// A token of the service account `client`.
    pub(crate) fn service_token(&self, client: &str) -> TokenBuilder {
        let issuer = self.issuer.issuer();
        let now = self.clock.seconds();
        TokenBuilder::service(TestKey::FIRST, &issuer, "users-api", now, client)
    }

    /// `GET` with a good token of somebody who is not among the users.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let token = self.token("7f6c1a2e-5f0b-4d8e-9a51-0c3f5a1d2b3c").sign();
        self.get_as(&token, path).await
    }

    /// `GET` with this token.
    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Any request.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = format!("http://{}{path}", self.running.address());
        let request = self.client.request(method, url);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a problem of this status and code.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.json()["error"], code, "{self:?}");
        assert_eq!(self.json()["status"], status, "{self:?}");
    }

    /// The user names in a list.
    pub(crate) fn names(&self) -> Vec<String> {
        let body = self.json();
        let users = body["users"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    }
}
