//! PostgreSQL is stopped, killed, frozen or locked under running services: they answer 503 within three seconds, keep
//! running, and work again by themselves.

use std::time::Duration;

use authpair_testkit::{
    Answer, Cluster, Fleet, FleetPlan, OpenTransaction, Service, Session, postgres, within,
};
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::time::{Instant, sleep};

const MAX_RESPONSE_TIME: Duration = Duration::from_secs(3);
const BACK_WITHIN: Duration = Duration::from_secs(10);

async fn fleet_on_its_own_cluster(settings: &[(&str, &str)]) -> Option<(Cluster, Fleet)> {
    let cluster = Cluster::start_new(&[])?;
    let plan = FleetPlan::pair(crate::program(), &cluster.url("postgres"));
    // The same refresh token is used many times, as after lost answers.
    let plan = plan.with("AUTH_REFRESH_GRACE", "1h");
    // The user logs in many times, and the first session must not end by that.
    let mut plan = plan.with("AUTH_SESSIONS_PER_USER", "1000");
    for (name, value) in settings {
        plan = plan.with(name, value);
    }
    Some((cluster, Fleet::start(plan).await))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_frozen_every_call_is_503_and_works_again_when_it_thaws() {
    let Some((cluster, fleet)) = fleet_on_its_own_cluster(&[]).await else { return };
    let session = new_user(&fleet).await;
    cluster.freeze();
    assert_everything_unavailable(&fleet, &session).await;
    cluster.thaw();
    everything_is_back(&fleet, &session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_stopped_or_killed_every_call_is_503_and_works_again_when_it_starts() {
    let Some((mut cluster, fleet)) = fleet_on_its_own_cluster(&[]).await else { return };
    let session = new_user(&fleet).await;
    for end in [Cluster::stop, Cluster::kill] {
        end(&mut cluster);
        assert_everything_unavailable(&fleet, &session).await;
        cluster.start();
        everything_is_back(&fleet, &session).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_of_postgres_or_killed_connections_the_next_calls_succeed() {
    let Some((mut cluster, fleet)) = fleet_on_its_own_cluster(&[]).await else { return };
    let session = new_user(&fleet).await;
    for end in [end_connections, Cluster::restart] {
        for _ in 0..2 {
            fill_the_pools(&fleet, &session).await;
            end(&mut cluster);
            for (name, call) in calls(&fleet, &session) {
                let answer = Answer::of(call).await;
                assert!(answer.status < 300, "{name}: {}", answer.text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_connections_end_under_load_calls_get_their_answer_or_503() {
    let Some((mut cluster, fleet)) = fleet_on_its_own_cluster(&[]).await else { return };
    let session = new_user(&fleet).await;
    let ends = Instant::now() + Duration::from_secs(3);
    let mut callers = Vec::new();
    for _ in 0..2 {
        let others = calls(&fleet, &session).into_iter().filter(|(name, _)| *name != "refresh");
        callers.extend(others.map(|(name, call)| tokio::spawn(call_until(ends, name, call, None))));
        let refresh = fleet.auth[0].call("POST", "/api/auth/refresh");
        let token = fleet.auth[0].login("ana").await.refresh;
        callers.push(tokio::spawn(call_until(ends, "refresh", refresh, Some(token))));
    }
    let mut round = 0;
    while Instant::now() < ends {
        sleep(Duration::from_millis(60)).await;
        round += 1;
        if round % 10 == 0 { cluster.restart() } else { end_connections(&mut cluster) }
    }
    for caller in callers {
        let (name, good, refused) = caller.await.unwrap();
        assert!(good > refused, "{name}: {good} good, {refused} refused");
    }
}

/// Repeats a call that changes nothing, or a refresh with the token of the refresh before it. Returns how many answers
/// were 200, and how many 503.
async fn call_until(
    ends: Instant,
    name: &'static str,
    call: RequestBuilder,
    mut refresh: Option<String>,
) -> (&'static str, u32, u32) {
    let (mut good, mut refused) = (0, 0);
    while Instant::now() < ends {
        let call = call.try_clone().unwrap();
        let call = refresh.iter().fold(call, RequestBuilder::bearer_auth);
        let answer = Answer::of(call).await;
        match answer.status {
            200 => {
                good += 1;
                refresh = refresh.map(|_| answer.string("refresh_token"));
            }
            503 => refused += 1,
            _ => panic!("{name}: {}", answer.text),
        }
    }
    (name, good, refused)
}

fn end_connections(cluster: &mut Cluster) {
    let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    postgres::execute(&cluster.url("postgres"), all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_callers_of_two_frozen_connections_are_all_answered_within_three_seconds() {
    let settings = [("AUTH_DATABASE_POOL", "2"), ("USERS_DATABASE_POOL", "2")];
    let Some((cluster, fleet)) = fleet_on_its_own_cluster(&settings).await else { return };
    let session = new_user(&fleet).await;
    cluster.freeze();
    let waiting: Vec<_> = (0..20)
        .map(|number| {
            let mut calls = calls(&fleet, &session);
            tokio::spawn(assert_unavailable(calls.swap_remove(number % calls.len())))
        })
        .collect();
    for call in waiting {
        call.await.unwrap();
    }
    cluster.thaw();
    everything_is_back(&fleet, &session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_frozen_both_services_stop_within_thirty_seconds_and_answer_calls_in_flight()
 {
    let Some((cluster, mut fleet)) = fleet_on_its_own_cluster(&[]).await else { return };
    let session = new_user(&fleet).await;
    cluster.freeze();
    let in_flight: Vec<_> = calls(&fleet, &session)
        .into_iter()
        .map(|(_, call)| tokio::spawn(Answer::try_of(call)))
        .collect();
    // They arrive within this time, and wait for longer.
    sleep(Duration::from_secs(1)).await;
    for service in fleet.auth.iter_mut().chain(&mut fleet.users) {
        service.process.signal("TERM");
        assert_eq!(service.process.exit_code().await, Some(0));
    }
    for call in in_flight {
        assert_eq!(call.await.unwrap().expect("an answer, not a cut line").status, 503);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_another_client_locks_the_tables_every_call_is_503_and_works_again_afterwards() {
    let Some((cluster, fleet)) = fleet_on_its_own_cluster(&[]).await else { return };
    let session = new_user(&fleet).await;
    let held = "LOCK TABLE users, sessions, __diesel_schema_migrations";
    let holder = OpenTransaction::begin(&cluster.url("postgres"), held);
    assert_everything_unavailable(&fleet, &session).await;
    drop(holder);
    everything_is_back(&fleet, &session).await;
}

/// One call of each kind. None changes what the others read.
fn calls(fleet: &Fleet, session: &Session) -> Vec<(&'static str, RequestBuilder)> {
    let (auth, users) = (&fleet.auth[0], &fleet.users[0]);
    let login = json!({ "username": "ana", "password": authpair_testkit::PASSWORD });
    let with_token =
        |service: &Service, path: &str| service.call("GET", path).bearer_auth(&session.access);
    vec![
        ("login", auth.call("POST", "/api/auth/login").json(&login)),
        ("refresh", auth.call("POST", "/api/auth/refresh").bearer_auth(&session.refresh)),
        ("me", with_token(auth, "/api/auth/me")),
        ("sessions", with_token(auth, "/api/auth/sessions")),
        ("list", with_token(users, "/api/users")),
        ("own row", with_token(users, "/api/users/me")),
        ("auth-service's readiness", auth.call("GET", "/readyz")),
        ("users-api's readiness", users.call("GET", "/readyz")),
    ]
}

async fn new_user(fleet: &Fleet) -> Session {
    fleet.auth[0].register("ana").await;
    fleet.auth[0].login("ana").await
}

async fn fill_the_pools(fleet: &Fleet, session: &Session) {
    let all = (0..3).flat_map(|_| calls(fleet, session));
    let all: Vec<_> = all.map(|(_, call)| tokio::spawn(Answer::of(call))).collect();
    for call in all {
        assert!(call.await.unwrap().status < 300);
    }
}

async fn assert_everything_unavailable(fleet: &Fleet, session: &Session) {
    let waiting: Vec<_> = calls(fleet, session)
        .into_iter()
        .map(|call| tokio::spawn(assert_unavailable(call)))
        .collect();
    for service in [&fleet.auth[0], &fleet.users[0]] {
        let asked = Instant::now();
        service.get("/healthz", "").await.ok(200);
        assert!(asked.elapsed() < Duration::from_secs(2), "healthz waits for the database");
    }
    for call in waiting {
        call.await.unwrap();
    }
    // The check of a token needs no database.
    fleet.users[0].get("/api/whoami", &session.access).await.ok(200);
}

async fn assert_unavailable((name, call): (&'static str, RequestBuilder)) {
    let asked = Instant::now();
    let answer = Answer::of(call).await;
    let waited = asked.elapsed();
    assert!(waited < MAX_RESPONSE_TIME, "{name} after {waited:?}");
    if name.ends_with("readiness") {
        assert_eq!(answer.expect_status(503).body["checks"]["database"]["ok"], false, "{name}");
    } else {
        assert!(!answer.header("retry-after").is_empty(), "{name}: {}", answer.text);
        answer.expect(503, "unavailable");
    }
}

async fn everything_is_back(fleet: &Fleet, session: &Session) {
    let started = Instant::now();
    for number in 0..calls(fleet, session).len() {
        let left = BACK_WITHIN.saturating_sub(started.elapsed());
        within(left, "it does not work again", async || {
            let (name, call) = calls(fleet, session).swap_remove(number);
            let answer = Answer::of(call).await;
            if answer.status < 300 { Ok(()) } else { Err(format!("{name}: {}", answer.text)) }
        })
        .await;
    }
}
