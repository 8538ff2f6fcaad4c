//! Databases in the states that tests need, and rows as other versions left them.

use std::path::Path;

use auth_service::store::users::{UserRow, by_id};
use authpair_testkit::{TestPair, postgres};
use database::{Access, AnyConnection, Database, DatabaseError, DatabaseUrl};
use diesel::{RunQueryDsl, connection::SimpleConnection, dsl::sql, sql_types::Text};
use service_kit::ids::UserId;

/// Runs SQL on the pair's database, as another version of the service might have.
pub(crate) async fn execute(pair: &TestPair, sql: impl Into<String>) {
    let (database, sql) = (&pair.pair().auth().state().database, sql.into());
    database.write(move |connection| Ok(connection.batch_execute(&sql)?)).await.unwrap();
}

/// A user's stored row.
pub(crate) async fn user_row(pair: &TestPair, id: &str) -> UserRow {
    let (database, id) = (&pair.pair().auth().state().database, UserId::parse(id).unwrap());
    database.read(move |connection| by_id(connection, &id)).await.unwrap().unwrap()
}

/// Gives a user a name as an older version may have stored it.
pub(crate) async fn store_name(pair: &TestPair, id: &str, name: &str, key: &str) {
    let sql = format!(
        "UPDATE users SET username = '{name}', username_key = '{key}', username_look = NULL \
         WHERE id = '{id}'"
    );
    execute(pair, sql).await;
}

/// A new PostgreSQL database with `serializable` as its default isolation; `None` where there is no PostgreSQL.
pub(crate) async fn serializable_database() -> Option<String> {
    let url = postgres::new_database().await?;
    let name = url.rsplit('/').next().unwrap();
    postgres::execute(
        &url,
        &format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"),
    );
    Some(url)
}

/// A pair on a PostgreSQL whose advisory locks lock nothing.
pub(crate) async fn pair_without_advisory_locks() -> Option<TestPair> {
    Some(TestPair::start_on(database_without_advisory_locks().await?).await)
}

/// A database whose advisory locks lock nothing: functions of their names hide them.
pub(crate) async fn database_without_advisory_locks() -> Option<String> {
    let url = postgres::new_database().await?;
    let name = url.rsplit('/').next().unwrap();
    postgres::execute(
        &url,
        &format!(
            "CREATE SCHEMA shim; \
             CREATE FUNCTION shim.pg_advisory_xact_lock(BIGINT) RETURNS void LANGUAGE sql AS ''; \
             CREATE FUNCTION shim.pg_advisory_lock(BIGINT) RETURNS void LANGUAGE sql AS ''; \
             CREATE FUNCTION shim.pg_try_advisory_lock(BIGINT) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             CREATE FUNCTION shim.pg_try_advisory_xact_lock(BIGINT) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             CREATE FUNCTION shim.pg_advisory_unlock(BIGINT) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
             ALTER DATABASE {name} SET search_path = public, shim, pg_catalog"
        ),
    );
    Some(url)
}

/// Checks that the SQLite file `pair.db` in this folder is whole.
pub(crate) async fn assert_sound(folder: &Path) {
    let url = DatabaseUrl::Sqlite(folder.join("pair.db"));
    let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
    assert_eq!(database.read(integrity).await.unwrap(), ["ok"]);
}

fn integrity(connection: &mut AnyConnection) -> Result<Vec<String>, DatabaseError> {
    let report = sql::<Text>("SELECT integrity_check FROM pragma_integrity_check");
    Ok(report.load(connection)?)
}
