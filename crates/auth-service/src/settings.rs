//! The settings of the service, with their names and defaults.

mod feed;
mod floors;
mod lifetimes;
mod limits;

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use claims::Scopes;
use database::DatabaseUrl;
use service_kit::{
    http::{Origin, PublicUrl, TrustedProxies},
    logging::{LogFilter, LogFormat},
    server::KeepAlive,
    settings::{Effective, FromSetting, List, OrOff, Settings, SettingsError},
    trace::OtlpSettings,
};

use self::floors::{take_argon2, take_issuer};
pub use self::{
    feed::{FeedAccess, FeedSettings, VerifierSecrets},
    lifetimes::{Lifetimes, SessionRules},
    limits::LimitSettings,
};
use crate::{
    accounts::hashing::{Argon2Engine, HashParameters, PasswordHasher},
    scopes::{self, KnownScopes},
};

/// Maximum of `AUTH_DRAIN_DELAY`. The whole stop must take less than 30 s (see `STOP_WITHIN` in `cli`), because
/// container runtimes then kill the process.
const LONGEST_DRAIN: Duration = Duration::from_secs(8);

/// The audience of tokens for this service itself.
pub const OWN_AUDIENCE: &str = "auth-service";

/// All settings.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// `AUTH_LISTEN`: the address of the API.
    pub listen: SocketAddr,
    /// `AUTH_METRICS_LISTEN`: the address of the metrics; `off` for none.
    pub metrics_listen: Option<SocketAddr>,
    /// `AUTH_DATABASE_URL`.
    pub database_url: DatabaseUrl,
    /// `AUTH_MIGRATION_DATABASE_URL`: the same database with the role that owns the schema. If it is unset, the serving
    /// role owns the schema.
    pub migration_database_url: Option<DatabaseUrl>,
    /// `AUTH_DATABASE_POOL`: most connections that are kept.
    pub database_pool: u32,
    /// `AUTH_ISSUER`: the `iss` of every token, and the URL below which clients find the metadata.
    pub issuer: String,
    /// The same, parsed. If it has a path, that is the prefix that a reverse proxy removes.
    pub public_url: PublicUrl,
    /// `AUTH_AUDIENCES`: the `aud` of access tokens.
    pub audiences: Vec<String>,
    /// `AUTH_KEYS_DIR`: the folder of the private keys.
    pub keys_dir: PathBuf,
    /// `AUTH_SECRETS_KEY`: the file of the key that HMAC keys are derived from; by default in `AUTH_KEYS_DIR`.
    pub secrets_key: PathBuf,
    /// `AUTH_KEY_BITS`: the size of new keys.
    pub key_bits: usize,
    /// `AUTH_KEY_ROTATION`: the age at which a signing key is replaced.
    pub key_rotation: Option<Duration>,
    /// Lifetimes of tokens and sessions.
    pub lifetimes: Lifetimes,
    /// `AUTH_SESSIONS_PER_USER`: the session cap.
    pub sessions_per_user: i64,
    /// `AUTH_DEFAULT_SCOPES`: the scopes of a new user.
    pub default_scopes: Scopes,
    /// `AUTH_SCOPES` and the built-in scopes: users and service accounts can have only these.
    pub known_scopes: KnownScopes,
    /// `AUTH_CORS_ORIGINS`: origins of pages that may send credentials.
    pub cors_origins: Vec<Origin>,
    /// `AUTH_TRUSTED_PROXIES`: peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// `AUTH_RATE_LIMITS`, `AUTH_LIMIT_*`: how often clients may call.
    pub limits: LimitSettings,
    /// `AUTH_FEED`, `AUTH_VERIFIER_SECRET`: who may read the revocation feed.
    pub feed: FeedSettings,
    /// `AUTH_ARGON2_MEMORY_KIB`, `AUTH_ARGON2_ITERATIONS`, `AUTH_ARGON2_LANES`; below OWASP's minimum only with
    /// `AUTH_ALLOW_WEAK_HASHING=on`, which is for tests.
    pub argon2: HashParameters,
    /// `AUTH_ARGON2_ENGINE`: the code that computes Argon2.
    pub argon2_engine: Argon2Engine,
    /// `AUTH_HASH_THREADS`: number of hashing threads; by default one for each core.
    pub hash_threads: usize,
    /// `AUTH_HASH_QUEUE`: length of the hash queue for anonymous requests, and of the one for sessions. One address, or
    /// one session, may use at most a quarter of the queue.
    pub hash_queue: usize,
    /// `AUTH_WORKERS`: threads that serve HTTP.
    pub workers: usize,
    /// `AUTH_DRAIN_DELAY`: how long new requests are still accepted after SIGTERM.
    pub drain_delay: Duration,
    /// `AUTH_KEEP_ALIVE`, default 75 s: how long a kept connection may be idle.
    pub keep_alive: KeepAlive,
    /// `AUTH_LOG`.
    pub log: LogFilter,
    /// `AUTH_LOG_FORMAT`.
    pub log_format: LogFormat,
    /// `AUTH_OTLP_ENDPOINT`, `AUTH_OTLP_SAMPLE_RATIO`: export of spans.
    pub otlp: OtlpSettings,
    /// Every setting as printed by `auth-service config`.
    pub effective: Vec<Effective>,
}

