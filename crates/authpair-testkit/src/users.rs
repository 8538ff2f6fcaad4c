//! Users of a test, and their sessions.

use std::time::Duration;

use auth_service::{
    accounts::{ChangeRules, StatusChange, UserChanges, UserUpdate},
    audit::RequestContext,
};
use serde_json::{Value, json};
use service_kit::ids::UserId;

use super::{Answer, TestPair, within};

/// The longest time that a logout may take to reach users-api, from its answer on.
pub const LOGOUT_LIMIT: Duration = Duration::from_secs(1);

/// The password of every test user.
pub const PASSWORD: &str = "correct horse battery";

/// A registered user.
#[derive(Clone, Debug)]
pub struct User {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A session with its newest tokens.
#[derive(Clone, Debug)]
pub struct Session {
    /// The id.
    pub id: String,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl Session {
    /// The session in a token response.
    pub fn of(answer: &Answer) -> Self {
        Self {
            id: answer.string("session_id"),
            access: answer.string("access_token"),
            refresh: answer.string("refresh_token"),
        }
    }
}

impl TestPair {
    /// Registers a user with an address made from the name. Moves the clock by a millisecond, so that the order of
    /// users is known.
    pub async fn register(&self, name: &str) -> User {
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        let answer = self.post("/api/auth/register", &body).await.ok(201);
        self.clock.advance(Duration::from_millis(1));
        User {
            id: answer.body["user"]["id"].as_str().expect("an id").to_owned(),
            name: name.to_owned(),
        }
    }

    /// Disables a user, as an operator does.
    pub async fn disable(&self, user: &User) {
        let state = self.pair().auth().state();
        let id = UserId::parse(&user.id).expect("an id");
        let status = Some(StatusChange::Disable { reason: None });
        let changes = UserChanges { status, ..UserChanges::default() };
        let (known, access) = (&state.settings.known_scopes, state.settings.lifetimes.access);
        let mail = state.mailer.settings().policy();
        let rules = ChangeRules::of_operator(known.clone(), access, mail);
        let context = RequestContext::operator(self.clock.now_micros());
        let disabled = UserUpdate { id, changes, rules }.apply(&state.database, context).await;
        disabled.expect("a disabled user");
    }

    /// Signs a user in.
    pub async fn login(&self, name: &str) -> Session {
        let body = json!({ "username": name, "password": PASSWORD });
        Session::of(&self.post("/api/auth/login", &body).await.ok(200))
    }

    /// Registers a user and signs them in.
    pub async fn new_user(&self, name: &str) -> (User, Session) {
        let user = self.register(name).await;
        (user, self.login(name).await)
    }

    /// Refreshes with a token.
    pub async fn refresh(&self, token: &str) -> Answer {
        Answer::of(self.auth_call("POST", "/api/auth/refresh").bearer_auth(token)).await
    }

    /// Logs out with a token.
    pub async fn logout(&self, token: &str) -> Answer {
        Answer::of(self.auth_call("POST", "/api/auth/logout").bearer_auth(token)).await
    }

    /// `GET /api/auth/me` at auth-service.
    pub async fn me(&self, token: &str) -> Answer {
        Answer::of(self.auth_call("GET", "/api/auth/me").bearer_auth(token)).await
    }

    /// `GET /api/users/me` at users-api.
    pub async fn me_at_users(&self, token: &str) -> Answer {
        self.get_users("/api/users/me", token).await
    }

    /// A GET at users-api.
    pub async fn get_users(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.users_call("GET", path).bearer_auth(token)).await
    }

    /// Waits until users-api rejects the token as revoked.
    ///
    /// # Panics
    /// When that takes longer than [`LOGOUT_LIMIT`].
    pub async fn wait_until_revoked(&self, token: &str) {
        within(LOGOUT_LIMIT, "users-api still accepts the token", async || {
            self.me_at_users(token).await.with_code("token_revoked")
        })
        .await;
    }

    /// A POST of JSON to auth-service, without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.auth_call("POST", path).json(body)).await
    }

    /// A call with JSON to auth-service.
    pub async fn send(&self, method: &str, path: &str, token: &str, body: &Value) -> Answer {
        Answer::of(self.auth_call(method, path).bearer_auth(token).json(body)).await
    }
}
