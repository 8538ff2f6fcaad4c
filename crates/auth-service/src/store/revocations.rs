//! The tables `revocations` and `feed_head`: the feed of what was ended before its time, and its order.

use database::{AnyConnection, CachedStatement, DatabaseError};
use diesel::{
    ExpressionMethods, OptionalExtension, PgConnection, QueryDsl, Queryable, QueryableByName,
    RunQueryDsl, SqliteConnection, delete, sql_query,
    sql_types::{Array, BigInt, Text},
    update,
};
use serde_json::json;
use uuid::Uuid;

use super::DbResult;
use super::schema::{feed_head, revocations};

/// What was revoked, until when that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch: when the last access token concerned has expired, with a margin.
    pub until: i64,
}

/// Entries that one statement writes at most: its text and its parameters stay within a few megabytes.
const CHUNK: usize = 10_000;

/// Adds to the feed, with one statement for every 10,000 entries (two on SQLite).
///
/// Call it last in a transaction. The row `feed_head` stays locked until the commit, so that the order of numbers is
/// the order of commits, and every other transaction that revokes waits for it.
pub fn insert(connection: &mut AnyConnection, revoked: &[Revoked]) -> DbResult<()> {
    for chunk in revoked.chunks(CHUNK) {
        let tag = new_tag();
        let written = match connection {
            AnyConnection::Postgres(postgres) => insert_on_postgres(postgres, chunk, tag)?,
            AnyConnection::Sqlite(sqlite) => insert_on_sqlite(sqlite, chunk, tag)?,
        };
        if written != chunk.len() {
            // A revocation that is missing in the feed must not be acknowledged.
            let text = format!("{written} of {} revocations were written", chunk.len());
            return Err(DatabaseError::Internal(text));
        }
    }
    Ok(())
}

/// Random, so that a write after a restore of the database never looks like the one that the restore undid.
fn new_tag() -> i64 {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    // Each half has some fixed bits, at different places.
    (high ^ low).cast_signed()
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = BigInt)]
    written: i64,
}

/// One round trip: the head is raised, and the entries take the numbers up to the new one.
const INSERT_ON_POSTGRES: &str = "WITH head AS ( \
         UPDATE feed_head SET seq = seq + $1, tag_before = tag, tag = $2 WHERE id = 1 \
         RETURNING seq, tag_before \
     ), added AS ( \
         INSERT INTO revocations (seq, tag, tag_before, sid, until) \
         SELECT head.seq - $1 + entry.number, $2, \
             CASE WHEN entry.number = 1 THEN head.tag_before ELSE $2 END, entry.sid, entry.until \
         FROM head, unnest($3, $4) WITH ORDINALITY AS entry (sid, until, number) \
         RETURNING 1 \
     ) SELECT count(*) AS written FROM added";

fn insert_on_postgres(
    connection: &mut PgConnection,
    chunk: &[Revoked],
    tag: i64,
) -> DbResult<usize> {
    let sids: Vec<&str> = chunk.iter().map(|revoked| revoked.sid.as_str()).collect();
    let untils: Vec<i64> = chunk.iter().map(|revoked| revoked.until).collect();
    let statement = sql_query(INSERT_ON_POSTGRES)
        .bind::<BigInt, _>(length(chunk))
        .bind::<BigInt, _>(tag)
        .bind::<Array<Text>, _>(sids)
        .bind::<Array<BigInt>, _>(untils);
    let Written { written } = statement.get_result(connection)?;
    Ok(usize::try_from(written).unwrap_or_default())
}

/// All entries in one statement: row by row, a hundred thousand of them would hold the one writer for seconds.
const INSERT_ON_SQLITE: &str = "INSERT INTO revocations (seq, tag, tag_before, sid, until) \
     SELECT ?1 + key + 1, ?2, CASE WHEN key = 0 THEN ?3 ELSE ?2 END, value ->> 0, value ->> 1 \
     FROM json_each(?4)";

