//! The table `shared_values`: small values that all processes on one database share.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, insert_into, result::Error,
};
use service_kit::database::{AnyConnection, DatabaseError};

use super::schema::shared_values;

/// The value of that name, or `new`, which is kept if there is none yet.
pub fn get_or_insert(
    connection: &mut AnyConnection,
    name: &str,
    new: &str,
) -> Result<String, DatabaseError> {
    if let Some(value) = get(connection, name)? {
        return Ok(value);
    }
    let row = (shared_values::name.eq(name), shared_values::value.eq(new));
    insert_into(shared_values::table).values(row).execute(connection)?;
    Ok(new.to_owned())
}

/// The value of that name.
pub fn get(connection: &mut AnyConnection, name: &str) -> Result<Option<String>, Error> {
    shared_values::table.find(name).select(shared_values::value).first(connection).optional()
}
