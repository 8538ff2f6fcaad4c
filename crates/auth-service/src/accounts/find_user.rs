//! Reads one user.

use database::Database;
use service_kit::ids::UserId;

use crate::store::{self, DbResult, users::UserRow};

/// The user with this id; `None` if the user was deleted.
///
/// # Errors
/// When the database is unavailable.
pub async fn find_user(database: &Database, id: UserId) -> DbResult<Option<UserRow>> {
    database.read(move |connection| store::users::by_id(connection, &id)).await
}
