//! Starts and stops the service.

mod open;
mod passwords;

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::web::{Data, ServiceConfig};
use database::Database;
use service_kit::{
    call_budget::with_start_timeout,
    cli,
    clock::Clock,
    server::{self, RunningServer},
    start::{StartError, start_error},
    trace::Exporter,
};
use tokio::{task::JoinHandle, time::timeout};

use self::open::open;
pub use self::open::run_migrations;
use crate::{
    audit::Actor,
    http::local_authenticator::LocalAuthenticator,
    jobs, metrics,
    openapi::documentation,
    readiness::readiness,
    routes::{Shared, routes},
    settings::AuthSettings,
    state::State,
    tokens::{KeyFolder, KeyRotation},
};

/// How long a stop waits for the last audit entries.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// The running service.
pub struct AuthService {
    running: RunningServer,
    tasks: Vec<JoinHandle<()>>,
    state: Data<State>,
    traces: Option<Exporter>,
}

impl AuthService {
    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// The parts of the service, for a program that embeds it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Stops it: drains, then ends the background jobs and exports the last spans.
    pub async fn stop(self) {
        self.running.stop().await;
        if let Some(traces) = &self.traces {
            traces.stop().await;
        }
        for task in &self.tasks {
            task.abort();
        }
        // The audit entries of the last second.
        let State { refused_calls, database, clock, .. } = &**self.state;
        let last = timeout(FLUSH_TIMEOUT, refused_calls.flush(database, clock.now_micros())).await;
        if !matches!(last, Ok(Ok(()))) {
            tracing::error!("the last audit entries of refused calls could not be written");
        }
    }
}

impl cli::Service for AuthService {
    async fn stop(self) {
        Self::stop(self).await;
    }
}

/// Brings the schema up to date, opens everything, and serves on the listener.
///
/// # Errors
/// With what could not be opened.
pub async fn start(
    settings: AuthSettings,
    listener: TcpListener,
    clock: Clock,
) -> Result<AuthService, StartError> {
    for warning in settings.cookie_warning().into_iter().chain(settings.mail_warning()) {
        tracing::warn!(issuer = settings.issuer, "{warning}");
    }
    if settings.limits.of_accounts.is_some() && !settings.mail.is_on() {
        tracing::warn!(
            "mail is off: a user whose account is blocked by failed log-ins, and who has no trusted device, needs \
             `auth-service users unblock`"
        );
    }
    let state = Data::new(with_start_timeout(open(settings, clock)).await?);
    let rotation = rotation(&state.settings, state.database.clone())?;
    let rotation = KeyRotation { clock: state.clock.clone(), ..rotation };
    let otlp = &state.settings.log.otlp;
    let traces = Exporter::start(otlp, "auth-service", service_kit::version())
        .map_err(start_error("AUTH_OTLP_ENDPOINT"))?;
    let shared = Shared {
        state: state.clone(),
        traces: traces.clone(),
        authenticator: claims::actix::authenticator(LocalAuthenticator::new(state.clone())),
        readiness: Data::new(readiness(state.clone())),
        documentation: documentation(&state),
    };
    let metrics = metrics::build_registry(&state, traces.as_ref());
    let drain = state.drain.clone();
    let configure = move |config: &mut ServiceConfig| routes(config, &shared);
    let running = server::run(listener, drain, &state.settings.http, &metrics, configure)
        .map_err(start_error("server"))?;
    let tasks = jobs::start(&state, rotation);
    Ok(AuthService { running, tasks, state, traces })
}

/// The key rotation with these settings.
///
/// # Errors
/// When the folder of the keys cannot be used.
pub fn rotation(settings: &AuthSettings, database: Database) -> Result<KeyRotation, StartError> {
    let folder =
        KeyFolder::open(settings.keys_dir.clone()).map_err(start_error("AUTH_KEYS_DIR"))?;
    Ok(KeyRotation {
        database,
        folder,
        bits: settings.key_bits,
        lifetimes: settings.lifetimes,
        actor: Actor::System,
        clock: Clock::system(),
    })
}
