//! The table `outbox`: mails that wait to be sent, those that were sent in the last days (for the limits), and those that
//! cannot be sent.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper, delete, dsl::count_star, insert_into, update,
};
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::{UnixMicros, UnixSeconds},
};

use super::{DbResult, schema::outbox};

/// One mail. It never holds a token or a text.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub struct MailRow {
    /// A UUID.
    pub id: String,
    /// What the mail says.
    pub kind: String,
    /// Its user, if it is known.
    pub user_id: Option<UserId>,
    /// Where it is sent.
    pub address: String,
    /// The canonical form of the address.
    pub address_key: String,
    /// Its language.
    pub locale: Option<String>,
    /// Of a notice about a sign-in: the session.
    pub session_id: Option<SessionId>,
    /// When it was asked for.
    pub created_at: UnixMicros,
    /// When it is tried next. While a process sends it: the time from which another process may try.
    pub due_at: UnixSeconds,
    /// How often sending has begun.
    pub tries: i64,
    /// Of an invite: what its user gets, as JSON.
    pub grants: Option<String>,
    /// Who asked for it, if its user is looked up later.
    #[diesel(embed)]
    pub asked_by: AskedBy,
}

/// The client that asked for a mail, and its request, as the audit log shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub struct AskedBy {
    /// The client's address.
    pub ip: Option<String>,
    /// Its user agent.
    pub user_agent: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// Inserts a mail.
pub fn insert(connection: &mut AnyConnection, mail: &MailRow) -> DbResult<()> {
    insert_into(outbox::table).values(mail).execute(connection)?;
    Ok(())
}

/// Up to `limit` mails of these kinds that are due at `now`; the mail that has waited longest comes first.
pub fn due(
    connection: &mut AnyConnection,
    kinds: &[&str],
    now: UnixSeconds,
    limit: i64,
) -> DbResult<Vec<MailRow>> {
    let rows = outbox::table
        .filter(outbox::kind.eq_any(kinds.to_vec()))
        .filter(outbox::sent_at.is_null().and(outbox::dead_at.is_null()))
        .filter(outbox::due_at.le(now))
        .order((outbox::due_at, outbox::id))
        .limit(limit);
    Ok(rows.select(MailRow::as_select()).load(connection)?)
}

/// Claims a mail until `until`: no other process sends it before. `false` if another process was first.
pub fn claim(connection: &mut AnyConnection, mail: &MailRow, until: UnixSeconds) -> DbResult<bool> {
    let unclaimed = outbox::table
        .filter(outbox::id.eq(&mail.id))
        .filter(outbox::tries.eq(mail.tries))
        .filter(outbox::due_at.eq(mail.due_at))
        .filter(outbox::sent_at.is_null().and(outbox::dead_at.is_null()));
    let new = (outbox::due_at.eq(until), outbox::tries.eq(mail.tries + 1));
    Ok(update(unclaimed).set(new).execute(connection)? == 1)
}

/// Deletes a mail that was claimed with this number of tries.
pub fn remove(connection: &mut AnyConnection, id: &str, tries: i64) -> DbResult<bool> {
    let row = outbox::table.filter(outbox::id.eq(id)).filter(outbox::tries.eq(tries));
    Ok(delete(row).execute(connection)? == 1)
}

/// Deletes the unsent mails of this kind to a user that were asked for at `since` or later.
pub fn remove_waiting_since(
    connection: &mut AnyConnection,
    user_id: &UserId,
    kind: &str,
    since: UnixMicros,
) -> DbResult<usize> {
    let rows = outbox::table
        .filter(outbox::user_id.eq(user_id))
        .filter(outbox::kind.eq(kind))
        .filter(outbox::created_at.ge(since))
        .filter(outbox::sent_at.is_null());
    Ok(delete(rows).execute(connection)?)
}

/// When the first mail of this kind that waits for a user at this address was asked for.
pub fn waiting_since(
    connection: &mut AnyConnection,
    user_id: &UserId,
    kind: &str,
    address_key: &str,
) -> DbResult<Option<UnixMicros>> {
    let first = outbox::table
        .filter(outbox::user_id.eq(user_id))
        .filter(outbox::kind.eq(kind))
        .filter(outbox::address_key.eq(address_key))
        .filter(outbox::sent_at.is_null().and(outbox::dead_at.is_null()))
        .order(outbox::created_at)
        .select(outbox::created_at);
    Ok(first.first(connection).optional()?)
}

