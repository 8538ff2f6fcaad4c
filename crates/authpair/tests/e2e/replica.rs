//! users-api on a streaming replica: reads scale out, and go on without the primary.

use std::time::Duration;

use authpair::harness::{Cluster, Fleet, FleetPlan};
use tokio::time::{Instant, sleep};

use crate::if_there_is_postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_api_serves_from_a_streaming_replica_also_while_the_primary_is_away() {
    let Some(mut primary) = if_there_is_postgres(Cluster::start_new(&[])) else { return };
    let replica = primary.start_replica();
    let mut plan = FleetPlan::pair(crate::program(), &primary.url("postgres"));
    plan.users_database = replica.url("postgres");
    let fleet = Fleet::start(plan).await;
    let access = seen_at_users_api(&fleet, "ana").await;
    primary.stop();
    let users = &fleet.users[0];
    for path in ["/api/users", "/api/users/me", "/api/users?username=an", "/readyz"] {
        users.get(path, &access).await.ok(200);
    }
    fleet.auth[0].try_login("ana").await.expect(503, "unavailable");
    primary.start();
    seen_at_users_api(&fleet, "bob").await;
}

/// Registers a user at the primary and waits until the replica has the row; their access token.
async fn seen_at_users_api(fleet: &Fleet, name: &str) -> String {
    let auth = &fleet.auth[0];
    let (user, session) = (auth.register(name).await, auth.login(name).await);
    let (path, started) = (format!("/api/users/{}", user.id), Instant::now());
    while fleet.users[0].get(&path, &session.access).await.status != 200 {
        assert!(started.elapsed() < Duration::from_secs(15), "{name} is not replicated");
        sleep(Duration::from_millis(20)).await;
    }
    session.access
}
