//! The two database roles of `deploy/postgres`: that of users-api may read one view and nothing else.

use std::{io::Write, path::Path, process::Stdio};

use authpair_testkit::{
    Cluster, Fleet, FleetPlan,
    postgres::{self, psql_command},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_of_users_api_serves_its_calls_and_is_refused_other_tables_and_writes() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    let owner = cluster.url("postgres");
    run_script(&owner, &without_secrets(&deployed("roles.sql")));
    let of = |role: &str| owner.replace("//postgres@", &format!("//{role}@"));
    let (auth, users) = (of("auth_service"), of("users_api"));
    let fleet = fleet_with_grants(&auth, &users).await;
    everything_works(&fleet).await;
    for (sql, answer) in [
        ("SELECT * FROM users", "permission denied for table users"),
        ("SELECT password_hash FROM users LIMIT 1", "permission denied"),
        ("SELECT * FROM sessions", "permission denied"),
        ("SELECT * FROM revocations", "permission denied"),
        ("SELECT * FROM signing_keys", "permission denied"),
        ("SELECT * FROM shared_values", "permission denied"),
        ("SELECT * FROM verifiers", "permission denied"),
        ("SELECT password_hash FROM public_users", "does not exist"),
        ("TABLE pg_authid", "permission denied"),
    ] {
        let said = postgres::expect_error(&users, sql);
        assert!(said.contains(answer), "{sql}: {said}");
    }
    // Refused because the role has no right to it, and not only because its transactions begin read-only.
    for sql in [
        "UPDATE public_users SET email = 'x'",
        "DELETE FROM public_users",
        "INSERT INTO public_users (id, username) VALUES ('x', 'x')",
        "DELETE FROM users",
        "CREATE TABLE public.mine ()",
        "SET ROLE auth_service",
        "DROP VIEW public_users",
        "CREATE TEMP TABLE mine ()",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_advisory_lock(1)",
    ] {
        let read_only = postgres::expect_error(&users, sql);
        let said =
            postgres::expect_error(&users, &format!("SET transaction_read_only = off; {sql}"));
        assert!(said.contains("permission denied") || said.contains("must be owner"), "{said}");
        assert!(read_only.contains("read-only") || read_only == said, "{read_only}");
    }
}

/// Migrations create the view as the role of auth-service, the operator grants it, and users-api becomes ready.
async fn fleet_with_grants(auth: &str, users: &str) -> Fleet {
    let mut plan = FleetPlan::pair(crate::program(), auth);
    plan.users = 0;
    plan.users_database = users.to_owned();
    let mut fleet = Fleet::start(plan).await;
    postgres::execute(auth, "GRANT SELECT ON public_users TO users_api");
    let feed = fleet.auth[0].url.clone();
    let own = format!("http://127.0.0.1:{}", authpair_testkit::free_port());
    let service = fleet.start_users(&own, &feed).await;
    service.process.wait_for("/readyz").await;
    fleet.users.push(service);
    fleet
}

async fn everything_works(fleet: &Fleet) {
    let user = fleet.auth[0].register("ana").await;
    let session = fleet.auth[0].login("ana").await;
    let by_id = format!("/api/users/{}", user.id);
    let users = &fleet.users[0];
    for path in
        ["/api/users", "/api/users?username=an", "/api/users?page=1", "/api/users/me", &by_id]
    {
        users.get(path, &session.access).await.ok(200);
    }
    fleet.auth[0].refresh(&session.refresh).await.ok(200);
    fleet.auth[0].logout(&session.access).await.ok(204);
}

pub(crate) fn deployed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/postgres").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The image takes the passwords from its secrets; here they are given.
pub(crate) fn without_secrets(script: &str) -> String {
    let kept = script.lines().filter(|line| !line.starts_with("\\set "));
    ["\\set auth 'one'", "\\set users 'two'"].into_iter().chain(kept).collect::<Vec<_>>().join("\n")
}

/// Runs a script with psql.
pub(crate) fn run_script(url: &str, script: &str) {
    let mut psql = psql_command(url);
    let mut psql =
        psql.args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = psql.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
