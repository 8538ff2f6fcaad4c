//! Tests of service accounts, each on its own database.

use std::time::Duration;

use database::{Access, Database, DatabaseUrl, migrate};
use service_kit::{ids::ClientId, unix_time::UnixSeconds};
use tempfile::TempDir;

use super::*;
use crate::{
    audit::RequestContext,
    sessions::CLOCK_SKEW,
    store::{self, clients::ClientRow},
};

const NOW: UnixSeconds = UnixSeconds::new(1_800_000_000);

fn later(seconds: u64) -> UnixSeconds {
    NOW + Duration::from_secs(seconds)
}

fn by_operator(now: UnixSeconds) -> RequestContext {
    RequestContext::operator(now.into())
}

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
        let NewAccount { row, secret } = new_account(None, &scope, NOW).unwrap();
        create(&self.database, row.clone(), &by_operator(NOW)).await.unwrap();
        (row, secret)
    }

    async fn stored(&self, id: &ClientId) -> ClientRow {
        let id = id.clone();
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
    assert!(accounts.proves(one.id.as_str(), &secret).await);
    assert!(!accounts.proves(other.id.as_str(), &secret).await);
    for id in ["", "nobody", "\0", "00000000-0000-0000-0000-000000000000"] {
        assert!(!accounts.proves(id, &secret).await, "{id:?}");
    }
    let wrong = ClientSecret::received(one.secret_hash.as_str().to_owned());
    assert!(!accounts.proves(one.id.as_str(), &wrong).await);
}

#[tokio::test]
async fn a_disabled_account_is_announced_until_its_last_token_has_expired() {
    let accounts = Accounts::open();
    let (client, secret) = accounts.add().await;
    assert!(may_issue(&accounts.database, &client, later(900)).await.unwrap());
    assert!(disable(&accounts.database, client.id.clone(), &by_operator(later(1))).await.unwrap());
    assert!(!disable(&accounts.database, client.id.clone(), &by_operator(later(2))).await.unwrap());
    let feed = accounts.database.read(|c| store::revocations::after(c, 0, 10)).await.unwrap();
    let [row] = feed.as_slice() else { panic!("{feed:?}") };
    assert_eq!(row.sid, client.id.as_str());
    assert!(row.until >= later(900) + CLOCK_SKEW);
    assert!(!accounts.proves(client.id.as_str(), &secret).await);
    assert_eq!(accounts.stored(&client.id).await.disabled_at, Some(later(1)));
}

#[tokio::test]
async fn a_token_requested_before_the_account_was_disabled_is_revoked_with_it_or_not_signed() {
    let accounts = Accounts::open();
    let (read_before, _) = accounts.add().await;
    disable(&accounts.database, read_before.id.clone(), &by_operator(NOW)).await.unwrap();
    assert!(!may_issue(&accounts.database, &read_before, later(900)).await.unwrap());
}

#[tokio::test]
async fn many_tokens_cost_one_write_a_minute_and_an_earlier_expiry_lowers_nothing() {
    let accounts = Accounts::open();
    let (client, _) = accounts.add().await;
    assert!(may_issue(&accounts.database, &client, later(900)).await.unwrap());
    let stored = accounts.stored(&client.id).await;
    assert!(may_issue(&accounts.database, &stored, stored.access_expires_at).await.unwrap());
    assert_eq!(accounts.stored(&client.id).await, stored, "nothing is written");
    // A process that read the row long ago, or that has a shorter lifetime configured.
    assert!(may_issue(&accounts.database, &client, later(100)).await.unwrap());
    assert_eq!(accounts.stored(&client.id).await, stored);
}
