//! Queries of an import. They read and write many users in few statements.

use std::collections::HashSet;

use database::{AnyConnection, CachedStatement};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, insert_into, update,
};
use service_kit::{ids::UserId, unix_time::UnixSeconds};

use super::{UserRow, users};
use crate::store::{DbResult, HashText, names::StoredSkeletons};

/// Most rows that one statement inserts, because PostgreSQL takes at most 65,535 parameters.
const CHUNK: usize = 1_000;

/// An account as an import compares it with a row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct ImportAccount {
    /// The id.
    pub id: UserId,
    /// The id in the old system.
    pub external_id: Option<String>,
    /// The name.
    pub username: String,
    /// Its canonical form.
    pub username_key: String,
    /// The address.
    pub email: String,
    /// Its canonical form.
    pub email_key: String,
    /// The hash.
    pub password_hash: HashText,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// Further claims.
    pub ext: Option<String>,
    /// The credential version: 1 after an import.
    pub credential_version: i64,
    /// When the user last signed in.
    pub last_login_at: Option<UnixSeconds>,
    /// Since when it is disabled.
    pub disabled_at: Option<UnixSeconds>,
    /// When the address was proven.
    pub email_verified_at: Option<UnixSeconds>,
    /// Digests of its values when it was imported (`import::state`); `None` if it was registered here.
    pub import_state: Option<String>,
}

/// A user to insert.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// The row.
    pub user: UserRow,
    /// The skeletons of the name.
    pub skeletons: StoredSkeletons,
    /// The id in the old system.
    pub external_id: Option<String>,
    /// The state to store (`import::state`).
    pub import_state: String,
}

/// All columns of a new user. A macro, because the type of the values is very long.
macro_rules! columns {
    ($new:expr) => {{
        let new: &NewImport = $new;
        let further = (
            users::username_look.eq(&new.skeletons.canonical),
            users::username_look_shown.eq(new.skeletons.shown.as_ref()),
            users::external_id.eq(new.external_id.as_ref()),
            users::import_state.eq(&new.import_state),
        );
        (&new.user, further)
    }};
}

/// Values that identify accounts.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Ids.
    pub ids: Vec<UserId>,
    /// Ids in the old system.
    pub external_ids: Vec<String>,
    /// Canonical forms of names.
    pub username_keys: Vec<String>,
    /// Canonical forms of addresses.
    pub email_keys: Vec<String>,
}

/// The accounts that have one of these values. Four statements, so that each uses its index.
pub fn find(connection: &mut AnyConnection, wanted: &Wanted) -> DbResult<Vec<ImportAccount>> {
    let mut found: Vec<ImportAccount> = Vec::new();
    let select = || users::table.select(ImportAccount::as_select());
    found.extend(select().filter(users::id.eq_any(&wanted.ids)).load(connection)?);
    if !wanted.external_ids.is_empty() {
        let by_external_id = users::external_id.eq_any(&wanted.external_ids);
        found.extend(select().filter(by_external_id).load(connection)?);
    }
    let by_name = users::username_key.eq_any(&wanted.username_keys);
    found.extend(select().filter(by_name).load(connection)?);
    let by_email = users::email_key.eq_any(&wanted.email_keys);
    found.extend(select().filter(by_email).load(connection)?);
    let mut seen = HashSet::new();
    found.retain(|account| seen.insert(account.id.clone()));
    Ok(found)
}

/// A stored skeleton, and whose name has it.
#[derive(Clone, Debug)]
pub struct Alike {
    /// The user.
    pub id: UserId,
    /// The skeleton.
    pub skeleton: String,
}

/// The users whose names have one of these skeletons.
pub fn find_alike(connection: &mut AnyConnection, skeletons: &[String]) -> DbResult<Vec<Alike>> {
    let one_of_them =
        users::username_look.eq_any(skeletons).or(users::username_look_shown.eq_any(skeletons));
    let query = users::table.filter(one_of_them);
    let rows: Vec<(UserId, Option<String>, Option<String>)> = query
        .select((users::id, users::username_look, users::username_look_shown))
        .load(connection)?;
    let alike = rows.into_iter().flat_map(|(id, canonical, shown)| {
        let of_user = move |skeleton| Alike { id: id.clone(), skeleton };
        canonical.into_iter().chain(shown).map(of_user)
    });
    Ok(alike.collect())
}

