//! Queries for administrators: they list and disable users, and find out whether another administrator is left.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl,
    SelectableHelper, dsl::sql, sql_types::Bool, update,
};
use service_kit::{
    ids::UserId,
    unix_time::{UnixMicros, UnixSeconds},
};

use super::{UserRow, users};
use crate::store::{DbResult, shared_values};

/// The row of `shared_values` that is locked by transactions that may take a right from an administrator.
const LOCK: &str = "administrators_lock";

/// Makes transactions that may take a right from an administrator run one after the other. It must be the first lock of
/// its transaction.
pub fn lock_administrators(connection: &mut AnyConnection) -> DbResult<()> {
    shared_values::lock(connection, LOCK)
}

/// Whether there is an enabled administrator, not counting the user `except`.
pub fn has_administrator(
    connection: &mut AnyConnection,
    except: Option<&UserId>,
) -> DbResult<bool> {
    // A literal, because the partial index is used only for exactly this expression.
    let has_scope = match connection {
        AnyConnection::Postgres(_) => "strpos(' ' || scope || ' ', ' users:admin ') > 0",
        AnyConnection::Sqlite(_) => "instr(' ' || scope || ' ', ' users:admin ') > 0",
    };
    let found = users::table
        .filter(sql::<Bool>(has_scope))
        .filter(users::disabled_at.is_null())
        .filter(users::id.ne_all(except))
        .select(users::id);
    Ok(found.first::<UserId>(connection).optional()?.is_some())
}

/// Disables a user, with a reason for administrators. No device is trusted any more.
pub fn disable(
    connection: &mut AnyConnection,
    id: &UserId,
    at: UnixSeconds,
    reason: Option<&str>,
) -> DbResult<bool> {
    let new = (
        users::disabled_at.eq(Some(at)),
        users::disabled_reason.eq(reason),
        users::device_epoch.eq(users::device_epoch + 1),
    );
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Enables a user again. No device is trusted any more.
pub fn enable(connection: &mut AnyConnection, id: &UserId) -> DbResult<bool> {
    let new = (
        users::disabled_at.eq(None::<UnixSeconds>),
        users::disabled_reason.eq(None::<String>),
        users::device_epoch.eq(users::device_epoch + 1),
    );
    Ok(update(users::table.find(id)).set(new).execute(connection)? == 1)
}

/// Whether users may sign in, as a filter of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// Those who may sign in.
    Enabled,
    /// Those who may not.
    Disabled,
}

/// The users with this status. A macro, because the type of a boxed query names its backend.
macro_rules! with_status {
    ($status:expr) => {{
        let query = users::table.into_boxed();
        match $status {
            Some(UserStatus::Enabled) => query.filter(users::disabled_at.is_null()),
            Some(UserStatus::Disabled) => query.filter(users::disabled_at.is_not_null()),
            None => query,
        }
    }};
}

/// The position of a user in the list by time of registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPosition {
    /// When the user was registered.
    pub created_at: UnixMicros,
    /// The user's id.
    pub id: UserId,
}

/// Up to `limit` users, newest first; those before a position, or the newest ones.
pub fn newest(
    connection: &mut AnyConnection,
    status: Option<UserStatus>,
    before: Option<&RegistrationPosition>,
    limit: i64,
) -> DbResult<Vec<UserRow>> {
    let mut query = with_status!(status);
    if let Some(RegistrationPosition { created_at, id }) = before {
        // This form walks the index; the usual OR of two comparisons reads the whole table.
        let earlier = users::created_at.lt(*created_at).or(users::id.lt(id.clone()));
        query = query.filter(users::created_at.le(*created_at).and(earlier));
    }
    let newest_first = (users::created_at.desc(), users::id.desc());
    Ok(query.order(newest_first).limit(limit).select(UserRow::as_select()).load(connection)?)
}

/// A range of canonical forms.
#[derive(Clone, Debug)]
pub struct KeyRange {
    /// The first form of the range.
    pub from: String,
    /// Whether the first form itself is left out.
    pub excludes_from: bool,
    /// The range ends before this form.
    pub to: String,
}

/// Up to `limit` users whose names have a canonical form in the range, in its order.
pub fn by_name(
    connection: &mut AnyConnection,
    status: Option<UserStatus>,
    KeyRange { from, excludes_from, to }: KeyRange,
    limit: i64,
) -> DbResult<Vec<UserRow>> {
    let query = with_status!(status).filter(users::username_key.lt(to));
    let query = if excludes_from {
        query.filter(users::username_key.gt(from))
    } else {
        query.filter(users::username_key.ge(from))
    };
    let query = query.order(users::username_key).limit(limit);
    Ok(query.select(UserRow::as_select()).load(connection)?)
}

/// Up to `limit` users whose addresses have a canonical form in the range, in its order, without users whose names are
/// in the range `except`.
pub fn by_email(
    connection: &mut AnyConnection,
    status: Option<UserStatus>,
    KeyRange { from, excludes_from, to }: KeyRange,
    except: Option<&KeyRange>,
    limit: i64,
) -> DbResult<Vec<UserRow>> {
    let mut query = with_status!(status).filter(users::email_key.lt(to));
    if let Some(KeyRange { from, to, .. }) = except.cloned() {
        query = query.filter(users::username_key.lt(from).or(users::username_key.ge(to)));
    }
    let query = if excludes_from {
        query.filter(users::email_key.gt(from))
    } else {
        query.filter(users::email_key.ge(from))
    };
    let query = query.order(users::email_key).limit(limit);
    Ok(query.select(UserRow::as_select()).load(connection)?)
}
