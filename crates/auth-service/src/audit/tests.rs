//! The log on a database: order, pages, and what it refuses.

use std::time::Duration;

use database::{AnyConnection, DatabaseError};
use diesel::connection::SimpleConnection;
use service_kit::{clock::Clock, ids::ClientId, unix_time::UnixMicros};

use super::{
    Actor, EntryBody, Event, EventFilter, Filter, Page, RefusedCallQueue, RequestContext,
    Retention, entries_after, entries_before,
};
use crate::{
    sessions::ClientInfo,
    store::{
        self,
        audit::{AuditRow, page::Outcome},
        test_database::{TestDatabase, user_id},
    },
};

const DAY: Duration = Duration::from_secs(86_400);

/// The machine's time, which the triggers of the table use.
fn now() -> UnixMicros {
    Clock::system().now_micros()
}

fn context(at: UnixMicros) -> RequestContext {
    let client = ClientInfo::new(Some("tests/1.0"), Some("192.0.2.1".parse().unwrap()));
    RequestContext { actor: Actor::User(user_id("ana")), at, client, request_id: Some("r".into()) }
}

fn login(at: UnixMicros, user: &str) -> AuditRow {
    context(at).done(Event::UserLogin).about_user(&user_id(user)).into_row()
}

async fn add(test: &TestDatabase, entries: Vec<AuditRow>) {
    test.database
        .write(move |connection| store::audit::insert_all(connection, &entries))
        .await
        .unwrap();
}

async fn read(test: &TestDatabase, filter: &Filter) -> Vec<AuditRow> {
    let filter = filter.clone();
    let read =
        move |connection: &mut AnyConnection| entries_before(connection, &filter, None, 10_000);
    test.database.read(read).await.unwrap().entries
}

async fn try_sql(test: &TestDatabase, sql: &'static str) -> Result<(), DatabaseError> {
    test.database.write(move |connection| Ok(connection.batch_execute(sql)?)).await
}

#[tokio::test]
async fn pages_newest_and_oldest_first_have_each_entry_once_also_where_many_have_one_time() {
    let test = TestDatabase::open();
    let start = now();
    let entries: Vec<_> =
        (0..57).map(|number| login(start + Duration::from_micros(number / 20), "ana")).collect();
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.clone()).collect();
    add(&test, entries).await;
    for newest_first in [true, false] {
        let (mut found, mut position) = (Vec::new(), None);
        loop {
            let read = move |connection: &mut AnyConnection| {
                let read_page = if newest_first { entries_before } else { entries_after };
                read_page(connection, &Filter::default(), position.as_ref(), 10)
            };
            let Page { entries, next } = test.database.read(read).await.unwrap();
            found.extend(entries.into_iter().map(|entry| entry.id));
            match next {
                Some(next) => position = Some(next),
                None => break,
            }
        }
        if newest_first {
            found.reverse();
        }
        assert_eq!(found, ids, "in the order in which they were made");
    }
}

