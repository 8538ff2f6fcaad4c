//! users-api without its check of tokens: `scripts/bench` compares the two, to find out what the check costs.
//!
//! The same routes, handlers, queries and server. Only the verifier accepts each token without looking at it, as if it
//! were the token that it checked at its start.
//!
//! ```text
//! users_api_unchecked TOKEN      with the settings of users-api in the environment
//! ```

#![expect(clippy::print_stdout, reason = "a program's usage")]

use std::error::Error;

use actix_web::web::{Data, ServiceConfig};
use authpair_testkit::eventually;
use claims::{
    AccessToken, VerifyError,
    actix::{AuthFuture, Authenticator, authenticator},
};
use service_kit::{
    clock::Clock,
    health::Readiness,
    server::{self, Drain},
};
use users_api::{
    metrics::metrics,
    openapi::documentation,
    routes::routes,
    settings::UsersSettings,
    state::{UsersState, start_verifier},
};

/// Accepts every token, as if it were `accepted`.
struct AcceptEveryToken {
    accepted: AccessToken,
    clock: Clock,
}

impl Authenticator for AcceptEveryToken {
    fn try_authenticate(&self, _: &str) -> Option<Result<AccessToken, VerifyError>> {
        Some(Ok(self.accepted.clone()))
    }

    fn authenticate(&self, _: String) -> AuthFuture<'_> {
        Box::pin(async { Ok(self.accepted.clone()) })
    }

    fn now(&self) -> i64 {
        self.clock.seconds()
    }

    fn fresh_ttl(&self) -> i64 {
        0
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(token) = std::env::args().nth(1).filter(|word| !word.starts_with('-')) else {
        println!("a part of scripts/bench; `users_api_unchecked TOKEN`");
        return Ok(());
    };
    // As users-api runs: the same server, the same logs.
    let settings = UsersSettings::load(None)?;
    settings.log.start()?;
    tokio::runtime::Runtime::new()?.block_on(serve(settings, &token))
}

async fn serve(settings: UsersSettings, token: &str) -> Result<(), Box<dyn Error>> {
    let clock = Clock::system();
    let verifier = start_verifier(&settings.trust, clock.clone(), None)?;
    eventually("no keys or no revocations", async || verifier.readiness().is_ok()).await;
    let accepted = verifier.verify(token).await.map_err(|error| format!("{error:?}"))?;
    let state = UsersState::open(&settings, clock.clone())?;
    let metrics = metrics(state.database.clone(), verifier, None);
    let (readiness, state) = (Data::new(Readiness::new(|| async { Vec::new() })), Data::new(state));
    let trust = authenticator(AcceptEveryToken { accepted, clock });
    let documentation = documentation(None);
    let configure = move |config: &mut ServiceConfig| {
        config.app_data(readiness.clone()).app_data(state.clone()).app_data(trust.clone());
        routes(config, &[], &documentation);
    };
    let listener = settings.http.bind("USERS_LISTEN")?;
    let running = server::run(listener, Drain::default(), &settings.http, &metrics, configure)?;
    server::stop_signal().await?;
    running.stop().await;
    Ok(())
}
