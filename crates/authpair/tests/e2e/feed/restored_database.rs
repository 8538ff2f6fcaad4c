//! A database that goes back in time, under load and with two processes of each service: no logout comes undone at
//! users-api, new ones take effect, and sessions that were brought back to life are ended again.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use authpair_testkit::{
    Answer, Backend, Cluster, Fleet, FleetPlan, PASSWORD, Service, Session, Switch, client,
    eventually, free_port, postgres,
};
use serde_json::json;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::if_there_is_postgres;

/// Within this time of the database's answer, a pair whose database went back is right again.
const RIGHT_WITHIN: Duration = Duration::from_secs(5);

/// How long a database may take to be served again after it was exchanged.
const BACK_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_under_running_services_brings_no_session_back_on_sqlite() {
    if !has_sqlite_shell() {
        return;
    }
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let fleet = Fleet::start(plan.doubled()).await;
    let (file, backup) = (fleet.folder.path().join("pair.db"), fleet.folder.path().join("backup"));
    let before = Before::prepare(&fleet).await;
    sqlite(&file, &format!(".backup '{}'", backup.display()));
    let after = before.log_out(&fleet).await;
    sqlite(&file, &format!(".restore '{}'", backup.display()));
    after.check(&fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_data_folder_under_running_services_brings_no_session_back_on_postgres() {
    let Some(mut cluster) = if_there_is_postgres(Cluster::start_new(&[])) else { return };
    let fleet = doubled_on(&cluster.url("postgres")).await;
    let before = Before::prepare(&fleet).await;
    let (folder, backup) = (cluster.folder().to_owned(), cluster.folder().with_extension("backup"));
    cluster.stop();
    owner(&cluster, "cp", &[Path::new("-a"), &folder, &backup]);
    cluster.start();
    let after = before.log_out(&fleet).await;
    cluster.stop();
    owner(&cluster, "rm", &[Path::new("-rf"), &folder]);
    owner(&cluster, "mv", &[&backup, &folder]);
    cluster.start();
    after.check(&fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_that_lacks_the_last_commits_brings_no_session_back() {
    let Some(mut primary) = if_there_is_postgres(Cluster::start_new(&[])) else { return };
    let standby = primary.start_replica();
    let address = |cluster: &Cluster| {
        let url = cluster.url("");
        url.split(['@', '/']).nth(3).unwrap().to_owned()
    };
    let switch = Switch::to(&address(&primary)).await;
    let url = format!("postgres://postgres@{}/postgres", switch.url.trim_start_matches("http://"));
    let fleet = doubled_on(&url).await;
    let before = Before::prepare(&fleet).await;
    let written = postgres::execute(&primary.url("postgres"), "SELECT pg_current_wal_lsn()");
    let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    let started = Instant::now();
    while postgres::execute(&standby.url("postgres"), &replayed) != "t" {
        assert!(started.elapsed() < BACK_WITHIN, "the standby does not follow");
        sleep(Duration::from_millis(20)).await;
    }
    let cut = "ALTER SYSTEM SET primary_conninfo = ''";
    postgres::execute(&standby.url("postgres"), cut);
    postgres::execute(&standby.url("postgres"), "SELECT pg_reload_conf()");
    let receivers = "SELECT count(*) FROM pg_stat_wal_receiver";
    while postgres::execute(&standby.url("postgres"), receivers) != "0" {
        assert!(started.elapsed() < BACK_WITHIN, "the standby is not cut off");
        sleep(Duration::from_millis(20)).await;
    }
    let after = before.log_out(&fleet).await;
    primary.kill();
    postgres::execute(&standby.url("postgres"), "SELECT pg_promote()");
    switch.turn_to(&address(&standby));
    after.check(&fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_auth_service_stopped_during_the_restore_users_api_still_knows_what_it_knew() {
    if !has_sqlite_shell() {
        return;
    }
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let mut fleet = Fleet::start(plan.doubled()).await;
    let (file, backup) = (fleet.folder.path().join("pair.db"), fleet.folder.path().join("backup"));
    let before = Before::prepare(&fleet).await;
    sqlite(&file, &format!(".backup '{}'", backup.display()));
    let after = before.log_out(&fleet).await;
    for auth in &mut fleet.auth {
        auth.process.kill();
    }
    sqlite(&file, &format!(".restore '{}'", backup.display()));
    for number in 0..fleet.auth.len() {
        let url = fleet.auth[number].url.clone();
        fleet.auth[number] = fleet.start_auth(&url).await;
    }
    after.check_users_api(&fleet).await;
}

async fn doubled_on(url: &str) -> Fleet {
    Fleet::start(FleetPlan::pair(crate::program(), url).doubled()).await
}

/// Whether this machine has SQLite's shell, which makes and restores the backups. Without it these tests say so and pass,
/// but where nothing may be missing they fail.
#[expect(clippy::print_stderr, reason = "a reader of the output must see what did not run")]
fn has_sqlite_shell() -> bool {
    let found = Command::new("sqlite3").arg("-version").output().is_ok();
    if !found {
        eprintln!("skipped: no sqlite3 found");
    }
    assert!(found || std::env::var_os("TEST_POSTGRES_REQUIRED").is_none(), "no sqlite3 found");
    found
}

/// Runs one command of SQLite's shell.
fn sqlite(file: &Path, command: &str) {
    // It gives up after 300 ms where the file is being written.
    for _ in 0..50 {
        let done = Command::new("sqlite3").arg(file).arg(command).output().expect("sqlite3");
        if done.status.success() && done.stderr.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{command} is not done");
}

fn owner(cluster: &Cluster, program: &str, arguments: &[&Path]) {
    let done = cluster.command(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Sessions that are in the backup.
struct Before {
    kept: Session,
    /// To be logged out between backup and restore.
    then: Vec<Session>,
    /// To be logged out after the restore.
    later: Vec<Session>,
}

impl Before {
    async fn prepare(fleet: &Fleet) -> Self {
        let auth = &fleet.auth[0];
        auth.register("ana").await;
        let kept = auth.login("ana").await;
        let (mut then, mut later) = (Vec::new(), Vec::new());
        for _ in 0..6 {
            then.push(auth.login("ana").await);
            later.push(auth.login("ana").await);
        }
        // Something is in the feed before, and in the backup.
        let first = auth.login("ana").await;
        auth.logout(&first.access).await.ok(204);
        Self { kept, then, later }
    }

    /// Logs out sessions of the backup, and others that are not in it, at both processes in turn.
    async fn log_out(self, fleet: &Fleet) -> After {
        let Self { kept, then, later } = self;
        until_it_answers(fleet).await;
        let mut gone = Vec::new();
        for (number, session) in then.into_iter().enumerate() {
            let auth = &fleet.auth[number % 2];
            let new = auth.login("ana").await;
            auth.logout(&session.refresh).await.ok(204);
            fleet.auth[(number + 1) % 2].logout(&new.access).await.ok(204);
            gone.extend([session, new]);
        }
        for session in &gone {
            refused_at_both(fleet, session, Instant::now(), Duration::from_secs(1)).await;
        }
        After { kept, gone, later, load: Load::start(fleet) }
    }
}

/// What must be so after the restore.
struct After {
    kept: Session,
    gone: Vec<Session>,
    later: Vec<Session>,
    load: Load,
}

impl After {
    /// Everything, sessions at auth-service included.
    async fn check(self, fleet: &Fleet) {
        until_it_answers(fleet).await;
        let restored = Instant::now();
        for session in &self.gone {
            for auth in &fleet.auth {
                let refused = ["token_revoked", "invalid_token"];
                while !refused.contains(&auth.refresh(&session.refresh).await.code()) {
                    assert!(restored.elapsed() < RIGHT_WITHIN, "it can still be refreshed");
                    sleep(Duration::from_millis(20)).await;
                }
                auth.get("/api/auth/me", &session.access).await.expect(401, "token_revoked");
            }
        }
        let noticed = |auth: &Service| {
            let log = std::fs::read_to_string(&auth.log).unwrap();
            log.contains("the database went back in time")
        };
        assert!(fleet.auth.iter().any(noticed), "nothing is logged");
        let gone = self.gone.clone();
        self.check_users_api(fleet).await;
        // One that begins now gets a full set that lacks none.
        let own = format!("http://127.0.0.1:{}", free_port());
        let new = fleet.start_users(&own, &fleet.auth[1].url).await;
        new.process.wait_for("/readyz").await;
        for session in &gone {
            new.get("/api/users/me", &session.access).await.expect(401, "token_revoked");
        }
        for service in fleet.auth.iter().chain(&fleet.users) {
            service.process.wait_for("/readyz").await;
        }
    }

    /// What users-api shows: no session is back, and sessions that end now are refused.
    async fn check_users_api(self, fleet: &Fleet) {
        let Self { kept, gone, later, load } = self;
        until_it_answers(fleet).await;
        let still_gone = async {
            for users in &fleet.users {
                for session in &gone {
                    users.get("/api/users/me", &session.access).await.expect(401, "token_revoked");
                }
            }
        };
        still_gone.await;
        for (number, session) in later.iter().enumerate() {
            fleet.auth[number % 2].logout(&session.access).await.ok(204);
            // Right after the restore both processes may still be reading the table again.
            refused_at_both(fleet, session, Instant::now(), RIGHT_WITHIN).await;
        }
        let ended = load.stop().await;
        assert!(!ended.is_empty(), "nothing was logged out under load");
        for session in &ended {
            refused_at_both(fleet, session, Instant::now(), Duration::from_secs(1)).await;
        }
        let fresh = fleet.auth[0].login("ana").await;
        fleet.auth[1].logout(&fresh.access).await.ok(204);
        refused_at_both(fleet, &fresh, Instant::now(), Duration::from_secs(1)).await;
        for users in &fleet.users {
            users.get("/api/users/me", &kept.access).await.ok(200);
            for session in &gone {
                users.get("/api/users/me", &session.access).await.expect(401, "token_revoked");
            }
        }
    }
}

async fn refused_at_both(fleet: &Fleet, session: &Session, since: Instant, bound: Duration) {
    for users in &fleet.users {
        loop {
            let answer = users.get("/api/users/me", &session.access).await;
            if answer.code() == "token_revoked" {
                break;
            }
            assert!(since.elapsed() < bound, "{} after {bound:?}", answer.text);
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// After a database was exchanged, every process finds dead connections first.
async fn until_it_answers(fleet: &Fleet) {
    for auth in &fleet.auth {
        eventually("the database is not back", async || auth.try_login("ana").await.status == 200)
            .await;
    }
}

/// Log-ins and log-outs at both processes, while databases come and go.
struct Load {
    stopping: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Vec<Session>>>,
}

impl Load {
    fn start(fleet: &Fleet) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let one = |number: usize| {
            let (stopping, url) = (Arc::clone(&stopping), fleet.auth[number % 2].url.clone());
            tokio::spawn(log_in_and_out(url, stopping))
        };
        let tasks = (0..4).map(one).collect();
        Self { stopping, tasks }
    }

    /// Ends it. The sessions of the last second that were acknowledged to be over: those before may have been lost
    /// with the database, before anybody else knew of them.
    async fn stop(self) -> Vec<Session> {
        sleep(Duration::from_secs(1)).await;
        self.stopping.store(true, Ordering::Relaxed);
        let mut ended = Vec::new();
        for task in self.tasks {
            ended.extend(task.await.unwrap());
        }
        ended
    }
}

async fn log_in_and_out(auth: String, stopping: Arc<AtomicBool>) -> Vec<Session> {
    let (http, mut ended) = (client(), Vec::new());
    let body = json!({ "username": "ana", "password": PASSWORD });
    while !stopping.load(Ordering::Relaxed) {
        let login = http.post(format!("{auth}/api/auth/login")).json(&body);
        if let Ok(answer) = Answer::try_of(login).await
            && answer.status == 200
        {
            let session = Session::of(&answer);
            let logout = http.post(format!("{auth}/api/auth/logout")).bearer_auth(&session.access);
            if Answer::try_of(logout).await.is_ok_and(|answer| answer.status == 204) {
                ended.push((Instant::now(), session));
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
    let recent = ended.into_iter().filter(|(at, _)| at.elapsed() < Duration::from_millis(900));
    recent.map(|(_, session)| session).collect()
}
