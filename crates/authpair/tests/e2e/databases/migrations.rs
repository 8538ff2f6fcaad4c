//! Migrations by several processes at once.

use std::process::{Child, Stdio};

use authpair_testkit::{
    Answer, Backend, Fleet, FleetPlan, OpenTransaction, authpair_command, client, eventually,
    free_port, postgres,
};

use crate::{
    on_both,
    support::{child::KilledOnDrop, databases::database_without_advisory_locks},
};

#[on_both]
async fn four_starts_and_four_migrations_at_once_run_each_migration_once(backend: Backend) {
    for _ in 0..3 {
        let plan = FleetPlan::pair_on(crate::program(), backend).await.unwrap();
        run_eight_at_once(plan).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_migration_runs_once_also_where_advisory_locks_lock_nothing() {
    for _ in 0..3 {
        let Some(url) = database_without_advisory_locks().await else { return };
        run_eight_at_once(FleetPlan::pair(crate::program(), &url)).await;
        let served = "SELECT taken BETWEEN 1 AND 8 FROM migration_lock";
        assert_eq!(postgres::execute(&url, served), "t", "no process took the lock");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_waits_for_the_one_that_runs_and_finds_nothing_left_to_do() {
    let Some(url) = database_without_advisory_locks().await else { return };
    let fleet = nothing_yet(FleetPlan::pair(crate::program(), &url)).await;
    assert_eq!(fleet.auth_command(&["migrate"]).0, Some(0));
    let all = postgres::execute(&url, COUNT);
    // The last one has to be run again. Another process holds the lock and notes the last one as run.
    let last = "(SELECT max(version) FROM __diesel_schema_migrations)";
    let version = postgres::execute(&url, &format!("SELECT {last}"));
    postgres::execute(
        &url,
        &format!("DELETE FROM __diesel_schema_migrations WHERE version = {last}"),
    );
    let holder = OpenTransaction::begin(&url, "UPDATE migration_lock SET taken = 0");
    let migrating = tokio::task::spawn_blocking(move || fleet.auth_command(&["migrate"]));
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
         AND datname = current_database()";
    postgres::wait_for(&url, waits, "1").await;
    let notes = "INSERT INTO __diesel_schema_migrations (version) VALUES";
    holder.commit(&format!("{notes} ('{version}')"));
    let (code, said) = migrating.await.unwrap();
    assert_eq!((code, said.trim()), (Some(0), "0 migrations run"));
    assert_eq!(postgres::execute(&url, COUNT), all);
}

const COUNT: &str = "SELECT count(*) FROM __diesel_schema_migrations";

/// A fleet without processes.
async fn nothing_yet(plan: FleetPlan) -> Fleet {
    Fleet::start(FleetPlan { auth: 0, users: 0, ..plan }).await
}

async fn run_eight_at_once(plan: FleetPlan) {
    let fleet = nothing_yet(plan).await;
    let urls: Vec<_> = (0..4).map(|_| format!("http://127.0.0.1:{}", free_port())).collect();
    let serving = urls.iter().map(|url| KilledOnDrop(start(&fleet, "serve", url)));
    let mut serving: Vec<_> = serving.collect();
    let migrating: Vec<_> = (0..4).map(|_| start(&fleet, "migrate", &urls[0])).collect();
    for child in migrating {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    for (url, child) in urls.iter().zip(&mut serving) {
        eventually(&format!("{url} is not ready"), async || {
            assert!(child.0.try_wait().unwrap().is_none(), "{url} did not start");
            is_ready(url).await
        })
        .await;
    }
    // No migration ran twice: its table would have been there, and the process would have failed.
    let (code, said) = fleet.auth_command(&["migrate"]);
    assert_eq!((code, said.trim()), (Some(0), "0 migrations run"));
}

async fn is_ready(url: &str) -> bool {
    let answer = Answer::try_of(client().get(format!("{url}/readyz"))).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

fn start(fleet: &Fleet, command: &str, url: &str) -> Child {
    let mut command = authpair_command(
        crate::program(),
        &["auth-service", command],
        &fleet.auth_settings(url),
        fleet.folder.path(),
    );
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}
