//! Waiting for the database while a service starts: a temporary error is tried again, any other is returned at once.

use std::{
    thread,
    time::{Duration, Instant},
};

use service_kit::call_budget::START_TIMEOUT;

use super::{Access, AnyConnection, DatabaseError, DatabaseUrl};

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Messages of temporary errors. Every other error is returned at once, such as a wrong password or a
/// server that does not exist.
const TEMPORARY_ERRORS: [&str; 15] = [
    "timeout expired",
    "timed out",
    "starting up",
    "shutting down",
    "recovery",
    "not yet accepting connections",
    "too many clients",
    "too many connections",
    "connection slots are reserved",
    "statement timeout",
    "server closed the connection",
    "Connection reset",
    "query_wait_timeout",
    // PgBouncer, while it has no server yet.
    "server login",
    // SQLite, while another process migrates.
    "database is locked",
];

/// Connects once, so that a wrong URL stops the start. Waits for a server that is slow.
///
/// # Errors
/// With the reason why there is no connection.
pub fn wait_until_reachable(url: &DatabaseUrl, access: Access) -> Result<(), DatabaseError> {
    retry_while_temporary(START_TIMEOUT, || AnyConnection::connect(url, access).map(drop))
}

/// Connects once. `Some` for a database that can never be used. A service that starts without waiting for its database
/// uses this to reject a wrong one.
pub fn find_unusable(url: &DatabaseUrl, access: Access) -> Option<DatabaseError> {
    let error = AnyConnection::connect(url, access).err()?;
    matches!(error, DatabaseError::Unusable(_)).then_some(error)
}

/// Tries again, with a pause, while the error is temporary.
pub(crate) fn retry_while_temporary<T>(
    within: Duration,
    mut attempt: impl FnMut() -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let until = Instant::now() + within;
    loop {
        match attempt() {
            Err(error) if is_temporary(&error) && Instant::now() + PAUSE < until => {
                tracing::warn!(%error, "the database is not ready: retrying");
                thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

fn is_temporary(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::Lost(_) | DatabaseError::Retry(_) => true,
        DatabaseError::Unavailable(text) => {
            TEMPORARY_ERRORS.iter().any(|message| text.contains(message))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(within: Duration, texts: &[&str]) -> (usize, Result<(), DatabaseError>) {
        let mut tried = 0;
        let result = retry_while_temporary(within, || {
            tried += 1;
            match texts.get(tried - 1) {
                Some(text) => Err(DatabaseError::Unavailable((*text).to_owned())),
                None => Ok(()),
            }
        });
        (tried, result)
    }

    #[test]
    fn a_database_that_is_slow_is_waited_for() {
        let slow = ["timeout expired", "FATAL:  the database system is starting up"];
        let (tried, result) = tries(START_TIMEOUT, &slow);
        assert!(result.is_ok() && tried == 3, "{tried}: {result:?}");
    }

    #[test]
    fn an_error_that_is_not_temporary_is_returned_at_once() {
        for text in [
            "FATAL:  password authentication failed for user \"ana\"",
            "FATAL:  database \"x\" does not exist",
            "connection to server at \"db\" failed: Connection refused",
            "the database's encoding is LATIN1",
            "unable to open database file",
        ] {
            let (tried, result) = tries(START_TIMEOUT, &[text]);
            assert_eq!(tried, 1, "{text}");
            assert!(result.unwrap_err().to_string().contains(text));
        }
    }

    #[test]
    fn the_wait_has_an_end_and_returns_the_last_error() {
        let (tried, result) = tries(PAUSE / 2, &["timeout expired"; 9]);
        assert_eq!(tried, 1);
        assert!(result.unwrap_err().to_string().contains("timeout expired"));
    }
}
