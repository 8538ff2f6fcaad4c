//! Every setting of users-api, one struct a concern.

#[cfg(test)]
mod tests;
mod values;

use std::{net::SocketAddr, path::Path, time::Duration};

use database::DatabaseUrl;
use secrecy::SecretString;
use service_kit::{
    http::{Network, Origin, PublicUrl},
    logging::{LogFilter, LogFormat},
    server::KeepAlive,
    settings::{Effective, FromSetting, HttpUrl, List, OrOff, Settings, SettingsError},
    trace::OtlpSettings,
};
use url::Url;

use self::values::{Issuer, Maybe, Name, default_verifier_name};

/// What all our settings begin with.
const PREFIX: &str = "USERS";

/// Services that may share a settings file with us.
const OTHERS: [&str; 1] = ["AUTH"];

/// The longest `USERS_DRAIN_DELAY`: with the time that in-flight requests have, a stop stays under 30 s.
const LONGEST_DRAIN_DELAY: Duration = Duration::from_secs(8);

/// The effective settings.
#[derive(Clone, Debug)]
pub struct UsersSettings {
    /// Where and how it listens.
    pub http: HttpSettings,
    /// Where the users are.
    pub data: DataSettings,
    /// Whose tokens are accepted.
    pub trust: TrustSettings,
    /// What is logged and traced, and how.
    pub log: LogSettings,
    /// All of them as text, secrets masked, in the order of this module.
    pub effective: Vec<Effective>,
}

/// Where and how the service listens.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// `USERS_LISTEN`, default `127.0.0.1:8081`. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// `USERS_METRICS_LISTEN`, default `127.0.0.1:9081`, or `off`.
    pub metrics_listen: Option<SocketAddr>,
    /// `USERS_WORKERS`: threads that serve requests, default one a core.
    pub workers: usize,
    /// `USERS_DRAIN_DELAY`, default `1s`, at most `8s`: how long calls are still taken after SIGTERM.
    pub drain_delay: Duration,
    /// `USERS_KEEP_ALIVE`, default 75 s: how long a kept connection may be idle.
    pub keep_alive: KeepAlive,
    /// `USERS_CORS_ORIGINS`: exact origins whose pages may read answers, between commas; default none.
    pub cors_origins: Vec<Origin>,
    /// Whether `USERS_TRUSTED_PROXIES` is set. It has no effect any more; the start warns of it.
    pub sets_trusted_proxies: bool,
    /// `USERS_PUBLIC_URL`: where clients find the service, default none. Needed behind a proxy that takes a path
    /// prefix off: links and the API's description have it.
    pub public_url: Option<PublicUrl>,
}

/// Where the users are, and how pages of them are sealed.
#[derive(Clone, Debug)]
pub struct DataSettings {
    /// `USERS_DATABASE_URL` (or `…_FILE`), default `sqlite://data/authpair.db`. Opened read-only.
    pub database_url: DatabaseUrl,
    /// `USERS_DATABASE_POOL`: most connections; default workers + 2 on SQLite, 8 on PostgreSQL.
    pub pool: u32,
    /// `USERS_CURSOR_SECRET` (or `…_FILE`): seals cursors; default the verifier secret, else the
    /// issuer alone, so that anybody can make a cursor (which reads no more than a page does).
    pub cursor_secret: Option<SecretString>,
}

/// Whose tokens are accepted, and how fresh our knowledge of that issuer must be.
#[derive(Clone, Debug)]
pub struct TrustSettings {
    /// `USERS_ISSUER`, default `http://127.0.0.1:8080`: `iss` must be exactly this.
    pub issuer: String,
    /// `USERS_AUDIENCE`, default `users-api`: `aud` must hold this.
    pub audience: String,
    /// `USERS_JWKS_URL`, default `{issuer}/.well-known/jwks.json`.
    pub jwks_url: Url,
    /// `USERS_REVOCATIONS_URL`, default `{issuer}/.well-known/revoked-sessions`, or `off`.
    pub revocations_url: Option<Url>,
    /// `USERS_REVOCATION_MAX_STALENESS`, default `off`: how old the list may be before calls get 503.
    pub revocation_max_staleness: Option<Duration>,
    /// `USERS_KEYS_MAX_STALENESS`, default `1h`: the same for the key set.
    pub keys_max_staleness: Duration,
    /// `USERS_FRESH_TTL`, default `5m`: how long after a password a fresh token counts as fresh.
    pub fresh_ttl: Duration,
    /// `USERS_VERIFIER_NAME`: who we say we are to auth-service; default the host's name and our port.
    pub verifier_name: String,
    /// `USERS_VERIFIER_SECRET` (or `…_FILE`), shared with auth-service; of two with a comma between them the first is
    /// sent. Without it nothing is reported.
    pub verifier_secret: Option<SecretString>,
}

/// What is logged and traced, and how.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `USERS_LOG`, default `info`: a level, or directives such as `info,users_api=debug`.
    pub filter: LogFilter,
    /// `USERS_LOG_FORMAT`: `auto` (the default), `human` or `json`.
    pub format: LogFormat,
    /// `USERS_OTLP_ENDPOINT`, `USERS_OTLP_SAMPLE_RATIO`: where spans go; default nowhere.
    pub otlp: OtlpSettings,
}

