//! Every setting of users-api, one struct per concern.

#[cfg(test)]
mod tests;
mod values;

use std::{net::SocketAddr, ops::RangeInclusive, path::Path, time::Duration};

use database::DatabaseSettings;
use secrecy::SecretString;
use service_kit::{
    http::{IpRange, PublicUrl},
    logging::LogSettings,
    server::{DefaultPorts, HttpSettings},
    settings::{
        EffectiveSetting, FromSetting, HttpUrl, List, OrOff, Settings, SettingsError, described,
    },
};
use url::Url;

use self::values::{IssuerUrl, OrNone, VerifierName, default_verifier_name};

/// The prefix of the names of this service's settings.
const PREFIX: &str = "USERS";

/// Services that may share a settings file with this one.
const OTHER_PREFIXES: [&str; 1] = ["AUTH"];

/// With less, the list would be too old between two polls: calls would get 503, and polls would never pause.
const MIN_REVOCATION_STALENESS: Duration = Duration::from_secs(1);

/// With less, the set would be fetched all the time. The upper bound is only that of any sense.
const KEYS_STALENESS: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(365 * 86_400);

/// The effective settings.
#[derive(Clone, Debug)]
pub struct UsersSettings {
    /// Where and how it listens.
    pub http: HttpSettings,
    /// Where clients find it.
    pub public: PublicSettings,
    /// Where the users are. Opened read-only.
    pub database: DatabaseSettings,
    /// `USERS_CURSOR_SECRET` (or `…_FILE`): signs cursors. Without it, the verifier secret signs them; without that,
    /// the issuer's URL: then anyone can make a cursor, which reads no more than a page does.
    pub cursor_secret: Option<SecretString>,
    /// Whose tokens are accepted.
    pub trust: TrustSettings,
    /// Logs and traces.
    pub log: LogSettings,
    /// All of them as text, secrets masked, in the order of this module.
    pub effective: Vec<EffectiveSetting>,
}

/// Where clients find the service.
#[derive(Clone, Debug)]
pub struct PublicSettings {
    /// `USERS_PUBLIC_URL`: the service's public address; `None` if it needs none. Behind a proxy that removes a path
    /// prefix, links and the API's description need it.
    pub url: Option<PublicUrl>,
    /// Whether `USERS_TRUSTED_PROXIES` is set. It has no effect any more; a warning is logged at startup.
    pub sets_trusted_proxies: bool,
}

/// Whose tokens are accepted, and how fresh its keys and revocations must be.
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
    /// `USERS_VERIFIER_NAME`: the name that it reports to auth-service; default the host's name and the port.
    pub verifier_name: String,
    /// `USERS_VERIFIER_SECRET` (or `…_FILE`), shared with auth-service; of two with a comma between them the first is
    /// sent. Without it nothing is reported.
    pub verifier_secret: Option<SecretString>,
}

impl UsersSettings {
    /// Reads defaults, the file, `.env` and the environment.
    ///
    /// # Errors
    /// Names the setting, or the file, that is wrong or unknown.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        Self::take(Settings::load(PREFIX, &OTHER_PREFIXES, file, &Self::names)?)
    }

    /// Every setting's full name.
    pub fn names() -> Vec<String> {
        let defaults = Self::from_pairs(<[(String, String); 0]>::default());
        let effective = defaults.map(|settings| settings.effective).unwrap_or_default();
        effective.into_iter().map(|setting| setting.name).collect()
    }

    /// Settings only from these full names and values: for tests, and for programs that embed the service.
    ///
    /// # Errors
    /// As [`UsersSettings::load`].
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, SettingsError> {
        Self::take(Settings::from_pairs(PREFIX, pairs))
    }

    /// Takes the settings from `given`.
    ///
    /// # Errors
    /// As [`UsersSettings::load`].
    pub fn take(mut given: Settings) -> Result<Self, SettingsError> {
        let http = HttpSettings::take(&mut given, DefaultPorts { api: 8081, metrics: 9081 })?;
        Ok(Self {
            public: PublicSettings::take(&mut given)?,
            database: DatabaseSettings::take(&mut given, http.workers)?,
            trust: TrustSettings::take(&mut given, http.listen)?,
            cursor_secret: given.take_strong_secret(
                "CURSOR_SECRET",
                "signs page cursors; if it is not set, the verifier secret does, or else the issuer's name",
            )?,
            log: LogSettings::take(&mut given)?,
            http,
            effective: given.finish()?,
        })
    }
}

