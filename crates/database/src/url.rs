//! The database's URL.

use std::path::PathBuf;

use super::postgres_url::{self, PoolMode};
use service_kit::settings::{FromSetting, masked};

/// What a service may do with its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write; an SQLite file is made if there is none.
    ReadWrite,
    /// Read only; an SQLite file must exist.
    ReadOnly,
}

/// `sqlite://path/of/file.db` or `postgres://…`. Prints without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, relative to the working folder unless it begins with `/`.
    Sqlite(PathBuf),
    /// A libpq connection URI, as given. It may have one more parameter, `pool_mode=transaction` or
    /// `pool_mode=session`: a pooler such as PgBouncer is in front.
    Postgres(String),
}

impl FromSetting for DatabaseUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return sqlite_path(path).map(Self::Sqlite);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres_url::check(text).map(|()| Self::Postgres(text.to_owned()));
        }
        if text.is_empty() {
            return Err("is empty: sqlite://data/authpair.db, or postgres://…".to_owned());
        }
        Err("begins with neither sqlite:// nor postgres://".to_owned())
    }
}

/// The path as it is written. Text that other programs would read as options or an encoding is rejected: it would make
/// a file with an odd name.
fn sqlite_path(path: &str) -> Result<PathBuf, String> {
    let invalid = |why: &str| Err(why.to_owned());
    if path.is_empty() || path.starts_with(":memory:") || path.ends_with('/') {
        return invalid("has no file name: write a path after sqlite://");
    }
    if path.contains(['?', '#']) {
        return invalid("takes no options: a plain path of a file follows sqlite://");
    }
    if path.contains('%') {
        return invalid("is a plain path: nothing is encoded with %");
    }
    if path.starts_with('~') {
        return invalid("is a plain path: ~ is not replaced by a home folder");
    }
    if path.starts_with("file:") {
        return invalid("is a plain path, without file:");
    }
    if path.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return invalid("contains a character that is not printable");
    }
    Ok(path.into())
}

impl DatabaseUrl {
    /// The URL as it was set, including the password.
    pub fn to_uri(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    /// The URL with its password masked.
    pub fn masked(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => postgres_url::mask(url),
        }
    }

    /// The text of such a URL with its password masked; an invalid one is masked completely.
    pub fn mask(text: &str) -> String {
        Self::from_setting(text).map_or_else(|_| masked(text), |url| url.masked())
    }

    /// The URL for libpq or SQLite.
    pub(crate) fn connect_url(&self, access: Access) -> String {
        match (self, access) {
            (Self::Sqlite(path), Access::ReadWrite) => path.display().to_string(),
            (Self::Sqlite(path), Access::ReadOnly) => {
                format!("file:{}?mode=ro", escape(&path.display().to_string()))
            }
            (Self::Postgres(url), _) if self.pool_mode() != PoolMode::None => {
                postgres_url::with_network_timeouts(url)
            }
            (Self::Postgres(url), _) => postgres_url::connect_url(url, access),
        }
    }

    /// The pooler in front of the server; none in front of a file.
    pub(crate) fn pool_mode(&self) -> PoolMode {
        match self {
            Self::Sqlite(_) => PoolMode::None,
            Self::Postgres(url) => postgres_url::pool_mode(url),
        }
    }

    /// Whether a connection without a pooler sets a bound for its statements.
    pub(crate) fn bounds_statements(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(url) => !postgres_url::sets_option(url, "statement_timeout"),
        }
    }

    /// Removes the URL's secrets from a text that the driver or the server wrote.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self {
            Self::Sqlite(_) => text.to_owned(),
            Self::Postgres(url) => postgres_url::redact(url, text),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

fn escape(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_schemes_are_taken() {
        for text in ["", "mysql://x", "SQLITE://x", "postgres:/x", "data/x.db", "sqlite:x.db"] {
            assert!(DatabaseUrl::from_setting(text).is_err(), "{text}");
        }
        let path = DatabaseUrl::from_setting("sqlite:///a/b c/ä.db");
        assert_eq!(path, Ok(DatabaseUrl::Sqlite("/a/b c/ä.db".into())));
        let url = DatabaseUrl::from_setting("postgresql://db/app");
        assert!(matches!(url, Ok(DatabaseUrl::Postgres(_))));
    }

    #[test]
    fn a_path_that_other_programs_read_differently_is_rejected() {
        for path in [
            "",
            ":memory:",
            ":memory:?cache=shared",
            "data/",
            "data/x.db?mode=ro",
            "data/x.db#x",
            "data/my%20file.db",
            "~/x.db",
            "~ana/x.db",
            "file:x.db",
            "a\u{0}b",
            "a\nb",
            "a\u{fffd}b",
        ] {
            assert!(DatabaseUrl::from_setting(&format!("sqlite://{path}")).is_err(), "{path}");
        }
    }

    #[test]
    fn a_postgres_url_is_checked_and_prints_without_its_password() {
        assert!(DatabaseUrl::from_setting("postgres://ana:s3/cret@db/app").is_err());
        let url = DatabaseUrl::from_setting("postgres://ana:s3cret@db/app").unwrap();
        assert_eq!(format!("{url:?}"), "postgres://ana:********@db/app");
        assert_eq!(url.redact("s3cret is wrong"), "******** is wrong");
    }
}
