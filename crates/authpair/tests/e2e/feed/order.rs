//! The order of the feed and of signing keys, which depends neither on sequences nor on advisory locks.

use std::{collections::BTreeSet, time::Duration};

use auth_service::{
    service::rotation,
    store::revocations::{self, Revoked},
};
use authpair_testkit::{
    Answer, Backend, Fleet, FleetPlan, LOGOUT_LIMIT, TestPair, postgres::execute as psql,
};
use database::{Access, AnyConnection, Database, DatabaseUrl};
use diesel::connection::SimpleConnection;
use service_kit::settings::FromSetting;
use tokio::time::sleep;

use crate::{on_both, support::databases::pair_without_advisory_locks};

#[on_both]
async fn many_revocations_of_one_transaction_are_stored_in_order_and_none_is_missing(
    pair: TestPair,
) {
    let until = pair.clock.now() + Duration::from_secs(900);
    let revoked: Vec<_> =
        (0..25_000).map(|n| Revoked { sid: format!("session \"{n}\""), until }).collect();
    let (expected, database) = (revoked.clone(), pair.pair().auth().state().database.clone());
    let written = database.write(move |connection| revocations::insert(connection, &revoked));
    written.await.unwrap();
    let rows = database.read(|c| revocations::after(c, 0, 30_000)).await.unwrap();
    let first = rows[0].seq;
    for (number, (row, revoked)) in rows.iter().zip(&expected).enumerate() {
        let seq = first + i64::try_from(number).unwrap();
        assert_eq!((row.seq, &row.sid, row.until), (seq, &revoked.sid, revoked.until));
    }
    assert_eq!(rows.len(), expected.len());
    let (_, session) = pair.new_user("ana").await;
    pair.logout(&session.access).await.ok(204);
    let last = rows.last().unwrap().seq;
    let next = database.read(move |c| revocations::after(c, last, 10)).await.unwrap();
    assert_eq!((next.len(), next[0].seq, &next[0].sid), (1, last + 1, &session.id));
}

#[on_both]
async fn the_migration_keeps_an_existing_feed_and_entries_of_the_release_before_are_polled(
    mut pair: TestPair,
) {
    pair.halt().await;
    let until = pair.clock.seconds() + 900;
    let old =
        |sid: &str| format!("INSERT INTO revocations (sid, until) VALUES ('{sid}', {until});");
    back_to_the_version_before(&pair).await;
    // The sequence is ahead of the greatest number: the newest entry was deleted, as the purge does.
    let written = [old("one"), old("two"), old("three")].concat();
    execute(&pair, &written).await;
    execute(&pair, "DELETE FROM revocations WHERE sid = 'three'").await;
    pair.resume().await;
    let full = poll(&pair, "").await;
    assert_eq!(sids(&full), ["one", "two"]);
    let mut cursor = full.string("cursor");
    assert!(number(&cursor) >= 3, "{cursor}");
    let mut seen = Vec::new();
    let (_, session) = pair.new_user("ana").await;
    execute(&pair, &old("four")).await;
    pair.logout(&session.access).await.ok(204);
    execute(&pair, &[old("five"), old("six")].concat()).await;
    while seen.len() < 4 {
        let page = poll(&pair, &format!("?after={cursor}&wait=5")).await;
        assert_eq!(page.body["reset"], false, "{}", page.text);
        seen.extend(sids(&page));
        cursor = page.string("cursor");
    }
    assert_eq!(seen, ["four", &session.id, "five", "six"]);
}

/// Undoes the migration that added `feed_head`.
async fn back_to_the_version_before(pair: &TestPair) {
    let undo = if pair.database_url.starts_with("postgres") {
        include_str!(
            "../../../../auth-service/migrations/postgres/2026-11-26-000010_feed_head/down.sql"
        )
    } else {
        include_str!(
            "../../../../auth-service/migrations/sqlite/2026-11-26-000010_feed_head/down.sql"
        )
    };
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261126000010';";
    execute(pair, &format!("{undo}{forget}")).await;
}

async fn execute(pair: &TestPair, sql: &str) {
    let url = DatabaseUrl::from_setting(&pair.database_url).unwrap();
    let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
    let sql = sql.to_owned();
    let work = move |connection: &mut AnyConnection| Ok(connection.batch_execute(&sql)?);
    database.write(work).await.unwrap();
}

async fn poll(pair: &TestPair, query: &str) -> Answer {
    let path = format!("/.well-known/revoked-sessions{query}");
    Answer::of(pair.auth_call("GET", &path)).await.ok(200)
}

fn sids(page: &Answer) -> Vec<String> {
    let entries = page.body["revoked"].as_array().unwrap().iter();
    entries.map(|entry| entry["sid"].as_str().unwrap().to_owned()).collect()
}

fn number(cursor: &str) -> i64 {
    cursor.split('.').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_cached_sequences_no_logged_out_token_is_accepted_after_a_second() {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Postgres).await;
    let Some(plan) = plan else { return };
    let url = plan.auth_database.clone();
    let fleet = Fleet::start(plan.doubled()).await;
    psql(
        &url,
        "DO $$ DECLARE name TEXT; BEGIN \
         FOR name IN SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S' \
         LOOP EXECUTE 'ALTER SEQUENCE ' || name || ' CACHE 100'; END LOOP; END $$",
    );
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let mut gone = Vec::new();
    for round in 0..75 {
        let (here, there) = if round % 2 == 0 { (a, b) } else { (b, a) };
        let session = here.login("ana").await;
        there.logout(&session.access).await.ok(204);
        gone.push(session.access);
    }
    sleep(LOGOUT_LIMIT).await;
    let mut accepted = 0;
    for access in &gone {
        for service in fleet.users.iter().chain(&fleet.auth) {
            let path = if service.url == a.url || service.url == b.url {
                "/api/auth/me"
            } else {
                "/api/users/me"
            };
            accepted += usize::from(service.get(path, access).await.code() != "token_revoked");
        }
    }
    assert_eq!(accepted, 0, "of 300 looks at logged-out tokens");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_advisory_locks_an_old_key_is_replaced_once() {
    const AGE: Duration = Duration::from_secs(90 * 86_400);
    let Some(pair) = pair_without_advisory_locks().await else { return };
    let state = pair.pair().auth().state();
    pair.clock.advance(Duration::from_secs(90 * 86_400 + 1));
    let now = pair.clock.now();
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let work = rotation(&state.settings, state.database.clone()).unwrap();
            tokio::spawn(async move { work.maintain(Some(AGE), now).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let keys = Answer::of(pair.auth_call("GET", "/.well-known/jwks.json")).await.ok(200);
    let rows = state.database.read(auth_service::store::keys::all).await.unwrap();
    let kids: BTreeSet<_> = rows.iter().map(|row| row.kid.clone()).collect();
    assert_eq!(kids.len(), 2, "{}", keys.text);
}
