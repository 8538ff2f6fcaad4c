//! The settings of the service, with their names and defaults.

mod feed;
mod keys;
mod legacy;
mod lifetimes;
mod limits;
mod mail;
mod registration;
mod security_minimums;
mod values;
mod warnings;

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use claims::Scopes;
use database::{DatabaseSettings, DatabaseUrl};
use service_kit::{
    http::{PublicUrl, TrustedProxies},
    logging::LogSettings,
    server::{DefaultPorts, HttpSettings, cores},
    settings::{EffectiveSetting, List, Settings, SettingsError, described},
};

pub use self::{
    feed::{FeedAccess, FeedSettings, VerifierSecrets},
    limits::LimitSettings,
    mail::{LinkLifetimes, MailSettings, MailTransport, SmtpSettings, SmtpTls},
    registration::RegistrationMode,
};
use self::{
    keys::{take_key_bits, take_rotation},
    security_minimums::{take_argon2, take_issuer},
    values::{take_audiences, take_breached_passwords, take_migration_url},
};
use crate::{
    accounts::hashing::{Argon2Engine, HashParameters},
    lifetimes::{Lifetimes, SessionRules},
    scopes::{self, KnownScopes},
    sessions::legacy::LegacyTokens,
};

/// At least 90 days, because users see their own entries of the last 90 days. At most ten years, which is more than
/// laws require.
const AUDIT_RETENTION: RangeInclusive<Duration> =
    Duration::from_secs(90 * 86_400)..=Duration::from_secs(3_650 * 86_400);

/// All settings.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Where and how it listens.
    pub http: HttpSettings,
    /// Where users and sessions are.
    pub database: DatabaseSettings,
    /// `AUTH_MIGRATION_DATABASE_URL`: the same database with the role that owns the schema. If it is unset, the serving
    /// role owns the schema.
    pub migration_database_url: Option<DatabaseUrl>,
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
    /// `AUTH_REGISTRATION`: who may register.
    pub registration: RegistrationMode,
    /// `AUTH_DEFAULT_SCOPES`: the scopes of a new user.
    pub default_scopes: Scopes,
    /// `AUTH_SCOPES` and the built-in scopes: users and service accounts can have only these.
    pub known_scopes: KnownScopes,
    /// `AUTH_AUDIT_RETENTION`: how long audit entries are kept.
    pub audit_retention: Duration,
    /// `AUTH_TRUSTED_PROXIES`: peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// `AUTH_RATE_LIMITS`, `AUTH_LIMIT_*`: how often clients may call.
    pub limits: LimitSettings,
    /// `AUTH_MAIL*`, `AUTH_FRONT_URL`, `AUTH_EMAIL_VERIFICATION`: mails and their links.
    pub mail: MailSettings,
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
    /// `AUTH_BREACHED_PASSWORDS`: a file of breached passwords, which no user may choose.
    pub breached_passwords: Option<PathBuf>,
    /// `AUTH_LEGACY_JWT_*`: tokens of the old application.
    pub legacy_tokens: Option<LegacyTokens>,
    /// What is logged and traced, and how.
    pub log: LogSettings,
    /// Every setting as printed by `auth-service config`.
    pub effective: Vec<EffectiveSetting>,
}

impl AuthSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The name of the first bad setting, or of every unknown setting.
    pub fn take(given: Settings) -> Result<Self, SettingsError> {
        Self::take_with(given, |_| true)
    }

    /// Reads the settings for a trial on one machine: the default is no rate limits if the issuer is http on this
    /// machine.
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
        let http = HttpSettings::take(&mut given, DefaultPorts { api: 8080, metrics: 9080 })?;
        let List(trusted_proxies) = given.take(
            "TRUSTED_PROXIES",
            "none",
            "addresses or ranges of proxies whose `X-Forwarded-For` is believed",
        )?;
        let public_url = take_issuer(&mut given)?;
        let audiences = take_audiences(&mut given)?;
        let database = DatabaseSettings::take(&mut given, http.workers)?;
        let migration_database_url = take_migration_url(&mut given, &database.url)?;
        let keys_dir: PathBuf = given.take("KEYS_DIR", "keys", "folder of the private keys")?;
        let secrets_key = given.take(
            "SECRETS_KEY",
            keys_dir.join("secrets.key").display().to_string(),
            "file of the key that trusted devices' tokens and the keys of failed log-ins are derived from; not set, \
             `secrets.key` in `AUTH_KEYS_DIR`. The same for all replicas",
        )?;
        let key_bits = take_key_bits(&mut given)?;
        let key_rotation = take_rotation(&mut given)?;
        let lifetimes = Lifetimes::take(&mut given)?;
        let sessions_per_user: u32 =
            given.take_within("SESSIONS_PER_USER", "50", 1..=1_000, "most sessions of a user")?;
        let registration = RegistrationMode::take(&mut given)?;
        let scopes = scopes::take(&mut given)?;
        let audit_retention = given.take_within(
            "AUDIT_RETENTION",
            "400d",
            AUDIT_RETENTION,
            "how long audit entries are kept; their addresses and user agents are kept 90 days",
        )?;
        let feed = FeedSettings::take(&mut given)?;
        let rate_limits = if is_limited(&public_url) { "on" } else { "off" };
        let limits = LimitSettings::take(&mut given, rate_limits)?;
        let mail = MailSettings::take(&mut given, &public_url)?;
        if registration == RegistrationMode::Invite && !mail.is_on() {
            let why = "cannot be `invite` without AUTH_MAIL: an invite is a mail";
            return Err(given.invalid("REGISTRATION", why));
        }
        Ok(Self {
            issuer: public_url.as_str().to_owned(),
            public_url,
            audiences,
            migration_database_url,
            keys_dir,
            secrets_key,
            key_bits,
            key_rotation,
            lifetimes,
            sessions_per_user: sessions_per_user.into(),
            registration,
            default_scopes: scopes.default,
            known_scopes: scopes.known,
            audit_retention,
            trusted_proxies,
            limits,
            mail,
            feed,
            argon2: take_argon2(&mut given)?,
            argon2_engine: given.take(
                "ARGON2_ENGINE",
                "fast",
                "`fast` or `reference`: the code that computes Argon2id",
            )?,
            hash_threads: given.take_within(
                "HASH_THREADS",
                described(cores().to_string(), "one a core"),
                1..=256,
                "threads that hash passwords",
            )?,
            hash_queue: given.take_within(
                "HASH_QUEUE",
                "256",
                1..=100_000,
                "passwords that may wait for a thread; one source has a quarter of the permits at most",
            )?,
            breached_passwords: take_breached_passwords(&mut given)?,
            legacy_tokens: legacy::take(&mut given)?,
            log: LogSettings::take(&mut given)?,
            http,
            database,
            effective: given.finish()?,
        })
    }

    /// The rules that a new session follows.
    pub fn session_rules(&self) -> SessionRules {
        SessionRules { lifetimes: self.lifetimes, max_sessions: self.sessions_per_user }
    }

    /// Whether cookies have the attribute `Secure`: always, except for http on a loopback host.
    pub fn secure_cookie(&self) -> bool {
        self.public_url.is_https() || !self.public_url.is_local()
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
}

#[cfg(test)]
mod tests;