#[tokio::test]
async fn a_filter_finds_what_it_names_and_nothing_else() {
    let (test, at) = (TestDatabase::open(), now());
    let refused = context(at + Duration::from_micros(1))
        .by(Actor::Anonymous)
        .refused(Event::UserLoginFailed, "disabled");
    let made = RequestContext::operator(at + Duration::from_micros(2))
        .done(Event::ClientCreated)
        .about_client(&ClientId::from_trusted("c".to_owned()));
    add(
        &test,
        vec![login(at, "ana"), refused.about_user(&user_id("bob")).into_row(), made.into_row()],
    )
    .await;
    let text = |text: &str| Some(text.to_owned());
    let event = |text: &str| Some(EventFilter::parse(text).unwrap());
    for (filter, expected) in [
        (Filter::default(), vec!["client.created", "user.login_failed", "user.login"]),
        (Filter { actor: text("ana"), ..Filter::default() }, vec!["user.login"]),
        (Filter { actor: text("operator"), ..Filter::default() }, vec!["client.created"]),
        (Filter { actor: text("anonymous"), ..Filter::default() }, vec!["user.login_failed"]),
        (Filter { subject: text("bob"), ..Filter::default() }, vec!["user.login_failed"]),
        (
            Filter { event: event("user.*"), ..Filter::default() },
            vec!["user.login_failed", "user.login"],
        ),
        (Filter { event: event("user.login"), ..Filter::default() }, vec!["user.login"]),
        (
            Filter { outcome: Some(Outcome::Refused), ..Filter::default() },
            vec!["user.login_failed"],
        ),
        (
            Filter { outcome: Some(Outcome::Success), subject: text("bob"), ..Filter::default() },
            vec![],
        ),
        (
            Filter {
                from: Some(at + Duration::from_micros(1)),
                to: Some(at + Duration::from_micros(2)),
                ..Filter::default()
            },
            vec!["user.login_failed"],
        ),
    ] {
        let found: Vec<_> =
            read(&test, &filter).await.into_iter().map(|entry| entry.event).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn entries_of_the_last_90_days_can_be_neither_changed_nor_deleted_nor_replaced() {
    let test = TestDatabase::open();
    add(&test, vec![login(now() - 89 * DAY, "ana")]).await;
    let before = read(&test, &Filter::default()).await;
    for sql in [
        "DELETE FROM audit_log",
        "UPDATE audit_log SET outcome = 'refused'",
        "UPDATE audit_log SET ip = NULL",
        "UPDATE audit_log SET at = 0",
        "INSERT OR REPLACE INTO audit_log (at, id, event, outcome, actor_type, actor_id) \
         SELECT at, id, 'other', outcome, actor_type, actor_id FROM audit_log",
    ] {
        let error = try_sql(&test, sql).await.unwrap_err().to_string();
        assert!(error.contains("audit_log is append-only"), "{sql}: {error}");
    }
    assert_eq!(read(&test, &Filter::default()).await, before);
}

#[tokio::test]
async fn an_older_entry_can_only_lose_its_address_and_user_agent() {
    let test = TestDatabase::open();
    add(&test, vec![login(now() - 91 * DAY, "ana")]).await;
    for sql in [
        "UPDATE audit_log SET ip = NULL, reason = 'other'",
        "UPDATE audit_log SET ip = '192.0.2.9', user_agent = NULL",
        "UPDATE audit_log SET ip = NULL, user_agent = NULL, subject_id = 'bob'",
    ] {
        assert!(try_sql(&test, sql).await.is_err(), "{sql}");
    }
    try_sql(&test, "UPDATE audit_log SET ip = NULL, user_agent = NULL").await.unwrap();
}

#[tokio::test]
async fn retention_clears_addresses_after_90_days_and_deletes_after_its_time_and_no_more() {
    let (test, now) = (TestDatabase::open(), now());
    let ages = [1, 89, 91, 399, 401, 1_000];
    add(&test, ages.iter().map(|age| login(now - *age * DAY, &age.to_string())).collect()).await;
    let retention = Retention(400 * DAY);
    assert_eq!(retention.run(&test.database, now).await.unwrap(), 4);
    let left: Vec<_> = read(&test, &Filter::default()).await;
    let left: Vec<_> = left
        .iter()
        .map(|entry| {
            (entry.subject_id.as_deref().unwrap(), entry.ip.is_some(), entry.user_agent.is_some())
        })
        .collect();
    assert_eq!(
        left,
        [("1", true, true), ("89", true, true), ("91", false, false), ("399", false, false)]
    );
    assert_eq!(retention.run(&test.database, now).await.unwrap(), 0);
    // A clock that is ahead by years deletes nothing that the database's own clock still keeps.
    assert_eq!(retention.run(&test.database, now + 3_000 * DAY).await.unwrap(), 2);
    assert_eq!(read(&test, &Filter::default()).await.len(), 2);
}

#[tokio::test]
async fn refused_calls_are_written_in_one_batch_and_survive_a_write_that_fails() {
    let (test, refused_calls) = (TestDatabase::open(), RefusedCallQueue::default());
    for number in 0..500 {
        refused_calls.add(
            context(now())
                .refused(Event::UserLoginFailed, "wrong_password")
                .about_user(&user_id(&number.to_string())),
        );
    }
    try_sql(
        &test,
        "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .await
    .unwrap();
    assert!(refused_calls.flush(&test.database, now()).await.is_err());
    assert_eq!(read(&test, &Filter::default()).await.len(), 0);
    try_sql(&test, "DROP TRIGGER full").await.unwrap();
    refused_calls.flush(&test.database, now()).await.unwrap();
    let written = read(&test, &Filter::default()).await;
    // 200 entries of their own, the sums of eight users, and one sum for all others.
    assert_eq!(written.len(), 209);
    refused_calls.flush(&test.database, now()).await.unwrap();
    assert_eq!(read(&test, &Filter::default()).await.len(), 209);
}

#[tokio::test]
async fn a_batch_that_was_written_although_its_answer_was_lost_is_not_written_twice() {
    let test = TestDatabase::open();
    let entries: Vec<_> =
        (0..5).map(|number| login(now() + Duration::from_micros(number), "ana")).collect();
    add(&test, entries[..3].to_vec()).await;
    let wanted = entries.clone();
    let missing = test.write(move |connection| store::audit::missing(connection, &wanted)).await;
    assert_eq!(missing, entries[3..]);
}

#[test]
fn the_subject_sees_only_the_kind_of_another_actor() {
    let shown = |row: AuditRow| serde_json::to_value(EntryBody::from(&row).for_subject()).unwrap();
    let own = shown(login(UnixMicros::new(0), "ana"));
    assert_eq!((own["actor"]["id"].as_str(), own["ip"].as_str()), (Some("ana"), Some("192.0.2.1")));
    let others = shown(login(UnixMicros::new(0), "bob"));
    assert_eq!(others["actor"], serde_json::json!({ "type": "user", "id": null }));
    for hidden in ["ip", "user_agent", "request_id", "client_id"] {
        assert_eq!(others[hidden], serde_json::Value::Null, "{hidden}");
    }
    let stranger = context(UnixMicros::new(0))
        .by(Actor::Anonymous)
        .refused(Event::UserLoginFailed, "wrong_password");
    assert_eq!(shown(stranger.about_user(&user_id("bob")).into_row())["ip"], "192.0.2.1");
}
