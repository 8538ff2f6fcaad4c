//! PgBouncer in transaction mode: two transactions of one client may run in two sessions of the server, so no state may
//! be kept in a session.

use std::{rc::Rc, time::Duration};

use authpair_testkit::{
    Cluster, Fleet, FleetPlan, LOGOUT_LIMIT, OpenTransaction, PgBouncer, authpair_command,
    eventually, postgres,
};
use tokio::{task::LocalSet, time::Instant};

fn cluster_and_pooler(settings: &str) -> Option<(Cluster, PgBouncer)> {
    let cluster = Cluster::start_new(&[])?;
    let pooler = PgBouncer::start(&cluster, settings)?;
    Some((cluster, pooler))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_pgbouncer_two_processes_of_each_service_serve_twelve_users_in_parallel() {
    let Some((cluster, pooler)) = cluster_and_pooler("") else { return };
    let plan = FleetPlan::pair(crate::program(), &pooler.url("postgres")).doubled();
    let fleet = Rc::new(Fleet::start(plan).await);
    let local = LocalSet::new();
    let users: Vec<_> = (0..12)
        .map(|number| {
            let fleet = Rc::clone(&fleet);
            local.spawn_local(async move { use_each_process(&fleet, number).await })
        })
        .collect();
    local.await;
    for user in users {
        user.await.unwrap();
    }
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let sessions: u32 = postgres::execute(&cluster.url("postgres"), asked).parse().unwrap();
    assert!(sessions <= 4, "{sessions} sessions: the pooler was passed by");
}

/// Log-in, a page of users, refresh and logout, each at another process than the call before.
async fn use_each_process(fleet: &Fleet, number: usize) {
    let name = format!("person{number}");
    fleet.auth[number % 2].register(&name).await;
    for round in 0..6 {
        let (here, there) = (&fleet.auth[round % 2], &fleet.auth[(round + 1) % 2]);
        let users = &fleet.users[round % 2];
        let session = here.login(&name).await;
        users.get("/api/users?per_page=5", &session.access).await.ok(200);
        users.get(&format!("/api/users?username={name}"), &session.access).await.ok(200);
        let next = authpair_testkit::Session::of(&there.refresh(&session.refresh).await.ok(200));
        here.get("/api/auth/me", &next.access).await.ok(200);
        users.get("/api/users/me", &next.access).await.ok(200);
        there.logout(&next.refresh).await.ok(204);
        here.get("/api/auth/me", &next.access).await.expect(401, "token_revoked");
        users.wait_until_revoked(LOGOUT_LIMIT, &next.access).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_pgbouncer_a_hanging_statement_is_ended_and_no_time_limit_stays_in_the_servers_sessions()
 {
    let Some((cluster, pooler)) = cluster_and_pooler("") else { return };
    let url = cluster.url("postgres");
    let fleet = Fleet::start(FleetPlan::pair(crate::program(), &pooler.url("postgres"))).await;
    fleet.auth[0].register("ana").await;
    let session = fleet.auth[0].login("ana").await;
    let holder = OpenTransaction::begin(&url, "LOCK TABLE users");
    for (service, path) in [(&fleet.auth[0], "/api/auth/me"), (&fleet.users[0], "/api/users/me")] {
        let asked = Instant::now();
        service.get(path, &session.access).await.expect(503, "unavailable");
        assert!(asked.elapsed() < Duration::from_secs(3), "{path}");
    }
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
         AND query_start < now() - interval '3 seconds'";
    assert_eq!(postgres::execute(&url, waiting), "0", "a statement is not ended");
    drop(holder);
    eventually("auth-service does not work again", async || {
        fleet.auth[0].get("/api/auth/me", &session.access).await.with_status(200)
    })
    .await;
    // The sessions of the server keep no setting of the services.
    for _ in 0..8 {
        let other = postgres::execute(&pooler.plain_url("postgres"), "SHOW statement_timeout");
        assert_eq!(other, "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrate_refuses_a_pooler_that_the_url_does_not_mention() {
    for settings in ["", "ignore_startup_parameters = options"] {
        let Some((_cluster, pooler)) = cluster_and_pooler(settings) else { return };
        let folder = tempfile::tempdir().unwrap();
        let settings = [("AUTH_DATABASE_URL".to_owned(), pooler.plain_url("postgres"))];
        let command = ["auth-service", "migrate"];
        let mut migrate = authpair_command(crate::program(), &command, &settings, folder.path());
        let done = migrate.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(
            said.contains("AUTH_DATABASE_URL") && said.contains("pool_mode=transaction"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_migrations_at_once_behind_pgbouncer_run_each_migration_once() {
    let Some((cluster, pooler)) = cluster_and_pooler("") else { return };
    let starts = (0..4).map(|_| {
        let settings = [("AUTH_DATABASE_URL".to_owned(), pooler.url("postgres"))];
        tokio::task::spawn_blocking(move || {
            let folder = tempfile::tempdir().unwrap();
            let command = ["auth-service", "migrate"];
            let done =
                authpair_command(crate::program(), &command, &settings, folder.path()).output();
            let done = done.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8_lossy(&done.stdout).split(' ').next().unwrap().parse::<u32>().unwrap()
        })
    });
    let mut ran = 0;
    for start in starts.collect::<Vec<_>>() {
        ran += start.await.unwrap();
    }
    let all = "SELECT count(*) FROM __diesel_schema_migrations";
    assert_eq!(postgres::execute(&cluster.url("postgres"), all), ran.to_string());
}
