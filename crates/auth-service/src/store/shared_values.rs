//! The table `shared_values`: small values that all processes on one database share.

use database::{AnyConnection, Database, DatabaseError};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, insert_into, update};

use super::schema::shared_values;

/// The value with this name. If there is none yet, stores and returns `new`. All processes get the same value.
pub async fn get_or_insert(
    database: &Database,
    name: &'static str,
    new: String,
) -> Result<String, DatabaseError> {
    let written = database.write(move |connection| match get(connection, name)? {
        Some(value) => Ok(value),
        None => insert(connection, name, &new).map(|()| new.clone()),
    });
    match written.await {
        // Another process was first. PostgreSQL has aborted our transaction, so this needs a new one.
        Err(DatabaseError::Conflict(_)) => {
            let value = database.read(move |connection| get(connection, name)).await?;
            value.ok_or_else(|| DatabaseError::Internal(format!("the shared value {name} is gone")))
        }
        written => written,
    }
}

fn insert(connection: &mut AnyConnection, name: &str, value: &str) -> Result<(), DatabaseError> {
    let row = (shared_values::name.eq(name), shared_values::value.eq(value));
    insert_into(shared_values::table).values(row).execute(connection)?;
    Ok(())
}

/// The value with this name, if there is one.
pub fn get(connection: &mut AnyConnection, name: &str) -> Result<Option<String>, DatabaseError> {
    let query = shared_values::table.find(name).select(shared_values::value);
    Ok(query.first(connection).optional()?)
}

/// Replaces the value with this name if it is still `old` (`None`: there is no value yet); `false` if it is not. If two
/// processes set the first value at once, the second one gets a conflict.
pub fn replace(
    connection: &mut AnyConnection,
    name: &str,
    old: Option<&str>,
    new: &str,
) -> Result<bool, DatabaseError> {
    let Some(old) = old else { return insert(connection, name, new).map(|()| true) };
    let unchanged = shared_values::table.find(name).filter(shared_values::value.eq(old));
    Ok(update(unchanged).set(shared_values::value.eq(new)).execute(connection)? == 1)
}

/// Locks the row with this name until the transaction ends, and empties its value; only for rows that exist to be
/// locked. It is an update, because then a transaction with an older snapshot is rolled back and tried again, instead
/// of reading rows from before the lock. (An advisory lock works only on PostgreSQL itself: other databases with its
/// protocol have none, or have advisory locks without effect.)
pub fn lock(connection: &mut AnyConnection, name: &str) -> Result<(), DatabaseError> {
    let row = shared_values::table.find(name);
    let locked = update(row).set(shared_values::value.eq("")).execute(connection)?;
    if locked == 1 {
        Ok(())
    } else {
        Err(DatabaseError::Internal(format!("the shared value {name} is gone")))
    }
}