fn insert_on_sqlite(
    connection: &mut SqliteConnection,
    chunk: &[Revoked],
    tag: i64,
) -> DbResult<usize> {
    let raised = (
        feed_head::seq.eq(feed_head::seq + length(chunk)),
        feed_head::tag_before.eq(feed_head::tag),
        feed_head::tag.eq(tag),
    );
    let raise = update(feed_head::table.find(1)).set(raised);
    let raise = CachedStatement(raise.returning((feed_head::seq, feed_head::tag_before)));
    let Some((last, before)) = raise.get_result::<(i64, i64)>(connection).optional()? else {
        return Ok(0);
    };
    let entries: Vec<_> = chunk.iter().map(|revoked| json!([revoked.sid, revoked.until])).collect();
    let statement = sql_query(INSERT_ON_SQLITE)
        .bind::<BigInt, _>(last - length(chunk))
        .bind::<BigInt, _>(tag)
        .bind::<BigInt, _>(before)
        .bind::<Text, _>(json!(entries).to_string());
    Ok(statement.execute(connection)?)
}

fn length(chunk: &[Revoked]) -> i64 {
    i64::try_from(chunk.len()).unwrap_or(i64::MAX)
}

/// A place in the feed: a number, and the tag of the write that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Grows with each entry.
    pub seq: i64,
    /// Random for each write.
    pub tag: i64,
}

/// The newest place there is, and the history it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Where the feed ends, whether or not that entry is still there.
    pub place: Place,
    /// Part of every cursor.
    pub epoch: String,
}

/// One entry as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct FeedRow {
    /// Its number.
    pub seq: i64,
    /// The tag of its write.
    pub tag: i64,
    /// The tag of the number before.
    pub tag_before: i64,
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch; later it matters no more.
    pub until: i64,
}

impl FeedRow {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { seq: self.seq, tag: self.tag }
    }
}

/// Where the feed ends.
pub fn head(connection: &mut AnyConnection) -> DbResult<Head> {
    let row = feed_head::table.find(1).select((feed_head::seq, feed_head::tag, feed_head::epoch));
    let (seq, tag, epoch) = row.first(connection)?;
    Ok(Head { place: Place { seq, tag }, epoch })
}

/// The tag of the entry of that number, if it is still there.
pub fn tag_of(connection: &mut AnyConnection, seq: i64) -> DbResult<Option<i64>> {
    let query = revocations::table.find(seq).select(revocations::tag);
    Ok(query.first(connection).optional()?)
}

/// Up to `limit` entries after `seq`, in order.
pub fn after(connection: &mut AnyConnection, seq: i64, limit: i64) -> DbResult<Vec<FeedRow>> {
    let query = revocations::table
        .filter(revocations::seq.gt(seq))
        .order(revocations::seq)
        .limit(limit)
        .select((
            revocations::seq,
            revocations::tag,
            revocations::tag_before,
            revocations::sid,
            revocations::until,
        ));
    Ok(query.load(connection)?)
}

/// Begins a new epoch, if `old` is still the present one: of several processes that see the same reason, one does.
pub fn replace_epoch(connection: &mut AnyConnection, old: &str, new: &str) -> DbResult<bool> {
    let present = feed_head::table.filter(feed_head::epoch.eq(old));
    Ok(update(present).set(feed_head::epoch.eq(new)).execute(connection)? == 1)
}

/// Deletes up to `limit` entries that ended before `time`. Returns how many.
pub fn purge(connection: &mut AnyConnection, time: i64, limit: i64) -> DbResult<usize> {
    let ended: Vec<i64> = revocations::table
        .filter(revocations::until.lt(time))
        .order(revocations::until)
        .limit(limit)
        .select(revocations::seq)
        .load(connection)?;
    Ok(delete(revocations::table.filter(revocations::seq.eq_any(ended))).execute(connection)?)
}
