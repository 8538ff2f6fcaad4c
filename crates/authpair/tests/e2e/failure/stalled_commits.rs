//! A commit that PostgreSQL keeps although its caller gets no success: it waits for a standby that does not answer.
//!
//! Two processes on one database. They have the machine's clock, so the grace period is one second here.

use std::time::Duration;

use authpair_testkit::{
    Answer, Cluster, Fleet, FleetPlan, Service, Session, eventually, eventually_blocking, postgres,
};
use tokio::time::sleep;

/// More than the grace period, in whole seconds as the service counts.
const PAST_THE_GRACE: Duration = Duration::from_millis(2_100);

async fn fleet_on_its_own_cluster() -> Option<(Cluster, Fleet)> {
    let cluster = Cluster::start_new(&[])?;
    let plan = FleetPlan::pair(crate::program(), &cluster.url("postgres"));
    let plan = plan.doubled().with("AUTH_REFRESH_GRACE", "1s");
    let plan = plan.with("AUTH_TRUSTED_PROXIES", "127.0.0.1");
    Some((cluster, Fleet::start(plan).await))
}

/// From now on commits wait for a server that does not exist.
fn stall(cluster: &Cluster) {
    set_standbys(cluster, "SET synchronous_standby_names = 'nowhere'");
}

fn go_on(cluster: &Cluster) {
    set_standbys(cluster, "RESET synchronous_standby_names");
}

/// `ALTER SYSTEM` writes a file, and no transaction of it waits.
fn set_standbys(cluster: &Cluster, change: &str) {
    let url = cluster.url("postgres");
    postgres::execute(&url, &format!("ALTER SYSTEM {change}"));
    postgres::execute(&url, "SELECT pg_reload_conf()");
    let expected = if change.starts_with("SET") { "nowhere" } else { "" };
    eventually_blocking("the setting does not arrive", || {
        postgres::execute(&url, "SHOW synchronous_standby_names") == expected
    });
}

/// Waits until no commit waits for a standby any more.
async fn settled(cluster: &Cluster) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    postgres::wait_for(&cluster.url("postgres"), waiting, "0").await;
}

async fn refresh_as(service: &Service, agent: &str, address: &str, token: &str) -> Answer {
    let call = service.call("POST", "/api/auth/refresh").bearer_auth(token);
    Answer::of(call.header("user-agent", agent).header("x-forwarded-for", address)).await
}

/// Whether any process logged a reuse.
fn reuse_was_logged(fleet: &Fleet) -> bool {
    let logs = fleet.auth.iter().map(|auth| std::fs::read_to_string(&auth.log).unwrap());
    logs.collect::<String>().contains("refresh token reused")
}

/// Checks that the refreshes without an answer were committed: the next use of the old token has replaced their new
/// one. This service has logged that so often.
async fn assert_was_committed(service: &Service, times: usize) {
    eventually("nothing was committed", async || {
        let log = std::fs::read_to_string(&service.log).unwrap();
        let replaced = log.matches("unused refresh token replaced").count();
        if replaced == times { Ok(()) } else { Err(log) }
    })
    .await;
}

/// A refresh that the database commits and that is answered with 503.
async fn stalled_refresh(cluster: &Cluster, service: &Service, token: &str) {
    stall(cluster);
    refresh_as(service, "tests/1.0", "192.0.2.1", token).await.expect(503, "unavailable");
    go_on(cluster);
    settled(cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_that_a_stalled_database_committed_but_answered_503_ends_no_session() {
    let Some((cluster, fleet)) = fleet_on_its_own_cluster().await else { return };
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let (first, second) = (a.login("ana").await, a.login("ana").await);
    stalled_refresh(&cluster, a, &first.refresh).await;
    stalled_refresh(&cluster, b, &second.refresh).await;
    sleep(PAST_THE_GRACE).await;
    for (number, session) in [(1, &first), (2, &second)] {
        let answer = refresh_as(b, "tests/1.0", "192.0.2.1", &session.refresh).await;
        let new = Session::of(&answer.ok(200));
        assert_eq!(new.id, session.id);
        assert_was_committed(b, number).await;
        refresh_as(a, "tests/1.0", "192.0.2.1", &new.refresh).await.ok(200);
    }
    assert!(!reuse_was_logged(&fleet));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_between_commit_and_answer_ends_no_session() {
    let Some((cluster, mut fleet)) = fleet_on_its_own_cluster().await else { return };
    let (mut a, b) = (fleet.auth.remove(0), fleet.auth.remove(0));
    b.register("ana").await;
    let session = b.login("ana").await;
    stall(&cluster);
    let call = a.call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
    let unanswered = tokio::spawn(Answer::try_of(call));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    postgres::wait_for(&cluster.url("postgres"), waiting, "1").await;
    a.process.kill();
    assert!(unanswered.await.unwrap().is_err(), "an answer of a killed process");
    go_on(&cluster);
    settled(&cluster).await;
    sleep(PAST_THE_GRACE).await;
    let new = Session::of(&b.refresh(&session.refresh).await.ok(200));
    b.refresh(&new.refresh).await.ok(200);
    assert_was_committed(&b, 1).await;
    let log = std::fs::read_to_string(&b.log).unwrap();
    assert!(!log.contains("refresh token reused"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_token_from_another_client_and_a_dead_successor_end_the_session_at_both_processes()
 {
    let Some((_cluster, fleet)) = fleet_on_its_own_cluster().await else { return };
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let session = a.login("ana").await;
        let unused = refresh_as(a, "tests/1.0", "192.0.2.1", &session.refresh).await.ok(200);
        sessions.push((session, Session::of(&unused)));
    }
    sleep(PAST_THE_GRACE).await;
    let [by_agent, by_address, dead] = &sessions[..] else { panic!("three of them") };
    for ((session, unused), agent, address) in
        [(by_agent, "tests/2.0", "192.0.2.1"), (by_address, "tests/1.0", "198.51.100.7")]
    {
        refresh_as(b, agent, address, &session.refresh).await.expect(401, "token_revoked");
        refresh_as(a, "tests/1.0", "192.0.2.1", &unused.refresh).await.expect(401, "token_revoked");
    }
    let (session, unused) = dead;
    let new = refresh_as(b, "tests/1.0", "192.0.2.1", &session.refresh).await.ok(200);
    let new = Session::of(&new);
    refresh_as(a, "tests/1.0", "192.0.2.1", &unused.refresh).await.expect(401, "token_revoked");
    refresh_as(b, "tests/1.0", "192.0.2.1", &new.refresh).await.expect(401, "token_revoked");
    a.get("/api/auth/me", &new.access).await.expect(401, "token_revoked");
    assert!(reuse_was_logged(&fleet));
}
