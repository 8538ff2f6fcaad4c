//! Database errors, sorted by what the caller can do about them.

use diesel::{
    ConnectionError,
    result::{DatabaseErrorKind, Error},
};

use service_kit::problem::Problem;

/// Why a database did not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A unique value is taken; the text names the constraint or its column.
    #[error("conflict on {0}")]
    Conflict(String),
    /// The database is unavailable, busy, full, or damaged: try again later.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The database answers, but retrying does not help: its encoding is wrong, or a pooler is in front that
    /// `pool_mode` has to name.
    #[error("database cannot be used: {0}")]
    Unusable(String),
    /// The connection has ended. Callers never see this: the pool tries another connection.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The database rolled the work back because of a conflict with another transaction (SQLSTATE 40001, 40P01).
    /// Callers never see this: the pool runs the work again.
    #[error("the work has to be run again: {0}")]
    Retry(String),
    /// A value that the database cannot store, such as a text with U+0000 (SQLSTATE class 22).
    #[error("a value cannot be stored: {0}")]
    Invalid(String),
    /// A bug in this program, such as a wrong query.
    #[error("internal database error: {0}")]
    Internal(String),
}

impl DatabaseError {
    /// Whether the connection that gave this error may be broken, and is closed.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Unavailable(_) | Self::Unusable(_))
    }
}

/// Whether the error is a conflict that names this column (a constraint's name contains its column).
pub fn is_conflict_on(error: &DatabaseError, column: &str) -> bool {
    matches!(error, DatabaseError::Conflict(place) if place.contains(column))
}

impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        let text = one_line(&error.to_string());
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                // PostgreSQL names the constraint; SQLite names table and column: "UNIQUE constraint failed: t.c".
                Self::Conflict(info.constraint_name().unwrap_or(info.message()).to_owned())
            }
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Retry(text),
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)
            | Error::BrokenTransactionManager => Self::Lost(text),
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
                classify_message(info.message(), text)
            }
            Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
            | Error::RollbackErrorOnCommit { .. } => Self::Unavailable(text),
            Error::InvalidCString(_) => Self::Invalid(text),
            _ => Self::Internal(text),
        }
    }
}

impl From<ConnectionError> for DatabaseError {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(one_line(&error.to_string()))
    }
}

/// diesel does not give the SQLSTATE of these errors, so the server's message has to be searched.
fn classify_message(message: &str, text: String) -> DatabaseError {
    if contains_any(message, &LOST_CONNECTION_MESSAGES) {
        DatabaseError::Lost(text)
    } else if is_deadlock(message) {
        DatabaseError::Retry(text)
    } else if contains_any(message, &DATA_ERROR_MESSAGES) {
        DatabaseError::Invalid(text)
    } else {
        DatabaseError::Unavailable(text)
    }
}

pub(crate) fn is_deadlock(message: &str) -> bool {
    contains_any(&message.to_lowercase(), &DEADLOCK_MESSAGES)
}

fn contains_any(message: &str, markers: &[&str]) -> bool {
    markers.iter().any(|marker| message.contains(marker))
}

/// libpq's messages for a connection that is gone; it has no code for them.
const LOST_CONNECTION_MESSAGES: [&str; 8] = [
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "connection to server",
    "could not receive data",
    "could not send data",
    "SSL connection has been closed",
    "SSL SYSCALL error",
];

/// SQLSTATE 40P01 `deadlock_detected`, in the languages of `lc_messages`.
const DEADLOCK_MESSAGES: [&str; 7] = [
    "deadlock",
    "impasse",
    "взаимоблокировк",
    "взаємне блокування",
    "zakleszczeni",
    "死锁",
    "デッドロック",
];

/// SQLSTATE class 22 `data_exception`. The first two are the same in every language: an invalid byte sequence, and
/// U+0000.
const DATA_ERROR_MESSAGES: [&str; 13] = [
    "\"UTF8\": 0x",
    "\\u0000",
    "invalid byte sequence",
    "has no equivalent in encoding",
    "out of range",
    "value too long",
    "invalid input syntax",
    "invalid escape",
    "LIKE pattern must not end with escape",
    "invalid regular expression",
    "incorrect binary data format",
    "division by zero",
    // SQLite's SQLITE_TOOBIG.
    "string or blob too big",
];

/// libpq's messages span several lines; a log line and an error text have one.
pub(crate) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(_)
            | DatabaseError::Unusable(_)
            | DatabaseError::Lost(_)
            | DatabaseError::Retry(_) => Self::unavailable(error),
            // Input of a client must never make a 500.
            DatabaseError::Invalid(_) => {
                Self::invalid_request("A value contains characters that cannot be stored")
                    .with_cause(error)
            }
            DatabaseError::Conflict(_) | DatabaseError::Internal(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(message: &str) -> DatabaseError {
        let info = Box::new(message.to_owned());
        Error::DatabaseError(DatabaseErrorKind::Unknown, info).into()
    }

    #[test]
    fn a_deadlock_is_recognised_in_each_language_of_the_server() {
        for message in [
            "deadlock detected",
            "Verklemmung (Deadlock) entdeckt",
            "interblocage (deadlock) détecté",
            "se ha detectado un deadlock",
            "обнаружена взаимоблокировка",
            "检测到死锁",
            "デッドロックを検出しました",
        ] {
            assert!(matches!(class_of(message), DatabaseError::Retry(_)), "{message}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_stored_keeps_the_connection_and_is_an_invalid_request() {
        for message in [
            "invalid byte sequence for encoding \"UTF8\": 0x00",
            "ungültige Byte-Sequenz für Kodierung »UTF8«: »\"UTF8\": 0x00",
            "value too long for type character varying(10)",
            "integer out of range",
            "invalid input syntax for type bigint: \"x\"",
            "character with byte sequence 0xe2 0x98 0x83 in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"",
        ] {
            let error = class_of(message);
            assert!(matches!(error, DatabaseError::Invalid(_)), "{message}: {error}");
            assert!(!error.breaks_connection());
            assert_eq!(Problem::from(error).code(), "invalid_request");
        }
    }

    #[test]
    fn what_a_server_cannot_do_now_is_unavailable() {
        for message in [
            "canceling statement due to statement timeout",
            "could not extend file \"base/1/2\": No space left on device",
            "prepared statement \"__diesel_stmt_0\" does not exist",
            "sorry, too many clients already",
            "database is locked",
        ] {
            assert!(matches!(class_of(message), DatabaseError::Unavailable(_)), "{message}");
        }
        assert!(matches!(
            class_of("server closed the connection unexpectedly"),
            DatabaseError::Lost(_)
        ));
    }
}