impl AuthSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The name of the first bad setting, or of every unknown setting.
    pub fn take(given: Settings) -> Result<Self, SettingsError> {
        Self::take_with(given, |_| true)
    }

    /// The same for a trial on one machine: by default nothing is limited where the issuer is http on this machine.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_for_trial(given: Settings) -> Result<Self, SettingsError> {
        Self::take_with(given, |issuer| issuer.is_https() || !issuer.is_local())
    }

    fn take_with(
        mut given: Settings,
        is_limited: impl Fn(&PublicUrl) -> bool,
    ) -> Result<Self, SettingsError> {
        let cores = PasswordHasher::default_threads();
        let listen = given.take("LISTEN", "127.0.0.1:8080")?;
        let OrOff(metrics_listen) = given.take("METRICS_LISTEN", "127.0.0.1:9080")?;
        let database_url: DatabaseUrl =
            given.take_secret_or("DATABASE_URL", "sqlite://data/authpair.db", DatabaseUrl::mask)?;
        let migration_database_url = take_migration_url(&mut given, &database_url)?;
        let pool = match &database_url {
            DatabaseUrl::Sqlite(_) => cores + 2,
            DatabaseUrl::Postgres(_) => 8,
        };
        let List(audiences) = given.take("AUDIENCES", "auth-service,users-api")?;
        if !audiences.iter().any(|audience| audience == OWN_AUDIENCE) {
            return Err(given.bad("AUDIENCES", format!("must contain {OWN_AUDIENCE}")));
        }
        let OrOff(rotation) = take_rotation(&mut given)?;
        let (default_scopes, known_scopes) = scopes::take(&mut given)?;
        let List(cors_origins) = given.take("CORS_ORIGINS", "none")?;
        let List(trusted_proxies) = given.take("TRUSTED_PROXIES", "none")?;
        let public_url = take_issuer(&mut given)?;
        let rate_limits = if is_limited(&public_url) { "on" } else { "off" };
        let keys_dir: PathBuf = given.take("KEYS_DIR", "keys")?;
        let secrets_key = keys_dir.join("secrets.key").display().to_string();
        Ok(Self {
            listen,
            metrics_listen,
            database_url,
            migration_database_url,
            database_pool: within(&mut given, "DATABASE_POOL", &pool.to_string(), 1..=500)?,
            issuer: public_url.as_str().to_owned(),
            public_url,
            audiences,
            secrets_key: given.take("SECRETS_KEY", &secrets_key)?,
            keys_dir,
            key_bits: take_key_bits(&mut given)?,
            key_rotation: rotation,
            lifetimes: Lifetimes::take(&mut given)?,
            sessions_per_user: within(&mut given, "SESSIONS_PER_USER", "50", 1..=1_000_u32)?.into(),
            default_scopes,
            known_scopes,
            cors_origins,
            trusted_proxies,
            limits: LimitSettings::take(&mut given, rate_limits)?,
            feed: FeedSettings::take(&mut given)?,
            argon2: take_argon2(&mut given)?,
            argon2_engine: given.take("ARGON2_ENGINE", "fast")?,
            hash_threads: within(&mut given, "HASH_THREADS", &cores.to_string(), 1..=256)?,
            hash_queue: within(&mut given, "HASH_QUEUE", "256", 1..=100_000)?,
            workers: within(&mut given, "WORKERS", &cores.to_string(), 1..=256)?,
            drain_delay: within(&mut given, "DRAIN_DELAY", "1s", Duration::ZERO..=LONGEST_DRAIN)?,
            keep_alive: given.take("KEEP_ALIVE", KeepAlive::DEFAULT)?,
            log: given.take("LOG", "info,actix_server=warn,actix_http::h1=off")?,
            log_format: given.take("LOG_FORMAT", "auto")?,
            otlp: OtlpSettings::take(&mut given)?,
            effective: given.finish()?,
        })
    }

    /// The rules that a new session follows.
    pub fn session_rules(&self) -> SessionRules {
        SessionRules { lifetimes: self.lifetimes, max_sessions: self.sessions_per_user }
    }

    /// Reads defaults, the file, `.env` and the environment.
    ///
    /// # Errors
    /// The name of the setting or the file that is wrong or unknown.
    pub fn load(file: Option<&std::path::Path>) -> Result<Self, SettingsError> {
        Self::take(Settings::load("AUTH", &["USERS"], file, &Self::names)?)
    }

    /// Every setting's full name.
    pub fn names() -> Vec<String> {
        let defaults = Settings::from_pairs("AUTH", <[(String, String); 0]>::default());
        let effective = Self::take(defaults).map(|settings| settings.effective);
        effective.unwrap_or_default().into_iter().map(|setting| setting.name).collect()
    }

    /// Whether the refresh cookie carries `Secure`: always, except for http on a loopback host.
    pub fn secure_cookie(&self) -> bool {
        self.public_url.is_https() || !self.public_url.is_local()
    }

    /// A warning for the log, if browsers will not keep the refresh cookie.
    pub fn cookie_warning(&self) -> Option<&'static str> {
        (self.secure_cookie() && !self.public_url.is_https()).then_some(
            "AUTH_ISSUER is plain http on a host that is not this machine: the refresh cookie is Secure, and \
             browsers will not keep it; cookie mode needs https",
        )
    }
}

