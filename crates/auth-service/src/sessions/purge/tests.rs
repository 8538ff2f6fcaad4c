use std::time::Duration;

use super::*;
use crate::store::{
    login_failures,
    revocations::{self, Revoked},
    sessions,
    test_database::{NOW, TestDatabase, session_id, session_row},
    wrong_passwords,
};

/// When the tokens of a test's sessions expire.
const EXPIRY: UnixSeconds = UnixSeconds::new(NOW.as_i64() + 3_600);

const SECOND: Duration = Duration::from_secs(1);

/// The first moment at which rows that ended at `time` are deleted.
fn deleted_from(time: UnixSeconds) -> UnixSeconds {
    time + CLOCK_SKEW + RETENTION + SECOND
}

async fn ana_with_sessions(count: usize) -> TestDatabase {
    let test = TestDatabase::open();
    test.add_user("ana").await;
    test.write(move |transaction| {
        for number in 0..count {
            let session = session_row("ana", &format!("session {number:04}"), SECOND);
            sessions::insert(transaction, &session)?;
        }
        Ok(())
    })
    .await;
    test
}

async fn count_sessions(test: &TestDatabase) -> usize {
    let list = |connection: &mut _| sessions::list_expiries_after(connection, None, 10_000);
    test.database.read(list).await.unwrap().len()
}

async fn purge(test: &TestDatabase, now: UnixSeconds) -> usize {
    Purge::default().run(&test.database, now).await.unwrap()
}

#[tokio::test]
async fn a_session_is_deleted_once_its_last_token_expired_longer_ago_than_the_retention() {
    let test = ana_with_sessions(1).await;
    assert_eq!(purge(&test, deleted_from(EXPIRY) - SECOND).await, 0);
    assert_eq!(purge(&test, deleted_from(EXPIRY)).await, 1);
    assert_eq!(count_sessions(&test).await, 0);
}

#[tokio::test]
async fn a_session_with_an_access_token_that_expires_later_stays() {
    let test = ana_with_sessions(1).await;
    let later = sessions::SessionRow {
        access_expires_at: EXPIRY + SECOND,
        ..session_row("ana", "later", SECOND)
    };
    test.write(move |transaction| sessions::insert(transaction, &later)).await;
    assert_eq!(purge(&test, deleted_from(EXPIRY)).await, 1);
    assert_eq!(count_sessions(&test).await, 1);
}

#[tokio::test]
async fn one_run_deletes_more_sessions_than_one_batch() {
    let test = ana_with_sessions(450).await;
    assert_eq!(purge(&test, deleted_from(EXPIRY)).await, 450);
    assert_eq!(count_sessions(&test).await, 0);
}

#[tokio::test]
async fn wrong_passwords_are_deleted_with_their_session() {
    let test = ana_with_sessions(2).await;
    test.write(|transaction| {
        wrong_passwords::add(transaction, &session_id("session 0000"))?;
        wrong_passwords::add(transaction, &session_id("session 0001"))
    })
    .await;
    test.write(|transaction| sessions::purge(transaction, &[session_id("session 0000")], NOW_LATE))
        .await;
    assert_eq!(purge(&test, NOW).await, 1);
    let left = |connection: &mut _| wrong_passwords::count(connection, &session_id("session 0001"));
    assert_eq!(test.database.read(left).await.unwrap(), 1);
}

/// After every token of every test.
const NOW_LATE: UnixSeconds = UnixSeconds::new(NOW.as_i64() + 1_000_000);

#[tokio::test]
async fn feed_entries_and_login_failures_are_deleted_when_they_no_longer_count() {
    let test = ana_with_sessions(0).await;
    test.write(|transaction| {
        revocations::insert(transaction, &[Revoked { sid: "one".to_owned(), until: NOW }])?;
        login_failures::add(transaction, "key", NOW, NOW + SECOND)
    })
    .await;
    assert_eq!(purge(&test, NOW + SECOND).await, 0);
    assert_eq!(purge(&test, NOW + SECOND + SECOND).await, 1, "the failure");
    assert_eq!(purge(&test, deleted_from(NOW) - SECOND).await, 0);
    assert_eq!(purge(&test, deleted_from(NOW)).await, 1, "the feed entry");
    assert!(test.announced().await.is_empty());
}
