//! The table `revocations`: the feed of what was ended before its time.

use diesel::{
    ExpressionMethods, Insertable, QueryDsl, RunQueryDsl, delete, dsl::max, insert_into, sql_query,
};
use service_kit::database::{AnyConnection, DatabaseError};

use super::schema::revocations;

/// The key of the advisory lock under which `seq` is taken (PostgreSQL): "revoked" in ASCII.
const LOCK: i64 = 0x7265_766f_6b65_6400;

/// What was revoked, until when that matters.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = revocations)]
pub struct Revoked {
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch: when the last access token concerned has expired, with a margin.
    pub until: i64,
}

type Done<T> = Result<T, DatabaseError>;

/// Adds to the feed. On PostgreSQL the writers come one after the other: with a bare sequence, a reader
/// passes the gap of a transaction that commits late, and never sees its rows.
pub fn insert(connection: &mut AnyConnection, revoked: &[Revoked]) -> Done<()> {
    if revoked.is_empty() {
        return Ok(());
    }
    if matches!(connection, AnyConnection::Postgres(_)) {
        sql_query(format!("SELECT pg_advisory_xact_lock({LOCK})")).execute(connection)?;
    }
    // Row by row: the several-rows insert is not the same on both databases.
    for row in revoked {
        insert_into(revocations::table).values(row).execute(connection)?;
    }
    Ok(())
}

/// Up to `limit` entries after `seq`, in order, as `(seq, sid, until)`.
pub fn after(
    connection: &mut AnyConnection,
    seq: i64,
    limit: i64,
) -> Done<Vec<(i64, String, i64)>> {
    let query = revocations::table
        .filter(revocations::seq.gt(seq))
        .order(revocations::seq)
        .limit(limit)
        .select((revocations::seq, revocations::sid, revocations::until));
    Ok(query.load(connection)?)
}

/// The greatest `seq` there is; 0 in an empty table.
pub fn last_seq(connection: &mut AnyConnection) -> Done<i64> {
    let last: Option<i64> = revocations::table.select(max(revocations::seq)).first(connection)?;
    Ok(last.unwrap_or(0))
}

/// Deletes up to `limit` entries that ended before `time`. Returns how many.
pub fn purge(connection: &mut AnyConnection, time: i64, limit: i64) -> Done<usize> {
    let ended: Vec<i64> = revocations::table
        .filter(revocations::until.lt(time))
        .order(revocations::until)
        .limit(limit)
        .select(revocations::seq)
        .load(connection)?;
    Ok(delete(revocations::table.filter(revocations::seq.eq_any(ended))).execute(connection)?)
}
