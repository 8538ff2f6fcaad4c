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
    /// Our own fault: a query that cannot be right.
    #[error("database fault: {0}")]
    Fault(String),
}

/// Whether the error is a conflict on the column of that name.
pub fn is_conflict_on(error: &DatabaseError, column: &str) -> bool {
    matches!(error, DatabaseError::Conflict(place) if place.contains(column))
}

impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        let text = one_line(&error);
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                // PostgreSQL names the constraint; SQLite says "UNIQUE constraint failed: users.email_canonical".
                Self::Conflict(info.constraint_name().unwrap_or(info.message()).to_owned())
            }
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Error::BrokenTransactionManager => Self::Lost(text),
            Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _) => Self::Lost(text),
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) if is_lost(info.message()) => {
                Self::Lost(text)
            }
            Error::DatabaseError(DatabaseErrorKind::Unknown, _)
            | Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _)
            | Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => {
                Self::Unavailable(text)
            }
            Error::RollbackErrorOnCommit { .. } => Self::Unavailable(text),
            _ => Self::Fault(text),
        }
    }
}

impl From<ConnectionError> for DatabaseError {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(one_line(&error))
    }
}

/// libpq ends each of its sentences with a new line.
fn one_line(error: &dyn std::error::Error) -> String {
    error.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(_) | DatabaseError::Lost(_) => Self::unavailable(error),
            DatabaseError::Conflict(_) | DatabaseError::Fault(_) => Self::internal(error),
        }
    }
}

/// libpq's words for a connection that is gone; it has no code of its own for them.
fn is_lost(message: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "connection to server",
        "could not receive data",
        "could not send data",
        "SSL connection has been closed",
        "SSL SYSCALL error",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}