/// Deletes the unsent mails of this kind to an address without a user.
pub fn remove_waiting_at(
    connection: &mut AnyConnection,
    address_key: &str,
    kind: &str,
) -> DbResult<usize> {
    let rows = outbox::table
        .filter(outbox::address_key.eq(address_key))
        .filter(outbox::kind.eq(kind))
        .filter(outbox::user_id.is_null())
        .filter(outbox::sent_at.is_null());
    Ok(delete(rows).execute(connection)?)
}

/// Records that a mail was sent.
pub fn mark_sent(
    connection: &mut AnyConnection,
    id: &str,
    tries: i64,
    now: UnixSeconds,
) -> DbResult<bool> {
    let row = outbox::table.filter(outbox::id.eq(id)).filter(outbox::tries.eq(tries));
    Ok(update(row).set(outbox::sent_at.eq(Some(now))).execute(connection)? == 1)
}

/// Records that a try failed, and when the next one is due.
pub fn postpone(
    connection: &mut AnyConnection,
    id: &str,
    tries: i64,
    due_at: UnixSeconds,
    error: &str,
) -> DbResult<bool> {
    let row = outbox::table.filter(outbox::id.eq(id)).filter(outbox::tries.eq(tries));
    let new = (outbox::due_at.eq(due_at), outbox::last_error.eq(Some(error)));
    Ok(update(row).set(new).execute(connection)? == 1)
}

/// Records that a mail is not tried again.
pub fn mark_dead(
    connection: &mut AnyConnection,
    id: &str,
    tries: i64,
    now: UnixSeconds,
    error: &str,
) -> DbResult<bool> {
    let row = outbox::table.filter(outbox::id.eq(id)).filter(outbox::tries.eq(tries));
    let new = (outbox::dead_at.eq(Some(now)), outbox::last_error.eq(Some(error)));
    Ok(update(row).set(new).execute(connection)? == 1)
}

/// The number of other mails of the same kind to the same address that were sent after `since`, are being sent, or wait
/// and came before this one.
pub fn count_earlier(
    connection: &mut AnyConnection,
    mail: &MailRow,
    since: UnixSeconds,
) -> DbResult<i64> {
    let came_before = outbox::created_at
        .lt(mail.created_at)
        .or(outbox::created_at.eq(mail.created_at).and(outbox::id.lt(&mail.id)));
    let waits = outbox::sent_at.is_null().and(outbox::dead_at.is_null());
    let query = outbox::table
        .filter(outbox::address_key.eq(&mail.address_key))
        .filter(outbox::kind.eq(&mail.kind))
        .filter(outbox::id.ne(&mail.id))
        .filter(outbox::sent_at.gt(since).or(waits.and(outbox::tries.gt(0).or(came_before))))
        .select(count_star());
    Ok(query.first(connection)?)
}

/// How many mails wait, how many are dead, and when the oldest waiting one was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Mails that wait.
    pub waiting: i64,
    /// Mails that are not tried again.
    pub dead: i64,
    /// When the oldest waiting mail was asked for.
    pub oldest: Option<UnixMicros>,
}

/// Counts the mails.
pub fn counts(connection: &mut AnyConnection) -> DbResult<OutboxCounts> {
    let waits = outbox::sent_at.is_null().and(outbox::dead_at.is_null());
    let waiting = outbox::table.filter(waits).select(count_star()).first(connection)?;
    let oldest = outbox::table
        .filter(waits)
        .order(outbox::created_at)
        .select(outbox::created_at)
        .first(connection)
        .optional()?;
    let dead = outbox::table
        .filter(outbox::dead_at.is_not_null())
        .select(count_star())
        .first(connection)?;
    Ok(OutboxCounts { waiting, dead, oldest })
}

/// Deletes mails that were sent before `sent` or became dead before `dead`. Returns how many.
pub fn purge(
    connection: &mut AnyConnection,
    sent: UnixSeconds,
    dead: UnixSeconds,
) -> DbResult<usize> {
    let old_sent = outbox::table.filter(outbox::sent_at.lt(sent));
    let old_dead = outbox::table.filter(outbox::dead_at.lt(dead));
    Ok(delete(old_sent).execute(connection)? + delete(old_dead).execute(connection)?)
}
