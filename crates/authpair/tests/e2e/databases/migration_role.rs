//! `deploy/postgres/migration_role.sql`: the role of the service reads and writes rows and cannot change tables.

use std::path::Path;

use authpair_testkit::{Cluster, Fleet, FleetPlan, authpair_command, postgres};

use crate::databases::roles::{deployed, run_script, without_secrets};

/// The URLs of the serving role, of the owner, and of users-api.
struct Urls {
    serving: String,
    owner: String,
    users: String,
}

fn roles(cluster: &Cluster) -> Urls {
    let admin = cluster.url("postgres");
    run_script(&admin, &without_secrets(&deployed("roles.sql")));
    let of = |role: &str| admin.replace("//postgres@", &format!("//{role}@"));
    Urls { serving: of("auth_service"), owner: of("auth_migrate"), users: of("users_api") }
}

fn split(cluster: &Cluster) {
    let script = deployed("migration_role.sql");
    run_script(&cluster.url("postgres"), &format!("\\set password 'three'\n{script}"));
}

fn migrate(serving: &str, owner: Option<&str>) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = vec![("AUTH_DATABASE_URL".to_owned(), serving.to_owned())];
    settings.extend(owner.map(|url| ("AUTH_MIGRATION_DATABASE_URL".to_owned(), url.to_owned())));
    let command = ["auth-service", "migrate"];
    let mut command = authpair_command(crate::program(), &command, &settings, folder.path());
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_new_database_the_owner_migrates_and_the_serving_role_serves() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    let urls = roles(&cluster);
    split(&cluster);
    let (code, said) = migrate(&urls.serving, None);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("migrations have to be run, as the role that owns"), "{said}");
    let (code, said) = migrate(&urls.serving, Some(&urls.owner));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(migrate(&urls.serving, None), (Some(0), "0 migrations run\n".to_owned()));
    postgres::execute(&urls.owner, "GRANT SELECT ON public_users TO users_api");
    let shared = tempfile::tempdir().unwrap();
    everything_works_without_rights_on_tables(&urls, shared.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_installation_works_on_when_its_schema_gets_an_owner() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    let urls = roles(&cluster);
    // Both fleets are one installation, so they share the key of its secrets.
    let shared = tempfile::tempdir().unwrap();
    let mut plan = pair(&urls, shared.path());
    plan.users = 0;
    let fleet = Fleet::start(plan).await;
    postgres::execute(&urls.serving, "GRANT SELECT ON public_users TO users_api");
    fleet.auth[0].register("bob").await;
    let session = fleet.auth[0].login("bob").await;
    split(&cluster);
    fleet.auth[0].get("/readyz", "").await.ok(200);
    fleet.auth[0].refresh(&session.refresh).await.ok(200);
    drop(fleet);
    everything_works_without_rights_on_tables(&urls, shared.path()).await;
}

fn pair(urls: &Urls, shared: &Path) -> FleetPlan {
    let key = shared.join("secrets.key");
    FleetPlan::pair(crate::program(), &urls.serving).with("AUTH_SECRETS_KEY", key.to_str().unwrap())
}

async fn everything_works_without_rights_on_tables(urls: &Urls, shared: &Path) {
    let mut plan = pair(urls, shared);
    plan.users_database.clone_from(&urls.users);
    let fleet = Fleet::start(plan).await;
    let auth = &fleet.auth[0];
    auth.register("ana").await;
    let session = auth.login("ana").await;
    fleet.users[0].get("/api/users", &session.access).await.ok(200);
    let next = authpair_testkit::Session::of(&auth.refresh(&session.refresh).await.ok(200));
    auth.logout(&next.refresh).await.ok(204);
    auth.get("/readyz", "").await.ok(200);
    let (code, said) = fleet.auth_command(&["keys", "rotate"]);
    assert_eq!(code, Some(0), "{said}");
    for sql in [
        "CREATE TABLE mine ()",
        "ALTER TABLE users ADD COLUMN mine INT",
        "DROP TABLE sessions",
        "TRUNCATE sessions",
        "CREATE OR REPLACE VIEW public_users AS SELECT id, username, password_hash, created_at FROM users",
        "CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "SET ROLE auth_migrate",
    ] {
        let said = postgres::expect_error(&urls.serving, sql);
        assert!(
            said.contains("permission denied") || said.contains("must be owner"),
            "{sql}: {said}"
        );
    }
}