impl UsersSettings {
    /// Reads defaults, the file, `.env` and the environment.
    ///
    /// # Errors
    /// Names the setting, or the file, that is wrong or unknown.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        Self::take(Settings::load(PREFIX, &OTHERS, file, &Self::names)?)
    }

    /// Every setting's full name.
    pub fn names() -> Vec<String> {
        let defaults = Self::from_pairs(<[(String, String); 0]>::default());
        let effective = defaults.map(|settings| settings.effective).unwrap_or_default();
        effective.into_iter().map(|setting| setting.name).collect()
    }

    /// Settings from full names and values alone: for tests and for programs that embed the service.
    ///
    /// # Errors
    /// As [`UsersSettings::load`].
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingsError> {
        Self::take(Settings::from_pairs(PREFIX, pairs))
    }

    /// Takes what was given.
    ///
    /// # Errors
    /// As [`UsersSettings::load`].
    pub fn take(mut given: Settings) -> Result<Self, SettingsError> {
        let http = HttpSettings::take(&mut given)?;
        let data = DataSettings::take(&mut given, http.workers)?;
        let trust = TrustSettings::take(&mut given, http.listen)?;
        let log = LogSettings {
            filter: given.take("LOG", "info,actix_server=warn,actix_http::h1=off")?,
            format: given.take("LOG_FORMAT", "auto")?,
            otlp: OtlpSettings::take(&mut given)?,
        };
        Ok(Self { http, data, trust, log, effective: given.finish()? })
    }
}

impl UsersSettings {
    /// Whether clients come over https. Without an address of our own the issuer's stands for both services.
    pub fn is_public_over_https(&self) -> bool {
        let public = match &self.http.public_url {
            Some(public) => Some(public.clone()),
            None => PublicUrl::from_setting(self.trust.issuer.trim_end_matches('/')).ok(),
        };
        // Strictness would count for whatever else runs on this machine, on every port.
        public.is_some_and(|public| public.is_https() && !public.is_local())
    }
}

impl HttpSettings {
    fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let taken = Self {
            listen: given.take("LISTEN", "127.0.0.1:8081")?,
            metrics_listen: given.take::<OrOff<_>>("METRICS_LISTEN", "127.0.0.1:9081")?.0,
            workers: given.take("WORKERS", &cores.to_string())?,
            drain_delay: given.take("DRAIN_DELAY", "1s")?,
            keep_alive: given.take("KEEP_ALIVE", KeepAlive::DEFAULT)?,
            cors_origins: given.take::<List<_>>("CORS_ORIGINS", "none")?.0,
            sets_trusted_proxies: !given
                .take::<List<Network>>("TRUSTED_PROXIES", "none")?
                .0
                .is_empty(),
            public_url: given.take::<Maybe<_>>("PUBLIC_URL", "none")?.0,
        };
        if taken.workers == 0 {
            return Err(given.bad("WORKERS", "must be 1 at least"));
        }
        if taken.drain_delay > LONGEST_DRAIN_DELAY {
            return Err(given.bad("DRAIN_DELAY", "must be 8s at most"));
        }
        Ok(taken)
    }
}

impl DataSettings {
    fn take(given: &mut Settings, workers: usize) -> Result<Self, SettingsError> {
        let database_url =
            given.take_secret_or("DATABASE_URL", "sqlite://data/authpair.db", DatabaseUrl::mask)?;
        let pool = match database_url {
            // SQLite reads run on the workers; the others are for readiness and counting.
            DatabaseUrl::Sqlite(_) => workers + 2,
            DatabaseUrl::Postgres(_) => 8,
        };
        let taken = Self {
            database_url,
            pool: given.take("DATABASE_POOL", &pool.to_string())?,
            cursor_secret: given.take_strong_secret("CURSOR_SECRET")?,
        };
        if taken.pool == 0 {
            return Err(given.bad("DATABASE_POOL", "must be 1 at least"));
        }
        Ok(taken)
    }
}

impl TrustSettings {
    fn take(given: &mut Settings, listen: SocketAddr) -> Result<Self, SettingsError> {
        let issuer = given.take::<Issuer>("ISSUER", "http://127.0.0.1:8080")?.0;
        let base = issuer.trim_end_matches('/');
        let feed = format!("{base}/.well-known/revoked-sessions");
        Ok(Self {
            audience: given.take("AUDIENCE", "users-api")?,
            jwks_url: given
                .take::<HttpUrl>("JWKS_URL", &format!("{base}/.well-known/jwks.json"))?
                .0,
            revocations_url: given
                .take::<OrOff<HttpUrl>>("REVOCATIONS_URL", &feed)?
                .0
                .map(|url| url.0),
            revocation_max_staleness: given.take::<OrOff<_>>("REVOCATION_MAX_STALENESS", "off")?.0,
            keys_max_staleness: given.take("KEYS_MAX_STALENESS", "1h")?,
            fresh_ttl: given.take("FRESH_TTL", "5m")?,
            verifier_name: given.take::<Name>("VERIFIER_NAME", &default_verifier_name(listen))?.0,
            verifier_secret: given.take_strong_secrets("VERIFIER_SECRET")?.into_iter().next(),
            issuer,
        })
    }
}
