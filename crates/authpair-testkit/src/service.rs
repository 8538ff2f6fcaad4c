//! One process of either service, as a test calls it, and what it logs.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, PASSWORD, Process, Session, User, call, eventually, within};

/// One process of either service, and calls to it.
pub struct Service {
    /// Where it serves.
    pub url: String,
    /// Where it logs.
    pub log: PathBuf,
    /// A client that keeps connections.
    pub http: Client,
    /// The process.
    pub process: Process,
}

impl Service {
    /// A call.
    pub fn call(&self, method: &str, path: &str) -> RequestBuilder {
        call(&self.http, method, &format!("{}{path}", self.url))
    }

    /// A GET with a token; with an empty one, without.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        let call = self.call("GET", path);
        Answer::of(if token.is_empty() { call } else { call.bearer_auth(token) }).await
    }

    /// A POST of JSON without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.call("POST", path).json(body)).await
    }

    /// Registers a user; the address is made from the name.
    pub async fn register(&self, name: &str) -> User {
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        let answer = self.post("/api/auth/register", &body).await.ok(201);
        let id = answer.body["user"]["id"].as_str().expect("an id").to_owned();
        User { id, name: name.to_owned() }
    }

    /// Tries to sign a user in.
    pub async fn try_login(&self, name: &str) -> Answer {
        self.post("/api/auth/login", &json!({ "username": name, "password": PASSWORD })).await
    }

    /// Signs a user in.
    pub async fn login(&self, name: &str) -> Session {
        Session::of(&self.try_login(name).await.ok(200))
    }

    /// Refreshes with a token.
    pub async fn refresh(&self, token: &str) -> Answer {
        Answer::of(self.call("POST", "/api/auth/refresh").bearer_auth(token)).await
    }

    /// Waits until this users-api rejects the token as revoked.
    ///
    /// # Panics
    /// When that takes longer than `limit`.
    pub async fn wait_until_revoked(&self, limit: Duration, token: &str) {
        within(limit, "users-api still accepts the token", async || {
            self.get("/api/users/me", token).await.with_code("token_revoked")
        })
        .await;
    }

    /// Waits until this service has logged such a line, and returns it.
    ///
    /// # Panics
    /// When it does not within a minute.
    pub async fn log_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        log_line(&self.log, wanted).await
    }

    /// Logs out with a token.
    pub async fn logout(&self, token: &str) -> Answer {
        Answer::of(self.call("POST", "/api/auth/logout").bearer_auth(token)).await
    }
}

/// Waits until the log file has such a line, and returns it.
///
/// # Panics
/// When it has none within a minute.
pub async fn log_line(log: &Path, wanted: impl Fn(&str) -> bool) -> String {
    eventually("no such line in the log", async || {
        let text = std::fs::read_to_string(log).expect("a log");
        let line = text.lines().find(|line| wanted(line)).map(str::to_owned);
        line.ok_or(text)
    })
    .await
}
