//! A PostgreSQL that is slow or hangs, and many callers: each hears within three seconds, whatever the number of its
//! database calls and of those who wait with it.

use std::time::Duration;

use authpair::harness::{Answer, Cluster, Fleet, FleetPlan, PASSWORD, Session, postgres};
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::if_there_is_postgres;

const SAID_WITHIN: Duration = Duration::from_secs(3);

async fn fleet_of_ana() -> Option<(Cluster, Fleet, Session)> {
    let cluster = if_there_is_postgres(Cluster::start_new(&[]))?;
    let plan = FleetPlan::pair(crate::program(), &cluster.url("postgres"));
    let fleet = Fleet::start(plan.with("AUTH_REFRESH_GRACE", "1h")).await;
    fleet.auth[0].register("ana").await;
    let session = fleet.auth[0].login("ana").await;
    Some((cluster, fleet, session))
}

fn login(fleet: &Fleet) -> RequestBuilder {
    let body = json!({ "username": "ana", "password": PASSWORD });
    fleet.auth[0].call("POST", "/api/auth/login").json(&body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_two_slow_database_calls_is_answered_within_three_seconds() {
    let Some((cluster, fleet, _)) = fleet_of_ana().await else { return };
    // The log-in reads `users` after two seconds, and would then wait for `sessions` much longer.
    let [users, sessions] = [("users", 2), ("sessions", 5)].map(|(table, seconds)| {
        let url = cluster.url("postgres");
        let hold = format!("LOCK TABLE {table}; SELECT pg_sleep({seconds})");
        tokio::task::spawn_blocking(move || postgres::execute(&url, &hold))
    });
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while postgres::execute(&cluster.url("postgres"), sleeps) != "2" {
        sleep(Duration::from_millis(10)).await;
    }
    let asked = Instant::now();
    Answer::of(login(&fleet)).await.expect(503, "unavailable");
    let waited = asked.elapsed();
    assert!(waited < SAID_WITHIN, "after {waited:?}");
    users.await.unwrap();
    sessions.await.unwrap();
    Answer::of(login(&fleet)).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_of_a_frozen_database_all_hear_within_three_seconds() {
    let Some((cluster, fleet, session)) = fleet_of_ana().await else { return };
    let get = |path: &str| fleet.auth[0].call("GET", path).bearer_auth(&session.access);
    let calls = |number: usize| match number % 5 {
        0 => login(&fleet),
        1 => fleet.auth[0].call("POST", "/api/auth/refresh").bearer_auth(&session.refresh),
        2 => get("/api/auth/me"),
        3 => fleet.users[0].call("GET", "/api/users").bearer_auth(&session.access),
        _ => get("/api/auth/sessions"),
    };
    // Some begin before the freeze, so that they are in the middle of their work.
    let ask = |number| {
        let call = calls(number);
        tokio::spawn(async move {
            let asked = Instant::now();
            let answer = Answer::of(call).await;
            (answer, asked.elapsed())
        })
    };
    let mut waiting: Vec<_> = (0..40).map(ask).collect();
    cluster.freeze();
    waiting.extend((40..200).map(ask));
    let mut longest = Duration::ZERO;
    for call in waiting {
        let (answer, waited) = call.await.unwrap();
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        longest = longest.max(waited);
    }
    cluster.thaw();
    assert!(longest < SAID_WITHIN, "the last one heard after {longest:?}");
}
