//! Why the link of a mail is not accepted.

use database::DatabaseError;

use super::{
    hashing::HashingError,
    name_assignment::{TakenField, taken_field},
};

/// Why the link of a mail is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It was used, has expired, is unknown, is for something else, or the account has changed since. Clients are not
    /// told which.
    #[error("the link is used, expired or unknown")]
    Invalid,
    /// Another user has the address now.
    #[error("a user of that address exists")]
    Taken(TakenField),
    /// The password cannot be hashed now.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(DatabaseError),
}

impl From<DatabaseError> for LinkError {
    fn from(error: DatabaseError) -> Self {
        taken_field(&error).map_or(Self::Database(error), Self::Taken)
    }
}
