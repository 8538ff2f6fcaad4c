//! The table `shared_values`: small values that all processes on one database share.

use database::{AnyConnection, Database, DatabaseError};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, insert_into, update};

use super::schema::shared_values;

/// The value of that name, or `new`, which is kept if there is none yet. All processes get the same one.
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
        // Another process was first. PostgreSQL has ended our transaction, so this is another one.
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

/// The value of that name, if there is one.
pub fn get(connection: &mut AnyConnection, name: &str) -> Result<Option<String>, DatabaseError> {
    let query = shared_values::table.find(name).select(shared_values::value);
    Ok(query.first(connection).optional()?)
}

/// Replaces the value of that name, or sets the first one, if it still is `old`; `false` if it is not. Where two
/// set the first one at once, the second is a conflict.
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
