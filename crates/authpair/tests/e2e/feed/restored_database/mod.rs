//! A database that is replaced by an older copy of itself, under load and with two processes of each service: users-api
//! accepts no token again that was logged out, new logouts take effect, and sessions that the copy has brought back are
//! revoked again.

mod load;
mod sessions;

use std::{path::Path, process::Command};

use authpair_testkit::{
    Backend, Cluster, Fleet, FleetPlan, Switch, eventually_blocking, missing::program_of_the_check,
    postgres,
};

use self::sessions::InBackup;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_under_running_services_brings_no_session_back_on_sqlite() {
    if program_of_the_check("sqlite3").is_none() {
        return;
    }
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let fleet = Fleet::start(plan.doubled()).await;
    let (file, backup) = (fleet.folder.path().join("pair.db"), fleet.folder.path().join("backup"));
    let sessions = InBackup::create(&fleet).await;
    sqlite(&file, &format!(".backup '{}'", backup.display()));
    let check = sessions.log_out(&fleet).await;
    sqlite(&file, &format!(".restore '{}'", backup.display()));
    check.run(&fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_data_folder_under_running_services_brings_no_session_back_on_postgres() {
    let Some(mut cluster) = Cluster::start_new(&[]) else { return };
    let fleet = doubled_on(&cluster.url("postgres")).await;
    let sessions = InBackup::create(&fleet).await;
    let (folder, backup) = (cluster.folder().to_owned(), cluster.folder().with_extension("backup"));
    cluster.stop();
    as_owner(&cluster, "cp", &[Path::new("-a"), &folder, &backup]);
    cluster.start();
    let check = sessions.log_out(&fleet).await;
    cluster.stop();
    as_owner(&cluster, "rm", &[Path::new("-rf"), &folder]);
    as_owner(&cluster, "mv", &[&backup, &folder]);
    cluster.start();
    check.run(&fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_that_lacks_the_last_commits_brings_no_session_back() {
    let Some(mut primary) = Cluster::start_new(&[]) else { return };
    let standby = primary.start_replica();
    let address = |cluster: &Cluster| {
        let url = cluster.url("");
        url.split(['@', '/']).nth(3).unwrap().to_owned()
    };
    let switch = Switch::to(&address(&primary)).await;
    let url = format!("postgres://postgres@{}/postgres", switch.url.trim_start_matches("http://"));
    let fleet = doubled_on(&url).await;
    let sessions = InBackup::create(&fleet).await;
    let written = postgres::execute(&primary.url("postgres"), "SELECT pg_current_wal_lsn()");
    let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    postgres::wait_for(&standby.url("postgres"), &replayed, "t").await;
    let cut = "ALTER SYSTEM SET primary_conninfo = ''";
    postgres::execute(&standby.url("postgres"), cut);
    postgres::execute(&standby.url("postgres"), "SELECT pg_reload_conf()");
    let receivers = "SELECT count(*) FROM pg_stat_wal_receiver";
    postgres::wait_for(&standby.url("postgres"), receivers, "0").await;
    let check = sessions.log_out(&fleet).await;
    primary.kill();
    postgres::execute(&standby.url("postgres"), "SELECT pg_promote()");
    switch.switch_to(&address(&standby));
    check.run(&fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_auth_service_stopped_during_the_restore_users_api_accepts_no_logged_out_token() {
    if program_of_the_check("sqlite3").is_none() {
        return;
    }
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let mut fleet = Fleet::start(plan.doubled()).await;
    let (file, backup) = (fleet.folder.path().join("pair.db"), fleet.folder.path().join("backup"));
    let sessions = InBackup::create(&fleet).await;
    sqlite(&file, &format!(".backup '{}'", backup.display()));
    let check = sessions.log_out(&fleet).await;
    for auth in &mut fleet.auth {
        auth.process.kill();
    }
    sqlite(&file, &format!(".restore '{}'", backup.display()));
    for number in 0..fleet.auth.len() {
        let url = fleet.auth[number].url.clone();
        fleet.auth[number] = fleet.start_auth(&url).await;
    }
    check.run_at_users_api(&fleet).await;
    // No process of auth-service remembers anything, so its verifiers are the ones that notice.
    for users in &fleet.users {
        let log = std::fs::read_to_string(&users.log).unwrap();
        assert!(log.contains("began its revocation feed again"), "{log}");
    }
}

async fn doubled_on(url: &str) -> Fleet {
    Fleet::start(FleetPlan::pair(crate::program(), url).doubled()).await
}

/// Runs one command of SQLite's shell, which makes and restores the backups.
fn sqlite(file: &Path, command: &str) {
    // It gives up after 300 ms while the services write to the file.
    eventually_blocking(command, || {
        let done = Command::new("sqlite3").arg(file).arg(command).output().expect("sqlite3");
        done.status.success() && done.stderr.is_empty()
    });
}

/// Runs a program as the user that the cluster belongs to.
fn as_owner(cluster: &Cluster, program: &str, arguments: &[&Path]) {
    let done = cluster.command(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
