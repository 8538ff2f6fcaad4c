//! Both services in one process.

use std::{net::TcpListener, time::Duration};

use auth_service::{
    service::{self, AuthService},
    settings::AuthSettings,
};
use service_kit::{cli::CommandError, clock::Clock};
use tokio::time::{Instant, sleep};
use users_api::{service::UsersApi, settings::UsersSettings};

use crate::both::Both;

/// How long users-api has to get its first keys and its first feed.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Both services, ready.
pub struct Pair {
    /// `None` only between [`Pair::stop_auth`] and [`Pair::start_auth`].
    auth: Option<AuthService>,
    users: UsersApi,
    auth_url: String,
}

impl Pair {
    /// Starts both and waits until both are ready.
    ///
    /// # Errors
    /// When either cannot start, or is not ready in time; then neither runs.
    pub async fn start(
        auth: AuthSettings,
        users: UsersSettings,
        clock: Clock,
    ) -> Result<Self, CommandError> {
        let listeners =
            Both { auth: auth.http.bind("AUTH_LISTEN")?, users: users.http.bind("USERS_LISTEN")? };
        Self::start_on(listeners, auth, users, clock).await
    }

    /// The same on listeners that are bound already.
    ///
    /// # Errors
    /// As [`Pair::start`].
    pub async fn start_on(
        listeners: Both<TcpListener>,
        auth: AuthSettings,
        users: UsersSettings,
        clock: Clock,
    ) -> Result<Self, CommandError> {
        let auth = service::start(auth, listeners.auth, clock.clone()).await?;
        let users = match users_api::service::start(&users, listeners.users, clock) {
            Ok(users) => users,
            Err(error) => {
                auth.stop().await;
                return Err(error.into());
            }
        };
        let auth_url = format!("http://{}", auth.address());
        let pair = Self { auth: Some(auth), users, auth_url };
        match pair.wait_until_ready().await {
            Ok(()) => Ok(pair),
            Err(reason) => {
                pair.stop().await;
                Err(format!("users-api is not ready: {reason}").into())
            }
        }
    }

    /// Where auth-service is.
    pub fn auth_url(&self) -> String {
        self.auth_url.clone()
    }

    /// Where users-api is.
    pub fn users_url(&self) -> String {
        format!("http://{}", self.users.address())
    }

    /// auth-service, for tests that look at its state.
    ///
    /// # Panics
    /// While it is stopped.
    pub fn auth(&self) -> &AuthService {
        self.auth.as_ref().expect("auth-service runs")
    }

    /// Stops auth-service alone.
    pub async fn stop_auth(&mut self) {
        if let Some(auth) = self.auth.take() {
            auth.stop().await;
        }
    }

    /// Starts auth-service again.
    ///
    /// # Errors
    /// When it cannot start.
    pub async fn start_auth(
        &mut self,
        settings: AuthSettings,
        listener: TcpListener,
        clock: Clock,
    ) -> Result<(), CommandError> {
        self.auth = Some(service::start(settings, listener, clock).await?);
        Ok(())
    }

    /// Stops both.
    pub async fn stop(self) {
        let stop_auth = async {
            if let Some(auth) = self.auth {
                auth.stop().await;
            }
        };
        tokio::join!(self.users.stop(), stop_auth);
    }

    async fn wait_until_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            match self.users.readiness().await {
                Ok(()) => return Ok(()),
                Err(reason) if started.elapsed() > READY_WITHIN => return Err(reason),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    }
}
