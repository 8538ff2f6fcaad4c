//! The columns of the table `users` with which names are compared: canonical forms and skeletons.

use std::collections::BTreeSet;

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, sql_query,
    sql_types::{Array, Nullable, Text},
    update,
};

use service_kit::ids::UserId;

use super::schema::users;
use super::{DbResult, shared_values};

/// A user's name and address: the shown forms and the canonical forms.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct NamesRow {
    /// The user's id.
    pub id: UserId,
    /// The name as its owner writes it.
    pub username: String,
    /// The canonical form of the name.
    pub username_key: String,
    /// The address as its owner writes it.
    pub email: String,
    /// The canonical form of the address.
    pub email_key: String,
    /// Whether one of the canonical forms is a previous canonical form, because another account already had the current
    /// one.
    pub keeps_previous_canonical: bool,
}

/// The stored skeletons of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSkeletons {
    /// The skeleton of the canonical form.
    pub canonical: String,
    /// The skeleton of the shown form, if it differs.
    pub shown: Option<String>,
}

/// Users whose skeletons are not stored yet, oldest first: an older version wrote them.
pub fn without_skeleton(connection: &mut AnyConnection, limit: i64) -> DbResult<Vec<NamesRow>> {
    let query = users::table
        .filter(users::username_look.is_null())
        .order((users::created_at, users::id))
        .limit(limit)
        .select(NamesRow::as_select());
    Ok(query.load(connection)?)
}

/// Users that have a previous canonical form, oldest first.
pub fn with_previous_canonical(
    connection: &mut AnyConnection,
    limit: i64,
) -> DbResult<Vec<NamesRow>> {
    let query = users::table
        .filter(users::keeps_previous_canonical)
        .order((users::created_at, users::id))
        .limit(limit)
        .select(NamesRow::as_select());
    Ok(query.load(connection)?)
}

/// The number of users that have a previous canonical form.
pub fn count_with_previous_canonical(connection: &mut AnyConnection) -> DbResult<i64> {
    let query = users::table.filter(users::keeps_previous_canonical).count();
    Ok(query.get_result(connection)?)
}

/// Writes the canonical forms of name and address.
pub fn set_keys(connection: &mut AnyConnection, row: &NamesRow) -> DbResult<()> {
    let new = (
        users::username_key.eq(&row.username_key),
        users::email_key.eq(&row.email_key),
        users::keeps_previous_canonical.eq(row.keeps_previous_canonical),
    );
    update(users::table.find(&row.id)).set(new).execute(connection)?;
    Ok(())
}

/// The skeletons of one user's name.
#[derive(Clone, Debug)]
pub struct UserSkeletons {
    /// The user's id.
    pub user_id: UserId,
    /// The skeletons.
    pub skeletons: StoredSkeletons,
}

/// Writes the skeletons of many names: on PostgreSQL in one round trip.
pub fn set_skeletons(connection: &mut AnyConnection, users: &[UserSkeletons]) -> DbResult<()> {
    match connection {
        AnyConnection::Postgres(connection) => {
            let ids: Vec<_> = users.iter().map(|user| user.user_id.as_str()).collect();
            let canonical: Vec<_> =
                users.iter().map(|user| user.skeletons.canonical.as_str()).collect();
            let shown: Vec<_> = users.iter().map(|user| user.skeletons.shown.as_deref()).collect();
            sql_query(
                "UPDATE users SET username_look = new.of_key, username_look_shown = new.as_shown \
                 FROM unnest($1, $2, $3) AS new (id, of_key, as_shown) WHERE users.id = new.id",
            )
            .bind::<Array<Text>, _>(ids)
            .bind::<Array<Text>, _>(canonical)
            .bind::<Array<Nullable<Text>>, _>(shown)
            .execute(connection)?;
        }
        AnyConnection::Sqlite(connection) => {
            for UserSkeletons { user_id, skeletons } in users {
                let new = (
                    users::username_look.eq(&skeletons.canonical),
                    users::username_look_shown.eq(&skeletons.shown),
                );
                update(users::table.find(user_id)).set(new).execute(connection)?;
            }
        }
    }
    Ok(())
}

/// The ids of up to `limit` users, other than `except`, whose name has one of these skeletons.
pub fn ids_with_skeleton(
    connection: &mut AnyConnection,
    skeletons: &[String],
    except: &UserId,
    limit: i64,
) -> DbResult<Vec<UserId>> {
    let one_of_them =
        users::username_look.eq_any(skeletons).or(users::username_look_shown.eq_any(skeletons));
    let query = users::table
        .filter(users::id.ne(except))
        .filter(one_of_them)
        .limit(limit)
        .select(users::id);
    Ok(query.load(connection)?)
}

/// Whether the name of a user other than `except` has this canonical form.
pub fn has_username_key(
    connection: &mut AnyConnection,
    key: &str,
    except: &UserId,
) -> DbResult<bool> {
    let others = users::table.filter(users::username_key.eq(key)).filter(users::id.ne(except));
    Ok(others.select(users::id).first::<UserId>(connection).optional()?.is_some())
}

/// Whether the address of a user other than `except` has this canonical form.
pub fn has_email_key(connection: &mut AnyConnection, key: &str, except: &UserId) -> DbResult<bool> {
    let others = users::table.filter(users::email_key.eq(key)).filter(users::id.ne(except));
    Ok(others.select(users::id).first::<UserId>(connection).optional()?.is_some())
}

/// Number of lock rows in `shared_values`. A transaction that assigns a name locks the rows of its skeletons. If two
/// skeletons share a row, their transactions only wait for each other.
const SKELETON_LOCKS: u64 = 64;

/// Makes transactions that assign names with one of these skeletons run one after the other: on PostgreSQL until this
/// transaction ends; on SQLite there is only one writer.
pub fn lock_skeletons(connection: &mut AnyConnection, skeletons: &[String]) -> DbResult<()> {
    // Sorted, so that two transactions never wait for each other.
    let rows: BTreeSet<u64> = skeletons.iter().map(|text| fnv_1a(text) % SKELETON_LOCKS).collect();
    rows.into_iter().try_for_each(|row| lock_row(connection, &format!("name_look_lock_{row}")))
}

/// Makes processes that update canonical forms at their start do so one after the other.
pub fn lock_keys(connection: &mut AnyConnection) -> DbResult<()> {
    lock_row(connection, "name_keys_lock")
}

/// Locks a row of `shared_values` on PostgreSQL.
fn lock_row(connection: &mut AnyConnection, name: &str) -> DbResult<()> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgres(_) => shared_values::lock(connection, name),
    }
}

fn fnv_1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
