//! PostgreSQL with `serializable` as its default isolation, and deadlocks: the database undoes one of the transactions,
//! and the service runs it again.
//!
//! Tests of other folders run on such a database too: those with `#[on_both(serializable)]`.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicUsize, Ordering},
};

use auth_service::store::users::bump_credential_version;
use authpair_testkit::{Answer, Backend, Fleet, FleetPlan, Session, TestPair, postgres};
use database::{AnyConnection, Database};
use service_kit::ids::UserId;

use crate::{backends, support::databases::serializable_database};

fn retries(database: &Database) -> u64 {
    let samples = database.samples();
    let sample = samples.iter().find(|sample| sample.name == "database_retries").unwrap();
    let text = format!("{:?}", sample.value);
    text.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_fails_to_serialize_is_run_again_and_counted() {
    let Some(pair) = backends::serializable::<TestPair>().await else { return };
    let (_, mut session) = pair.new_user("ana").await;
    let database = pair.pair().auth().state().database.clone();
    for _ in 0..50 {
        let calls = (0..16).map(|_| {
            let call = pair.auth_call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
            tokio::spawn(Answer::of(call))
        });
        let mut next = None;
        for call in calls.collect::<Vec<_>>() {
            next = Some(Session::of(&call.await.unwrap().ok(200)));
        }
        session = next.unwrap();
        if retries(&database) > 0 {
            return;
        }
    }
    panic!("no transaction was undone in 50 rounds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_a_serializable_database_answer_every_call() {
    let Some(url) = serializable_database().await else { return };
    let fleet = Fleet::start(FleetPlan::pair(crate::program(), &url).doubled()).await;
    fleet.auth[0].register("ana").await;
    for round in 0..10 {
        let session = fleet.auth[round % 2].login("ana").await;
        let calls = (0..16).map(|number| {
            let call = fleet.auth[number % 2].call("POST", "/api/auth/refresh");
            tokio::spawn(Answer::of(call.bearer_auth(&session.refresh)))
        });
        let logins = (0..4).map(|number| {
            let body = serde_json::json!({
                "username": "ana", "password": authpair_testkit::PASSWORD,
            });
            let call = fleet.auth[number % 2].call("POST", "/api/auth/login").json(&body);
            tokio::spawn(Answer::of(call))
        });
        let mut ended = Vec::new();
        for call in calls.chain(logins).collect::<Vec<_>>() {
            ended.push(Session::of(&call.await.unwrap().ok(200)));
        }
        let logouts = ended.into_iter().enumerate().map(|(number, session)| {
            let call = fleet.auth[number % 2].call("POST", "/api/auth/logout");
            tokio::spawn(Answer::of(call.bearer_auth(session.access)))
        });
        for call in logouts.collect::<Vec<_>>() {
            call.await.unwrap().ok(204);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_transactions_of_a_deadlock_succeed() {
    let Some(pair) = TestPair::start(Backend::Postgres).await else { return };
    let ids = [pair.register("ana").await.id, pair.register("bob").await.id];
    let ids = ids.map(|id| UserId::parse(&id).unwrap());
    let database = pair.pair().auth().state().database.clone();
    let (meet, attempts) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let tasks = [ids.clone(), [ids[1].clone(), ids[0].clone()]].map(|[first, second]| {
        let (meet, attempts) = (Arc::clone(&meet), Arc::clone(&attempts));
        let (database, begun) = (database.clone(), AtomicUsize::new(0));
        let work = move |connection: &mut AnyConnection| {
            attempts.fetch_add(1, Ordering::Relaxed);
            assert!(bump_credential_version(connection, &first)?);
            // Each holds the lock of one row and asks for the other one.
            if begun.fetch_add(1, Ordering::Relaxed) == 0 {
                meet.wait();
            }
            bump_credential_version(connection, &second)
        };
        tokio::spawn(async move { database.write(work).await })
    });
    for task in tasks {
        assert!(task.await.unwrap().unwrap());
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
    assert_eq!(retries(&database), 1);
    let versions = postgres::execute(
        &pair.database_url,
        "SELECT string_agg(credential_version::text, ',') FROM users",
    );
    let [one, other]: [i64; 2] =
        versions.split(',').map(|v| v.parse().unwrap()).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(one, other);
}
