use std::time::Duration;

use super::*;
use crate::audit::{Event, RequestContext};
use crate::store::test_database::{NOW, TestDatabase, session_id, session_row, user_id};

const MINUTE: Duration = Duration::from_secs(60);

async fn ana_with(session: &SessionRow) -> TestDatabase {
    let test = TestDatabase::open();
    test.add_user("ana").await;
    let session = session.clone();
    test.write(move |transaction| insert(transaction, &session)).await;
    test
}

/// The row after one more rotation.
fn rotated(session: &SessionRow) -> SessionRow {
    SessionRow {
        previous_jti: Some(session.current_jti.clone()),
        current_jti: TokenId::random(),
        rotated_at: NOW,
        ..session.clone()
    }
}

#[tokio::test]
async fn of_two_rotations_of_one_token_the_second_changes_nothing() {
    let session = session_row("ana", "one", MINUTE);
    let test = ana_with(&session).await;
    let (first, second) = (rotated(&session), rotated(&session));
    for (next, expected) in [(first.clone(), true), (second, false)] {
        let from = session.current_jti.clone();
        let changed = move |transaction: &mut _| rotate(transaction, &from, &next, None);
        assert_eq!(test.write(changed).await, expected);
    }
    let stored = test.write(|transaction| with_user(transaction, &session_id("one"))).await;
    let stored = stored.unwrap();
    assert_eq!(stored.session.current_jti, first.current_jti);
    assert_eq!(stored.session.previous_jti, Some(session.current_jti));
    assert_eq!(stored.user.id, user_id("ana"));
}

#[tokio::test]
async fn a_client_is_known_by_its_user_agent_and_its_network() {
    let (browser, script) = (Some("browser"), Some("script"));
    for (user_agent, ip, known) in [
        (browser, Some("192.0.2.1"), true),
        (browser, Some("192.0.2.2"), false),
        (script, Some("192.0.2.1"), false),
        (None, Some("192.0.2.1"), false),
        // Another address of the same /64, and one of another /64.
        (script, Some("2001:db8:1:2::99"), true),
        (script, Some("2001:db8:1:3::1"), false),
        (None, None, true),
    ] {
        let test = TestDatabase::open();
        test.add_user("ana").await;
        let with_client = |session: SessionRow, user_agent: Option<&str>, ip: Option<&str>| {
            let (user_agent, ip) = (user_agent.map(str::to_owned), ip.map(str::to_owned));
            SessionRow { user_agent, ip, ..session }
        };
        let rows = [
            with_client(session_row("ana", "one", MINUTE), browser, Some("192.0.2.1")),
            with_client(session_row("ana", "two", MINUTE), script, Some("2001:db8:1:2::1")),
            with_client(session_row("ana", "three", MINUTE), None, None),
            with_client(session_row("ana", "new", Duration::ZERO), user_agent, ip),
        ];
        let found = test.write(move |connection| {
            for row in &rows {
                insert(connection, row)?;
            }
            has_earlier_from_same_client(connection, &user_id("ana"), &session_id("new"))
        });
        assert_eq!(found.await, known, "{user_agent:?} {ip:?}");
    }
}

#[tokio::test]
async fn a_revoked_session_is_neither_rotated_nor_replayed_nor_locked() {
    let session = session_row("ana", "one", MINUTE);
    let test = ana_with(&session).await;
    let revoked = |transaction: &mut _| revoke(transaction, &[session_id("one")], NOW);
    assert_eq!(test.write(revoked).await.len(), 1);
    let changed = test.write(move |transaction| {
        let next = rotated(&session);
        Ok([
            rotate(transaction, &session.current_jti, &next, None)?,
            record_replay(transaction, &session, 32)?,
            lock(transaction, &session.id)?,
            record_password(transaction, &session.id, NOW, NOW)?,
        ])
    });
    assert_eq!(changed.await, [false; 4]);
}

#[tokio::test]
async fn a_token_is_replayed_as_often_as_allowed() {
    let session = session_row("ana", "one", MINUTE);
    let test = ana_with(&session).await;
    for expected in [true, true, false] {
        let session = session.clone();
        assert_eq!(test.write(move |c| record_replay(c, &session, 2)).await, expected);
    }
}

#[tokio::test]
async fn a_new_session_counts_the_other_live_sessions_up_to_a_limit() {
    let test = ana_with(&session_row("ana", "one", MINUTE)).await;
    for (id, expected) in [("two", 1), ("three", 2), ("four", 2)] {
        let session = session_row("ana", id, MINUTE);
        let login = RequestContext::operator(NOW.into()).done(Event::UserLogin).into_row();
        let counted = test.change(move |transaction| {
            insert_audited_and_count(transaction, &session, 2, login.clone())
        });
        assert_eq!(counted.await, expected, "{id}");
    }
}

#[tokio::test]
async fn a_session_of_an_unknown_user_is_an_error() {
    let test = TestDatabase::open();
    let session = session_row("nobody", "one", MINUTE);
    let inserted = test.database.write(move |transaction| insert(transaction, &session)).await;
    assert!(inserted.is_err());
}

#[tokio::test]
async fn live_sessions_are_listed_newest_first_without_ended_ones() {
    let test = ana_with(&session_row("ana", "old", 2 * MINUTE)).await;
    test.add_session("ana", "new", MINUTE).await;
    test.add_session("ana", "revoked", MINUTE).await;
    test.write(|transaction| revoke(transaction, &[session_id("revoked")], NOW)).await;
    let listed = async |now| {
        let rows = test.write(move |c| live_of_user(c, &user_id("ana"), now, 10)).await;
        rows.into_iter().map(|row| String::from(row.id)).collect::<Vec<_>>()
    };
    assert_eq!(listed(NOW).await, ["new", "old"]);
    assert!(listed(NOW + Duration::from_secs(3_600)).await.is_empty(), "all have expired");
}

#[tokio::test]
async fn some_sessions_of_a_user_are_found_without_the_excepted_one() {
    let test = ana_with(&session_row("ana", "one", MINUTE)).await;
    test.add_session("ana", "two", MINUTE).await;
    let found = async |except: Option<&'static str>| {
        let except = except.map(session_id);
        let some = move |transaction: &mut _| {
            some_of_user(transaction, &user_id("ana"), except.as_ref(), 10)
        };
        test.write(some).await.len()
    };
    assert_eq!((found(None).await, found(Some("one")).await, found(Some("x")).await), (2, 1, 2));
}
