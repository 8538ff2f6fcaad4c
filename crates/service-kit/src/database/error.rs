//! What can go wrong, sorted by what the caller can do about it.

use diesel::{
    ConnectionError,
    result::{DatabaseErrorKind, Error},
};

use crate::problem::Problem;

/// Why a database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A unique value is taken; the text names the constraint or its column.
    #[error("conflict on {0}")]
    Conflict(String),
    /// The database is away, busy, full, or damaged: try again later.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The connection has ended. It never leaves the pool, which tries another one.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The database undid the work because of what others did at the same time (SQLSTATE 40001, 40P01). It never
    /// leaves the pool, which runs the work again on the same connection.
    #[error("the work has to be run again: {0}")]
    Retry(String),
    /// A value that the database cannot hold, such as a text with U+0000 (SQLSTATE class 22).
    #[error("a value cannot be stored: {0}")]
    Invalid(String),
    /// Our own fault: a query that cannot be right.
    #[error("database fault: {0}")]
    Fault(String),
}

impl DatabaseError {
    /// Whether the connection that gave this error may be in trouble, and is closed.
    pub(super) fn spoils_connection(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Unavailable(_))
    }
}

/// Whether the error is a conflict on the column of that name.
pub fn is_conflict_on(error: &DatabaseError, column: &str) -> bool {
    matches!(error, DatabaseError::Conflict(place) if place.contains(column))
}

impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        let text = one_line(&error.to_string());
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                // PostgreSQL names the constraint; SQLite says "UNIQUE constraint failed: users.email_canonical".
                Self::Conflict(info.constraint_name().unwrap_or(info.message()).to_owned())
            }
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Retry(text),
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)
            | Error::BrokenTransactionManager => Self::Lost(text),
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
                of_unknown_kind(info.message(), text)
            }
            Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
            | Error::RollbackErrorOnCommit { .. } => Self::Unavailable(text),
            Error::InvalidCString(_) => Self::Invalid(text),
            _ => Self::Fault(text),
        }
    }
}

impl From<ConnectionError> for DatabaseError {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(one_line(&error.to_string()))
    }
}

/// diesel tells no SQLSTATE of these, so the server's words have to do.
fn of_unknown_kind(message: &str, text: String) -> DatabaseError {
    if holds_one_of(message, &LOST) {
        DatabaseError::Lost(text)
    } else if is_deadlock(message) {
        DatabaseError::Retry(text)
    } else if holds_one_of(message, &DATA) {
        DatabaseError::Invalid(text)
    } else {
        DatabaseError::Unavailable(text)
    }
}

pub(super) fn is_deadlock(message: &str) -> bool {
    holds_one_of(&message.to_lowercase(), &DEADLOCK)
}

fn holds_one_of(message: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| message.contains(sign))
}

/// libpq's words for a connection that is gone; it has no code of its own for them.
const LOST: [&str; 8] = [
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "connection to server",
    "could not receive data",
    "could not send data",
    "SSL connection has been closed",
    "SSL SYSCALL error",
];

/// SQLSTATE 40P01 `deadlock_detected`, in the languages that a server may speak (`lc_messages`).
const DEADLOCK: [&str; 7] = [
    "deadlock",
    "impasse",
    "взаимоблокировк",
    "взаємне блокування",
    "zakleszczeni",
    "死锁",
    "デッドロック",
];

/// SQLSTATE class 22 `data_exception`. The first two are the same in every language: a byte sequence that is no
/// text, and a code point that has no text.
const DATA: [&str; 13] = [
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

/// libpq ends each of its sentences with a new line.
pub(super) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(_) | DatabaseError::Lost(_) | DatabaseError::Retry(_) => {
                Self::unavailable(error)
            }
            // Nothing that a client sends makes a 500.
            DatabaseError::Invalid(_) => {
                Self::invalid_request("A value holds what cannot be stored").with_cause(error)
            }
            DatabaseError::Conflict(_) | DatabaseError::Fault(_) => Self::internal(error),
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
    fn a_deadlock_is_run_again_in_whatever_language_the_server_tells_it() {
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
    fn a_value_that_cannot_be_stored_spoils_no_connection_and_is_the_clients_fault() {
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
            assert!(!error.spoils_connection());
            assert_eq!(Problem::from(error).code(), "invalid_request");
        }
    }

    #[test]
    fn what_a_server_refuses_for_now_is_unavailable() {
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
