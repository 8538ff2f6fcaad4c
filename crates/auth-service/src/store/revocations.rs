//! The tables `revocations` and `feed_head`: the entries of the feed, and their order.

use database::{AnyConnection, CachedStatement, DatabaseError};
use diesel::{
    ExpressionMethods, OptionalExtension, PgConnection, QueryDsl, Queryable, QueryableByName,
    RunQueryDsl, SqliteConnection, delete, sql_query,
    sql_types::{Array, BigInt, Text},
    update,
};
use serde_json::json;
use service_kit::unix_time::UnixSeconds;
use uuid::Uuid;

use super::DbResult;
use super::schema::{feed_head, revocations};

/// A revoked session or service account, and how long the entry is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch: the expiry of the last access token, with a margin.
    pub until: UnixSeconds,
}

/// Most entries that one statement writes, so that its text and its parameters stay below a few megabytes.
const CHUNK: usize = 10_000;

/// Adds entries to the feed, with one statement for every 10,000 entries (two on SQLite).
///
/// Must be the last step of a transaction. The row `feed_head` stays locked until the commit, so that the numbers have
/// the order of the commits. Every other transaction that revokes waits for this lock.
pub fn insert(connection: &mut AnyConnection, revoked: &[Revoked]) -> DbResult<()> {
    for chunk in revoked.chunks(CHUNK) {
        let tag = new_tag();
        let written = match connection {
            AnyConnection::Postgres(postgres) => insert_on_postgres(postgres, chunk, tag)?,
            AnyConnection::Sqlite(sqlite) => insert_on_sqlite(sqlite, chunk, tag)?,
        };
        if written != chunk.len() {
            // A revocation without a feed entry must not be committed.
            let text = format!("{written} of {} revocations were written", chunk.len());
            return Err(DatabaseError::Internal(text));
        }
    }
    Ok(())
}

/// A random tag, so that after a restore of the database a new write cannot be confused with the write that was lost.
fn new_tag() -> i64 {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    // Each half of a UUID has some fixed bits, at different positions.
    (high ^ low).cast_signed()
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = BigInt)]
    written: i64,
}

/// One round trip: raises the head, and gives the entries the numbers up to the new head.
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
    let untils: Vec<i64> = chunk.iter().map(|revoked| revoked.until.as_i64()).collect();
    let statement = sql_query(INSERT_ON_POSTGRES)
        .bind::<BigInt, _>(length(chunk))
        .bind::<BigInt, _>(tag)
        .bind::<Array<Text>, _>(sids)
        .bind::<Array<BigInt>, _>(untils);
    let Written { written } = statement.get_result(connection)?;
    Ok(usize::try_from(written).unwrap_or_default())
}

/// All entries in one statement: written one by one, a hundred thousand entries would block the only writer for
/// seconds.
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
        feed_head::previous_tag.eq(feed_head::tag),
        feed_head::tag.eq(tag),
    );
    let raise = update(feed_head::table.find(1)).set(raised);
    let raise = CachedStatement(raise.returning((feed_head::seq, feed_head::previous_tag)));
    let Some((last, before)) = raise.get_result::<(i64, i64)>(connection).optional()? else {
        return Ok(0);
    };
    let entries: Vec<_> =
        chunk.iter().map(|revoked| json!([revoked.sid, revoked.until.as_i64()])).collect();
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

/// A position in the feed: a number, and the tag of the write that used the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedPosition {
    /// The number, which grows with each entry.
    pub seq: i64,
    /// Random for each write.
    pub tag: i64,
}

/// The last position of the feed, and its epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last position, even if its entry was deleted.
    pub position: FeedPosition,
    /// The epoch, which is a part of every cursor.
    pub epoch: String,
}

/// One entry as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct FeedRow {
    /// Its number.
    pub seq: i64,
    /// The tag of its write.
    pub tag: i64,
    /// The tag of the previous number.
    pub previous_tag: i64,
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch; after this time the entry is obsolete.
    pub until: UnixSeconds,
}

impl FeedRow {
    /// Its position.
    pub fn position(&self) -> FeedPosition {
        FeedPosition { seq: self.seq, tag: self.tag }
    }
}

/// The last position of the feed.
pub fn head(connection: &mut AnyConnection) -> DbResult<Head> {
    let row = feed_head::table.find(1).select((feed_head::seq, feed_head::tag, feed_head::epoch));
    let (seq, tag, epoch) = row.first(connection)?;
    Ok(Head { position: FeedPosition { seq, tag }, epoch })
}

/// The tag of the entry with this number, if it was not deleted.
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
            revocations::previous_tag,
            revocations::sid,
            revocations::until,
        ));
    Ok(query.load(connection)?)
}

/// Begins a new epoch, if `old` is still the current one. So if several processes detect the same rollback, only one of
/// them begins an epoch.
pub fn replace_epoch(connection: &mut AnyConnection, old: &str, new: &str) -> DbResult<bool> {
    let present = feed_head::table.filter(feed_head::epoch.eq(old));
    Ok(update(present).set(feed_head::epoch.eq(new)).execute(connection)? == 1)
}

/// Deletes up to `limit` entries that ended before `time`. Returns how many.
pub fn purge(connection: &mut AnyConnection, time: UnixSeconds, limit: i64) -> DbResult<usize> {
    let ended: Vec<i64> = revocations::table
        .filter(revocations::until.lt(time))
        .order(revocations::until)
        .limit(limit)
        .select(revocations::seq)
        .load(connection)?;
    Ok(delete(revocations::table.filter(revocations::seq.eq_any(ended))).execute(connection)?)
}