/// Inserts users: on PostgreSQL with one statement for every thousand.
pub fn insert_all(connection: &mut AnyConnection, new: &[NewImport]) -> DbResult<()> {
    match connection {
        AnyConnection::Postgres(postgres) => {
            for chunk in new.chunks(CHUNK) {
                let rows: Vec<_> = chunk.iter().map(|new| columns!(new)).collect();
                insert_into(users::table).values(rows).execute(postgres)?;
            }
        }
        sqlite => {
            for row in new {
                let inserted = insert_into(users::table).values(columns!(row)).returning(users::id);
                // The prepared statement is cached: preparing takes most of the time of a short statement.
                CachedStatement(inserted).load::<UserId>(sqlite)?;
            }
        }
    }
    Ok(())
}

/// Changes of an account by an import, besides name, address and rights.
#[derive(Clone, Debug)]
pub struct ImportUpdate {
    /// The account.
    pub id: UserId,
    /// New credentials, if they change.
    pub credentials: Option<ImportedCredentials>,
    /// The id in the old system.
    pub external_id: Option<String>,
    /// The state to store (`import::state`).
    pub import_state: Option<String>,
}

impl ImportUpdate {
    /// Since when the account is disabled after the update; `None` if it is enabled.
    pub fn disabled_at(&self) -> Option<UnixSeconds> {
        self.credentials.as_ref().and_then(|credentials| credentials.disabled_at)
    }
}

/// A hash, and since when the account is disabled.
#[derive(Clone, Debug)]
pub struct ImportedCredentials {
    /// The hash.
    pub hash: HashText,
    /// Since when it is disabled.
    pub disabled_at: Option<UnixSeconds>,
}

/// Writes these values. The caller has locked the row, and it has not changed since the values were computed.
pub fn set_imported(connection: &mut AnyConnection, new: &ImportUpdate) -> DbResult<()> {
    if let Some(credentials) = &new.credentials {
        let values = (
            users::password_hash.eq(&credentials.hash),
            users::disabled_at.eq(credentials.disabled_at),
        );
        update(users::table.find(&new.id)).set(values).execute(connection)?;
        if credentials.disabled_at.is_none() {
            let reason = users::disabled_reason.eq(None::<String>);
            update(users::table.find(&new.id)).set(reason).execute(connection)?;
        }
    }
    let values =
        (users::external_id.eq(&new.external_id), users::import_state.eq(&new.import_state));
    update(users::table.find(&new.id)).set(values).execute(connection)?;
    Ok(())
}

/// The account with this id in the old system.
pub fn by_external_id(
    connection: &mut AnyConnection,
    external_id: &str,
) -> DbResult<Option<ImportAccount>> {
    let query = users::table.filter(users::external_id.eq(external_id));
    Ok(query.select(ImportAccount::as_select()).first(connection).optional()?)
}

/// The account with this id, as an import sees it.
pub fn by_id(connection: &mut AnyConnection, id: &UserId) -> DbResult<Option<ImportAccount>> {
    let query = users::table.find(id).select(ImportAccount::as_select());
    Ok(query.first(connection).optional()?)
}

/// A user's id in the old system.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct ExternalId {
    /// The user.
    pub id: UserId,
    /// The id, if there is one.
    pub external_id: Option<String>,
}

/// The ids in the old system of these users.
pub fn external_ids(connection: &mut AnyConnection, of: &[UserRow]) -> DbResult<Vec<ExternalId>> {
    let ids: Vec<&UserId> = of.iter().map(|user| &user.id).collect();
    let query = users::table.filter(users::id.eq_any(ids));
    Ok(query.select(ExternalId::as_select()).load(connection)?)
}
