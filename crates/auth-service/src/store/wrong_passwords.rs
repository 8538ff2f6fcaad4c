//! The table `wrong_passwords`: the number of consecutive wrong passwords inside a session. Most sessions have no row.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, delete,
    dsl::{exists, not},
    insert_into, update,
};

use service_kit::ids::SessionId;

use super::DbResult;
use super::schema::{sessions, wrong_passwords};

/// The number of consecutive wrong passwords in a session.
pub fn count(connection: &mut AnyConnection, session_id: &SessionId) -> DbResult<i64> {
    let query = wrong_passwords::table.find(session_id).select(wrong_passwords::count);
    Ok(query.first(connection).optional()?.unwrap_or(0))
}

/// Adds one and returns the new number. The caller has locked the session's row, so two requests do not count at once.
pub fn add(connection: &mut AnyConnection, session_id: &SessionId) -> DbResult<i64> {
    let more = count(connection, session_id)? + 1;
    let new = wrong_passwords::count.eq(more);
    let row = (wrong_passwords::session_id.eq(session_id), new);
    if more == 1 {
        insert_into(wrong_passwords::table).values(row).execute(connection)?;
    } else {
        update(wrong_passwords::table.find(session_id)).set(new).execute(connection)?;
    }
    Ok(more)
}

/// Deletes the rows of deleted sessions. Returns how many.
pub fn purge(connection: &mut AnyConnection) -> DbResult<usize> {
    let session = sessions::table.filter(sessions::id.eq(wrong_passwords::session_id));
    let orphans = wrong_passwords::table.filter(not(exists(session)));
    Ok(delete(orphans).execute(connection)?)
}

/// Deletes the row of a session.
pub fn clear(connection: &mut AnyConnection, session_id: &SessionId) -> DbResult<()> {
    delete(wrong_passwords::table.find(session_id)).execute(connection)?;
    Ok(())
}
