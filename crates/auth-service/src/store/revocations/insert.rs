//! Adds entries to the feed.

use database::{AnyConnection, CachedStatement, DatabaseError};
use diesel::{
    ExpressionMethods, OptionalExtension, PgConnection, QueryDsl, QueryableByName, RunQueryDsl,
    SqliteConnection, sql_query,
    sql_types::{Array, BigInt, Nullable, Text},
    update,
};
use serde_json::json;
use service_kit::unix_time::UnixSeconds;
use uuid::Uuid;

use crate::store::{DbResult, schema::feed_head};

/// A revoked session or service account, and how long its entry is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The session's id, or a service account's.
    pub sid: String,
    /// Seconds since the epoch: the expiry of the last access token, with a margin.
    pub until: UnixSeconds,
}

/// A user whose rights changed, and how long the entry is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinRightsVersion {
    /// The user's id.
    pub sub: String,
    /// The lowest rights version that tokens may have.
    pub min_version: i64,
    /// Seconds since the epoch: the expiry of the last access token with a lower version, with a margin.
    pub until: UnixSeconds,
}

/// The columns of a new entry.
struct NewEntry<'a> {
    /// Empty if the entry is about a user.
    sid: &'a str,
    until: i64,
    sub: Option<&'a str>,
    min_version: Option<i64>,
}

impl<'a> From<&'a Revoked> for NewEntry<'a> {
    fn from(revoked: &'a Revoked) -> Self {
        let until = revoked.until.as_i64();
        Self { sid: &revoked.sid, until, sub: None, min_version: None }
    }
}

impl<'a> From<&'a MinRightsVersion> for NewEntry<'a> {
    fn from(MinRightsVersion { sub, min_version, until }: &'a MinRightsVersion) -> Self {
        let (sub, min_version) = (Some(sub.as_str()), Some(*min_version));
        Self { sid: "", until: until.as_i64(), sub, min_version }
    }
}

/// Most entries that one statement writes, so that its text and its parameters stay below a few megabytes.
const CHUNK: usize = 10_000;

/// Adds entries about sessions and service accounts to the feed, with one statement for every 10,000 entries (two on
/// SQLite).
///
/// Must be the last step of a transaction. The row `feed_head` stays locked until the commit, so that the numbers have
/// the order of the commits. Every other transaction that revokes waits for this lock.
pub fn insert(connection: &mut AnyConnection, revoked: &[Revoked]) -> DbResult<()> {
    insert_entries(connection, revoked)
}

/// Adds entries about users whose rights changed. As [`insert`], it must be the last step of a transaction.
pub fn insert_min_rights_versions(
    connection: &mut AnyConnection,
    raised: &[MinRightsVersion],
) -> DbResult<()> {
    insert_entries(connection, raised)
}

fn insert_entries<'a, T>(connection: &mut AnyConnection, entries: &'a [T]) -> DbResult<()>
where
    NewEntry<'a>: From<&'a T>,
{
    for chunk in entries.chunks(CHUNK) {
        let chunk: Vec<NewEntry<'_>> = chunk.iter().map(NewEntry::from).collect();
        let tag = new_tag();
        let written = match connection {
            AnyConnection::Postgres(postgres) => insert_on_postgres(postgres, &chunk, tag)?,
            AnyConnection::Sqlite(sqlite) => insert_on_sqlite(sqlite, &chunk, tag)?,
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
         INSERT INTO revocations (seq, tag, tag_before, sid, until, sub, min_ver) \
         SELECT head.seq - $1 + entry.number, $2, \
             CASE WHEN entry.number = 1 THEN head.tag_before ELSE $2 END, entry.sid, entry.until, \
             entry.sub, entry.min_ver \
         FROM head, unnest($3, $4, $5, $6) WITH ORDINALITY \
             AS entry (sid, until, sub, min_ver, number) \
         RETURNING 1 \
     ) SELECT count(*) AS written FROM added";

fn insert_on_postgres(
    connection: &mut PgConnection,
    chunk: &[NewEntry<'_>],
    tag: i64,
) -> DbResult<usize> {
    let sids: Vec<&str> = chunk.iter().map(|entry| entry.sid).collect();
    let untils: Vec<i64> = chunk.iter().map(|entry| entry.until).collect();
    let subs: Vec<Option<&str>> = chunk.iter().map(|entry| entry.sub).collect();
    let min_versions: Vec<Option<i64>> = chunk.iter().map(|entry| entry.min_version).collect();
    let statement = sql_query(INSERT_ON_POSTGRES)
        .bind::<BigInt, _>(length(chunk))
        .bind::<BigInt, _>(tag)
        .bind::<Array<Text>, _>(sids)
        .bind::<Array<BigInt>, _>(untils)
        .bind::<Array<Nullable<Text>>, _>(subs)
        .bind::<Array<Nullable<BigInt>>, _>(min_versions);
    let Written { written } = statement.get_result(connection)?;
    Ok(usize::try_from(written).unwrap_or_default())
}

/// All entries in one statement: written one by one, a hundred thousand entries would block the only writer for
/// seconds.
const INSERT_ON_SQLITE: &str = "INSERT INTO revocations (seq, tag, tag_before, sid, until, sub, min_ver) \
     SELECT ?1 + key + 1, ?2, CASE WHEN key = 0 THEN ?3 ELSE ?2 END, \
         value ->> 0, value ->> 1, value ->> 2, value ->> 3 \
     FROM json_each(?4)";

fn insert_on_sqlite(
    connection: &mut SqliteConnection,
    chunk: &[NewEntry<'_>],
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
    let columns =
        |entry: &NewEntry<'_>| json!([entry.sid, entry.until, entry.sub, entry.min_version]);
    let entries: Vec<_> = chunk.iter().map(columns).collect();
    let statement = sql_query(INSERT_ON_SQLITE)
        .bind::<BigInt, _>(last - length(chunk))
        .bind::<BigInt, _>(tag)
        .bind::<BigInt, _>(before)
        .bind::<Text, _>(json!(entries).to_string());
    Ok(statement.execute(connection)?)
}

fn length(chunk: &[NewEntry<'_>]) -> i64 {
    i64::try_from(chunk.len()).unwrap_or(i64::MAX)
}
