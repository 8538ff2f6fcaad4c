//! Building, running and stopping the service.

use std::net::{SocketAddr, TcpListener};

use actix_web::web::{Data, ServiceConfig};
use claims::{actix::authenticator, remote::RemoteVerifier};
use service_kit::{
    cli,
    clock::Clock,
    http::StrictTransport,
    server::{self, Drain, RunningServer},
    start::{StartError, start_error},
    trace::Exporter,
};

use crate::{
    metrics::metrics,
    openapi::documentation,
    readiness::Checks,
    routes::routes,
    settings::UsersSettings,
    state::{UsersState, start_verifier},
};

/// The service, running.
#[derive(Debug)]
pub struct UsersApi {
    running: RunningServer,
    checks: Checks,
    verifier: RemoteVerifier,
    traces: Option<Exporter>,
}

/// Builds the service and serves on the listener. Needs a tokio runtime. The database and the issuer may still
/// be unavailable: keys and revocations are fetched in the background.
///
/// # Errors
/// With the setting or the part that cannot be used.
pub fn start(
    settings: &UsersSettings,
    listener: TcpListener,
    clock: Clock,
) -> Result<UsersApi, StartError> {
    let state =
        UsersState::open(settings, clock.clone()).map_err(start_error("USERS_DATABASE_URL"))?;
    let traces = Exporter::start(&settings.log.otlp, "users-api", service_kit::version())
        .map_err(start_error("USERS_OTLP_ENDPOINT"))?;
    let verifier = start_verifier(&settings.trust, clock, traces.clone())
        .map_err(start_error("token verifier"))?;
    let checks = Checks::new(state.database.clone(), verifier.clone());
    let metrics = metrics(state.database.clone(), verifier.clone(), traces.as_ref());
    if settings.public.sets_trusted_proxies {
        tracing::warn!(
            "USERS_TRUSTED_PROXIES is deprecated and ignored: the log shows the address of the peer"
        );
    }
    let configure = configure(settings, state, &checks, traces.clone());
    let running = server::run(listener, Drain::default(), &settings.http, &metrics, configure)
        .map_err(start_error("server"))?;
    tracing::info!(address = %running.address, issuer = settings.trust.issuer, "users-api serves");
    Ok(UsersApi { running, checks, verifier, traces })
}

/// Configures a worker thread: the shared data and the routes.
fn configure(
    settings: &UsersSettings,
    state: UsersState,
    checks: &Checks,
    traces: Option<Exporter>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + use<> {
    let trust = authenticator(checks.verifier.clone());
    let (readiness, state) = (Data::new(checks.clone().into_readiness()), Data::new(state));
    let strict = StrictTransport(settings.is_public_over_https());
    let origins = settings.http.cors_origins.clone();
    let documentation = documentation(settings.public.url.clone());
    move |config: &mut ServiceConfig| {
        config.app_data(readiness.clone()).app_data(state.clone()).app_data(trust.clone());
        config.app_data(strict);
        if let Some(traces) = &traces {
            config.app_data(traces.clone());
        }
        routes(config, &origins, &documentation);
    }
}

impl UsersApi {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Whether it is ready, by the checks of `/readyz`.
    ///
    /// # Errors
    /// The first check that failed: its name and the reason.
    pub async fn readiness(&self) -> Result<(), String> {
        let checks = self.checks.run().await;
        let failed = checks.into_iter().find_map(|check| Some((check.name, check.outcome.err()?)));
        failed.map_or(Ok(()), |(name, reason)| Err(format!("{name}: {reason}")))
    }

    /// Stops it: drains, then ends its background work, and sends the last spans.
    pub async fn stop(self) {
        self.running.stop().await;
        self.verifier.stop();
        if let Some(traces) = &self.traces {
            traces.stop().await;
        }
    }
}

impl cli::Service for UsersApi {
    async fn stop(self) {
        Self::stop(self).await;
    }
}
