//! A PostgreSQL that is slow or hangs: a caller hears within three seconds, whatever the number of the database calls of
//! the request and of those who wait with it.

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_of_a_frozen_database_all_hear_within_three_seconds() {
    let Some((cluster, fleet)) = fleet_of_ana().await else { return };
    let session = fleet.auth[0].login("ana").await;
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
    let (users, auth) = (longest_in_log(&fleet.users[0]), longest_in_log(&fleet.auth[0]));
    let seen = format!("{longest:?} at the callers, {auth:?} and {users:?} at the services");
    assert!(auth.max(users) < SAID_WITHIN, "the last one heard after {seen}");
}

/// The longest that a request took at the service, by its log. The callers' own time holds their machine's load, too.
fn longest_in_log(service: &authpair::harness::Service) -> Duration {
    let log = std::fs::read_to_string(&service.log).unwrap();
    let took = log.lines().filter_map(|line| {
        let digits = line
            .split_once("micros=")
            .map(|(_, rest)| rest)
            .or_else(|| line.split_once("\"micros\":").map(|(_, rest)| rest))?;
        digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    });
    Duration::from_micros(took.max().unwrap())
}
