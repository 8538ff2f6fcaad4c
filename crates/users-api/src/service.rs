//! The service: built, run, stopped.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use actix_web::web::{Data, ServiceConfig};
use claims::{
    actix::authenticator,
    remote::{BuildError, RemoteVerifier},
};
use database::DatabaseError;
use service_kit::{
    clock::Clock,
    http::{PublicUrl, StrictTransport},
    server::{self, Drain, Running, ServerOptions},
    trace::{ExportError, Exporter},
};
use tracing::{info, warn};

use crate::{
    metrics::metrics,
    readiness::Checks,
    routes::routes,
    settings::UsersSettings,
    state::{UsersState, start_verifier},
};

/// Why the service could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Its address cannot be listened on.
    #[error("setting USERS_LISTEN: {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("setting USERS_DATABASE_URL: {0}")]
    Database(#[from] DatabaseError),
    /// The verifier of tokens cannot be set up.
    #[error("the verifier of tokens: {0}")]
    Verifier(#[from] BuildError),
    /// Spans cannot be exported.
    #[error("setting USERS_OTLP_ENDPOINT: {0}")]
    Traces(#[from] ExportError),
    /// The HTTP server cannot be started.
    #[error("the HTTP server: {0}")]
    Server(#[from] io::Error),
}

/// A service that is built and listens, but does not serve yet.
#[derive(Debug)]
pub struct Service {
    listener: TcpListener,
    options: ServerOptions,
    settings: UsersSettings,
    state: UsersState,
    verifier: RemoteVerifier,
    traces: Option<Exporter>,
}

/// A service that serves.
#[derive(Debug)]
pub struct RunningUsersApi {
    running: Running,
    checks: Checks,
    verifier: RemoteVerifier,
    traces: Option<Exporter>,
}

/// Builds and runs the service. Needs a tokio runtime.
///
/// # Errors
/// As [`build`] and [`Service::run`].
pub async fn start(settings: UsersSettings, clock: Clock) -> Result<RunningUsersApi, StartError> {
    build(settings, None, clock)?.run()
}

/// Builds the service: listens, on `listener` if one is given, and begins to fetch keys and revocations.
/// Needs a tokio runtime. Neither database nor issuer has to be there yet.
///
/// # Errors
/// When the address is taken or a setting cannot be put to use.
pub fn build(
    settings: UsersSettings,
    listener: Option<TcpListener>,
    clock: Clock,
) -> Result<Service, StartError> {
    let address = settings.http.listen;
    let listener = match listener {
        Some(listener) => listener,
        None => {
            TcpListener::bind(address).map_err(|source| StartError::Listen { address, source })?
        }
    };
    let mut state = UsersState::open(&settings.data, &settings.trust, clock.clone())?;
    state.path_prefix = settings.http.public_url.as_ref().map_or("", PublicUrl::prefix).into();
    let traces = Exporter::start(&settings.log.otlp, "users-api", service_kit::version())?;
    let verifier = start_verifier(&settings.trust, clock, traces.clone())?;
    let options = ServerOptions {
        drain_delay: settings.http.drain_delay,
        keep_alive: settings.http.keep_alive,
        workers: settings.http.workers,
        metrics: metrics(state.database.clone(), verifier.clone(), traces.as_ref()),
        metrics_listen: settings.http.metrics_listen,
    };
    Ok(Service { listener, options, settings, state, verifier, traces })
}

impl Service {
    /// Begins to serve.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn run(self) -> Result<RunningUsersApi, StartError> {
        let Self { listener, options, settings, state, verifier, traces } = self;
        let checks = Checks {
            database: state.database.clone(),
            verifier: verifier.clone(),
            keys_max_staleness: settings.trust.keys_max_staleness,
        };
        let trust = authenticator(verifier.clone());
        let (readiness, state) = (Data::new(checks.clone().into_readiness()), Data::new(state));
        let strict = StrictTransport(settings.is_public_over_https());
        let (http, recorded) = (settings.http, traces.clone());
        if http.sets_trusted_proxies {
            warn!(
                "USERS_TRUSTED_PROXIES has no effect on users-api any more: its log shows the proxy's address"
            );
        }
        let configure = move |config: &mut ServiceConfig| {
            config.app_data(readiness.clone()).app_data(state.clone()).app_data(trust.clone());
            config.app_data(strict);
            if let Some(traces) = &recorded {
                config.app_data(traces.clone());
            }
            routes(config, &http.cors_origins, http.public_url.as_ref());
        };
        let running = server::run(listener, Drain::default(), &options, configure)?;
        info!(address = %running.address, issuer = settings.trust.issuer, "users-api serves");
        Ok(RunningUsersApi { running, checks, verifier, traces })
    }
}

impl RunningUsersApi {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Whether it is ready, as `/readyz` tells it.
    ///
    /// # Errors
    /// Why it is not: the check's name and the reason.
    pub async fn readiness(&self) -> Result<(), String> {
        let checks = self.checks.run().await;
        let failed = checks.into_iter().find_map(|check| Some((check.name, check.outcome.err()?)));
        failed.map_or(Ok(()), |(name, reason)| Err(format!("{name}: {reason}")))
    }

    /// Stops: not ready at once, calls taken for the drain delay, in-flight ones answered.
    pub async fn stop(self) {
        self.running.stop().await;
        self.verifier.stop();
        if let Some(traces) = &self.traces {
            traces.stop().await;
        }
        info!("users-api has stopped");
    }
}