impl UsersSettings {
    /// Whether clients come over https. Without `USERS_PUBLIC_URL`, the issuer's URL decides.
    pub fn is_public_over_https(&self) -> bool {
        let public = match &self.public.url {
            Some(public) => Some(public.clone()),
            None => PublicUrl::from_setting(self.trust.issuer.trim_end_matches('/')).ok(),
        };
        // HSTS on localhost would affect every other service on that host, on every port.
        public.is_some_and(|public| public.is_https() && !public.is_local())
    }
}

impl PublicSettings {
    fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        let OrNone(url) = given.take(
            "PUBLIC_URL",
            "none",
            "its own public address, where a proxy takes a path prefix off",
        )?;
        let List::<IpRange>(trusted_proxies) = given.take(
            "TRUSTED_PROXIES",
            "none",
            "no effect on users-api any more (the start warns); the proxy of `docker-compose.yml` reads it",
        )?;
        Ok(Self { url, sets_trusted_proxies: !trusted_proxies.is_empty() })
    }
}

impl TrustSettings {
    fn take(given: &mut Settings, listen: SocketAddr) -> Result<Self, SettingsError> {
        let IssuerUrl(issuer) = given.take(
            "ISSUER",
            "http://127.0.0.1:8080",
            "`iss` of tokens must be exactly this",
        )?;
        let base = issuer.trim_end_matches('/');
        let jwks_url = format!("{base}/.well-known/jwks.json");
        let feed_url = format!("{base}/.well-known/revoked-sessions");
        let audience = given.take("AUDIENCE", "users-api", "`aud` of tokens must contain this")?;
        let HttpUrl(jwks_url) = given.take(
            "JWKS_URL",
            described(jwks_url, "`{issuer}/.well-known/jwks.json`"),
            "where the key set is fetched",
        )?;
        let OrOff(revocations_url) = given.take(
            "REVOCATIONS_URL",
            described(feed_url, "`{issuer}/.well-known/revoked-sessions`"),
            "where the revocation feed is read, or `off`",
        )?;
        let OrOff(revocation_max_staleness) = given.take(
            "REVOCATION_MAX_STALENESS",
            "off",
            "how old the revocations may be before calls get 503, 1s at least; `off`: serve on",
        )?;
        if revocation_max_staleness.is_some_and(|limit| limit < MIN_REVOCATION_STALENESS) {
            return Err(given.invalid("REVOCATION_MAX_STALENESS", "is less than 1s"));
        }
        let keys_max_staleness = given.take_within(
            "KEYS_MAX_STALENESS",
            "1h",
            KEYS_STALENESS,
            "how old the key set may be before calls get 503",
        )?;
        let fresh_ttl = given.take(
            "FRESH_TTL",
            "5m",
            "how long after the password a fresh token counts as fresh",
        )?;
        let VerifierName(verifier_name) = given.take(
            "VERIFIER_NAME",
            described(default_verifier_name(listen), "the host's name and the port"),
            "the name under which it reports its keys to auth-service",
        )?;
        let verifier_secrets = given.take_strong_secrets(
            "VERIFIER_SECRET",
            "the secret that it shows to auth-service; of two with a comma between them the first",
        )?;
        Ok(Self {
            issuer,
            audience,
            jwks_url,
            revocations_url: revocations_url.map(|HttpUrl(url)| url),
            revocation_max_staleness,
            keys_max_staleness,
            fresh_ttl,
            verifier_name,
            verifier_secret: verifier_secrets.into_iter().next(),
        })
    }
}
