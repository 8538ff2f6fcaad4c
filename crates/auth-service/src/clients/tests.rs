//! Tests of service accounts, each on its own database.

use database::{Access, Database, DatabaseUrl, migrate};
use tempfile::TempDir;

use super::*;
use crate::{
    sessions::CLOCK_SKEW,
    store::{self, clients::ClientRow},
};

const NOW: i64 = 1_800_000_000;

struct Accounts {
    database: Database,
    _folder: TempDir,
}

impl Accounts {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("clients.db"));
        migrate(&url, store::MIGRATIONS).unwrap();
        let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
        Self { database, _folder: folder }
    }

    async fn add(&self) -> (ClientRow, ClientSecret) {
        let scope = "users:read".parse().unwrap();
        let (row, secret) = new_account(None, &scope, NOW).unwrap();
        let new = row.clone();
        self.database.write(move |c| store::clients::insert(c, &new)).await.unwrap();
        (row, secret)
    }

    async fn stored(&self, id: &str) -> ClientRow {
        let id = id.to_owned();
        let found = self.database.read(move |c| store::clients::by_id(c, &id)).await;
        found.unwrap().unwrap()
    }

    async fn proves(&self, id: &str, secret: &ClientSecret) -> bool {
        authenticate(&self.database, id, secret).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn only_its_own_secret_proves_an_account() {
    let accounts = Accounts::open();
    let ((one, secret), (other, _)) = (accounts.add().await, accounts.add().await);
    assert!(accounts.proves(&one.id, &secret).await);
    assert!(!accounts.proves(&other.id, &secret).await);
    for id in ["", "nobody", "\0", "00000000-0000-0000-0000-000000000000"] {
        assert!(!accounts.proves(id, &secret).await, "{id:?}");
    }
    let wrong = ClientSecret::presented(one.secret_hash.clone());
    assert!(!accounts.proves(&one.id, &wrong).await);
}

#[tokio::test]
async fn a_disabled_account_is_announced_until_its_last_token_has_expired() {
    let accounts = Accounts::open();
    let (client, secret) = accounts.add().await;
    assert!(may_issue(&accounts.database, &client, NOW + 900).await.unwrap());
    assert!(disable(&accounts.database, client.id.clone(), NOW + 1).await.unwrap());
    assert!(!disable(&accounts.database, client.id.clone(), NOW + 2).await.unwrap());
    let feed = accounts.database.read(|c| store::revocations::after(c, 0, 10)).await.unwrap();
    let [row] = feed.as_slice() else { panic!("{feed:?}") };
    assert_eq!(row.sid, client.id);
    assert!(row.until >= NOW + 900 + CLOCK_SKEW);
    assert!(!accounts.proves(&client.id, &secret).await);
    assert_eq!(accounts.stored(&client.id).await.disabled_at, Some(NOW + 1));
}

#[tokio::test]
async fn a_token_asked_for_before_the_disabling_is_covered_by_it_or_not_signed() {
    let accounts = Accounts::open();
    let (read_before, _) = accounts.add().await;
    disable(&accounts.database, read_before.id.clone(), NOW).await.unwrap();
    assert!(!may_issue(&accounts.database, &read_before, NOW + 900).await.unwrap());
}

#[tokio::test]
async fn many_tokens_cost_one_write_a_minute_and_an_earlier_expiry_lowers_nothing() {
    let accounts = Accounts::open();
    let (client, _) = accounts.add().await;
    assert!(may_issue(&accounts.database, &client, NOW + 900).await.unwrap());
    let noted = accounts.stored(&client.id).await;
    assert!(may_issue(&accounts.database, &noted, noted.access_expires_at).await.unwrap());
    assert_eq!(accounts.stored(&client.id).await, noted, "nothing is written");
    // A process that read the row long ago, or that has a shorter lifetime configured.
    assert!(may_issue(&accounts.database, &client, NOW + 100).await.unwrap());
    assert_eq!(accounts.stored(&client.id).await, noted);
}
