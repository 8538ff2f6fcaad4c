//! Opens the parts of the service.

use std::sync::Arc;

use aws_lc_rs::hmac;
use database::{Access, Database, DatabaseError, migrate, wait_until_reachable};
use service_kit::{
    clock::Clock,
    server::Drain,
    start::{StartError, start_error},
    unix_time::UnixSeconds,
};
use uuid::Uuid;

use super::passwords::open_passwords;
use crate::{
    accounts::name_keys::update_name_keys,
    audit::RefusedCallQueue,
    cursor_key::CursorKey,
    http::{cookie::RefreshCookie, device_cookie::DeviceCookie, unlisted_proxies::UnlistedProxies},
    jobs::JobStatuses,
    mail::Mailer,
    metrics::AuthMetrics,
    secrets_key::{Purpose, SecretsKey},
    sessions::{feed::Feed, locks::SessionLocks},
    settings::AuthSettings,
    state::State,
    store,
    throttle::{AttemptKeys, DeviceTokens, SourceLimits, UserLimits},
    tokens::{KeyFolder, Keyring, TokenSigner},
};

/// Opens everything that the service needs, except its listener. Fails with the name of the setting that is wrong.
pub(super) async fn open(settings: AuthSettings, clock: Clock) -> Result<State, StartError> {
    // The message names the setting.
    let mailer = Mailer::open(settings.mail.clone()).map_err(start_error("mail"))?;
    let mailer = Arc::new(mailer);
    let folder =
        KeyFolder::open(settings.keys_dir.clone()).map_err(start_error("AUTH_KEYS_DIR"))?;
    // A key that is weak, readable by other users or broken prevents the start, even if it is not in use.
    folder.load_all().map_err(start_error("AUTH_KEYS_DIR"))?;
    folder.check_owner().map_err(start_error("AUTH_KEYS_DIR"))?;
    let secrets_key =
        SecretsKey::open(&settings.secrets_key).map_err(start_error("AUTH_SECRETS_KEY"))?;
    secrets_key.check_owner().map_err(start_error("AUTH_SECRETS_KEY"))?;
    // The check of the hashing engine takes most of the time of a start, so it runs while the database is opened.
    let opening_passwords = open_passwords(&settings);
    run_migrations(&settings).await?;
    settings.database.url.check_file_owners().map_err(start_error("AUTH_DATABASE_URL"))?;
    let database =
        settings.database.open(Access::ReadWrite).map_err(start_error("AUTH_DATABASE_URL"))?;
    let updated = update_name_keys(&database).await.map_err(start_error("user name keys"))?;
    if updated.with_previous_canonical > 0 {
        tracing::warn!(
            users = updated.with_previous_canonical,
            "some users share a name or an address with another user; `users list --irregular` lists them"
        );
    }
    let keyring = Keyring::open(
        database.clone(),
        folder,
        settings.key_bits,
        clock.clone(),
        settings.lifetimes,
    )
    .await
    .map_err(start_error("signing keys"))?;
    let passwords = opening_passwords.await.map_err(start_error("password hashing"))??;
    let (has_verifier_secret, limits) = (!settings.feed.secrets.is_empty(), settings.limits.is_on);
    let feed = Feed::open(database.clone(), clock.clone(), has_verifier_secret, limits)
        .await
        .map_err(start_error("revocation feed"))?;
    let csrf_key = shared_secret(&database, "csrf_key").await.map_err(start_error("CSRF key"))?;
    let csrf_key = hmac::Key::new(hmac::HMAC_SHA256, csrf_key.as_bytes());
    secrets_key.check(&database).await.map_err(start_error("AUTH_SECRETS_KEY"))?;
    let attempt_keys = AttemptKeys::new(&secrets_key.derive(Purpose::AttemptKeys));
    let audit_cursor_key = CursorKey::new(&secrets_key.derive(Purpose::AuditCursors));
    let user_cursor_key = CursorKey::new(&secrets_key.derive(Purpose::UserCursors));
    let refresh_cookie = refresh_cookie(&settings, &database, clock.now()).await?;
    let token_signer =
        TokenSigner::new(settings.issuer.clone(), settings.audiences.clone(), keyring.clone());
    let drain = Drain::default();
    let user_limits = UserLimits::new(&settings.limits.of_sources);
    let source_limits = SourceLimits::new(&settings.limits.of_sources);
    let device_tokens = DeviceTokens::new(&secrets_key.derive(Purpose::DeviceTokens));
    let device_cookie = DeviceCookie::new(&settings);
    Ok(State {
        mailer,
        settings,
        clock,
        database,
        keyring,
        token_signer,
        feed,
        drain,
        jobs: JobStatuses::default(),
        refused_calls: RefusedCallQueue::default(),
        audit_cursor_key,
        user_cursor_key,
        metrics: AuthMetrics::default(),
        passwords,
        password_locks: SessionLocks::default(),
        user_limits,
        source_limits,
        unlisted_proxies: UnlistedProxies::default(),
        attempt_keys,
        csrf_key,
        refresh_cookie,
        device_tokens,
        device_cookie,
    })
}

/// Brings the schema up to date and checks that the serving role can connect. Returns how many migrations ran.
///
/// # Errors
/// With the name of the setting that is wrong.
pub async fn run_migrations(settings: &AuthSettings) -> Result<usize, StartError> {
    let (serving, other) = (settings.database.url.clone(), settings.migration_database_url.clone());
    let work = move || {
        let done = match other {
            Some(owner) => migrate(&owner, store::MIGRATIONS)
                .map_err(start_error("AUTH_MIGRATION_DATABASE_URL"))?,
            None => {
                migrate(&serving, store::MIGRATIONS).map_err(start_error("AUTH_DATABASE_URL"))?
            }
        };
        wait_until_reachable(&serving, Access::ReadWrite)
            .map_err(start_error("AUTH_DATABASE_URL"))?;
        Ok(done)
    };
    tokio::task::spawn_blocking(work).await.map_err(start_error("migrations"))?
}

/// A secret of 244 random bits that all processes on one database share. The first process makes it.
async fn shared_secret(database: &Database, name: &'static str) -> Result<String, DatabaseError> {
    let new = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    store::shared_values::get_or_insert(database, name, new).await
}

/// The refresh cookie. Over https the database stores since when the `__Host-` name is used, so that all processes
/// agree.
async fn refresh_cookie(
    settings: &AuthSettings,
    database: &Database,
    now: UnixSeconds,
) -> Result<RefreshCookie, StartError> {
    if !settings.public_url.is_https() {
        return Ok(RefreshCookie::new(settings, None));
    }
    let name = "host_cookie_since";
    let stored = store::shared_values::get_or_insert(database, name, now.to_string()).await;
    let since = stored
        .map_err(start_error("refresh cookie"))?
        .parse()
        .map_err(start_error("refresh cookie"))?;
    Ok(RefreshCookie::new(settings, Some(UnixSeconds::new(since))))
}
