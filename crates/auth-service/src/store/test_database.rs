//! A database for one unit test, with users and sessions.

use std::time::Duration;

use database::{Access, AnyConnection, Database, DatabaseUrl, migrate};
use service_kit::{
    ids::{SessionId, TokenId, UserId},
    unix_time::{UnixMicros, UnixSeconds},
};
use tempfile::TempDir;

use super::{
    DbResult, MIGRATIONS, Transaction,
    names::StoredSkeletons,
    sessions::SessionRow,
    users::{AddressState, UserRow},
};

/// The time of the tests.
pub(crate) const NOW: UnixSeconds = UnixSeconds::new(1_800_000_000);

/// The id of a user in a test.
pub(crate) fn user_id(name: &str) -> UserId {
    UserId::from_trusted(name.to_owned())
}

/// The id of a session in a test.
pub(crate) fn session_id(name: &str) -> SessionId {
    SessionId::from_trusted(name.to_owned())
}

/// An SQLite database in a folder that is deleted with it.
pub(crate) struct TestDatabase {
    pub(crate) database: Database,
    _folder: TempDir,
}

impl TestDatabase {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
        migrate(&url, MIGRATIONS).unwrap();
        let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
        Self { database, _folder: folder }
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut AnyConnection) -> DbResult<T> + Send + 'static,
    ) -> T {
        self.database.write(work).await.unwrap()
    }

    /// Runs changes that write audit entries.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> DbResult<T> + Send + 'static,
    ) -> T {
        crate::audit::transaction(&self.database, work).await.unwrap()
    }

    /// Adds a user with this name, which is also its id.
    pub(crate) async fn add_user(&self, name: &str) {
        let user = UserRow {
            id: user_id(name),
            username: name.to_owned(),
            username_key: name.to_owned(),
            email: format!("{name}@example.org"),
            email_key: format!("{name}@example.org"),
            password_hash: String::new().into(),
            scope: "users:read".to_owned(),
            credential_version: 1,
            last_login_at: None,
            disabled_at: None,
            created_at: UnixMicros::from(NOW),
            device_epoch: 0,
            rights_version: 0,
            ext: None,
            disabled_reason: None,
            address: AddressState::default(),
        };
        let skeletons = StoredSkeletons { canonical: name.to_owned(), shown: None };
        self.write(move |transaction| super::users::insert(transaction, &user, &skeletons)).await;
    }

    /// Adds a session that began `age` seconds ago. It and its tokens expire in an hour.
    pub(crate) async fn add_session(&self, user_id: &str, id: &str, age: Duration) {
        let session = session_row(user_id, id, age);
        self.write(move |transaction| super::sessions::insert(transaction, &session)).await;
    }

    pub(crate) async fn is_revoked(&self, id: &str) -> bool {
        let id = session_id(id);
        self.write(move |transaction| super::sessions::is_revoked(transaction, &id)).await
    }

    /// The entries of the audit log, oldest first.
    pub(crate) async fn audited(&self) -> Vec<super::audit::AuditRow> {
        use super::audit::page;
        self.write(|transaction| {
            page::after(transaction, &page::EntryFilter::default(), None, 1_000)
        })
        .await
    }

    /// The ids in the revocation feed, in order.
    pub(crate) async fn announced(&self) -> Vec<String> {
        let rows = self.write(|transaction| super::revocations::after(transaction, 0, 1_000)).await;
        rows.into_iter().map(|row| row.sid).collect()
    }
}

pub(crate) fn session_row(user: &str, id: &str, age: Duration) -> SessionRow {
    let (began, ends) = (NOW - age, NOW + Duration::from_secs(3_600));
    SessionRow {
        id: session_id(id),
        user_id: user_id(user),
        current_jti: TokenId::random(),
        previous_jti: None,
        rotated_at: began,
        refresh_expires_at: ends,
        access_expires_at: ends,
        auth_time: began,
        created_at: began,
        last_used_at: began,
        expires_at: ends,
        revoked_at: None,
        user_agent: None,
        ip: None,
        issuance: None,
        replays: 0,
    }
}
