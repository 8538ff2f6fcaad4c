//! Settings that need more than their type's parser.

use std::path::PathBuf;

use database::DatabaseUrl;
use service_kit::settings::{List, OrOff, Settings, SettingsError};

use crate::tokens::OWN_AUDIENCE;

pub(super) fn take_audiences(given: &mut Settings) -> Result<Vec<String>, SettingsError> {
    let List(audiences) = given.take(
        "AUDIENCES",
        "auth-service,users-api",
        "`aud` of access tokens; must contain `auth-service`",
    )?;
    if audiences.iter().any(|audience| audience == OWN_AUDIENCE) {
        Ok(audiences)
    } else {
        Err(given.invalid("AUDIENCES", format!("must contain {OWN_AUDIENCE}")))
    }
}

pub(super) fn take_breached_passwords(
    given: &mut Settings,
) -> Result<Option<PathBuf>, SettingsError> {
    let OrOff(file) = given.take(
        "BREACHED_PASSWORDS",
        "off",
        "file of passwords that no user may choose: their SHA-1 hashes, sorted, one a line in 40 hexadecimal digits, \
         as the downloader of Have I Been Pwned writes them",
    )?;
    Ok(file)
}

pub(super) fn take_migration_url(
    given: &mut Settings,
    serving: &DatabaseUrl,
) -> Result<Option<DatabaseUrl>, SettingsError> {
    let set: Option<DatabaseUrl> = given.take_secret(
        "MIGRATION_DATABASE_URL",
        DatabaseUrl::mask,
        "the same PostgreSQL database as the role that owns the schema; not set, the serving role owns it",
    )?;
    let on_postgres = |url: &DatabaseUrl| matches!(url, DatabaseUrl::Postgres(_));
    if set.as_ref().is_some_and(|url| !on_postgres(url) || !on_postgres(serving)) {
        let why = "is for PostgreSQL, where AUTH_DATABASE_URL names the same database";
        return Err(given.invalid("MIGRATION_DATABASE_URL", why));
    }
    Ok(set)
}
