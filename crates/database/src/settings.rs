//! Which database a service uses.

use service_kit::settings::{Settings, SettingsError, described};

use crate::{Access, Database, DatabaseError, DatabaseUrl};

/// The settings of a service's database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `…_DATABASE_URL` (or `…_FILE`).
    pub url: DatabaseUrl,
    /// `…_DATABASE_POOL`: connections that may be open.
    pub pool: u32,
}

impl DatabaseSettings {
    /// Takes these settings from `given`. `workers` is the number of threads that serve HTTP.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn take(given: &mut Settings, workers: usize) -> Result<Self, SettingsError> {
        let url = given.take_secret_or(
            "DATABASE_URL",
            "sqlite://data/authpair.db",
            DatabaseUrl::mask,
            "`sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`; `?pool_mode=transaction` behind PgBouncer",
        )?;
        let pool = match url {
            // SQLite reads run on the workers. The other two are for readiness and background work.
            DatabaseUrl::Sqlite(_) => workers + 2,
            DatabaseUrl::Postgres(_) => 8,
        };
        let pool = given.take_within(
            "DATABASE_POOL",
            described(pool.to_string(), "workers + 2, or 8 on PostgreSQL"),
            1..=500,
            "most connections",
        )?;
        Ok(Self { url, pool })
    }

    /// Opens the database.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open(&self, access: Access) -> Result<Database, DatabaseError> {
        Database::open(&self.url, access, self.pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(pairs: &[(&'static str, &'static str)]) -> Result<DatabaseSettings, SettingsError> {
        let mut given = Settings::from_pairs("APP", pairs.iter().copied());
        let settings = DatabaseSettings::take(&mut given, 4)?;
        given.finish()?;
        Ok(settings)
    }

    #[test]
    fn the_default_pool_follows_the_database() {
        assert_eq!(take(&[]).unwrap().pool, 6);
        let postgres = ("APP_DATABASE_URL", "postgres://db/app");
        assert_eq!(take(&[postgres]).unwrap().pool, 8);
        assert_eq!(take(&[postgres, ("APP_DATABASE_POOL", "500")]).unwrap().pool, 500);
    }

    #[test]
    fn a_pool_out_of_bounds_and_a_url_of_another_database_are_rejected_by_name() {
        for (name, value) in [
            ("APP_DATABASE_POOL", "0"),
            ("APP_DATABASE_POOL", "501"),
            ("APP_DATABASE_URL", "mysql://db/app"),
        ] {
            let error = take(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{name}={value}: {error}");
        }
    }
}
