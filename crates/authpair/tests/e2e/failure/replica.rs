//! users-api on a streaming replica: it also serves while the primary is stopped.

use authpair_testkit::{Backend, Cluster, Fleet, FleetPlan, eventually, postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_api_serves_from_a_streaming_replica_also_while_the_primary_is_stopped() {
    let Some(mut primary) = Cluster::start_new(&[]) else { return };
    let replica = primary.start_replica();
    let mut plan = FleetPlan::pair(crate::program(), &primary.url("postgres"));
    plan.users_database = replica.url("postgres");
    let fleet = Fleet::start(plan).await;
    let access = access_token_of_new(&fleet, "ana").await;
    primary.stop();
    let users = &fleet.users[0];
    for path in ["/api/users", "/api/users/me", "/api/users?username=an", "/readyz"] {
        users.get(path, &access).await.ok(200);
    }
    fleet.auth[0].try_login("ana").await.expect(503, "unavailable");
    primary.start();
    access_token_of_new(&fleet, "bob").await;
}

/// Registers a user, and waits until the database of users-api has the row. Returns the user's access token.
async fn access_token_of_new(fleet: &Fleet, name: &str) -> String {
    let auth = &fleet.auth[0];
    let (user, session) = (auth.register(name).await, auth.login(name).await);
    let path = format!("/api/users/{}", user.id);
    eventually("the user is not replicated", async || {
        fleet.users[0].get(&path, &session.access).await.with_status(200)
    })
    .await;
    session.access
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auth_service_is_not_ready_while_its_server_takes_no_writes_as_after_a_failover() {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Postgres).await;
    let Some(plan) = plan else { return };
    let (url, fleet) = (plan.auth_database.clone(), Fleet::start(plan).await);
    let session = access_token_of_new(&fleet, "ana").await;
    let auth = &fleet.auth[0];
    allow_writes(&url, false);
    auth.try_login("ana").await.expect(503, "unavailable");
    let ready = auth.get("/readyz", "").await.expect_status(503);
    assert!(ready.body["checks"]["database"]["reason"].as_str().unwrap().contains("read-only"));
    auth.get("/api/auth/me", &session).await.ok(200);
    fleet.users[0].get("/api/users/me", &session).await.ok(200);
    allow_writes(&url, true);
    auth.try_login("ana").await.ok(200);
    auth.get("/readyz", "").await.ok(200);
}

/// Makes the database read-only or writable and ends every connection, as a failover does.
fn allow_writes(url: &str, allowed: bool) {
    let name = url.rsplit('/').next().unwrap();
    let read_only = if allowed { "off" } else { "on" };
    let server = url.replace(name, "postgres");
    let change = format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}");
    postgres::execute(&server, &change);
    let end = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    postgres::execute(&server, &end);
}
