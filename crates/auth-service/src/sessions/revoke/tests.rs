use std::time::Duration;

use database::DatabaseError;

use super::*;
use crate::store::{
    shared_values,
    test_database::{NOW, TestDatabase, session_id, session_row, user_id},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

async fn ana_with_sessions(ids: &[&str]) -> TestDatabase {
    let test = TestDatabase::open();
    test.add_user("ana").await;
    for id in ids {
        test.add_session("ana", id, MINUTE).await;
    }
    test
}

/// Stands for an audit entry: a further row, written by the caller that opened the transaction.
fn write_audit_entry(transaction: &mut Transaction) -> DbResult<bool> {
    shared_values::replace(transaction, "audit", None, "signed out")
}

async fn audit_entry(test: &TestDatabase) -> Option<String> {
    test.write(|transaction| shared_values::get(transaction, "audit")).await
}

#[tokio::test]
async fn a_second_write_in_the_transaction_of_a_logout_is_kept_with_it() {
    let test = ana_with_sessions(&["one", "other"]).await;
    let logout = test.write(|transaction| {
        let revoked = revoke(transaction, &session_id("one"), NOW)?;
        write_audit_entry(transaction)?;
        Ok(revoked)
    });
    assert!(logout.await);
    assert!(test.is_revoked("one").await && !test.is_revoked("other").await);
    assert_eq!(test.announced().await, ["one"]);
    assert_eq!(audit_entry(&test).await.as_deref(), Some("signed out"));
}

#[tokio::test]
async fn a_logout_is_undone_with_a_second_write_that_fails() {
    let test = ana_with_sessions(&["one"]).await;
    let failed = test.database.write(|transaction| {
        revoke(transaction, &session_id("one"), NOW)?;
        write_audit_entry(transaction)?;
        Err::<(), _>(DatabaseError::Internal("the audit log is full".to_owned()))
    });
    assert!(failed.await.is_err());
    assert!(!test.is_revoked("one").await);
    assert!(test.announced().await.is_empty());
    assert_eq!(audit_entry(&test).await, None);
}

#[tokio::test]
async fn a_session_is_revoked_and_announced_once_and_an_unknown_one_never() {
    let test = ana_with_sessions(&["one"]).await;
    for (id, expected) in [("one", true), ("one", false), ("unknown", false)] {
        let revoked =
            test.write(move |transaction| revoke(transaction, &session_id(id), NOW)).await;
        assert_eq!(revoked, expected, "{id}");
    }
    assert_eq!(test.announced().await, ["one"]);
}

#[tokio::test]
async fn a_user_revokes_only_sessions_of_their_own() {
    let test = ana_with_sessions(&["one"]).await;
    test.add_user("eve").await;
    for (user, id, expected) in
        [("eve", "one", false), ("ana", "unknown", false), ("ana", "one", true)]
    {
        let revoked = test
            .write(move |transaction| revoke_own(transaction, &user_id(user), &session_id(id), NOW))
            .await;
        assert_eq!(revoked, expected, "{user} {id}");
    }
}

#[tokio::test]
async fn a_session_whose_access_tokens_have_all_expired_is_not_announced() {
    let test = ana_with_sessions(&[]).await;
    let expired =
        SessionRow { access_expires_at: NOW - CLOCK_SKEW, ..session_row("ana", "expired", HOUR) };
    test.write(move |transaction| store::sessions::insert(transaction, &expired)).await;
    assert!(test.write(|transaction| revoke(transaction, &session_id("expired"), NOW)).await);
    assert!(test.is_revoked("expired").await && test.announced().await.is_empty());
}

#[tokio::test]
async fn all_sessions_of_one_user_end_and_those_of_another_stay() {
    let test = ana_with_sessions(&["one", "two", "three"]).await;
    test.add_user("eve").await;
    test.add_session("eve", "hers", MINUTE).await;
    assert_eq!(revoke_all(&test.database, user_id("ana"), NOW).await.unwrap(), 3);
    assert_eq!(test.announced().await.len(), 3);
    assert!(!test.is_revoked("hers").await);
}

#[tokio::test]
async fn the_sessions_of_all_users_end_step_by_step_until_none_is_left() {
    let test = ana_with_sessions(&["one", "two"]).await;
    test.add_user("eve").await;
    test.add_session("eve", "hers", MINUTE).await;
    let step = |from: Option<UserId>| {
        test.write(move |transaction| revoke_batch_of_users(transaction, from.as_ref(), NOW))
    };
    let expected = RevokedUsers { last_user_id: user_id("eve"), sessions: 3 };
    assert_eq!(step(None).await, Some(expected));
    assert_eq!(step(Some(user_id("eve"))).await, None);
}
