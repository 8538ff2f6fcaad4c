//! The table `address_reservations`: old addresses that their owners can take back.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, delete, insert_into, update,
};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{DbResult, schema::address_reservations};

/// Reserves an address for a user until this time.
pub fn reserve(
    connection: &mut AnyConnection,
    address_key: &str,
    user_id: &UserId,
    until: UnixSeconds,
) -> DbResult<()> {
    // The user may have reserved it before. The row of the user is locked, so no other transaction comes between.
    release(connection, address_key, user_id)?;
    let row = (
        address_reservations::address_key.eq(address_key),
        address_reservations::user_id.eq(user_id),
        address_reservations::reserved_until.eq(until),
    );
    insert_into(address_reservations::table).values(row).execute(connection)?;
    Ok(())
}

/// Whether the address is reserved for this user at `now`.
pub fn is_reserved_for(
    connection: &mut AnyConnection,
    address_key: &str,
    user_id: &UserId,
    now: UnixSeconds,
) -> DbResult<bool> {
    let row = address_reservations::table
        .find((address_key, user_id))
        .filter(address_reservations::reserved_until.gt(now));
    let found = row.select(address_reservations::user_id).first::<UserId>(connection);
    Ok(found.optional()?.is_some())
}

/// Extends a reservation, if there is one, to this time. It never ends earlier than before.
pub fn extend(
    connection: &mut AnyConnection,
    address_key: &str,
    user_id: &UserId,
    until: UnixSeconds,
) -> DbResult<()> {
    let row = address_reservations::table
        .filter(address_reservations::address_key.eq(address_key))
        .filter(address_reservations::user_id.eq(user_id))
        .filter(address_reservations::reserved_until.lt(until));
    update(row).set(address_reservations::reserved_until.eq(until)).execute(connection)?;
    Ok(())
}

/// Ends a reservation.
pub fn release(
    connection: &mut AnyConnection,
    address_key: &str,
    user_id: &UserId,
) -> DbResult<()> {
    let row = address_reservations::table
        .filter(address_reservations::address_key.eq(address_key))
        .filter(address_reservations::user_id.eq(user_id));
    delete(row).execute(connection)?;
    Ok(())
}

/// The other user for whom the address is reserved at `now`.
pub fn owner(
    connection: &mut AnyConnection,
    address_key: &str,
    except: &UserId,
    now: UnixSeconds,
) -> DbResult<Option<UserId>> {
    let row = address_reservations::table
        .filter(address_reservations::address_key.eq(address_key))
        .filter(address_reservations::user_id.ne(except))
        .filter(address_reservations::reserved_until.gt(now));
    Ok(row.select(address_reservations::user_id).first(connection).optional()?)
}

/// The addresses of `address_keys` that are reserved at `now`, each with the user for whom it is reserved.
pub fn reserved_among(
    connection: &mut AnyConnection,
    address_keys: &[&str],
    now: UnixSeconds,
) -> DbResult<Vec<(String, UserId)>> {
    let rows = address_reservations::table
        .filter(address_reservations::address_key.eq_any(address_keys))
        .filter(address_reservations::reserved_until.gt(now));
    let columns = (address_reservations::address_key, address_reservations::user_id);
    Ok(rows.select(columns).load(connection)?)
}

/// Deletes reservations that ended before `now`. Returns how many.
pub fn purge(connection: &mut AnyConnection, now: UnixSeconds) -> DbResult<usize> {
    let expired = address_reservations::table.filter(address_reservations::reserved_until.le(now));
    Ok(delete(expired).execute(connection)?)
}
