//! A PostgreSQL that is slow: a caller hears within three seconds, whatever the number of the database calls of the
//! request.

use std::time::Duration;

use authpair::harness::{Answer, Cluster, Fleet, FleetPlan, PASSWORD, postgres};
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::if_there_is_postgres;

const SAID_WITHIN: Duration = Duration::from_secs(3);

async fn fleet_of_ana() -> Option<(Cluster, Fleet)> {
    let cluster = if_there_is_postgres(Cluster::start_new(&[]))?;
    let fleet = Fleet::start(FleetPlan::pair(crate::program(), &cluster.url("postgres"))).await;
    fleet.auth[0].register("ana").await;
    Some((cluster, fleet))
}

fn login(fleet: &Fleet) -> RequestBuilder {
    let body = json!({ "username": "ana", "password": PASSWORD });
    fleet.auth[0].call("POST", "/api/auth/login").json(&body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_two_slow_database_calls_is_answered_within_three_seconds() {
    let Some((cluster, fleet)) = fleet_of_ana().await else { return };
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
