//! The tables `revocations` and `feed_head`: the entries of the feed, and their order.

mod insert;

use database::AnyConnection;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, delete, update,
};
use service_kit::unix_time::UnixSeconds;

pub use self::insert::{MinRightsVersion, Revoked, insert, insert_min_rights_versions};
use super::DbResult;
use super::schema::{feed_head, revocations};

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
    /// The session's id, or a service account's; empty if the entry is about a user.
    pub sid: String,
    /// Seconds since the epoch; after this time the entry is obsolete.
    pub until: UnixSeconds,
    /// The id of the user whose rights changed.
    pub user_id: Option<String>,
    /// The lowest rights version that this user's tokens may have.
    pub min_version: Option<i64>,
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

/// The tag of the entry with this number; `None` if the entry was deleted.
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
            revocations::user_id,
            revocations::min_version,
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
