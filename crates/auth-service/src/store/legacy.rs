//! The tables `legacy_exchanges` and `legacy_revocations`: refresh tokens of the old application.

use database::AnyConnection;
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, insert_into,
};
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixSeconds,
};

use super::{
    DbResult,
    schema::{legacy_exchanges, legacy_revocations},
};

/// The one exchange of a user.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = legacy_exchanges)]
pub struct Exchange {
    /// The user.
    pub user_id: UserId,
    /// The old token's id.
    pub jti: String,
    /// The session that it was exchanged for.
    pub session_id: SessionId,
    /// When.
    pub exchanged_at: UnixSeconds,
}

/// The exchange of a user, if there was one.
pub fn exchange_of(connection: &mut AnyConnection, id: &UserId) -> DbResult<Option<Exchange>> {
    let query = legacy_exchanges::table.find(id).select(Exchange::as_select());
    Ok(query.first(connection).optional()?)
}

/// Inserts an exchange. A second exchange of the same user is a conflict.
pub fn insert(connection: &mut AnyConnection, exchange: &Exchange) -> DbResult<()> {
    insert_into(legacy_exchanges::table).values(exchange).execute(connection)?;
    Ok(())
}

/// Whether the old application had revoked this token.
pub fn is_revoked(connection: &mut AnyConnection, jti: &str) -> DbResult<bool> {
    let query = legacy_revocations::table.find(jti).select(legacy_revocations::jti);
    Ok(query.first::<String>(connection).optional()?.is_some())
}

/// Inserts revoked tokens, except those that are stored already. Returns how many were inserted.
pub fn revoke(connection: &mut AnyConnection, jtis: &[String]) -> DbResult<usize> {
    let known: Vec<String> = legacy_revocations::table
        .filter(legacy_revocations::jti.eq_any(jtis))
        .select(legacy_revocations::jti)
        .load(connection)?;
    for jti in jtis.iter().filter(|jti| !known.contains(jti)) {
        let row = legacy_revocations::jti.eq(jti);
        insert_into(legacy_revocations::table).values(row).execute(connection)?;
    }
    Ok(jtis.len() - known.len())
}