/// Reads a setting with a minimum and a maximum.
fn within<T: FromSetting + PartialOrd + std::fmt::Debug>(
    given: &mut Settings,
    name: &str,
    default: &str,
    range: RangeInclusive<T>,
) -> Result<T, SettingsError> {
    let value = given.take(name, default)?;
    if range.contains(&value) {
        Ok(value)
    } else {
        let (least, most) = range.into_inner();
        Err(given.bad(name, format!("is not from {least:?} to {most:?}")))
    }
}

fn take_migration_url(
    given: &mut Settings,
    serving: &DatabaseUrl,
) -> Result<Option<DatabaseUrl>, SettingsError> {
    let set: Option<DatabaseUrl> =
        given.take_secret("MIGRATION_DATABASE_URL", DatabaseUrl::mask)?;
    let is_postgres = |url: &DatabaseUrl| matches!(url, DatabaseUrl::Postgres(_));
    if set.as_ref().is_some_and(|url| !is_postgres(url) || !is_postgres(serving)) {
        let why = "is for PostgreSQL, where AUTH_DATABASE_URL names the same database";
        return Err(given.bad("MIGRATION_DATABASE_URL", why));
    }
    Ok(set)
}

fn take_key_bits(given: &mut Settings) -> Result<usize, SettingsError> {
    let bits = given.take("KEY_BITS", "2048")?;
    if [2048, 3072, 4096].contains(&bits) {
        Ok(bits)
    } else {
        Err(given.bad("KEY_BITS", "is not 2048, 3072 or 4096"))
    }
}

fn take_rotation(given: &mut Settings) -> Result<OrOff<Duration>, SettingsError> {
    let OrOff(age) = given.take("KEY_ROTATION", "off")?;
    if age.is_some_and(|age| age < Duration::from_secs(60)) {
        return Err(given.bad("KEY_ROTATION", "is less than a minute"));
    }
    Ok(OrOff(age))
}

#[cfg(test)]
mod tests;
