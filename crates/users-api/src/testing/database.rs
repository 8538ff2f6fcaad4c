//! A temporary SQLite file with the table and the view that auth-service makes.

use std::sync::{Mutex, PoisonError};

use database::{Access, Database, DatabaseUrl};
use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query};
use service_kit::settings::FromSetting;
use tempfile::TempDir;

const SCHEMA: &str = "PRAGMA journal_mode = WAL;
    CREATE TABLE users (
        id                 TEXT    NOT NULL PRIMARY KEY,
        username           TEXT    NOT NULL,
        username_key       TEXT    NOT NULL UNIQUE,
        email              TEXT    NOT NULL,
        email_key          TEXT    NOT NULL UNIQUE,
        password_hash      TEXT    NOT NULL,
        scope              TEXT    NOT NULL,
        credential_version BIGINT  NOT NULL,
        last_login_at      BIGINT,
        disabled_at        BIGINT,
        created_at         BIGINT  NOT NULL
    );
    CREATE INDEX users_in_order ON users (created_at, id);
    CREATE VIEW public_users AS SELECT id, username, username_key, email, created_at FROM users;";

/// A database with its own writer, which stands for auth-service.
pub(crate) struct TestDatabase {
    folder: TempDir,
    writer: Mutex<SqliteConnection>,
}

/// The id of test user `number`.
pub(crate) fn user_id(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

impl TestDatabase {
    /// One without users.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let mut writer = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        writer.batch_execute(SCHEMA).unwrap();
        Self { folder, writer: Mutex::new(writer) }
    }

    /// One with users 1 to `count`, who came a second after each other.
    pub(crate) fn with_users(count: u32) -> Self {
        let database = Self::new();
        database.execute("BEGIN");
        for number in 1..=count {
            database.add(number, i64::from(number) * 1_000_000, &format!("user{number}"));
        }
        database.execute("COMMIT");
        database
    }

    /// Adds a user; `username` is taken for canonical.
    pub(crate) fn add(&self, number: u32, created_at: i64, username: &str) {
        let (id, name) = (user_id(number), username.replace('\'', "''"));
        self.execute(&format!(
            "INSERT INTO users VALUES ('{id}', '{name}', '{name}', 'u{number}@example.org',
             'u{number}@example.org', 'HASH', '', 0, NULL, NULL, {created_at})"
        ));
    }

    /// Deletes a user.
    pub(crate) fn remove(&self, number: u32) {
        self.execute(&format!("DELETE FROM users WHERE id = '{}'", user_id(number)));
    }

    /// Runs any one statement.
    pub(crate) fn execute(&self, sql: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        sql_query(sql).execute(&mut *writer).unwrap();
    }

    /// The address for `USERS_DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("test.db").display())
    }

    /// The database as the service opens it.
    pub(crate) fn open(&self) -> Database {
        let url = DatabaseUrl::from_setting(&self.url()).unwrap();
        Database::open(&url, Access::ReadOnly, 2).unwrap()
    }
}
