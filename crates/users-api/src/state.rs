//! The state that the endpoints share.

use std::sync::Arc;

use claims::remote::{BuildError, RemoteVerifier};
use database::{Access, Database, DatabaseError};
use secrecy::ExposeSecret;
use service_kit::{clock::Clock, http::PublicUrl, trace::Exporter};

use crate::{
    settings::{TrustSettings, UsersSettings},
    tracer::Tracer,
    users::{cursor::CursorSigner, user_count::UserCount},
};

/// Shared by the endpoints and the readiness checks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct UsersState {
    /// The users, read-only.
    pub database: Database,
    /// The number of users.
    pub user_count: UserCount,
    /// Signs and verifies cursors.
    pub cursors: CursorSigner,
    /// The path prefix that a proxy removes, such as `/users`; links need it. Empty if no proxy removes one.
    pub path_prefix: Arc<str>,
}

impl UsersState {
    /// Opens the database; connections are made when they are first needed.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn open(settings: &UsersSettings, clock: Clock) -> Result<Self, DatabaseError> {
        let database = settings.database.open(Access::ReadOnly)?;
        let user_count = UserCount::new(database.clone(), clock);
        let path_prefix = settings.public.url.as_ref().map_or("", PublicUrl::prefix).into();
        Ok(Self { database, user_count, cursors: cursor_signer(settings), path_prefix })
    }
}

/// The key from `USERS_CURSOR_SECRET`, or else from the secret that verifiers share, so that replicas accept each
/// other's cursors, also after a change of the database's password or address. Without either secret, anyone who
/// knows the issuer can make a cursor; it gives access to nothing more than the list itself.
fn cursor_signer(settings: &UsersSettings) -> CursorSigner {
    let trust = &settings.trust;
    let secret = settings.cursor_secret.as_ref().or(trust.verifier_secret.as_ref());
    let secret = secret.map(|secret| secret.expose_secret().as_bytes()).unwrap_or_default();
    CursorSigner::derive(secret, &trust.issuer)
}

/// Starts the verifier: from now on it keeps keys and revocations up to date in the background, and records its calls
/// in `traces`.
///
/// # Errors
/// When it cannot be set up.
pub fn start_verifier(
    settings: &TrustSettings,
    clock: Clock,
    traces: Option<Exporter>,
) -> Result<RemoteVerifier, BuildError> {
    let feed = settings.revocations_url.as_ref().map(ToString::to_string);
    let mut builder = RemoteVerifier::builder(&settings.issuer, &settings.audience)
        .jwks_url(settings.jwks_url.as_str())
        .revocations_url(feed)
        .keys_max_staleness(settings.keys_max_staleness)
        .revocation_max_staleness(settings.revocation_max_staleness)
        .fresh_ttl(settings.fresh_ttl)
        .now(Arc::new(move || clock.seconds()));
    if let Some(secret) = &settings.verifier_secret {
        let name = settings.verifier_name.clone();
        builder = builder.verifier_identity(name, secret.expose_secret().to_owned());
    }
    if let Some(exporter) = traces {
        builder = builder.tracer(Arc::new(Tracer(exporter)));
    }
    builder.start()
}
