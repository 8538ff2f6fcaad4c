//! Where the data is.

use std::path::{Path, PathBuf};

use super::DatabaseError;
use crate::settings::FromSetting;

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
    /// A libpq connection URI, as given.
    Postgres(String),
}

impl FromSetting for DatabaseUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return match path {
                "" | ":memory:" => Err("names no file: sqlite://data/authpair.db".to_owned()),
                path => Ok(Self::Sqlite(path.into())),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err("begins with neither sqlite:// nor postgres://".to_owned())
    }
}

impl DatabaseUrl {
    /// The URL as it was set, password and all.
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
            Self::Postgres(url) => mask(url),
        }
    }

    /// What libpq or SQLite is given.
    pub(super) fn to_connect(&self, access: Access) -> String {
        match (self, access) {
            (Self::Sqlite(path), Access::ReadWrite) => path.display().to_string(),
            (Self::Sqlite(path), Access::ReadOnly) => {
                format!("file:{}?mode=ro", escape(&path.display().to_string()))
            }
            (Self::Postgres(url), _) => with_bounds(url),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The parts of a libpq URI: what is before the user, the user's part with its `@`, the rest up to `?`, the query.
/// The user's part is found first, as libpq does it: a password may hold a `?`.
struct Parts<'a> {
    scheme: &'a str,
    user: Option<&'a str>,
    place: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let hosts = rest.find('/').unwrap_or(rest.len());
        let (user, rest) = match rest[..hosts].rfind('@') {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            // Without a database name the query follows the host; an `@` in it is none of a user's.
            None => (None, rest),
        };
        let (place, query) =
            rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        Self { scheme, user, place, query }
    }
}

/// Masks the password in `postgres://user:password@host/…` and in `?password=…`, however that is written.
pub(super) fn mask(url: &str) -> String {
    let Parts { scheme, user, place, query } = Parts::of(url);
    let mut masked = format!("{scheme}://");
    if let Some(user) = user {
        masked.push_str(user.split_once(':').map_or(user, |(name, _)| name));
        masked.push_str(if user.contains(':') { ":********@" } else { "@" });
    }
    masked.push_str(place);
    for (index, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        masked.push(if index == 0 { '?' } else { '&' });
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let plain =
            url::form_urlencoded::parse(name.as_bytes()).map(|(name, _)| name.to_lowercase());
        let secret = plain.collect::<String>().contains("password");
        masked.push_str(&if secret { format!("{name}=********") } else { pair.to_owned() });
    }
    masked
}

/// Adds those bounds in time that the URL does not set itself.
fn with_bounds(url: &str) -> String {
    const BOUNDS: [(&str, &str); 6] = [
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "3000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "2"),
        ("options", "-c%20statement_timeout%3D2500"),
    ];
    let mut url = url.to_owned();
    for (name, value) in BOUNDS {
        let query = Parts::of(&url).query.map(str::to_owned);
        let set = query
            .iter()
            .flat_map(|query| query.split('&'))
            .any(|pair| pair.split_once('=').is_some_and(|(set, _)| set == name));
        if !set {
            let join = if query.is_some() { '&' } else { '?' };
            url.push_str(&format!("{join}{name}={value}"));
        }
    }
    url
}

fn escape(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Makes the folder of an SQLite file.
pub(super) fn make_parent(path: &Path) -> Result<(), DatabaseError> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(parent).map_err(|error| {
        DatabaseError::Unavailable(format!("folder {}: {error}", parent.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_never_prints_its_password() {
        for url in [
            "postgres://ana:s3cr@t@db:5432/app?sslmode=require",
            "postgres://db/app?password=s3cr@t",
        ] {
            let shown = format!("{:?}", DatabaseUrl::from_setting(url).unwrap());
            assert!(!shown.contains("s3cr") && shown.contains("db"), "{shown}");
        }
    }

    #[test]
    fn only_the_two_schemes_are_taken() {
        assert!(DatabaseUrl::from_setting("mysql://x").is_err());
        assert!(DatabaseUrl::from_setting("sqlite://").is_err());
        assert_eq!(
            DatabaseUrl::from_setting("sqlite:///a/b"),
            Ok(DatabaseUrl::Sqlite("/a/b".into()))
        );
    }

    #[test]
    fn waits_are_bounded_unless_the_url_says_how() {
        let url = with_bounds("postgres://db/app?connect_timeout=9");
        assert!(url.contains("connect_timeout=9&tcp_user_timeout=3000"), "{url}");
        assert!(!url.contains("connect_timeout=2"));
        let odd = with_bounds("postgres://u:s?cret@db/app");
        assert!(odd.starts_with("postgres://u:s?cret@db/app?connect_timeout=2&"), "{odd}");
    }
}
