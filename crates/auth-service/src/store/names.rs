//! The columns of the table `users` that say how names are compared.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, sql_query,
    sql_types::{Array, Nullable, Text},
    update,
};

use super::DbResult;
use super::schema::users;

/// A user's name and address, as shown and as compared.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct NamesRow {
    /// A UUID.
    pub id: String,
    /// The name as its owner writes it.
    pub username: String,
    /// The name's key.
    pub username_key: String,
    /// The address as its owner writes it.
    pub email: String,
    /// The address's key.
    pub email_key: String,
    /// Whether one of the keys is one of before, because another account had today's when it was looked at.
    pub keeps_former_key: bool,
}

/// What a name looks like: its key and, where that differs, its shown form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLooks {
    /// The look of the key.
    pub of_key: String,
    /// The look of the shown form, where it differs.
    pub as_shown: Option<String>,
}

/// Users whose name was never looked at, oldest first: those that an older version wrote.
pub fn without_look(connection: &mut AnyConnection, limit: i64) -> DbResult<Vec<NamesRow>> {
    let query = users::table
        .filter(users::username_look.is_null())
        .order((users::created_at, users::id))
        .limit(limit)
        .select(NamesRow::as_select());
    Ok(query.load(connection)?)
}

/// Users that keep a key of before, oldest first.
pub fn with_former_key(connection: &mut AnyConnection, limit: i64) -> DbResult<Vec<NamesRow>> {
    let query = users::table
        .filter(users::keeps_former_key)
        .order((users::created_at, users::id))
        .limit(limit)
        .select(NamesRow::as_select());
    Ok(query.load(connection)?)
}

/// How many users keep a key of before.
pub fn count_former_keys(connection: &mut AnyConnection) -> DbResult<i64> {
    let query = users::table.filter(users::keeps_former_key).count();
    Ok(query.get_result(connection)?)
}

/// Writes both keys.
pub fn set_keys(connection: &mut AnyConnection, row: &NamesRow) -> DbResult<()> {
    let new = (
        users::username_key.eq(&row.username_key),
        users::email_key.eq(&row.email_key),
        users::keeps_former_key.eq(row.keeps_former_key),
    );
    update(users::table.find(&row.id)).set(new).execute(connection)?;
    Ok(())
}

/// Writes the looks of many names: on PostgreSQL in one round trip.
pub fn set_looks(connection: &mut AnyConnection, looks: &[(&str, StoredLooks)]) -> DbResult<()> {
    match connection {
        AnyConnection::Postgres(connection) => {
            let ids: Vec<_> = looks.iter().map(|(id, _)| *id).collect();
            let of_key: Vec<_> = looks.iter().map(|(_, looks)| looks.of_key.as_str()).collect();
            let shown: Vec<_> = looks.iter().map(|(_, looks)| looks.as_shown.as_deref()).collect();
            sql_query(
                "UPDATE users SET username_look = new.of_key, username_look_shown = new.as_shown \
                 FROM unnest($1, $2, $3) AS new (id, of_key, as_shown) WHERE users.id = new.id",
            )
            .bind::<Array<Text>, _>(ids)
            .bind::<Array<Text>, _>(of_key)
            .bind::<Array<Nullable<Text>>, _>(shown)
            .execute(connection)?;
        }
        AnyConnection::Sqlite(connection) => {
            for (id, looks) in looks {
                let new = (
                    users::username_look.eq(&looks.of_key),
                    users::username_look_shown.eq(&looks.as_shown),
                );
                update(users::table.find(id)).set(new).execute(connection)?;
            }
        }
    }
    Ok(())
}

/// The ids of up to `limit` users, other than `except`, whose name has one of these looks.
pub fn alike(
    connection: &mut AnyConnection,
    looks: &[String],
    except: &str,
    limit: i64,
) -> DbResult<Vec<String>> {
    let one_of_them =
        users::username_look.eq_any(looks).or(users::username_look_shown.eq_any(looks));
    let query = users::table
        .filter(users::id.ne(except))
        .filter(one_of_them)
        .limit(limit)
        .select(users::id);
    Ok(query.load(connection)?)
}

/// Whether a user other than `except` has this key of a name.
pub fn has_username_key(connection: &mut AnyConnection, key: &str, except: &str) -> DbResult<bool> {
    let others = users::table.filter(users::username_key.eq(key)).filter(users::id.ne(except));
    Ok(others.select(users::id).first::<String>(connection).optional()?.is_some())
}

/// Whether a user other than `except` has this key of an address.
pub fn has_email_key(connection: &mut AnyConnection, key: &str, except: &str) -> DbResult<bool> {
    let others = users::table.filter(users::email_key.eq(key)).filter(users::id.ne(except));
    Ok(others.select(users::id).first::<String>(connection).optional()?.is_some())
}

/// Makes transactions that give out names with one of these looks wait for one another, on PostgreSQL until this one
/// ends; on SQLite there is one writer. Where locks lock nothing, only names given out in the same instant can be alike.
pub fn take_turns(connection: &mut AnyConnection, looks: &[String]) -> DbResult<()> {
    if let AnyConnection::Postgres(connection) = connection {
        let mut keys: Vec<i64> = looks.iter().map(|look| lock_key(look)).collect();
        // In one order everywhere, so that no two transactions wait for each other.
        keys.sort_unstable();
        for key in keys {
            sql_query(format!("SELECT pg_advisory_xact_lock({key})")).execute(connection)?;
        }
    }
    Ok(())
}

/// FNV-1a. Two looks with one key only wait for each other.
fn lock_key(look: &str) -> i64 {
    let hash = look.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::from_ne_bytes(hash.to_ne_bytes())
}

/// The key of the advisory lock of [`lock`] (PostgreSQL): "name key" in ASCII.
const LOCK: i64 = 0x6e61_6d65_206b_6579;

/// Makes starts that write keys wait for one another.
pub fn lock(connection: &mut AnyConnection) -> DbResult<()> {
    if let AnyConnection::Postgres(connection) = connection {
        sql_query(format!("SELECT pg_advisory_xact_lock({LOCK})")).execute(connection)?;
    }
    Ok(())
}
