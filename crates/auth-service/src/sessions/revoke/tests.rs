use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::*;
use crate::audit::{Event, RequestContext};
use crate::store::{
    audit::page::EntryFilter,
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

fn logout() -> Entry {
    RequestContext::operator(NOW.into()).done(Event::UserLogout).about_user(&user_id("ana"))
}

/// The events of the audit log, newest first.
async fn audited(test: &TestDatabase) -> Vec<String> {
    let read = |transaction: &mut AnyConnection| {
        store::audit::page::before(transaction, &EntryFilter::default(), None, 100)
    };
    test.write(read).await.into_iter().map(|entry| entry.event).collect()
}

#[tokio::test]
async fn a_logout_and_its_entry_are_kept_together() {
    let test = ana_with_sessions(&["one", "other"]).await;
    assert!(
        test.change(|transaction| revoke(transaction, &session_id("one"), NOW, &logout())).await
    );
    assert!(test.is_revoked("one").await && !test.is_revoked("other").await);
    assert_eq!(test.announced().await, ["one"]);
    assert_eq!(audited(&test).await, ["user.logout"]);
}

#[tokio::test]
async fn a_logout_whose_entry_cannot_be_written_is_undone() {
    let test = ana_with_sessions(&["one"]).await;
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END";
    test.write(move |transaction| Ok(transaction.batch_execute(full)?)).await;
    let failed = audit::transaction(&test.database, |transaction| {
        revoke(transaction, &session_id("one"), NOW, &logout())
    });
    assert!(failed.await.is_err());
    assert!(!test.is_revoked("one").await);
    assert!(test.announced().await.is_empty());
    assert!(audited(&test).await.is_empty());
}

#[tokio::test]
async fn a_session_is_revoked_and_announced_once_and_an_unknown_one_never() {
    let test = ana_with_sessions(&["one"]).await;
    for (id, expected) in [("one", true), ("one", false), ("unknown", false)] {
        let revoked = test
            .change(move |transaction| revoke(transaction, &session_id(id), NOW, &logout()))
            .await;
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
            .change(move |transaction| {
                revoke_own(transaction, &user_id(user), &session_id(id), NOW, &logout())
            })
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
    assert!(
        test.change(|transaction| revoke(transaction, &session_id("expired"), NOW, &logout()))
            .await
    );
    assert!(test.is_revoked("expired").await && test.announced().await.is_empty());
}

#[tokio::test]
async fn all_sessions_of_one_user_end_and_those_of_another_stay() {
    let test = ana_with_sessions(&["one", "two", "three"]).await;
    test.add_user("eve").await;
    test.add_session("eve", "hers", MINUTE).await;
    assert_eq!(revoke_all(&test.database, user_id("ana"), NOW, logout()).await.unwrap(), 3);
    assert_eq!(test.announced().await.len(), 3);
    assert!(!test.is_revoked("hers").await);
}

#[tokio::test]
async fn the_sessions_of_all_users_end_step_by_step_until_none_is_left() {
    let test = ana_with_sessions(&["one", "two"]).await;
    test.add_user("eve").await;
    test.add_session("eve", "hers", MINUTE).await;
    let step = |from: Option<UserId>| {
        test.change(move |transaction| {
            revoke_batch_of_users(transaction, from.as_ref(), NOW, &logout())
        })
    };
    let expected = RevokedUsers { last_user_id: user_id("eve"), sessions: 3 };
    assert_eq!(step(None).await, Some(expected));
    assert_eq!(step(Some(user_id("eve"))).await, None);
    assert_eq!(audited(&test).await.len(), 2, "one entry for each user");
}
